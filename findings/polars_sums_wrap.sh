#!/usr/bin/env bash
# polars 2.1.0 adds 32-bit whole numbers in 32 bits, and 64-bit ones in 64, and starts again from below where they do not
# fit: ten million rewards of 1,000 have a sum of 1,410,065,408, also by group and in a running sum. Nothing is raised. (Types
# of 8 and 16 bits are widened, and the mean is right.) pyarrow, pandas and DuckDB give 10,000,000,000. Where whole numbers
# come as 32 bits, as numpy's int32 and Parquet's INT32 do, totals over a long log, and ratios of two sums, such as a mean per
# token, come out wrong or negative.
#
# Guess before it was tried: the sum is made wider, as it is for 8 bits.
# Seen with Python 3.11 and PyPI packages polars 2.1.0, numpy 2.4.6 and pyarrow 26.0.1, 10,000,000 times 1,000:
#   polars, 32 bits: sum 1410065408, by group 1410065408, running sum 1410065408, mean 1000.0
#   polars, 16 bits: 10000000000; pyarrow, 32 bits: 10000000000
# What this product does instead: its results.parquet has values as DOUBLE, whose sums are floats (lib/run/parquet.ts).
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --root-user-action ignore --target packages polars==2.1.0 numpy==2.4.6 pyarrow==26.0.1

cat >sums.py <<'PY'
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
rewards = np.full(10_000_000, 1_000, np.int32)
table = pl.DataFrame({"reward": rewards, "group": np.zeros(len(rewards), np.int8)})
by_group = table.group_by("group").agg(pl.col("reward").sum()).row(0)[1]
running = table.select(pl.col("reward").cum_sum().last()).item()
print(f"polars, 32 bits: {table['reward'].sum()}, by group {by_group}, running {running}, mean {table['reward'].mean()}")
print(f"polars, 16 bits: {table['reward'].cast(pl.Int16).sum()}")
print(f"pyarrow, 32 bits: {pc.sum(pa.array(rewards))}")
PY
seen="$(PYTHONPATH=packages python3 sums.py)"
echo "$seen"
[ "$seen" = "polars, 32 bits: 1410065408, by group 1410065408, running 1410065408, mean 1000.0
polars, 16 bits: 10000000000
pyarrow, 32 bits: 10000000000" ] || exit 1
