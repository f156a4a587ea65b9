"""The steps of ../steps.ts on tables and perceptrons in JAX: jit, and a scan over steps. Compiling is not counted.

python steps_jax.py THREADS: says its version, then answers requests on its input until that ends.
"""

import os
import sys

sys.dont_write_bytecode = True
if sys.argv[1] == "1":
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[-1]})

import jax
import jax.numpy as jnp
import numpy as np

import answers

BETA = 0.1
RATE = 1e-3
TOGETHER = 20  # steps of a scan


def dpo(chosen, rejected, reference):
    return jax.nn.softplus(-BETA * ((chosen - reference) - (rejected - reference)))


def scanned(parameters, loss):
    """Steps of Adam on the sum of the losses of all replicates, so many a call."""

    def step(state, _):
        parameters, first, second, count = state
        slopes, count = jax.grad(loss)(parameters), count + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slopes)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, slopes)
        rate, unbias = RATE / (1 - 0.9**count), 1 / (1 - 0.999**count)
        moved = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v * unbias) + 1e-8), parameters, first, second)
        return (moved, first, second, count), None

    program = jax.jit(lambda state: jax.lax.scan(step, state, None, length=TOGETHER)[0])
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    state = (parameters, zeros, zeros, jnp.zeros(()))

    def call():
        nonlocal state
        state = jax.block_until_ready(program(state))

    call.steps = TOGETHER
    return call


def draw(random, limit, shape):
    return jnp.asarray(random.integers(limit, size=shape), jnp.int32)


def tabular(replicates, states, actions, pairs, **_):
    random, shape = np.random.default_rng(0), (replicates, pairs)
    rows = jnp.arange(replicates)[:, None] * states + draw(random, states, shape)
    places = rows * actions + draw(random, actions, (2, *shape))

    def loss(table):
        chosen, rejected = jax.nn.log_softmax(table).reshape(-1)[places]
        return dpo(chosen, rejected, -np.log(actions)).mean(-1).sum()

    return scanned(jnp.zeros((replicates, states, actions)), loss)


def tabular_cpo(replicates, states, actions, pairs):
    random, shape = np.random.default_rng(0), (replicates, pairs)
    rows = jnp.arange(replicates)[:, None] * states + draw(random, states, shape)
    places = rows * actions + draw(random, actions, shape)
    outcome = jnp.asarray(random.random(shape), jnp.float32)

    def loss(table):
        logp = jax.nn.log_softmax(table).reshape(-1)[places]
        return -(jnp.exp(logp + np.log(actions)) * outcome).mean(-1).sum()

    return scanned(jnp.zeros((replicates, states, actions)), loss)


def mlp(replicates, widths, pairs, **_):
    random, shape, actions = np.random.default_rng(0), (replicates, pairs), widths[-1]
    normal = lambda *size: jnp.asarray(random.standard_normal(size), jnp.float32)
    x = normal(*shape, widths[0])
    places = jnp.arange(replicates * pairs).reshape(shape) * actions + draw(random, actions, (2, *shape))
    layers = [
        (normal(replicates, i, o) * (2 / i) ** 0.5, jnp.zeros((replicates, 1, o))) for i, o in zip(widths, widths[1:])
    ]

    def loss(layers):
        y = x
        for n, (weight, bias) in enumerate(layers):
            y = y @ weight + bias
            if n + 1 < len(layers):
                y = jax.nn.relu(y)
        chosen, rejected = jax.nn.log_softmax(y).reshape(-1)[places]
        return dpo(chosen, rejected, -np.log(actions)).mean(-1).sum()

    return scanned(layers, loss)


KINDS = {"tabular": tabular, "mlp": mlp, "tabular cpo": tabular_cpo}

if __name__ == "__main__":
    answers.serve(f"JAX {jax.__version__}", lambda kind, arguments: KINDS[kind](**arguments), int(sys.argv[1]))
