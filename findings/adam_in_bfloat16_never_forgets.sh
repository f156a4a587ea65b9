#!/usr/bin/env bash
# Adam's mean of squared gradients shrinks by a factor of 0.999 a step. Optax keeps it in the type of the weights, and in
# bfloat16, which has eight bits, 0.999 times a number is that number again, and adding a thousandth of a square to it is
# lost as well: after gradients of 1 it stands at one half and not at 1, and 5,000 steps without any gradient leave it there.
# Steps are too long by √2 first, and ever after they are as short as the largest gradient makes them. transformers 5 loads
# a checkpoint in its own type, which is often bfloat16, and PyTorch's Adam does the same there; weights of 0.02 also do
# not move by a rate of 1e-6 (2 of 100 did in 100 steps on a small model, all of them in float32).
#
# Guess before it was tried: slower and rougher, and the mean still follows.
# Seen with Python 3.11 and PyPI packages optax 0.2.8, jax and jaxlib 0.10.2 (PyTorch 2.15.0 has 0.5 and 0.5 too):
#   float32: 0.9503 after 3,000 steps of gradient 1, 0.0064 after 5,000 more of gradient 0
#   bfloat16: 0.5 and 0.5
#   100,000 steps on four separable pairs at a rate of 1e-3: weights of 3.106 and 0.638 in float32, of 0.5 and 0.254 in bfloat16
# What this product does instead: weights and moments are float32 on every engine (lib/training).
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --root-user-action ignore --target packages optax==0.2.8 jax==0.10.2 jaxlib==0.10.2

cat >moments.py <<'PY'
import jax
import jax.numpy as jnp
import optax
adam = optax.adam(1e-3)
pairs = [[1.0, 0.5], [0.2, -1.0], [-0.3, 0.8], [0.9, 0.1]]
for kind in (jnp.float32, jnp.bfloat16):
    state = adam.init(jnp.zeros(1, kind))
    after = []
    for gradient, steps in ((1.0, 3_000), (0.0, 5_000)):
        state = jax.lax.fori_loop(0, steps, lambda _, state: adam.update(jnp.full(1, gradient, kind), state)[1], state)
        after.append(float(state[0].nu[0]))
    x = jnp.array(pairs, kind)
    def step(_, both):
        weights, state = both
        gradient = jax.grad(lambda w: jax.nn.softplus(-(x @ w)).mean())(weights)
        update, state = adam.update(gradient, state)
        return optax.apply_updates(weights, update), state
    weights = jnp.zeros(2, kind)
    weights, _ = jax.lax.fori_loop(0, 100_000, step, (weights, adam.init(weights)))
    print(f"{kind.__name__}: squares {after[0]:.2f}, {after[1]:.3f}; weights", *(f"{w:.2f}" for w in weights.astype(float)))
PY
seen="$(PYTHONPATH=packages python3 moments.py)"
echo "$seen"
[ "$seen" = "float32: squares 0.95, 0.006; weights 3.11 0.64
bfloat16: squares 0.50, 0.500; weights 0.50 0.25" ] || exit 1
