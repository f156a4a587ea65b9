"""Bootstraps and cross-fitting by Open Bandit Pipeline, scipy, DoubleML and numpy, on one processor: the work of
../resampling.ts.

python resampling.py: reads one request a line, {"work", "by"}, and answers each with the processor milliseconds of a call.
"""

import json
import os
import sys
import time

# What the BLAS takes for itself is not to be measured: one thread, and its own choice of kernels.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[-1]})

import numpy as np
from without_torch import without_torch

ROUNDS, ACTIONS, RESAMPLES = 100_000, 10, 200
VALUES, BCA_RESAMPLES = 1000, 9999
UNITS, COVARIATES, FOLDS = 10_000, 10, 5


def obp(names):
    without_torch()
    import obp
    from obp import ope

    rng = np.random.default_rng(1)
    action = rng.integers(0, ACTIONS, ROUNDS)
    given = dict(reward=(rng.random(ROUNDS) < 0.1 + 0.02 * action).astype(float), action=action)
    given.update(pscore=np.full(ROUNDS, 1 / ACTIONS), position=np.zeros(ROUNDS, int))
    given["action_dist"] = np.tile(rng.dirichlet(np.ones(ACTIONS)), (ROUNDS, 1))[:, :, None]
    model = {"estimated_rewards_by_reg_model": np.tile(rng.random(ACTIONS), (ROUNDS, 1))[:, :, None]}
    estimators = {
        "ipw": (ope.InverseProbabilityWeighting(), {}),
        "snipw": (ope.SelfNormalizedInverseProbabilityWeighting(), {}),
        "dr": (ope.DoublyRobust(), model),
        "sndr": (ope.SelfNormalizedDoublyRobust(), model),
    }

    def call():
        for name in names:
            estimator, more = estimators[name]
            estimator.estimate_interval(**given, **more, n_bootstrap_samples=RESAMPLES, random_state=1)

    return f"OBP {obp.__version__}", call


def bca(statistic):
    import scipy
    from scipy.stats import bootstrap

    values = np.random.default_rng(1).lognormal(size=VALUES)
    how = dict(n_resamples=BCA_RESAMPLES, method="BCa", vectorized=True)
    return f"scipy {scipy.__version__}", lambda: bootstrap((values,), statistic, random_state=1, **how)


def units():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(UNITS, COVARIATES))
    d = (rng.random(UNITS) < 1 / (1 + np.exp(-0.5 * x[:, 0]))).astype(float)
    return x, d, x @ rng.normal(size=COVARIATES) + d + rng.normal(size=UNITS)


def by_doubleml():
    import warnings

    warnings.filterwarnings("ignore")
    import doubleml
    from sklearn.linear_model import LinearRegression, LogisticRegression

    x, d, y = units()
    data = doubleml.DoubleMLData.from_arrays(x, y, d)

    def call():
        propensity = LogisticRegression(C=1e8)
        doubleml.DoubleMLIRM(data, LinearRegression(), propensity, n_folds=FOLDS).fit()

    return f"DoubleML {doubleml.__version__}", call


def by_numpy():
    x, d, y = units()
    ones = np.column_stack([np.ones(UNITS), x])
    fold = np.random.default_rng(2).permutation(UNITS) % FOLDS

    def call():
        g, m = np.empty((2, UNITS)), np.empty(UNITS)
        for k in range(FOLDS):
            train, test = fold != k, fold == k
            for arm in (0, 1):
                rows = train & (d == arm)
                design = ones[rows]
                g[arm, test] = ones[test] @ np.linalg.solve(design.T @ design, design.T @ y[rows])
            design, treated, theta = ones[train], d[train], np.zeros(COVARIATES + 1)
            while True:
                p = 1 / (1 + np.exp(-design @ theta))
                step = np.linalg.solve((design * (p * (1 - p))[:, None]).T @ design, design.T @ (treated - p))
                theta += step
                if np.abs(step).max() < 1e-6:
                    break
            m[test] = 1 / (1 + np.exp(-ones[test] @ theta))
        score = g[1] - g[0] + d * (y - g[1]) / m - (1 - d) * (y - g[0]) / (1 - m)
        return score.mean(), score.std(ddof=1) / UNITS**0.5

    return f"numpy {np.__version__}", call


WORKS = {
    "ipw": {"OBP": lambda: obp(["ipw"])},
    "dr": {"OBP": lambda: obp(["dr"])},
    "four": {"OBP": lambda: obp(["ipw", "snipw", "dr", "sndr"])},
    "mean": {"scipy": lambda: bca(np.mean)},
    "median": {"scipy": lambda: bca(np.median)},
    "aipw": {"DoubleML": by_doubleml, "numpy": by_numpy},
}


def milliseconds(call):
    began = time.process_time()
    call()
    return 1000 * (time.process_time() - began)


made = {}
for line in sys.stdin:
    request = json.loads(line)
    key = (request["work"], request["by"])
    try:
        if key not in made:
            made[key] = WORKS[key[0]][key[1]]()
        by, call = made[key]
        answer = {"by": by, "ms": milliseconds(call)}
    except ImportError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
