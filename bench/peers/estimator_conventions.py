"""What other libraries take for granted where they value policies and draw intervals: each row of docs/estimators.md, tried.

python estimator_conventions.py [FILE]: prints a line of JSON for each claim and ends with an error where one does not hold;
FILE is written with versions, data and numbers. Made with arch 8.0.0, DoubleML 0.11.0, EconML 0.17.0, numpy 2.4.6, OBP 0.5.7,
scipy 1.17.1, statsmodels 0.15.0.
"""

import importlib.metadata
import inspect
import json
import logging
import sys
import warnings

from without_torch import without_torch

without_torch()
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

import arch.bootstrap
import doubleml
import numpy as np
import statsmodels.api as sm
from econml.dr import LinearDRLearner
from obp import ope
from scipy import stats
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor
from statsmodels.stats.proportion import proportion_confint

DRAWS = 4000
# Twelve rounds of four readers; p is the chance of action 1, t what the target gives it, q0 and q1 are expected rewards.
LOG = {
    "reward": [1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1, 1],
    "action": [1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 0, 1],
    "p": [0.5, 0.5, 0.4, 0.4, 0.8, 0.8, 0.25, 0.25, 0.5, 0.5, 0.4, 0.4],
    "t": [0.8, 0.8, 0.8, 0.5, 0.5, 0.5, 0.8, 0.8, 0.8, 0.2, 0.2, 0.2],
    "q0": [0.3, 0.3, 0.4, 0.4, 0.5, 0.5, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4],
    "q1": [0.6, 0.6, 0.5, 0.5, 0.7, 0.7, 0.4, 0.4, 0.6, 0.6, 0.5, 0.5],
    "reader": [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3],
}
Y, A, P, T, Q0, Q1, READER = (np.array(column) for column in LOG.values())
N, READERS = len(Y), 4
CLAIMS = {}


def claim(function):
    CLAIMS[function.__name__.replace("_", "-")] = function
    return function


def near(a, b, by=1e-9):
    return abs(a - b) <= by * max(1, abs(a), abs(b))


def obp_log(reward=Y, copies=1):
    """The log as OBP takes it, each round as often as said."""
    some = {
        "reward": reward.astype(float),
        "action": A,
        "pscore": np.where(A == 1, P, 1 - P),
        "position": np.zeros(N, int),
        "action_dist": np.stack([1 - T, T], axis=1)[:, :, None],
    }
    return {name: np.repeat(column, copies, axis=0) for name, column in some.items()}


MODEL = {"estimated_rewards_by_reg_model": np.stack([Q0, Q1], axis=1)[:, :, None]}


def ends(found):
    return [float(value) for key, value in found.items() if "CI" in key]


def obp_interval(estimator, **log):
    return ends(estimator.estimate_interval(**log, n_bootstrap_samples=DRAWS, random_state=1))


@claim
def obp_dros_without_lambda_is_the_direct_method():
    value = lambda of: float(of.estimate_policy_value(**obp_log(), **MODEL))
    found = {
        "DRos": value(ope.DoublyRobustWithShrinkage()),
        "direct method": value(ope.DirectMethod()),
        "DRos with 10": value(ope.DoublyRobustWithShrinkage(lambda_=10)),
        "DR": value(ope.DoublyRobust()),
    }
    return near(found["DRos"], found["direct method"]) and abs(found["DRos"] - found["DR"]) > 0.01, found


@claim
def obp_switch_and_clipping_without_lambda_do_nothing():
    value = lambda of, **more: float(of.estimate_policy_value(**obp_log(), **more))
    found = {
        "Switch-DR": value(ope.SwitchDoublyRobust(), **MODEL),
        "DR": value(ope.DoublyRobust(), **MODEL),
        "lambda of IPW": str(ope.InverseProbabilityWeighting().lambda_),
    }
    return near(found["Switch-DR"], found["DR"]) and found["lambda of IPW"] == "inf", found


@claim
def obp_snipw_interval_keeps_the_denominator():
    log = obp_log(np.ones(N))
    estimator = ope.SelfNormalizedInverseProbabilityWeighting()
    weight = np.where(A == 1, T, 1 - T) / log["pscore"]
    drawn, random = [], np.random.RandomState(1)
    for _ in range(DRAWS):
        drawn.append(random.choice(weight / weight.mean(), size=N).mean())
    kept = np.percentile(drawn, [2.5, 97.5])
    found = obp_interval(estimator, **log)
    return np.allclose(found, kept) and found[1] - found[0] > 0.3, {
        "value": float(estimator.estimate_policy_value(**log)),
        "interval": found,
    }


@claim
def obp_intervals_draw_rounds():
    once, copied = (obp_interval(ope.InverseProbabilityWeighting(), **obp_log(copies=k)) for k in (1, 16))
    width = lambda interval: interval[1] - interval[0]
    taken = inspect.signature(ope.InverseProbabilityWeighting.estimate_interval).parameters
    return 3.5 < width(once) / width(copied) < 4.5 and not any("group" in name or "cluster" in name for name in taken), {
        "interval": once,
        "each round 16 times": copied,
    }


@claim
def obp_has_no_width_without_events():
    found = obp_interval(ope.InverseProbabilityWeighting(), **obp_log(np.zeros(N)))
    return found == [0, 0], {"interval": found}


# The same on both sides, and its ends are far from where other draws would put them elsewhere.
FIVE_OF_TEN = np.repeat([0.0, 1.0], 5)


def scipy_bca(values, of=np.mean):
    found = stats.bootstrap((values,), of, n_resamples=DRAWS, method="BCa", rng=1).confidence_interval
    return [float(found.low), float(found.high)]


def arch_bca(values, of=np.mean):
    found = arch.bootstrap.IIDBootstrap(values, seed=1).conf_int(of, DRAWS, method="bca")
    return [float(end) for end in found[:, 0]]


def grid(found, expected):
    return np.allclose(found, expected, atol=1e-9)


@claim
def scipy_bca_counts_half_of_the_ties():
    drawn = stats.bootstrap((FIVE_OF_TEN,), np.mean, n_resamples=DRAWS, method="BCa", rng=1).bootstrap_distribution
    found = scipy_bca(FIVE_OF_TEN)
    return grid(found, [0.2, 0.8]), {
        "interval": found,
        "below": float((drawn < 0.5).mean()),
        "below and half of the ties": float(((drawn < 0.5).mean() + (drawn <= 0.5).mean()) / 2),
    }


@claim
def arch_bca_counts_no_ties():
    bootstrap = arch.bootstrap.IIDBootstrap(FIVE_OF_TEN, seed=1)
    found = [float(end) for end in bootstrap.conf_int(np.mean, DRAWS, method="bca")[:, 0]]
    drawn = bootstrap._results[:, 0]
    counted = float(stats.norm.cdf(bootstrap._bca_bias()[0, 0]))
    return grid(found, [0.1, 0.7]) and near(counted, (drawn < 0.5).mean()), {"interval": found, "below": counted}


@claim
def bca_where_nothing_varies():
    same = np.ones(10)
    try:
        arch_bca(same)
        refusal = None
    except RuntimeError as error:
        refusal = str(error)
    found = scipy_bca(same)
    return refusal is not None and all(np.isnan(found)), {"scipy": [str(end) for end in found], "arch": refusal}


@claim
def arch_bca_refuses_a_least_value():
    values = np.arange(10.0)
    least = lambda x, axis=None: x.min(axis=axis)
    try:
        arch_bca(values, least)
        refused = False
    except RuntimeError:
        refused = True
    found = scipy_bca(values, least)
    return refused and grid(found[0], 0), {"scipy": found}


def irm(reward=Y, q0=Q0, q1=Q1, clustered=False, repetitions=1):
    """The effect of action 1 by DoubleML with everything given: columns of q0 and q1 are repetitions."""
    features, clusters = np.stack([Q0, Q1], axis=1), READER if clustered else None
    data = doubleml.DoubleMLData.from_arrays(features, reward.astype(float), A.astype(float), cluster_vars=clusters)
    np.random.seed(1)
    model = doubleml.DoubleMLIRM(data, DummyRegressor(), DummyClassifier(), n_folds=2, n_rep=repetitions)
    given = {"ml_g0": q0, "ml_g1": q1, "ml_m": P}
    wide = {name: np.broadcast_to(v.reshape(N, -1), (N, repetitions)).astype(float) for name, v in given.items()}
    return model.fit(external_predictions={"d": wide})


def effects(reward=Y, q0=Q0, q1=Q1):
    """What each round says of the effect of action 1."""
    return q1 - q0 + A * (reward - q1) / P - (1 - A) * (reward - q0) / (1 - P)


@claim
def doubleml_divides_by_n():
    model, each = irm(), effects()
    return near(model.coef[0], each.mean()) and near(model.se[0], each.std() / N**0.5), {
        "effect": float(model.coef[0]),
        "error": float(model.se[0]),
        "dividing by n - 1": float(each.std(ddof=1) / N**0.5),
    }


@claim
def doubleml_error_over_repetitions_is_of_upper_ends():
    # Three models, of which neither effects nor errors are in one order: medians of sums are not sums of medians.
    q1 = np.stack([Q1, np.full(N, 0.5), np.full(N, 0.1)], axis=1)
    model, flipped = irm(q1=q1, repetitions=3), irm(-Y, -Q0, -q1, repetitions=3)
    effect, error = model.all_coef[0], model.all_se[0]
    upper = float((np.median(effect + 1.96 * error) - np.median(effect)) / 1.96)
    lower = float((np.median(effect) - np.median(effect - 1.96 * error)) / 1.96)
    low, high = (float(end) for end in model.confint().to_numpy()[0])
    variances = float(np.median(error**2 + (effect - np.median(effect)) ** 2) ** 0.5)
    found = float(model.se[0])
    return (
        near(found, upper)
        and near(flipped.se[0], lower)
        and near(flipped.coef[0], -model.coef[0])
        and abs(upper - lower) > 1e-3
        and abs(found - variances) > 1e-3
        and near(high, np.median(effect + stats.norm.ppf(0.975) * error))
    ), {
        "effects": [float(v) for v in effect],
        "errors": [float(v) for v in error],
        "error": found,
        "error of the effect on -y": float(flipped.se[0]),
        "root of the median of squares": variances,
        "interval": [low, high],
    }


@claim
def doubleml_clusters_have_no_correction_and_the_normal_law():
    model, each = irm(clustered=True), effects()
    sums = np.bincount(READER, each - each.mean())
    plain = float((sums**2).sum() ** 0.5 / N)
    low, high = model.confint().to_numpy()[0]
    return near(model.se[0], plain) and near((high - low) / 2, stats.norm.ppf(0.975) * plain), {
        "error": float(model.se[0]),
        "times the root of G/(G - 1)": plain * (READERS / (READERS - 1)) ** 0.5,
        "interval": [float(low), float(high)],
    }


@claim
def statsmodels_clusters_have_the_correction_and_the_normal_law():
    each = effects()
    fit = lambda **more: sm.OLS(each, np.ones(N)).fit(cov_type="cluster", cov_kwds={"groups": READER}, **more)
    sums = np.bincount(READER, each - each.mean())
    corrected = float((sums**2).sum() ** 0.5 / N * (READERS / (READERS - 1)) ** 0.5)
    normal, student = ([float(end) for end in model.conf_int()[0]] for model in (fit(), fit(use_t=True)))
    half = lambda interval: (interval[1] - interval[0]) / 2
    return (
        near(fit().bse[0], corrected)
        and near(half(normal), stats.norm.ppf(0.975) * corrected)
        and near(half(student), stats.t.ppf(0.975, READERS - 1) * corrected)
    ), {"error": corrected, "interval": normal, "with use_t": student}


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


@claim
def econml_groups_leave_the_error():
    def fitted(groups):
        model = LinearDRLearner(
            model_propensity=Propensity(), model_regression=Regression(), min_propensity=0, cv=2, random_state=1
        )
        model.fit(Y.astype(float), A, X=None, W=np.stack([Q0, Q1, P], axis=1), groups=groups, inference="statsmodels")
        return model.intercept__inference(T=1)

    alone, grouped = (fitted(groups) for groups in (None, READER))
    error = float(np.ravel(alone.stderr)[0])
    return near(error, effects().std(ddof=1) / N**0.5) and near(error, np.ravel(grouped.stderr)[0]), {
        "effect": float(np.ravel(alone.point_estimate)[0]),
        "error": error,
        "error with groups": float(np.ravel(grouped.stderr)[0]),
    }


@claim
def statsmodels_proportion_of_none_has_no_width():
    found = [float(end) for end in proportion_confint(0, 500)]
    return found == [0, 0], {"interval": found}


@claim
def scipy_proportion_of_none_is_exact():
    found = stats.binomtest(0, 500).proportion_ci()
    return near(found.high, 1 - 0.025 ** (1 / 500)) and found.low == 0, {"interval": [float(found.low), float(found.high)]}


if __name__ == "__main__":
    names = ["arch", "doubleml", "econml", "numpy", "obp", "scipy", "statsmodels"]
    found = {"versions": {name: importlib.metadata.version(name) for name in names}, "log": LOG, "claims": {}}
    for name, tried in CLAIMS.items():
        try:
            holds, numbers = tried()
        except Exception as error:  # a claim that cannot be tried is not one that holds
            holds, numbers = False, {"error": repr(error)}
        found["claims"][name] = {"holds": bool(holds), "numbers": numbers}
        print(json.dumps({"claim": name, "holds": bool(holds), "numbers": numbers}), flush=True)
    if len(sys.argv) > 1:
        with open(sys.argv[1], "w", encoding="utf-8") as file:
            file.write(json.dumps(found, indent=1) + "\n")
    sys.exit(0 if all(line["holds"] for line in found["claims"].values()) else 1)
