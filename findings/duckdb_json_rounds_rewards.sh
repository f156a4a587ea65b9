#!/usr/bin/env bash
# DuckDB 2.0.1 makes up its mind about the columns of a JSONL file by the first 20,480 lines. What comes later is made to
# fit, and nothing is said: a reward of 1.5 after whole ones is read as 2, and one of 0.5 as 0, a text in a column that was
# null so far is read as null, and a key that is new is left out. In a log of clicks and rare ratings the means are of other
# numbers. In a CSV file a text that comes as late is read as what it is.
#
# Guess before it was tried: what comes late is kept, or the line is an error.
# Seen with Python 3.11 and PyPI package duckdb 2.0.1, 30,000 lines {"reward": 1, "note": null}, then
# {"reward": 1.5, "note": "late", "weight": 3}:
#   columns reward and note; the last line is 2, None
# What this product does instead: lib/datasets/own/json_lines.ts reads each number as its line has it.
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --root-user-action ignore --no-deps --target packages duckdb==2.0.1

cat >read.py <<'PY'
import duckdb
with open("log.jsonl", "w") as log:
    log.write('{"reward": 1, "note": null}\n' * 30_000)
    log.write('{"reward": 1.5, "note": "late", "weight": 3}\n{"reward": 0.5, "note": "late", "weight": 3}\n')
rows = duckdb.sql("select * from 'log.jsonl'")
print("columns:", *rows.columns)
print("last lines:", *rows.fetchall()[-2:])
PY
seen="$(PYTHONPATH=packages python3 read.py)"
echo "$seen"
[ "$seen" = "columns: reward note
last lines: (2, None) (0, None)" ] || exit 1
