#!/usr/bin/env bash
# Bradley-Terry scores of items that no chain of comparisons links have no common origin: whether a model that was compared
# with b alone is better than one that was compared with d alone is not in the data. choix 0.4.1 gives scores all the same
# from `opt_pairwise` and `mm_pairwise`, centred over all, so that the favourites of two separate contests are equal and a
# ranking of all reads like a finding. Its `ilsr_pairwise` of the same comparisons raises an error, and BradleyTerry2 in R
# answers NA.
#
# Guess before it was tried: what one fit refuses the others warn of.
# Seen with Python 3.11 and PyPI packages choix 0.4.1, numpy 2.4.6, scipy 1.17.1; 0 beats 1 twice of three times, 3 beats 2
# twice of three times, and no other two meet:
#   opt_pairwise and mm_pairwise: 0.347, -0.347, -0.347, 0.347
#   ilsr_pairwise: ValueError
#   a chain of wins alone, opt_pairwise: scores 11.62, -0.13, -11.49, where the likelihood has no maximum
# What this product does instead: methods are ranked by their values on the same seeds, not by scores fitted to comparisons.
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --root-user-action ignore --target packages choix==0.4.1 numpy==2.4.6 scipy==1.17.1

cat >fit.py <<'PY'
import choix
apart = [(0, 1), (0, 1), (1, 0), (3, 2), (3, 2), (2, 3)]
for name in ("opt_pairwise", "mm_pairwise", "ilsr_pairwise"):
    try:
        print(f"{name}:", *(f"{score:.3f}" for score in getattr(choix, name)(4, apart)))
    except ValueError as error:
        print(f"{name}:", type(error).__name__)
separated = choix.opt_pairwise(3, [(0, 1)] * 3 + [(1, 2)] * 2 + [(0, 2)])
print("separated, opt_pairwise is finite:", bool(abs(separated).max() < 100))
PY
seen="$(PYTHONPATH=packages python3 fit.py)"
echo "$seen"
[ "$seen" = "opt_pairwise: 0.347 -0.347 -0.347 0.347
mm_pairwise: 0.347 -0.347 -0.347 0.347
ilsr_pairwise: ValueError
separated, opt_pairwise is finite: True" ] || exit 1
