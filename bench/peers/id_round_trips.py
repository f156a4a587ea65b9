"""What readers make of ids, and of texts that look like them, in the files that are written here.

python bench/peers/id_round_trips.py [FOLDER], from the folder of the project: writes ids as JSONL, in quotes and of 20 digits
as numbers too, and as CSV, by the code that writes all CSV here, and reads them with each of pandas, polars and duckdb that is
there, told nothing and told what docs/data-files.md says. Of FOLDER, as `deno task export-pairs` writes it, each reader has to
give every text of the lines back as it is. Prints what came back; exits with 1 where it is not what is written below.

Seen with Python 3.11, pandas 3.1.1, polars 2.1.0, duckdb 2.0.1.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile

# Whole numbers to who takes them for numbers; the second list has one that is none of float64's whole ones, the third is of
# more digits than int64 or float64 have, the last of more than uint64.
IDS = {
    "zeros": ["0012", "0034"],
    "mixed": ["0012", "1e21"],
    "twenty": ["12345678901234567890", "9876543210987654321"],
    "more": ["98765432109876543210", "98765432109876543211"],
}
WRITER = """import { toCsv } from "./lib/report/csv.ts";
const ids = JSON.parse(Deno.args[0]);
await Deno.stdout.write(new TextEncoder().encode(toCsv(ids.map((id) => ({ id, sum: -1.5 })))));"""


def write(folder, ids):
    """Paths of the same ids as JSONL in quotes, as JSONL without, and as CSV."""
    quoted, bare, csv = (os.path.join(folder, name) for name in ("quoted.jsonl", "bare.jsonl", "a.csv"))
    with open(quoted, "w", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": value, "sum": -1.5}) + "\n" for value in ids)
    with open(bare, "w", encoding="utf-8") as file:
        file.writelines(f'{{"id": {value}, "sum": -1.5}}\n' for value in ids)
    with open(csv, "wb") as file:
        subprocess.run(["deno", "eval", WRITER, json.dumps(ids)], stdout=file, check=True)
    return quoted, bare, csv


def pandas_reads(quoted, bare, csv):
    import pandas

    return {
        "read_json": lambda: pandas.read_json(quoted, lines=True).id.tolist(),
        "read_json dtype=False": lambda: pandas.read_json(quoted, lines=True, dtype=False).id.tolist(),
        "read_json, no quotes": lambda: pandas.read_json(bare, lines=True).id.tolist(),
        "read_csv": lambda: pandas.read_csv(csv).id.tolist(),
        "read_csv dtype": lambda: pandas.read_csv(csv, dtype={"id": str}).id.tolist(),
    }


def polars_reads(quoted, bare, csv):
    import polars

    text = {"schema_overrides": {"id": polars.String}}
    return {
        "read_ndjson": lambda: polars.read_ndjson(quoted)["id"].to_list(),
        "read_ndjson, no quotes": lambda: polars.read_ndjson(bare)["id"].to_list(),
        "read_ndjson schema_overrides, no quotes": lambda: polars.read_ndjson(bare, **text)["id"].to_list(),
        "read_csv": lambda: polars.read_csv(csv)["id"].to_list(),
        "read_csv schema_overrides": lambda: polars.read_csv(csv, **text)["id"].to_list(),
    }


def duckdb_reads(quoted, bare, csv):
    import duckdb

    def column(source):
        return [row[0] for row in duckdb.sql(f"SELECT id FROM {source}").fetchall()]

    return {
        "read_json": lambda: column(f"read_json('{quoted}')"),
        "read_json, no quotes": lambda: column(f"read_json('{bare}')"),
        "read_json columns, no quotes": lambda: column(f"read_json('{bare}', columns = {{'id': 'VARCHAR'}})"),
        "read_csv": lambda: column(f"read_csv('{csv}')"),
        "read_csv types": lambda: column(f"read_csv('{csv}', types = {{'id': 'VARCHAR'}})"),
    }


def pandas_texts(path):
    import pandas

    return pandas.read_json(path, lines=True, dtype=False).to_dict("records")


def polars_texts(path):
    import polars

    return polars.read_ndjson(path).to_dicts()


def duckdb_texts(path):
    import duckdb

    table = duckdb.sql(f"SELECT * FROM read_json('{path}', format = 'newline_delimited')")
    return [dict(zip(table.columns, row)) for row in table.fetchall()]


READERS = {
    "pandas": (pandas_reads, pandas_texts),
    "polars": (polars_reads, polars_texts),
    "duckdb": (duckdb_reads, duckdb_texts),
}
NUMBERS = {"twenty": [12345678901234567890, 9876543210987654321], "more": [98765432109876543210, 98765432109876543211]}
DOUBLES = {"twenty": [1.2345678901234567e19, 9.876543210987655e18], "more": [9.876543210987654e19, 9.876543210987654e19]}
SHORT = {"zeros": [12, 34], "mixed": [12.0, 1e21]}
# By reader and call: what comes back of each list, "raises" where nothing does. All others give the texts as they are.
OTHERWISE = {
    ("pandas", "read_json"): {**SHORT, **DOUBLES},
    ("pandas", "read_json, no quotes"): {**NUMBERS, "more": "raises"},
    ("pandas", "read_csv"): {**SHORT, **NUMBERS},
    ("polars", "read_ndjson, no quotes"): NUMBERS,
    ("polars", "read_csv"): {**SHORT, **NUMBERS},
    ("duckdb", "read_json, no quotes"): {**NUMBERS, "more": DOUBLES["more"]},
    ("duckdb", "read_csv"): NUMBERS,
}


def same(found, expected):
    return found == expected and [type(value) for value in found] == [type(value) for value in expected]


def tried(read):
    try:
        return read()
    except Exception as error:
        print(f"  {type(error).__name__}: {str(error).splitlines()[0]}")
        return "raises"


failed, seen = False, 0
for name, (reads, texts) in READERS.items():
    if importlib.util.find_spec(name) is None:
        print(f"{name}: not there")
        continue
    seen += 1
    for which, ids in IDS.items():
        with tempfile.TemporaryDirectory() as folder:
            for call, read in reads(*write(folder, ids)).items():
                # Numbers of JSON have no leading zeros.
                if call.endswith("no quotes") and which in ("zeros", "mixed"):
                    continue
                found, expected = tried(read), OTHERWISE.get((name, call), {}).get(which, ids)
                right = same(found, expected)
                failed = failed or not right
                print(f"{name} {call}: {ids} is {found}" + ("" if right else f", and was {expected}: FAILS"))
    for file in ("pairs.jsonl", "completions.jsonl", "prompts.jsonl") if len(sys.argv) > 1 else ():
        path = os.path.join(sys.argv[1], file)
        with open(path, encoding="utf-8") as lines:
            told = [json.loads(line) for line in lines]
        found = texts(path)
        right = len(found) == len(told) and all(
            type(row[key]) is str and row[key] == value
            for row, line in zip(found, told)
            for key, value in line.items()
            if isinstance(value, str)
        )
        failed = failed or not right
        print(f"{name} {file}: {len(told)} lines" + (" as they are" if right else ": FAILS"))
if seen == 0:
    sys.exit("none of pandas, polars and duckdb is there: pip install pandas==3.1.1 polars==2.1.0 duckdb==2.0.1")
sys.exit(1 if failed else 0)
