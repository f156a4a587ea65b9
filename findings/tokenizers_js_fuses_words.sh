#!/usr/bin/env bash
# With `fuse_unk`, @huggingface/tokenizers 0.2.0 makes one unknown token of all unknown characters that follow each other
# in a text, also where a pre-tokenizer has split it into words. The Rust library fuses inside each word. A text of ten
# words in another script is one token here and ten there: its length, its mean log-probability and what is cut off are
# not the same.
#
# Guess before it was tried: words that were split stay apart, whatever becomes of each.
# Seen with Node 20.20 and npm package @huggingface/tokenizers 0.2.0, Python 3.11 and PyPI package tokenizers 0.23.3, ids
# of "a день дом a":
#   tokenizers: [1, 0, 0, 1]
#   @huggingface/tokenizers: [1, 0, 1]
# What this product does instead: lib/tokenizers/tokenizer_json.ts refuses `fuse_unk` with a split by name
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
model = {"type": "BPE", "vocab": {"?": 0, "a": 1}, "merges": [], "unk_token": "?", "fuse_unk": True}
write(pre_tokenizer={"type": "WhitespaceSplit"}, model=model)
PY
python3 make.py
cat >rust.py <<'PY'
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file("tokenizer.json")
print("tokenizers:", tokenizer.encode("a день дом a").ids)
PY
cat >script.mjs <<'JS'
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
const tokenizer = new Tokenizer(JSON.parse(readFileSync("tokenizer.json", "utf8")), {});
console.log("@huggingface/tokenizers:", JSON.stringify(tokenizer.encode("a день дом a").ids).replaceAll(",", ", "));
JS
seen="$(PYTHONPATH=python python3 rust.py && node script.mjs)"
echo "$seen"
[ "$seen" = 'tokenizers: [1, 0, 0, 1]
@huggingface/tokenizers: [1, 0, 1]' ] || exit 1
