#!/usr/bin/env bash
# `dropout` in a `tokenizer.json`, which leaves merges out at random so that a model in training sees words in several
# pieces, is taken by PyPI tokenizers 0.23.3 whenever a text is encoded: when it is scored or sampled from as well, and
# there is no mode to turn it off, nor a seed. A folder saved by such a training gives the same text other tokens, and so
# another log-probability, each time. npm @huggingface/tokenizers 0.2.0 does not look at it.
#
# Guess before it was tried: what regularises training is off where nothing is trained.
# Seen with Node 20.20 and npm package @huggingface/tokenizers 0.2.0, Python 3.11 and PyPI package tokenizers 0.23.3, ways
# in which "abababab" was encoded in 200 tries with a dropout of one half:
#   tokenizers: more than one
#   @huggingface/tokenizers: one
# What this product does instead: lib/tokenizers/tokenizer_json.ts refuses a model with dropout by name
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
model = {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]], "dropout": 0.5}
write(model=model)
PY
python3 make.py
cat >rust.py <<'PY'
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file("tokenizer.json")
ways = {str(tokenizer.encode("abababab").ids) for _ in range(200)}
print("tokenizers:", "one" if len(ways) == 1 else "more than one")
PY
cat >script.mjs <<'JS'
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
const tokenizer = new Tokenizer(JSON.parse(readFileSync("tokenizer.json", "utf8")), {});
const ways = new Set(Array.from({ length: 200 }, () => tokenizer.encode("abababab").ids.join()));
console.log("@huggingface/tokenizers:", ways.size === 1 ? "one" : "more than one");
JS
seen="$(PYTHONPATH=python python3 rust.py && node script.mjs)"
echo "$seen"
[ "$seen" = 'tokenizers: more than one
@huggingface/tokenizers: one' ] || exit 1
