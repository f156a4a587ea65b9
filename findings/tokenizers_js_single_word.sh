#!/usr/bin/env bash
# An added token with `single_word` is found where it stands as a word alone. @huggingface/tokenizers 0.2.0 does not look
# at that: it finds it inside of other words too, and cuts them in pieces there. Words that were added to a vocabulary, as
# names of a domain are, change the ids of all words that contain them.
#
# Guess before it was tried: what the library does not do, it refuses, as it does unknown kinds of models and decoders.
# Seen with Node 20.20 and npm package @huggingface/tokenizers 0.2.0, Python 3.11 and PyPI package tokenizers 0.23.3, ids
# of "ab cab", where "ab" was added as a single word:
#   tokenizers: [4, 3, 2, 0, 1]
#   @huggingface/tokenizers: [4, 3, 2, 4]
# What this product does instead: lib/tokenizers/tokenizer_json.ts refuses added tokens with single_word by name
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
added = {"id": 4, "content": "ab", "single_word": True, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
write(added_tokens=[added], model={"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, " ": 3}, "merges": []})
PY
python3 make.py
cat >rust.py <<'PY'
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file("tokenizer.json")
print("tokenizers:", tokenizer.encode("ab cab").ids)
PY
cat >script.mjs <<'JS'
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
const tokenizer = new Tokenizer(JSON.parse(readFileSync("tokenizer.json", "utf8")), {});
console.log("@huggingface/tokenizers:", JSON.stringify(tokenizer.encode("ab cab").ids).replaceAll(",", ", "));
JS
seen="$(PYTHONPATH=python python3 rust.py && node script.mjs)"
echo "$seen"
[ "$seen" = 'tokenizers: [4, 3, 2, 0, 1]
@huggingface/tokenizers: [4, 3, 2, 4]' ] || exit 1
