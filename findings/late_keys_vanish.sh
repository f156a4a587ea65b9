#!/usr/bin/env bash
# Preferences carry keys that few rows have: a weight, a tie, who judged; and in chats, a thought or a tool beside the
# content. polars 2.1.0 reads a JSONL file by the keys of its first 100 lines and leaves out, without a word, all keys that
# come later, those within messages too. Dataset.from_list and from_generator of datasets 5.2.0 go by the first row alone,
# and so does `map` for keys that it adds. What was weighted is not weighted then, and ties are wins.
#
# Guess before it was tried: the key is there and null where a row has none, as pandas and pyarrow do it, or is refused.
# Seen with Python 3.11 and PyPI packages polars 2.1.0 and datasets 5.2.0, rows whose last one alone has a key more:
#   polars, 101 lines: prompt, messages; the keys of the last message: role, content
#   Dataset.from_list, 2 rows: prompt
#   Dataset.from_generator, 2 rows: prompt
#   Dataset.map, 2 rows: prompt
#   the same lines by load_dataset("json"): prompt, messages, weight
# What this product does instead: lib/datasets/own looks at the keys of every line (lib/datasets/own/table_test.ts).
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --root-user-action ignore --target site-packages polars==2.1.0 datasets==5.2.0

# Under this name, so that dill takes what is there for installed, as it does in an environment.
cat >read_polars.py <<'PY'
import json
import polars
plain = {"prompt": "p", "messages": [{"role": "user", "content": "q"}]}
late = {"prompt": "p", "messages": [{"role": "assistant", "content": "a", "thinking": "t"}], "weight": 3}
with open("pairs.jsonl", "w") as file:
    for line in [plain] * 100 + [late]:
        print(json.dumps(line), file=file)
table = polars.read_ndjson("pairs.jsonl")
print("polars:", *table.columns, "| last message:", *table["messages"].to_list()[-1][0])
PY
cat >read_datasets.py <<'PY'
from datasets import Dataset, disable_progress_bars, load_dataset
disable_progress_bars()
two = [{"prompt": "p"}, {"prompt": "q", "weight": 3}]
def rows():
    yield from two
print("from_list:", *Dataset.from_list(two).column_names)
print("from_generator:", *Dataset.from_generator(rows, cache_dir="cache").column_names)
plain = Dataset.from_dict({"prompt": ["p", "q"]})
print("map:", *plain.map(lambda row: {"weight": 3} if row["prompt"] == "q" else {}).column_names)
print("load_dataset:", *load_dataset("json", data_files="pairs.jsonl", split="train", cache_dir="cache").column_names)
PY
export PYTHONPATH=site-packages HF_HUB_OFFLINE=1 HF_HOME="$folder/cache"
seen="$(python3 read_polars.py && python3 read_datasets.py)"
echo "$seen"
[ "$seen" = "polars: prompt messages | last message: role content
from_list: prompt
from_generator: prompt
map: prompt
load_dataset: prompt messages weight" ] || exit 1
