#!/usr/bin/env bash
# A GGUF file says how positions are scaled: linearly by `llama.rope.scaling.type` and `.factor`, as Llama 3.1, 3.2 and 3.3
# by a tensor of factors, `rope_freqs.weight`. PyPI transformers 5.24.0 takes neither over: the configuration that it makes
# of the file is that of a model without, and nothing is said. Nor does it see biases of attention and of the feed-forward
# layer, whose tensors are left out. The model that it loads speaks, and is another: on a small random model made for this,
# log-probabilities of 40 tokens moved by up to 12 nats (linear, factor 2), 6.8 (factors of Llama 3) and 11 (biases), as
# read with PyTorch 2.15.0. Who checks a GGUF file against transformers checks it against that.
#
# Guess before it was tried: what changes the arithmetic is read or refused.
# Seen with Python 3.11 and PyPI packages transformers 5.24.0, gguf 0.19.0, numpy 2.4.6; a stand-in says that PyTorch is
# there, which the function that reads configurations asks for and does not use:
#   linear: as without
#   llama3: as without
#   biases: as without
#   base: rope_theta 10000.0 became 500000.0
# What this product does instead: lib/policies/language/config_gguf.ts reads all three (config_gguf_test.ts), and refuses
# scalings that it does not do.
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --root-user-action ignore --target packages transformers==5.24.0 gguf==0.19.0 numpy==2.4.6
mkdir -p torch torch-2.15.0.dist-info
printf '__version__ = "2.15.0"\nclass dtype: pass\nclass Tensor: pass\n' >torch/__init__.py
printf 'Metadata-Version: 2.1\nName: torch\nVersion: 2.15.0\n' >torch-2.15.0.dist-info/METADATA

cat >read.py <<'PY'
import numpy as np
from gguf import GGUFWriter
from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

def config(base=10000.0, values={}, tensors={}):
    writer = GGUFWriter("a.gguf", "llama")
    for add, value in (
        (writer.add_block_count, 1), (writer.add_context_length, 64), (writer.add_embedding_length, 64),
        (writer.add_feed_forward_length, 64), (writer.add_head_count, 4), (writer.add_head_count_kv, 2),
        (writer.add_layer_norm_rms_eps, 1e-5), (writer.add_vocab_size, 8), (writer.add_rope_freq_base, base),
    ):
        add(value)
    for key, value in values.items():
        (writer.add_string if isinstance(value, str) else writer.add_float32)(key, value)
    for name, tensor in tensors.items():
        writer.add_tensor(name, np.array(tensor, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return load_gguf_checkpoint("a.gguf")["config"]

plain = config()
changed = {
    "linear": config(values={"llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": 2.0}),
    "llama3": config(tensors={"rope_freqs.weight": [1, 1, 1, 1, 8, 8, 8, 8]}),
    "biases": config(tensors={"blk.0.attn_q.bias": [1] * 64, "blk.0.ffn_gate.bias": [1] * 64}),
}
for name, of in changed.items():
    print(f"{name}: {'as without' if of == plain else of}")
print(f"base: rope_theta {plain['rope_theta']} became {config(500000.0)['rope_theta']}")
PY
seen="$(HF_HUB_OFFLINE=1 PYTHONPATH=packages:. python3 read.py)"
echo "$seen"
[ "$seen" = 'linear: as without
llama3: as without
biases: as without
base: rope_theta 10000.0 became 500000.0' ] || exit 1
