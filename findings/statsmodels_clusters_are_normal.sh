#!/usr/bin/env bash
# Least squares in statsmodels 0.15.0 has its p-values and intervals by Student's t. Asked for errors by clusters, it
# computes them with the usual factor for few clusters, keeps the degrees of freedom that go with them, G - 1, beside the
# result, and then takes the normal law. R's estimatr, asked for Stata's errors, has the same one to the last digit, and
# takes t with G - 1. With eight groups, seeds or prompts that is 1.96 errors for 2.36, and a claim that is not significant is.
#
# Guess before it was tried: robust errors change the error, and the law is still t, with G - 1 degrees of freedom.
# Seen with Python 3.11 and PyPI packages statsmodels 0.15.0, numpy 2.4.6, scipy 1.17.1, pandas 3.1.1, eight groups of five
# rows, whose means alone tell the slope:
#   t = 2.11; p = 0.035 where t with 7 degrees of freedom, which the result names, has 0.073; with `use_t` it is that
# What this product does instead: intervals over groups are by t with one degree of freedom less than groups
# (docs/statistics.md).
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --root-user-action ignore --target packages statsmodels==0.15.0 numpy==2.4.6 scipy==1.17.1 \
  pandas==3.1.1

cat >clusters.py <<'PY'
import numpy as np
import statsmodels.api as sm
from scipy import stats
group = np.repeat(np.arange(8), 5)
means = np.array([0.0, 1.1, 0.1, 0.9, -0.4, 0.3, 0.6, 0.3])
within = np.tile([-0.2, -0.1, 0.0, 0.1, 0.2], 8)
outcome = means[group] + within
model = sm.OLS(outcome, sm.add_constant((group % 2).astype(float)))
for more in ({}, {"use_t": True}):
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": group}, **more)
    t, p = float(fit.tvalues[1]), float(fit.pvalues[1])
    by_t = 2 * stats.t.sf(t, fit.df_resid_inference)
    print(f"{more or 'as it comes'}: t {t:.2f}, p {p:.3f}; by t with {int(fit.df_resid_inference)} degrees {by_t:.3f}")
PY
seen="$(PYTHONPATH=packages python3 clusters.py)"
echo "$seen"
[ "$seen" = "as it comes: t 2.11, p 0.035; by t with 7 degrees 0.073
{'use_t': True}: t 2.11, p 0.073; by t with 7 degrees 0.073" ] || exit 1
