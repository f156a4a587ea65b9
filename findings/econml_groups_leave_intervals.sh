#!/usr/bin/env bash
# `fit` of EconML 0.17.0 takes `groups`, and uses them for one thing: rows of one group stay in one fold. Standard errors
# and intervals are those of independent rows. With treatments that are given to whole groups, as prompts, readers or days
# are, an interval is several times too narrow: here six times. DoubleML does both
# where its data name the clusters.
#
# Guess before it was tried: whoever is told the groups counts them, not the rows.
# Seen with Python 3.11 and PyPI packages econml 0.17.0, statsmodels 0.15.0, numpy 2.4.6, 40 groups of 50 rows, half of them treated,
# an effect of 0.5 and group means with a deviation of 1:
#   EconML's standard error: 0.04 without groups, 0.04 with groups
#   statsmodels: 0.24 by groups, 0.04 by rows
# What this product does instead: `deno task value --group` resamples groups (lib/estimators/groups.ts, docs/value.md).
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --root-user-action ignore --target packages econml==0.17.0 statsmodels==0.15.0 \
  numpy==2.4.6

cat >groups.py <<'PY'
import numpy as np
import statsmodels.api as sm
from econml.dml import LinearDML
from sklearn.linear_model import LinearRegression
draws = np.random.default_rng(0)
group = np.repeat(np.arange(40), 50)
treatment = (np.arange(40) % 2).astype(float)[group]
outcome = 0.5 * treatment + draws.normal(size=40)[group] + 0.5 * draws.normal(size=2000)
noise = draws.normal(size=(2000, 1))
for name, more in (("without", {}), ("with", {"groups": group})):
    model = LinearDML(model_y=LinearRegression(), model_t=LinearRegression(), cv=4, random_state=0)
    model.fit(outcome, treatment, X=None, W=noise, **more)
    print(f"EconML {name} groups: standard error {model.intercept__inference().stderr:.2f}")
least = sm.OLS(outcome, sm.add_constant(treatment))
print(f"statsmodels by rows: {least.fit().bse[1]:.2f}")
print(f"statsmodels by groups: {least.fit(cov_type='cluster', cov_kwds={'groups': group}).bse[1]:.2f}")
PY
seen="$(PYTHONPATH=packages python3 -W ignore groups.py)"
echo "$seen"
[ "$seen" = "EconML without groups: standard error 0.04
EconML with groups: standard error 0.04
statsmodels by rows: 0.04
statsmodels by groups: 0.24" ] || exit 1
