#!/usr/bin/env bash
# One p-value that is missing, of a comparison with too few seeds or without any spread, takes all others with it:
# `multipletests` of statsmodels 0.15.0 answers by "fdr_bh" and "fdr_by" with NaN for every one, beside a `reject` that calls
# three of them significant: a table of adjusted p-values has nothing in it, or disagrees with the stars beside it. By "holm"
# the others stay, and pay for the missing one as for a test that was made: significant claims no longer are.
#
# Guess before it was tried: the missing one stays NaN and the others are what they are without it, as in R's p.adjust.
# Seen with Python 3.11 and PyPI packages statsmodels 0.15.0, numpy 2.4.6, scipy 1.17.1, pandas 3.1.1:
#   0.001, 0.02, 0.03 by fdr_bh: 0.003, 0.03, 0.03, all rejected
#   0.001, 0.02, NaN, 0.03 by fdr_bh: nan for all, three rejected
#   by holm: 0.004, 0.06, nan, 0.06 one rejected, where it is 0.003, 0.04, 0.04, all rejected, without the NaN
# What this product does instead: numbers that are not finite stop where they arise, and Holm's method is over the claims that
# were tested (docs/statistics.md).
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --root-user-action ignore --target packages statsmodels==0.15.0 numpy==2.4.6 scipy==1.17.1 \
  pandas==3.1.1

cat >adjust.py <<'PY'
from statsmodels.stats.multitest import multipletests
for method in ("fdr_bh", "holm"):
    for p in ([0.001, 0.02, 0.03], [0.001, 0.02, float("nan"), 0.03]):
        reject, adjusted, *_ = multipletests(p, method=method)
        print(f"{method} of {len(p)}:", *(f"{x:.3g}" for x in adjusted), "| rejected", sum(map(int, reject)))
PY
seen="$(PYTHONPATH=packages python3 adjust.py 2>&1)"
echo "$seen"
[ "$seen" = "fdr_bh of 3: 0.003 0.03 0.03 | rejected 3
fdr_bh of 4: nan nan nan nan | rejected 3
holm of 3: 0.003 0.04 0.04 | rejected 3
holm of 4: 0.004 0.06 nan 0.06 | rejected 1" ] || exit 1
