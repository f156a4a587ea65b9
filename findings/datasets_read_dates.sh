#!/usr/bin/env bash
# Where every text of a JSONL column is a date, load_dataset("json") of datasets 5.2.0, which reads by pyarrow, makes times
# of them: the response "2024-05-01" is datetime(2024, 5, 1, 0, 0), and as a text "2024-05-01 00:00:00". DuckDB does the
# same. A set of questions whose answers are dates is trained on other answers than its file has. One answer
# in words among them, and all stay what they are, so that a part of a file and the whole differ.
#
# Guess before it was tried: JSON has texts and no dates: a text stays a text.
# Seen with Python 3.11 and PyPI packages datasets 5.2.0, pyarrow 26.0.1 and duckdb 2.0.1:
#   datasets: 2024-05-01 00:00:00
#   duckdb: datetime.date(2024, 5, 1)
#   with one answer "in May" more, datasets: 2024-05-01
# What this product does instead: lib/datasets/own takes a text of JSON as a text.
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --root-user-action ignore --target packages datasets==5.2.0 pyarrow==26.0.1 duckdb==2.0.1

cat >read.py <<'PY'
import datasets
import duckdb
datasets.disable_progress_bars()
def write(name, *answers):
    with open(name, "w") as file:
        for answer in answers:
            print('{"prompt": "When?", "completion": "' + answer + '"}', file=file)
write("dates.jsonl", "2024-05-01", "2023-01-01")
write("mixed.jsonl", "2024-05-01", "2023-01-01", "in May")
def first(name):
    return datasets.load_dataset("json", data_files=name, split="train", cache_dir="cache")[0]["completion"]
print("datasets:", first("dates.jsonl"))
print("duckdb:", repr(duckdb.sql("select completion from 'dates.jsonl'").fetchall()[0][0]))
print("datasets, with words among them:", first("mixed.jsonl"))
PY
seen="$(HF_HUB_OFFLINE=1 HF_HOME="$folder/cache" PYTHONPATH=packages python3 read.py)"
echo "$seen"
[ "$seen" = "datasets: 2024-05-01 00:00:00
duckdb: datetime.date(2024, 5, 1)
datasets, with words among them: 2024-05-01" ] || exit 1
