#!/usr/bin/env bash
# Qwen's `tokenizer.json` brings a text into Unicode's form NFC before it is cut: an e with an accent behind it becomes é.
# A GGUF file names the cut, `tokenizer.ggml.pre` "qwen2", and llama.cpp, which knows cuts by their names, leaves the form
# as it is. Texts with letters in parts, as macOS names files and as some keyboards write Vietnamese, have other ids than the
# model was trained with: 113 of 1,600 texts drawn at random from pieces of which one was such a letter. Whoever takes
# log-probabilities from llama.cpp and from transformers compares other tokens.
#
# Guess before it was tried: a tokenizer that is named after a model gives that model's ids.
# Seen with Python 3.11 and PyPI packages xllamacpp 2026.10.11549 (llama.cpp), gguf 0.19.0, tokenizers 0.23.3, numpy 2.4.6,
# on a model of 257 tokens, the bytes and an end; ids of "é" as one character and as two:
#   tokenizers: [127, 102] [127, 102]
#   llama.cpp: [127, 102] [68, 136, 223]
# What this product does instead: lib/tokenizers/gguf_tokenizer.ts puts the form NFC before the cut of Qwen
# (gguf_tokenizer_test.ts).
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --root-user-action ignore --no-deps --target packages xllamacpp==2026.10.11549 gguf==0.19.0 \
  tokenizers==0.23.3 numpy==2.4.6 pyyaml==6.0.4 requests==2.34.2 tqdm==4.70.1

cat >seen.py <<'PY'
import json
import urllib.request
import numpy as np
from gguf import GGUFWriter
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
import xllamacpp

tokens = sorted(pre_tokenizers.ByteLevel.alphabet()) + ["<|endoftext|>"]
width, rng = 32, np.random.default_rng(0)
writer = GGUFWriter("a.gguf", "qwen2")
for add, value in (
    (writer.add_block_count, 1), (writer.add_context_length, 256), (writer.add_embedding_length, width),
    (writer.add_feed_forward_length, width), (writer.add_head_count, 1), (writer.add_head_count_kv, 1),
    (writer.add_layer_norm_rms_eps, 1e-5), (writer.add_rope_freq_base, 1e6), (writer.add_tokenizer_model, "gpt2"),
    (writer.add_tokenizer_pre, "qwen2"), (writer.add_token_list, tokens), (writer.add_token_types, [1] * 256 + [3]),
    (writer.add_token_merges, ["a b"]), (writer.add_eos_token_id, 256),
):
    add(value)
sizes = {"token_embd.weight": (len(tokens), width), "output_norm.weight": (width,)}
for name in ("attn_norm", "ffn_norm"):
    sizes[f"blk.0.{name}.weight"] = (width,)
for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
    sizes[f"blk.0.{name}.weight"] = (width, width)
for name in ("attn_q", "attn_k", "attn_v"):
    sizes[f"blk.0.{name}.bias"] = (width,)
for name, size in sizes.items():
    writer.add_tensor(name, rng.normal(0, 0.1, size).astype(np.float32))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()

params = xllamacpp.CommonParams()
params.model.path, params.n_ctx, params.warmup = "a.gguf", 256, False
server = xllamacpp.Server(params)

def theirs(text):
    body = json.dumps({"content": text}).encode()
    request = urllib.request.Request(f"{server.listening_address}/tokenize", body, {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request))["tokens"]

tokenizer = Tokenizer(models.BPE(vocab={token: id for id, token in enumerate(tokens)}, merges=[]))
tokenizer.normalizer = normalizers.NFC()
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
texts = "\u00e9", "e\u0301"
with open("seen.txt", "w") as out:
    print("tokenizers:", *(tokenizer.encode(text).ids for text in texts), file=out)
    print("llama.cpp:", *(theirs(text) for text in texts), file=out)
PY
PYTHONPATH=packages python3 seen.py >log.txt 2>&1 || { cat log.txt; exit 1; }
seen="$(cat seen.txt)"
echo "$seen"
[ "$seen" = 'tokenizers: [127, 102] [127, 102]
llama.cpp: [127, 102] [68, 136, 223]' ] || exit 1
