#!/usr/bin/env bash
# Sigmoid of ONNX Runtime is 0 at -18 and below, where float32 has numbers down to -103, and float64, which it takes as
# well, down to -745; between -14 and -18 it is wrong by a tenth to twice its value. PyTorch's exporter (2.15.0, with
# onnxscript 0.7.2) writes `logsigmoid` as Sigmoid and then Log: a loss of pairs by log σ, or the log-probability of a
# classifier, which PyTorch has at -20 is -inf in the exported model, and its mean over any batch with such a pair too.
#
# Guess before it was tried: right to a thousandth at -16.
# Seen with Python 3.11 and PyPI packages onnxruntime 1.32.0 on the CPU, onnx 1.23.2, numpy 2.4.6:
#   float32, x = -20: sigmoid 0, log of it -inf; -log(1 + exp(-x)) = -softplus(-x) is -20
#   float64, x = -40: sigmoid 0, where 4.2e-18 is right
# What this product does instead: losses take log σ and softplus from lib/tensor/ops.ts, which do not compute σ first.
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --root-user-action ignore --target packages onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

cat >sigmoid.py <<'PY'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper

def run(operators, x):
    kind = helper.np_dtype_to_tensor_dtype(x.dtype)
    names = ["x", *(f"x{i}" for i in range(len(operators)))]
    graph = helper.make_graph(
        [helper.make_node(operator, [before], [after]) for operator, before, after in zip(operators, names, names[1:])],
        "graph",
        [helper.make_tensor_value_info("x", kind, x.shape)],
        [helper.make_tensor_value_info(names[-1], kind, x.shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]

x = np.array([-20.0], np.float32)
print(f"float32, -20: sigmoid {run(['Sigmoid'], x)[0]:.3g}, where {1 / (1 + np.exp(20)):.3g} is right")
print(f"float32, -20: log of sigmoid {run(['Sigmoid', 'Log'], x)[0]:g}")
print(f"float32, -20: -softplus(-x) {run(['Neg', 'Softplus', 'Neg'], x)[0]:g}")
print(f"float64, -40: sigmoid {run(['Sigmoid'], np.array([-40.0]))[0]:.3g}, where {1 / (1 + np.exp(40)):.3g} is right")
PY
seen="$(PYTHONPATH=packages python3 sigmoid.py)"
echo "$seen"
[ "$seen" = 'float32, -20: sigmoid 0, where 2.06e-09 is right
float32, -20: log of sigmoid -inf
float32, -20: -softplus(-x) -20
float64, -40: sigmoid 0, where 4.25e-18 is right' ] || exit 1
