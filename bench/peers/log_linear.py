"""Log-linear laws in JAX (jit, vmap, scan) and numpy, on one processor: the trainings and the law of ../log_linear.ts.

python log_linear.py time: reads one request a line, {"work", "problems"}, and answers each with the processor milliseconds
of a call; python log_linear.py golden PROBLEMS.json: prints θ of each problem, in float64.
"""

import json
import os
import sys
import time

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[-1]})

import numpy as np

NUMPY = f"numpy {np.__version__}"


def jax_with(precise):
    import jax

    jax.config.update("jax_enable_x64", precise)
    return jax


def adam(jax, loss, dimensions, dtype, steps, rate):
    jnp = jax.numpy

    def step(state, count):
        theta, mean, square = state
        g = jax.grad(loss)(theta)
        mean, square = 0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g * g
        move = (mean / (1 - 0.9**count)) / (jnp.sqrt(square / (1 - 0.999**count)) + 1e-8)
        return (theta - rate * move, mean, square), None

    zeros = jnp.zeros(dimensions, dtype)
    (theta, _, _), _ = jax.lax.scan(step, (zeros, zeros, zeros), jnp.arange(1, steps + 1, dtype=dtype))
    return theta


def trained(jax, problems, dtype):
    """The training of all problems of one shape as a function without arguments, and θ of each in float64."""
    jnp, first = jax.numpy, problems[0]
    kind, responses, steps, rate, price = (first[k] for k in ("kind", "responses", "steps", "rate", "price"))
    groups = len(first["start"]) // responses
    columns = [
        jnp.asarray([p["features"] for p in problems], dtype).reshape(len(problems), groups * responses, -1),
        jnp.asarray([p["start"] for p in problems], dtype).reshape(len(problems), groups, responses),
        jnp.asarray([p["weights"] for p in problems], dtype),
    ]

    def one(features, start, weights):
        def loss(theta):
            logp = jax.nn.log_softmax((features @ theta).reshape(groups, responses) + start)
            if kind == "pairs":
                # Of all ways tried the fastest: every pair of a group with its weight, no gather whose gradient scatters.
                ratio = logp - start
                margin = price * (ratio[:, :, None] - ratio[:, None, :])
                return -(weights.reshape(margin.shape) * jax.nn.log_sigmoid(margin)).sum()
            p = jnp.exp(logp)
            return (p * weights.reshape(p.shape)).sum() + price * (p * (logp - start)).sum()

        return adam(jax, loss, features.shape[-1], dtype, steps, rate)

    program = jax.jit(jax.vmap(one))
    return lambda: program(*columns).block_until_ready()


def law(problem):
    """Log-probs and chances at θ, and the gradient of what has some slopes in the log-probs."""
    start, theta, slopes = (np.asarray(problem[k]) for k in ("start", "theta", "weights"))
    features = np.asarray(problem["features"]).reshape(len(start), -1)

    def call():
        logp = features @ theta + start
        logp -= logp.max()
        chances = np.exp(logp)
        total = chances.sum()
        chances /= total
        logp -= np.log(total)
        return (slopes - chances * slopes.sum()) @ features

    return call


def milliseconds(call, least=0.1):
    call()
    count, began = 0, time.process_time()
    while count == 0 or time.process_time() - began < least:
        call()
        count += 1
    return 1000 * (time.process_time() - began) / count


def serve():
    made = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            work = request["work"]
            if work not in made:
                problems = request["problems"]
                if problems[0]["kind"] == "law":
                    made[work] = (NUMPY, law(problems[0]))
                else:
                    jax = jax_with(False)
                    made[work] = (f"JAX {jax.__version__}", trained(jax, problems, jax.numpy.float32))
            by, call = made[work]
            answer = {"by": by, "ms": milliseconds(call)}
        except ImportError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "time":
        serve()
    else:
        jax = jax_with(True)
        with open(sys.argv[2]) as file:
            cases = json.load(file)["problems"]
        theta = [np.asarray(trained(jax, [case], jax.numpy.float64)())[0].tolist() for case in cases]
        print(json.dumps({"by": f"JAX {jax.__version__}", "theta": theta}))
