"""Values of policies from logs, by Open Bandit Pipeline, DoubleML and EconML.

python estimators.py time LOG.csv|LOG.parquet TARGET.json RESAMPLES: one line of JSON: version, processor milliseconds from
reading the log to intervals of IPW, SNIPW and DR, the most memory that the process held, in MiB, and the values.
python estimators.py agree LOG.csv: columns y, a (0 or 1), p (of the logged action), q0 and q1 (expected rewards), t (the
target's probability of action 1). One line of JSON: for each library its version and values, or why it is not found.
"""

import json
import resource
import sys
import time

import numpy as np
import pandas as pd
from without_torch import without_torch


def most_memory():
    """In MiB, of this process alone where Linux says it: getrusage begins with what the parent held."""
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(path, target, resamples):
    without_torch()
    import obp
    from obp.ope import DoublyRobust, InverseProbabilityWeighting, SelfNormalizedInverseProbabilityWeighting

    began, columns = time.process_time(), ["reward", "action", "propensity"]
    log = pd.read_parquet(path, columns=columns) if path.endswith(".parquet") else pd.read_csv(path, usecols=columns)
    with open(target) as file:
        law = np.array(json.load(file))
    n, actions = len(log), len(law)
    reward, action = log.reward.to_numpy(float), log.action.to_numpy()
    # The cheapest outcome model there is: means of the actions.
    counts = np.bincount(action, minlength=actions)
    means = np.bincount(action, weights=reward, minlength=actions) / np.maximum(counts, 1)
    given = dict(reward=reward, action=action, pscore=log.propensity.to_numpy(), position=np.zeros(n, int))
    given["action_dist"] = np.tile(law, (n, 1))[:, :, None]
    values = {}
    for name, estimator, more in (
        ("ipw", InverseProbabilityWeighting(), {}),
        ("snipw", SelfNormalizedInverseProbabilityWeighting(), {}),
        ("dr", DoublyRobust(), {"estimated_rewards_by_reg_model": np.tile(means, (n, 1))[:, :, None]}),
    ):
        values[name] = float(estimator.estimate_policy_value(**given, **more))
        estimator.estimate_interval(**given, **more, n_bootstrap_samples=resamples, random_state=1)
    return {
        "about": f"OBP {obp.__version__}",
        "ms": [1000 * (time.process_time() - began)],
        "mebibytes": most_memory(),
        "values": values,
    }


def by_obp(log):
    without_torch()
    import obp
    from obp import ope

    n = len(log)
    given = dict(reward=log.y.to_numpy(float), action=log.a.to_numpy(), pscore=log.p.to_numpy(), position=np.zeros(n, int))
    given["action_dist"] = np.stack([1 - log.t, log.t], axis=1)[:, :, None]
    model = {"estimated_rewards_by_reg_model": log[["q0", "q1"]].to_numpy()[:, :, None]}
    return {
        "about": f"OBP {obp.__version__}",
        "values": {
            name: float(estimator.estimate_policy_value(**given, **more))
            for name, estimator, more in (
                ("ipw", ope.InverseProbabilityWeighting(), {}),
                ("snipw", ope.SelfNormalizedInverseProbabilityWeighting(), {}),
                ("clipped", ope.InverseProbabilityWeighting(lambda_=1.5), {}),
                ("outcome-only", ope.DirectMethod(), model),
                ("dr", ope.DoublyRobust(), model),
                ("sndr", ope.SelfNormalizedDoublyRobust(), model),
                ("switch-dr", ope.SwitchDoublyRobust(lambda_=1.5), model),
                ("dros", ope.DoublyRobustWithShrinkage(lambda_=1.5), model),
            )
        },
    }


def by_doubleml(log):
    import doubleml
    from sklearn.dummy import DummyClassifier, DummyRegressor

    n, chance = len(log), np.where(log.a == 1, log.p, 1 - log.p)
    data = doubleml.DoubleMLData.from_arrays(log[["q0", "q1"]].to_numpy(), log.y.to_numpy(float), log.a.to_numpy(float))
    model = doubleml.DoubleMLIRM(data, DummyRegressor(), DummyClassifier(), n_folds=2)
    given = {"ml_g0": log.q0, "ml_g1": log.q1, "ml_m": chance}
    model.fit(external_predictions={"d": {name: np.asarray(v, float).reshape(-1, 1) for name, v in given.items()}})
    # Its variances divide by n.
    error = float(model.se[0]) * (n / (n - 1)) ** 0.5
    return {"about": f"DoubleML {doubleml.__version__}", "values": {"dr": float(model.coef[0])}, "error": error}


def by_econml(log):
    import econml
    from econml.dr import LinearDRLearner
    from sklearn.base import BaseEstimator

    class Regression(BaseEstimator):
        """Expected rewards as they are given: columns 0 and 1, then the indicator of action 1."""

        def fit(self, *_, **__):
            return self

        def predict(self, x):
            return np.where(x[:, -1] == 1, x[:, 1], x[:, 0])

    class Propensity(BaseEstimator):
        def fit(self, *_, **__):
            return self

        def predict_proba(self, x):
            return np.stack([1 - x[:, 2], x[:, 2]], axis=1)

    chance = np.where(log.a == 1, log.p, 1 - log.p)
    model = LinearDRLearner(model_propensity=Propensity(), model_regression=Regression(), min_propensity=0, cv=2)
    model.fit(log.y.to_numpy(float), log.a.to_numpy(), X=None, W=np.stack([log.q0, log.q1, chance], axis=1), inference="statsmodels")
    return {"about": f"EconML {econml.__version__}", "values": {"dr": float(model.ate(T0=0, T1=1))}}


def agreed(path):
    log, answers = pd.read_csv(path), {}
    for name, by in (("OBP", by_obp), ("DoubleML", by_doubleml), ("EconML", by_econml)):
        try:
            answers[name] = by(log)
        except ImportError as error:
            answers[name] = f"not found ({error})"
    return answers


if sys.argv[1] == "time":
    print(json.dumps(timed(sys.argv[2], sys.argv[3], int(sys.argv[4]))))
else:
    print(json.dumps(agreed(sys.argv[2])))
