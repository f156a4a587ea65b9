import assert from "node:assert/strict";
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import { assertClose, numericGradient, rounded, testOnEveryBackend, u } from "../tensor/backends_test_helpers.ts";
import { startBackend, tf } from "../tensor/backend.ts";
import { Rng } from "../random.ts";
import { logLinear, type LogLinearOptions, type Policy } from "./loglinear.ts";

interface Spec extends LogLinearOptions {
  readonly theta: Float64Array;
}

interface Kind {
  readonly shared: boolean;
  readonly sharedBase: boolean;
  readonly groupSize?: number;
}

/** log f in float64, `[R, X]`: straight from the definition, one law at a time. */
function manualLogProb(
  { features, replicates: R, texts: X, dimensions: D, base, groupSize = X }: Spec,
  theta: Float64Array,
) {
  const out = new Float64Array(R * X);
  for (let r = 0; r < R; r++) {
    const own = features.length > X * D ? r : 0, start = base.length > X ? r : 0;
    for (let g = 0; g < X; g += groupSize) {
      const logits = Array.from({ length: groupSize }, (_, i) => {
        let total = base[start * X + g + i];
        for (let d = 0; d < D; d++) total += theta[r * D + d] * features[(own * X + g + i) * D + d];
        return total;
      });
      const top = Math.max(...logits), sum = logits.reduce((s, l) => s + Math.exp(l - top), 0);
      logits.forEach((l, i) => out[r * X + g + i] = l - top - Math.log(sum));
    }
  }
  return out;
}

function draw(
  seed: number,
  [R, X, D]: number[],
  kind: { shared: boolean; sharedBase: boolean; groupSize?: number },
): Spec {
  const rng = Rng.seed(seed);
  return {
    replicates: R,
    texts: X,
    dimensions: D,
    features: rounded(rng.fork("features").normals((kind.shared ? 1 : R) * X * D)),
    base: rounded(rng.fork("base").normals((kind.sharedBase ? 1 : R) * X)),
    groupSize: kind.groupSize,
    theta: rounded(rng.fork("theta").normals(R * D)),
  };
}

/** Sets θ in place, as an optimiser does. */
const set = (policy: Policy, theta: Float64Array) =>
  policy.parameters[0].assign(tf.tensor(Float32Array.from(theta), policy.parameters[0].shape) as Tensor);

function withPolicy(spec: Spec, body: (policy: Policy) => void): void {
  const policy = logLinear(spec);
  set(policy, spec.theta);
  try {
    body(policy);
  } finally {
    policy.dispose();
  }
}

/** Gradient in θ of Σ weights·f + Σ weights·log f over the texts that are possible. */
function gradientOf(policy: Policy, weights: Float64Array, possible: boolean[]): Float32Array {
  const w = tf.tensor2d(Float32Array.from(weights), [policy.replicates, weights.length / policy.replicates]);
  const mask = tf.tensor2d(Float32Array.from(possible, Number), w.shape);
  const { grads } = tf.variableGrads(() => {
    const logp = policy.logProb();
    return tf.sum(tf.add(tf.mul(tf.exp(logp), w), tf.mul(tf.mul(logp, mask), w)));
  }, [...policy.parameters]);
  return (grads[policy.parameters[0].name] as Variable).dataSync<"float32">();
}

const kinds: Record<string, Kind> = {
  "one pool for all": { shared: true, sharedBase: true },
  "one pool, a base for each": { shared: true, sharedBase: false },
  "a pool for each": { shared: false, sharedBase: false },
  "a pool for each, one base": { shared: false, sharedBase: true },
  "one pool in groups": { shared: true, sharedBase: true, groupSize: 7 },
  "a pool for each in groups": { shared: false, sharedBase: false, groupSize: 3 },
};
// Logits are sums of D + 1 products below 10 in size, so off by (D + 2)·10u; the log-sum-exp adds (X + 4)u. D <= 5, X <= 21.
const bound = (7 * 10 + 25) * u;

for (const [name, kind] of Object.entries(kinds)) {
  testOnEveryBackend(`log-linear, ${name}: log-probs, sums and gradients against float64`, () => {
    for (const size of [[3, 21, 5], [1, 21, 1], [2, 21, 4]]) {
      const spec = draw(size[2], size, kind), [R, X] = size, groupSize = kind.groupSize ?? X;
      withPolicy(spec, (policy) => {
        const logp = policy.logProb();
        assert.deepEqual(logp.shape, [R, X]);
        assert.deepEqual(policy.parameters.map((p) => p.shape), [[R, size[2]]]);
        assertClose(logp.dataSync(), manualLogProb(spec, spec.theta), bound, "log-probs");
        const sums = tf.sum(tf.reshape(tf.exp(logp), [R * X / groupSize, groupSize]), -1).dataSync();
        assertClose(sums, new Float64Array(sums.length).fill(1), 2 * X * u, "sums");

        const weights = rounded(Rng.seed(9).normals(R * X));
        const objective = (theta: Float64Array) =>
          manualLogProb(spec, theta).reduce((total, l, i) => total + weights[i] * (Math.exp(l) + l), 0);
        // A slope adds X products of a feature below 4 with what flows back, below 10 and off by the log-probs' error.
        const slopes = gradientOf(policy, weights, new Array(R * X).fill(true));
        assertClose(slopes, numericGradient(objective, spec.theta), X * 4 * 10 * bound, "gradient");
      });
    }
  });
}

testOnEveryBackend("log-linear: θ = 0 is f0, normalised", () => {
  const base = Float64Array.of(2, 0, -1, 5, -40);
  const policy = logLinear({ features: Rng.seed(1).normals(10), replicates: 2, texts: 5, dimensions: 2, base });
  const total = Math.log(base.reduce((sum, b) => sum + Math.exp(b), 0));
  assertClose(policy.logProb().dataSync(), [...base, ...base].map((b) => b - total), 60 * 4 * u, "f0");
  policy.dispose();
});

testOnEveryBackend("log-linear: a pool given once and the same pool given to each replicate agree", () => {
  const shared = draw(4, [3, 21, 5], kinds["one pool for all"]);
  const repeat = (x: Float64Array) => Float64Array.from({ length: 3 * x.length }, (_, i) => x[i % x.length]);
  const each = { ...shared, features: repeat(shared.features), base: repeat(shared.base) };
  const weights = rounded(Rng.seed(5).normals(3 * 21)), all = new Array(3 * 21).fill(true);
  const read = (spec: Spec) => {
    let found: [Float32Array, Float32Array];
    withPolicy(spec, (p) => found = [p.logProb().dataSync<"float32">(), gradientOf(p, weights, all)]);
    return found!;
  };
  const [a, b] = [read(shared), read(each)];
  assertClose(a[0], b[0], 2 * bound, "log-probs"); // the kernels may add in another order
  assertClose(a[1], b[1], 2 * 21 * 4 * 10 * bound, "gradients");
});

testOnEveryBackend("log-linear: a replicate does not feel its neighbours", () => {
  for (const kind of [kinds["one pool, a base for each"], kinds["a pool for each"]]) {
    const spec = draw(6, [3, 20, 4], kind), other = { ...spec, theta: spec.theta.map((t, i) => i < 4 ? t : 3 * t) };
    const first = (s: Spec) => {
      let found: Float32Array;
      withPolicy(s, (p) => found = p.logProb().dataSync<"float32">().slice(0, 20));
      return found!;
    };
    assert.deepEqual(first(other), first(spec));
  }
});

testOnEveryBackend("log-linear: empty slots have probability 0 and no part in any gradient", () => {
  const [R, X, D, groupSize] = [2, 12, 3, 4], spec = draw(7, [R, X, D], { shared: true, sharedBase: true, groupSize });
  const empty = [1, 6, 7, 8, 9, 10];
  const holed = { ...spec, base: spec.base.map((b, x) => empty.includes(x) ? -Infinity : b) };
  const truth = manualLogProb(holed, spec.theta), possible = Array.from(truth, Number.isFinite);
  const weights = rounded(Rng.seed(8).normals(R * X));
  withPolicy(holed, (policy) => {
    const p = tf.exp(policy.logProb()).dataSync();
    truth.forEach((l, i) => assert.ok(possible[i] ? Math.abs(p[i] - Math.exp(l)) < bound : p[i] === 0, `text ${i}`));
    assert.ok(policy.logProb().dataSync().every(Number.isFinite));
    assert.equal(p[11], 1, "the only text of its group");
    const objective = (theta: Float64Array) =>
      manualLogProb(holed, theta).reduce((sum, l, i) => possible[i] ? sum + weights[i] * (Math.exp(l) + l) : sum, 0);
    const numeric = numericGradient(objective, spec.theta);
    assertClose(gradientOf(policy, weights, possible), numeric, X * 4 * 10 * bound, "gradient");
    // f·log f over all slots, as an entropy or a KL adds it up: 0 · (−1e9) is 0, and its slope too.
    const { grads } = tf.variableGrads(() => {
      const logp = policy.logProb();
      return tf.sum(tf.mul(tf.exp(logp), logp));
    }, [...policy.parameters]);
    const entropy = (theta: Float64Array) =>
      manualLogProb(holed, theta).reduce((sum, l, i) => possible[i] ? sum + Math.exp(l) * l : sum, 0);
    assertClose(
      (grads[policy.parameters[0].name] as Variable).dataSync(),
      numericGradient(entropy, spec.theta),
      X * 4 * 10 * bound,
      "entropy",
    );
  });
});

testOnEveryBackend(
  "log-linear: products stay right when θ changes in place and policies of other sizes come between",
  () => {
    // Some engines cache a packed copy of a product's right factor, or damage memory when it returns in another shape.
    const specs = Object.values(kinds).flatMap((
      kind,
      k,
    ) => [draw(20 + k, [3, 21, 5], kind), draw(30 + k, [2, 42, 2], kind)]);
    const policies = specs.map(logLinear);
    const rng = Rng.seed(40);
    for (let round = 0; round < 5; round++) {
      policies.forEach((policy, i) => {
        const { replicates: R, texts: X, dimensions: D } = specs[i];
        const theta = rounded(rng.normals(R * D)), weights = rounded(rng.normals(R * X));
        set(policy, theta);
        assertClose(
          policy.logProb().dataSync(),
          manualLogProb(specs[i], theta),
          2 * bound,
          `policy ${i}, round ${round}`,
        );
        const objective = (t: Float64Array) =>
          manualLogProb(specs[i], t).reduce((total, l, j) => total + weights[j] * (Math.exp(l) + l), 0);
        const slopes = gradientOf(policy, weights, new Array(R * X).fill(true));
        assertClose(slopes, numericGradient(objective, theta), X * 4 * 20 * bound, `gradient ${i}, round ${round}`);
      });
    }
    policies.forEach((policy) => policy.dispose());
  },
);

Deno.test("log-linear: dispose frees every tensor", async () => {
  await startBackend("cpu");
  const before = tf.memory().numTensors;
  for (const kind of Object.values(kinds)) {
    const policy = logLinear(draw(1, [2, 21, 3], kind));
    tf.tidy(() => policy.logProb().dataSync());
    policy.dispose();
  }
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("log-linear: mistakes are named, before any tensor is made", async () => {
  await startBackend("cpu");
  const before = tf.memory().numTensors;
  const good = { features: new Float64Array(12), replicates: 2, texts: 4, dimensions: 3, base: new Float64Array(4) };
  const fails = (change: Partial<LogLinearOptions>, name: string, message: string) =>
    assert.throws(() => logLinear({ ...good, ...change }), { name, message });
  fails(
    { features: new Float64Array(13) },
    "TypeError",
    "features: expected 4 x 3 or 2 x 4 x 3 numbers, got 13",
  );
  fails({ base: new Float64Array(5) }, "TypeError", "base: expected 4 or 2 x 4 numbers, got 5");
  fails({ groupSize: 3 }, "TypeError", "groupSize: 4 texts do not split into groups of 3");
  fails({ groupSize: 0 }, "TypeError", "groupSize: 4 texts do not split into groups of 0");
  fails({ groupSize: -2 }, "TypeError", "groupSize: 4 texts do not split into groups of -2");
  fails(
    { base: Float64Array.of(0, NaN, 0, 0) },
    "RangeError",
    "base[1] is NaN: expected a finite number, or -Infinity for an empty slot",
  );
  fails(
    { base: Float64Array.of(0, 0, 0, Infinity) },
    "RangeError",
    "base[3] is Infinity: expected a finite number, or -Infinity for an empty slot",
  );
  fails(
    { base: Float64Array.of(0, 0, -Infinity, -Infinity), groupSize: 2 },
    "RangeError",
    "base[2] to base[3] are all -Infinity: a law needs a text",
  );
  assert.equal(tf.memory().numTensors, before);
});
