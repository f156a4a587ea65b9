#!/usr/bin/env bash
# `generate` of @huggingface/transformers 4.3.2 takes `top_p`, `min_p`, `typical_p` and `epsilon_cutoff`, in its arguments
# and in `generation_config.json`, as its documented configuration has them, and samples as if they were not there. Of the
# whole family `top_k` and `temperature` alone do something. Responses that are sampled in Node, Deno or a browser, to be
# judged or to be pairs of preferences, are of another policy than the same settings give in Python's transformers: the
# tail, which was to be cut off, is there, and propensities that are computed for a cut policy are wrong.
#
# Guess before it was tried: `top_p` 0.5 leaves the likeliest tokens that make up one half.
# Seen with Node 20.20 and npm package @huggingface/transformers 4.3.2 (onnxruntime-node 1.30.0), a model made for this
# that gives six tokens the probabilities .4, .3, .15, .1, .04 and .01 whatever came before, 1500 draws:
#   top_p 0.5, min_p 0.5, typical_p 0.2, epsilon_cutoff 0.2: six tokens drawn, where 2, 2, 1 and 2 are left by definition
#   top_k 2: two tokens drawn
# What this product does instead: lib/policies/language/sampling.ts does `topP` and `minP`, and gives each token's log-prob
# under the distribution that it was drawn from beside that under the model.
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent --ignore-scripts @huggingface/transformers@4.3.2
python3 -m pip install --quiet --root-user-action ignore --target packages onnx==1.23.2 numpy==2.4.6

cat >make.py <<'PY'
import json, os
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
os.makedirs("model/onnx")
table = np.log(np.tile(np.array([0.4, 0.3, 0.15, 0.1, 0.04, 0.01], np.float32), (6, 1)))
graph = helper.make_graph(
    [helper.make_node("Gather", ["table", "input_ids"], ["logits"])],
    "graph",
    [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])],
    [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "length", 6])],
    [numpy_helper.from_array(table, "table")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.save(model, "model/onnx/model.onnx")
config = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "vocab_size": 6, "n_layer": 1, "n_head": 1,
          "n_embd": 4, "n_positions": 4096, "bos_token_id": 0, "is_encoder_decoder": False}
json.dump(config, open("model/config.json", "w"))
json.dump({"bos_token_id": 0}, open("model/generation_config.json", "w"))
PY
PYTHONPATH=packages python3 make.py
cat >draw.mjs <<'JS'
import { AutoModelForCausalLM, env, Tensor } from "@huggingface/transformers";
env.allowRemoteModels = false;
env.localModelPath = `${process.cwd()}/`;
const model = await AutoModelForCausalLM.from_pretrained("model", { dtype: "fp32", device: "cpu" });
for (const settings of [{ top_p: 0.5 }, { min_p: 0.5 }, { typical_p: 0.2 }, { epsilon_cutoff: 0.2 }, { top_k: 2 }]) {
  const drawn = await model.generate({
    input_ids: new Tensor("int64", [0n], [1, 1]),
    attention_mask: new Tensor("int64", [1n], [1, 1]),
    max_new_tokens: 1500,
    do_sample: true,
    ...settings,
  });
  console.log(JSON.stringify(settings), "draws", new Set(drawn.tolist()[0].slice(1).map(Number)).size, "tokens");
}
JS
seen="$(node draw.mjs 2>/dev/null | grep draws)"
echo "$seen"
[ "$seen" = '{"top_p":0.5} draws 6 tokens
{"min_p":0.5} draws 6 tokens
{"typical_p":0.2} draws 6 tokens
{"epsilon_cutoff":0.2} draws 6 tokens
{"top_k":2} draws 2 tokens' ] || exit 1
