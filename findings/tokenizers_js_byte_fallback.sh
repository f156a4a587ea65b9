#!/usr/bin/env bash
# In @huggingface/tokenizers 0.2.0 the decoder `ByteFallback`, which Llama 2, Mistral and Gemma have for characters that
# are no tokens, makes one U+FFFD of the bytes of a character that is cut off, and drops a byte order mark. The Rust
# library makes one U+FFFD for each byte, and keeps the mark. Texts of sampled tokens, which end inside characters, differ
# in length and content.
#
# Guess before it was tried: bytes that are no text are marked alike in both.
# Seen with Node 20.20 and npm package @huggingface/tokenizers 0.2.0, Python 3.11 and PyPI package tokenizers 0.23.3, code
# points of a byte order mark and "a", and of the first two bytes of three:
#   tokenizers: feff 61, fffd fffd
#   @huggingface/tokenizers: 61, fffd
# What this product does instead: lib/tokenizers/decoder.ts decodes itself (lib/tokenizers/tokenizer_test.ts).
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
tokens = ["a"] + [f"<0x{byte}>" for byte in ["EF", "BB", "BF", "E6", "97"]]
model = {"type": "BPE", "vocab": {token: id for id, token in enumerate(tokens)}, "merges": [], "byte_fallback": True}
write(decoder={"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]}, model=model)
PY
python3 make.py
cat >rust.py <<'PY'
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file("tokenizer.json")
points = lambda ids: " ".join(f"{ord(point):x}" for point in tokenizer.decode(ids))
print("tokenizers:", f"{points([1, 2, 3, 0])}, {points([4, 5])}")
PY
cat >script.mjs <<'JS'
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
const tokenizer = new Tokenizer(JSON.parse(readFileSync("tokenizer.json", "utf8")), {});
const points = (ids) => [...tokenizer.decode(ids)].map((point) => point.codePointAt(0).toString(16)).join(" ");
console.log("@huggingface/tokenizers:", `${points([1, 2, 3, 0])}, ${points([4, 5])}`);
JS
seen="$(PYTHONPATH=python python3 rust.py && node script.mjs)"
echo "$seen"
[ "$seen" = 'tokenizers: feff 61, fffd fffd
@huggingface/tokenizers: 61, fffd' ] || exit 1
