#!/usr/bin/env bash
# What a `TemplateProcessing` puts around a text is named in its template, and a table beside it says which ids each name
# stands for. @huggingface/tokenizers 0.2.0 does not look at the table: it puts the token that has that name. The Rust
# library puts the ids of the table, which may be several. A text then begins otherwise than in training; where no token
# has the name, the id is undefined, and an array of integers made from it has 0 there.
#
# Guess before it was tried: a table of ids that the format demands is used.
# Seen with Node 20.20 and npm package @huggingface/tokenizers 0.2.0, Python 3.11 and PyPI package tokenizers 0.23.3, ids
# of "a":
#   tokenizers: [2, 3, 0]
#   @huggingface/tokenizers: [null, 0]
# What this product does instead: lib/tokenizers/tokenizer_json.ts refuses a table that says other ids than the names have
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
tokens = ["a", "b", "<s>", "\n"]
template = [{"SpecialToken": {"id": "start", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
table = {"start": {"id": "start", "ids": [2, 3], "tokens": ["<s>", "\n"]}}
write(post_processor={"type": "TemplateProcessing", "single": template, "pair": template + [{"Sequence": {"id": "B", "type_id": 1}}],
                      "special_tokens": table},
      model={"type": "BPE", "vocab": {token: id for id, token in enumerate(tokens)}, "merges": []})
PY
python3 make.py
cat >rust.py <<'PY'
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file("tokenizer.json")
print("tokenizers:", tokenizer.encode("a").ids)
PY
cat >script.mjs <<'JS'
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
const tokenizer = new Tokenizer(JSON.parse(readFileSync("tokenizer.json", "utf8")), {});
console.log("@huggingface/tokenizers:", JSON.stringify(tokenizer.encode("a").ids).replaceAll(",", ", "));
JS
seen="$(PYTHONPATH=python python3 rust.py && node script.mjs)"
echo "$seen"
[ "$seen" = 'tokenizers: [2, 3, 0]
@huggingface/tokenizers: [null, 0]' ] || exit 1
