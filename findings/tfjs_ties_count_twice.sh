#!/usr/bin/env bash
# Where several numbers are the largest, the gradient of `max` is one for all of them together: JAX and PyTorch's `max` give
# each its share. tfjs-core 4.22.0 gives each the whole of it, in `max`, `min` and `maximum`. Ties are no accident in losses
# over groups, over which a policy that has not been trained yet has the same margin everywhere: the first step of a
# worst-group or minimax loss over ten groups is ten times as long as its slope. At the ends of a clip the engines differ
# too: 1 in tfjs, a half in JAX, 0 in PyTorch 2.15.0.
#
# Guess before it was tried: each of two has a half, and at the ends of a clip the gradient is 1 in all.
# Seen with Node 20.20 and npm package @tensorflow/tfjs 4.22.0, Python 3.11 and PyPI packages jax and jaxlib 0.10.2:
#   max of [1, 1, 0]: 1, 1, 0 in tfjs; 0.5, 0.5, 0 in JAX
#   clip of [0, 0.5, 1] to 0 and 1: 1, 1, 1 in tfjs; 0.5, 1, 0.5 in JAX
# What this product does instead: losses call none of these; a bound has its gradient written out (lib/losses/causal.ts), or
# is a relu, whose gradient at 0 is 0 in all three.
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @tensorflow/tfjs@4.22.0
python3 -m pip install --quiet --root-user-action ignore --target packages jax==0.10.2 jaxlib==0.10.2

cat >ties.mjs <<'JS'
import * as tf from "@tensorflow/tfjs";
await tf.setBackend("cpu");
const slope = (f, x) => Array.from(tf.grad(f)(tf.tensor1d(x)).dataSync()).join(" ");
console.log("tfjs max:", slope((x) => x.max(), [1, 1, 0]));
console.log("tfjs min:", slope((x) => x.min(), [1, 1, 2]));
console.log("tfjs clip:", slope((x) => x.clipByValue(0, 1).sum(), [0, 0.5, 1]));
JS
cat >ties.py <<'PY'
import jax
import jax.numpy as jnp
def slope(f, x):
    return " ".join(f"{g:g}" for g in jax.grad(f)(jnp.array(x)).tolist())
print("JAX max:", slope(jnp.max, [1.0, 1.0, 0.0]))
print("JAX min:", slope(jnp.min, [1.0, 1.0, 2.0]))
print("JAX clip:", slope(lambda x: jnp.clip(x, 0, 1).sum(), [0.0, 0.5, 1.0]))
PY
seen="$(node ties.mjs 2>/dev/null | grep tfjs && PYTHONPATH=packages python3 ties.py)"
echo "$seen"
[ "$seen" = "tfjs max: 1 1 0
tfjs min: 1 1 0
tfjs clip: 1 1 1
JAX max: 0.5 0.5 0
JAX min: 0.5 0.5 0
JAX clip: 0.5 1 0.5" ] || exit 1
