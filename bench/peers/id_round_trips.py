"""What readers make of ids in the files that are written here.

python id_round_trips.py: writes ids in quotes as JSONL and as CSV, as `deno task score` and `generate` hand them through, and
reads them with each of pandas, polars and duckdb that is there, told nothing and told what docs/data-files.md says. Prints
what came back; exits with 1 where it is not what is written below.

Seen with Python 3.11, pandas 2.3.3, polars 1.35.2, duckdb 1.4.2.
"""

import importlib.util
import json
import os
import sys
import tempfile

IDS = ["0012", "0034"]
# Both are numbers of float64 to who takes them for numbers, and the second is no whole one.
MIXED = ["0012", "1e21"]


def pandas_reads(jsonl, csv):
    import pandas

    return {
        "read_json": lambda: pandas.read_json(jsonl, lines=True).id.tolist(),
        "read_json dtype=False": lambda: pandas.read_json(jsonl, lines=True, dtype=False).id.tolist(),
        "read_csv": lambda: pandas.read_csv(csv).id.tolist(),
        "read_csv dtype": lambda: pandas.read_csv(csv, dtype={"id": str}).id.tolist(),
    }


def polars_reads(jsonl, csv):
    import polars

    return {
        "read_ndjson": lambda: polars.read_ndjson(jsonl)["id"].to_list(),
        "read_csv": lambda: polars.read_csv(csv)["id"].to_list(),
        "read_csv schema_overrides": lambda: polars.read_csv(csv, schema_overrides={"id": polars.String})["id"].to_list(),
    }


def duckdb_reads(jsonl, csv):
    import duckdb

    def column(source):
        return [row[0] for row in duckdb.sql(f"SELECT id FROM {source}").fetchall()]

    return {
        "read_json": lambda: column(f"read_json('{jsonl}')"),
        "read_csv": lambda: column(f"read_csv('{csv}')"),
        "read_csv types": lambda: column(f"read_csv('{csv}', types = {{'id': 'VARCHAR'}})"),
    }


READERS = {"pandas": pandas_reads, "polars": polars_reads, "duckdb": duckdb_reads}
# By reader and call: what comes back of IDS, and of MIXED. All others give the texts as they are.
TAKEN_FOR_NUMBERS = {
    ("pandas", "read_json"): ([12, 34], [12.0, 1e21]),
    ("pandas", "read_csv"): ([12, 34], [12.0, 1e21]),
    ("polars", "read_csv"): ([12, 34], [12.0, 1e21]),
}


def same(found, expected):
    return found == expected and [type(value) for value in found] == [type(value) for value in expected]


failed, seen = False, 0
for name, reads in READERS.items():
    if importlib.util.find_spec(name) is None:
        print(f"{name}: not there")
        continue
    seen += 1
    for which, ids in enumerate([IDS, MIXED]):
        with tempfile.TemporaryDirectory() as folder:
            jsonl, csv = os.path.join(folder, "a.jsonl"), os.path.join(folder, "a.csv")
            with open(jsonl, "w", encoding="utf-8") as file:
                file.writelines(json.dumps({"id": value, "sum": -1.5}) + "\n" for value in ids)
            with open(csv, "w", encoding="utf-8") as file:
                file.write("id,sum\n" + "".join(f'"{value}",-1.5\n' for value in ids))
            for call, read in reads(jsonl, csv).items():
                found, expected = read(), TAKEN_FOR_NUMBERS.get((name, call), (IDS, MIXED))[which]
                right = same(found, expected)
                failed = failed or not right
                print(f"{name} {call}: {ids} is {found}" + ("" if right else f", and was {expected}"))
if seen == 0:
    sys.exit("none of pandas, polars and duckdb is there: pip install pandas==2.3.3 polars==1.35.2 duckdb==1.4.2")
sys.exit(1 if failed else 0)
