import assert from "node:assert/strict";
import { type Tensor, tf, type Variable } from "../tensor/backend.ts";
import { assertClose, numericGradient, rounded, testOnEveryBackend, u } from "../tensor/backends_test_helpers.ts";
import { Rng } from "../random.ts";
import { tabular } from "./tabular.ts";

const [R, S, A, N] = [3, 5, 4, 9];
const logits = rounded(Rng.seed(1).normals(R * S * A));
const indices = (name: string, limit: number) => {
  const rng = Rng.seed(2).fork(name);
  return Uint32Array.from({ length: R * N }, () => rng.integer(limit));
};
const states = indices("states", S), actions = indices("actions", A);
const manual = (theta: Float64Array) =>
  Float64Array.from(states, (state, i) => {
    const row = theta.subarray((Math.floor(i / N) * S + state) * A, (Math.floor(i / N) * S + state + 1) * A);
    return row[actions[i]] - Math.log(row.reduce((sum, l) => sum + Math.exp(l), 0));
  });

testOnEveryBackend("log-probs of choices and of all actions, and their gradient, against float64", () => {
  const policy = tabular({ replicates: R, states: S, actions: A, logits });
  const choices = policy.choices(states, actions), logp = policy.logProb(policy.logProbs(), choices);
  assert.deepEqual(logp.shape, [R, N]);
  assertClose(logp.dataSync(), manual(logits), 16 * u, "log-probs"); // numbers below 8, a handful of roundings
  const all = policy.logProbs().dataSync();
  assertClose(
    Array.from(states, (state, i) => all[(Math.floor(i / N) * S + state) * A + actions[i]]),
    manual(logits),
    32 * u,
    "table",
  );
  const upstream = rounded(Rng.seed(3).normals(R * N));
  const { grads } = tf.variableGrads(
    () =>
      tf.sum(
        tf.mul(policy.logProb(policy.logProbs(), choices), tf.tensor2d(Float32Array.from(upstream), [R, N])),
      ) as Tensor as never,
    [...policy.parameters],
  );
  const numeric = numericGradient((x) => manual(x).reduce((sum, l, i) => sum + l * upstream[i], 0), logits);
  assertClose((grads[policy.parameters[0].name] as Variable).dataSync(), numeric, 64 * u, "gradient");
  policy.dispose();
});

testOnEveryBackend("samples follow each replicate's own law, by its own stream", () => {
  const policy = tabular({ replicates: R, states: S, actions: A, logits }), n = 3000, state = 2;
  const rngs = Array.from({ length: R }, (_, r) => Rng.seed(10 + r));
  const drawn = policy.sample(new Uint32Array(R * n).fill(state), rngs);
  for (let r = 0; r < R; r++) {
    const e = [...logits.subarray((r * S + state) * A, (r * S + state + 1) * A)].map(Math.exp);
    const total = e.reduce((a, b) => a + b, 0);
    e.forEach((v, a) => {
      const p = v / total, count = drawn.slice(r * n, (r + 1) * n).filter((x) => x === a).length;
      assert.ok(Math.abs(count - n * p) <= 4.5 * Math.sqrt(n * p * (1 - p)), `replicate ${r}, action ${a}`);
    });
  }
  const alone = tabular({ replicates: 1, states: S, actions: A, logits: logits.slice(S * A, 2 * S * A) });
  assert.deepEqual(
    alone.sample(new Uint32Array(n).fill(state), [Rng.seed(11)]),
    drawn.slice(n, 2 * n),
    "a replicate draws what it draws alone",
  );
  policy.dispose();
  alone.dispose();
});

testOnEveryBackend("mistakes are named", () => {
  assert.throws(() => tabular({ replicates: 2, states: 3, actions: 4, logits: new Float64Array(13) }), {
    name: "TypeError",
    message: "logits: expected 3 x 4 or 2 x 3 x 4 numbers, got 13",
  });
  const policy = tabular({ replicates: 2, states: 3, actions: 4 });
  assert.throws(() => policy.choices(Uint32Array.of(0), Uint32Array.of(0)), {
    name: "TypeError",
    message: "states: 1 do not split into 2 replicates",
  });
  assert.throws(() => policy.choices(Uint32Array.of(0, 3), Uint32Array.of(0, 0)), {
    name: "RangeError",
    message: "states[1] is 3: expected 0 .. 2",
  });
  assert.throws(() => policy.choices(Uint32Array.of(0, 2), Uint32Array.of(0, 4)), {
    name: "RangeError",
    message: "actions[1] is 4: expected 0 .. 3",
  });
  policy.dispose();
});
