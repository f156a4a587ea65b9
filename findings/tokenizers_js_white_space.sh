#!/usr/bin/env bash
# @huggingface/tokenizers 0.2.0 splits at `ByteLevel`, as the tokenizers of GPT-2 and its successors do, with JavaScript's
# white space: U+FEFF, the byte order mark, counts as such, U+0085 does not. In the Rust library, PyPI tokenizers, it is
# the other way round. Its expressions in `Split` are translated with care, and this one, written into the library, is
# not. Texts that were pasted together from files with byte order marks, or came from a mainframe, have other ids than the
# model was trained with.
#
# Guess before it was tried: two libraries of one maintainer split the same file's texts alike, white space above all.
# Seen with Node 20.20 and npm package @huggingface/tokenizers 0.2.0, Python 3.11 and PyPI package tokenizers 0.23.3, ids
# of "!" behind U+FEFF and behind U+0085, where merges join the last byte of each with "!":
#   tokenizers: [0, 1, 4] [5, 6, 3]
#   @huggingface/tokenizers: [0, 1, 2, 3] [5, 7]
# What this product does instead: lib/tokenizers/tokenizer_json.ts hands `ByteLevel` its expression as a `Split`
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
tokens = ["ï", "»", "¿", "!", "¿!", "Â", "ħ", "ħ!"]
model = {"type": "BPE", "vocab": {token: id for id, token in enumerate(tokens)}, "merges": [["¿", "!"], ["ħ", "!"]]}
write(pre_tokenizer={"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}, model=model)
PY
python3 make.py
cat >rust.py <<'PY'
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file("tokenizer.json")
print("tokenizers:", tokenizer.encode("\ufeff!").ids, tokenizer.encode("\u0085!").ids)
PY
cat >script.mjs <<'JS'
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
const tokenizer = new Tokenizer(JSON.parse(readFileSync("tokenizer.json", "utf8")), {});
const ids = (text) => JSON.stringify(tokenizer.encode(text).ids).replaceAll(",", ", ");
console.log("@huggingface/tokenizers:", ids("\ufeff!"), ids("\u0085!"));
JS
seen="$(PYTHONPATH=python python3 rust.py && node script.mjs)"
echo "$seen"
[ "$seen" = 'tokenizers: [0, 1, 4] [5, 6, 3]
@huggingface/tokenizers: [0, 1, 2, 3] [5, 7]' ] || exit 1
