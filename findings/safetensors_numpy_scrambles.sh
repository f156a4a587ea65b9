#!/usr/bin/env bash
# safetensors 0.8.0 writes a NumPy array as its bytes lie in memory and says that they are in rows: a transposed weight,
# or one in Fortran order, is saved with its shape and with its numbers in other places. Nothing is said, and the file is
# well formed. 0.7.0 wrote what the array holds. Weights are transposed wherever they go from one program's layout to
# another's, and a model loaded from such a file still speaks, badly: everything measured on it is of no model that anyone
# has trained. (The docstring asks for contiguous tensors; for PyTorch the same package raises an error.)
#
# Guess before it was tried: it is saved as it reads, or refused, as PyTorch's tensors are.
# Seen with Python 3.11 and PyPI packages safetensors 0.7.0 and 0.8.0, numpy 2.4.6, the transpose of [[0, 1, 2], [3, 4,
# 5]]:
#   0.7.0: [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
#   0.8.0: [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
# What this product does instead: lib/formats/safetensors_writer.ts is given numbers in rows alone, and its files are read
# back by the format's rule (lib/formats/written_test.ts). A file that was scrambled before cannot be told from another:
# compare the log-probabilities of a text with those of the model it was made from.
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
install() { python3 -m pip install --quiet --root-user-action ignore --no-deps --target "$@"; }
install numpy numpy==2.4.6
install 0.7.0 safetensors==0.7.0
install 0.8.0 safetensors==0.8.0

cat >transpose.py <<'PY'
import sys
import numpy as np
from safetensors.numpy import load_file, save_file
weight = np.arange(6, dtype=np.float32).reshape(2, 3).T
save_file({"weight": weight}, "model.safetensors")
print(f"{sys.argv[1]}: {load_file('model.safetensors')['weight'].tolist()}")
PY
seen="$(for version in 0.7.0 0.8.0; do PYTHONPATH="$version:numpy" python3 transpose.py "$version"; done)"
echo "$seen"
[ "$seen" = '0.7.0: [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
0.8.0: [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]' ] || exit 1
