#!/usr/bin/env bash
# Labels that do not count, of the prompt and of what fills a batch, are -100 in transformers, TRL and PyTorch, and their
# loss is 0. optax.softmax_cross_entropy_with_integer_labels counts a negative label from the end: -100 is the hundredth
# last token of the vocabulary. Nothing is raised: the loss of each such place is added, and its gradient makes that token
# likelier after every prompt. Where the vocabulary has less than 100 tokens the loss is NaN.
#
# Guess before it was tried: NaN, as for labels that are too large.
# Seen with Python 3.11 and PyPI packages optax 0.2.8, jax and jaxlib 0.10.2, 200 tokens:
#   label -100: the loss of label 100, and the gradient that lowers it
#   label 200: nan
# What this product does instead: an id outside of the vocabulary is an error (lib/policies/language/head.ts).
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --root-user-action ignore --target packages optax==0.2.8 jax==0.10.2 jaxlib==0.10.2

cat >labels.py <<'PY'
import jax
import jax.numpy as jnp
import optax
logits = jnp.arange(200.0) / 100
def loss(logits, label):
    return optax.softmax_cross_entropy_with_integer_labels(logits, jnp.array(label))
print("label -100 as label 100:", bool(loss(logits, -100) == loss(logits, 100)), f"{loss(logits, -100):.3f}")
gradient = jax.grad(loss)(logits, -100)
print("gradient below 0 at token:", *jnp.flatnonzero(gradient < 0).tolist())
print("label 200:", loss(logits, 200))
PY
seen="$(PYTHONPATH=packages python3 labels.py)"
echo "$seen"
[ "$seen" = "label -100 as label 100: True 5.455
gradient below 0 at token: 100
label 200: nan" ] || exit 1
