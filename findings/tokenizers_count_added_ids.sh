#!/usr/bin/env bash
# A `tokenizer.json` writes an id beside each added token, and PyPI tokenizers 0.23.3 does not use it: a token that is not
# in the vocabulary takes the number of tokens so far. Where ids have a gap, as after rare tokens were taken out of a
# vocabulary, or the list has another order, a token takes an id that may be another token's, and nothing is said in
# Python. npm @huggingface/tokenizers 0.2.0 uses the ids of the file, so the two give other ids to the same marks of a
# chat.
#
# Guess before it was tried: an id that a file states is the id.
# Seen with Node 20.20 and npm package @huggingface/tokenizers 0.2.0, Python 3.11 and PyPI package tokenizers 0.23.3, ids
# of "<s>c", where the vocabulary has a, b and c as 0, 1 and 3, and the file says that <s> is 4:
#   tokenizers: [3, 3]
#   @huggingface/tokenizers: [4, 3]
# What this product does instead: lib/tokenizers/tokenizer_json.ts refuses a file whose ids the two read otherwise
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
added = {"id": 4, "content": "<s>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
         "special": True}
write(added_tokens=[added], model={"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 3}, "merges": []})
PY
python3 make.py
cat >rust.py <<'PY'
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file("tokenizer.json")
print("tokenizers:", tokenizer.encode("<s>c").ids)
PY
cat >script.mjs <<'JS'
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
const tokenizer = new Tokenizer(JSON.parse(readFileSync("tokenizer.json", "utf8")), {});
console.log("@huggingface/tokenizers:", JSON.stringify(tokenizer.encode("<s>c").ids).replaceAll(",", ", "));
JS
seen="$(PYTHONPATH=python python3 rust.py && node script.mjs)"
echo "$seen"
[ "$seen" = 'tokenizers: [3, 3]
@huggingface/tokenizers: [4, 3]' ] || exit 1
