#!/usr/bin/env bash
# In @huggingface/tokenizers 0.2.0 the normalizer `Lowercase` is JavaScript's `toLowerCase`, which looks at what stands
# around a Greek capital sigma and writes ς at the end of a word. The Rust library takes letters one by one and writes σ.
# Greek texts in capitals, and a lone Σ beside a word in formulas, have other ids.
#
# Guess before it was tried: small letters are small letters, whichever standard library makes them.
# Seen with Node 20.20 and npm package @huggingface/tokenizers 0.2.0, Python 3.11 and PyPI package tokenizers 0.23.3, ids
# of "ΟΔΟΣ":
#   tokenizers: [0, 1, 0, 2]
#   @huggingface/tokenizers: [0, 1, 0, 3]
# What this product does instead: lib/tokenizers/tokenizer_json.ts replaces Σ by σ first
# (lib/tokenizers/tokenizer_test.ts).
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
model = {"type": "BPE", "vocab": {"ο": 0, "δ": 1, "σ": 2, "ς": 3}, "merges": []}
write(normalizer={"type": "Lowercase"}, model=model)
PY
python3 make.py
cat >rust.py <<'PY'
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file("tokenizer.json")
print("tokenizers:", tokenizer.encode("ΟΔΟΣ").ids)
PY
cat >script.mjs <<'JS'
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
const tokenizer = new Tokenizer(JSON.parse(readFileSync("tokenizer.json", "utf8")), {});
console.log("@huggingface/tokenizers:", JSON.stringify(tokenizer.encode("ΟΔΟΣ").ids).replaceAll(",", ", "));
JS
seen="$(PYTHONPATH=python python3 rust.py && node script.mjs)"
echo "$seen"
[ "$seen" = 'tokenizers: [0, 1, 0, 2]
@huggingface/tokenizers: [0, 1, 0, 3]' ] || exit 1
