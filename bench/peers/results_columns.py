"""What polars takes the columns of a run's results.csv for, and those of its results.parquet.

python bench/peers/results_columns.py FOLDER: FOLDER as a run of an experiment leaves it, one whose questions have other
conditions than the first, such as `deno task apo --preset smoke`. Prints the types of both; exits with 1 where a column that
is empty in the first 100 rows of the CSV and holds numbers is not text unless polars is told infer_schema_length=None, or the
Parquet file has it as anything but a number.

Seen with Python 3.11, polars 2.1.0 and 1.35.2.
"""

import os
import sys

import polars

folder = sys.argv[1]
csv, parquet = (os.path.join(folder, name) for name in ("results.csv", "results.parquet"))
plain, told = polars.read_csv(csv), polars.read_csv(csv, infer_schema_length=None)
typed = polars.read_parquet(parquet)
failed, late = plain.columns != typed.columns, 0
for name in typed.columns:
    types = [table.schema[name] for table in (plain, told, typed)]
    filled = typed[name].is_not_null()
    is_late = types[2].is_numeric() and filled.any() and not filled[:100].any()
    late += is_late
    # One that this run has empty throughout is told by no digits.
    right = not filled.any() or (
        types[1].is_numeric() == types[2].is_numeric() and (not is_late or types[0] == polars.String)
    )
    failed = failed or not right
    print(f"{name}: CSV {types[0]}, told {types[1]}, Parquet {types[2]}{', empty at first' if is_late else ''}"
          + ("" if right else ": FAILS"))
if late == 0:
    sys.exit(f"{folder}: no column of numbers is empty in the first 100 rows; take a run with more questions")
sys.exit(1 if failed else 0)
