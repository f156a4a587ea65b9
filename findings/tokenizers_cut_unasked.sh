#!/usr/bin/env bash
# What was last set for truncation and padding is saved with a tokenizer, and PyPI tokenizers 0.23.3 does it again to
# every text that is encoded, without a word: a folder saved by a run that cut its texts at 512 tokens cuts those of all
# who load it, and fills short ones. npm @huggingface/tokenizers 0.2.0 does not look at these parts of the file. Counts of
# tokens, log-probabilities of texts and what is left of a long pair depend on which of the two has read it.
#
# Guess before it was tried: `encode` without options gives all tokens of the text and no others.
# Seen with Node 20.20 and npm package @huggingface/tokenizers 0.2.0, Python 3.11 and PyPI package tokenizers 0.23.3, ids
# of "aaaaa" and "a" by a file with truncation to 3 and padding to 2:
#   tokenizers: [1, 1, 1] [1, 0]
#   @huggingface/tokenizers: [1, 1, 1, 1, 1] [1]
# What this product does instead: lib/tokenizers/tokenizer_json.ts leaves both parts out, and pairs that are too long are
# cut by a rule that the caller names and counts (lib/tokenizers/pairs.ts).
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @huggingface/tokenizers@0.2.0
python3 -m pip install --quiet --root-user-action ignore --no-deps --target python tokenizers==0.23.3

cat >make.py <<'PY'
import json
def write(**parts):
    whole = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
             "pre_tokenizer": None, "post_processor": None, "decoder": None}
    json.dump({**whole, **parts}, open("tokenizer.json", "w"))
truncation = {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0}
padding = {"strategy": {"Fixed": 2}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0,
           "pad_token": "?"}
write(truncation=truncation, padding=padding, model={"type": "BPE", "vocab": {"?": 0, "a": 1}, "merges": []})
PY
python3 make.py
cat >rust.py <<'PY'
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file("tokenizer.json")
print("tokenizers:", tokenizer.encode("aaaaa").ids, tokenizer.encode("a").ids)
PY
cat >script.mjs <<'JS'
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
const tokenizer = new Tokenizer(JSON.parse(readFileSync("tokenizer.json", "utf8")), {});
const ids = (text) => JSON.stringify(tokenizer.encode(text).ids).replaceAll(",", ", ");
console.log("@huggingface/tokenizers:", ids("aaaaa"), ids("a"));
JS
seen="$(PYTHONPATH=python python3 rust.py && node script.mjs)"
echo "$seen"
[ "$seen" = 'tokenizers: [1, 1, 1] [1, 0]
@huggingface/tokenizers: [1, 1, 1, 1, 1] [1]' ] || exit 1
