#!/usr/bin/env bash
# Ids of 20 digits, as snowflakes and hashes are, are put into quotes in JSON because float64 has not so many. read_json of
# pandas takes what is in quotes for numbers where all of a column look like some, and for float64 where they are too large for
# int64: two readers become one, and a join by the id multiplies rows. The same column in CSV is read exactly, as is one of
# numbers without quotes.
#
# Not guessed: met while ids were read back.
# Seen with Python 3.11 and PyPI package pandas 3.1.1; distinct ids among two:
#   JSON in quotes: 1 float64
#   JSON without: 2 uint64
#   CSV: 2 uint64
#   rows of a join by the id, JSON in quotes: 4
# What this product does instead: ids are handed through as they are written, digit by digit (lib/run/score_test.ts);
# docs/data-files.md has what to tell each reader, dtype=False here.
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --root-user-action ignore --target packages pandas==3.1.1 numpy==2.4.6

cat >seen.py <<'PY'
import pandas
ids = "12345678901234567890", "12345678901234567891"
for name, text in (("quoted", '"{}"'), ("bare", "{}")):
    with open(f"{name}.jsonl", "w") as file:
        file.writelines('{"reader": %s, "reward": 1}\n' % text.format(id) for id in ids)
with open("a.csv", "w") as file:
    file.write("reader,reward\n" + "".join(f"{id},1\n" for id in ids))
quoted = pandas.read_json("quoted.jsonl", lines=True)
for name, table in (("JSON in quotes", quoted), ("JSON without", pandas.read_json("bare.jsonl", lines=True)),
                    ("CSV", pandas.read_csv("a.csv"))):
    print(f"{name}: {table.reader.nunique()} {table.reader.dtype}")
print("rows of a join by the id, JSON in quotes:", len(quoted.merge(quoted, on="reader")))
PY
seen="$(PYTHONPATH=packages python3 seen.py)"
echo "$seen"
[ "$seen" = "JSON in quotes: 1 float64
JSON without: 2 uint64
CSV: 2 uint64
rows of a join by the id, JSON in quotes: 4" ] || exit 1
