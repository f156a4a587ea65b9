import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import {
  candidateWorld,
  drawLabels,
  drawPairs,
  featureDifferences,
  gainAtKl,
  measureCandidates,
  rewardDifferences,
} from "./candidates.ts";

const settings = { prompts: 6, candidates: 4, features: 3, spread: 2 };
const world = candidateWorld(settings, Rng.seed(1)), policy = { theta: Float64Array.of(0.5, -1, 2), beta: 0.5 };
const near = (a: number, b: number, tolerance = 1e-12) => assert.ok(Math.abs(a - b) <= tolerance, `${a} and ${b}`);
const { features: D, candidates: A } = settings;
/** φ, r* and the implicit reward of response a to prompt x, by hand. */
const phi = (x: number, a: number) => world.table.subarray((x * A + a) * D, (x * A + a + 1) * D);
const implicit = (x: number, a: number) => phi(x, a).reduce((sum, v, k) => sum + v * policy.theta[k], 0);
const law = (x: number) => {
  const raw = Array.from(
    { length: A },
    (_, a) => Math.exp(world.logReference[x * A + a] + implicit(x, a) / policy.beta),
  );
  const total = raw.reduce((a, b) => a + b);
  return raw.map((v) => v / total);
};

Deno.test("the reward is linear but for the sine; its spread is what was asked for", () => {
  const large = candidateWorld({ prompts: 4000, candidates: 5, features: 3, spread: 2 }, Rng.seed(2));
  const straight = large.reward.map((r, i) => r - Math.sin(2 * large.table[3 * i]) / 2);
  const squares = straight.reduce((sum, r) => sum + r * r, 0) / straight.length;
  // A mean of 20,000 squares of a normal of variance 4: sd 4 sqrt(2/20,000) = 0.04, five of them.
  near(squares, 4, 0.2);
  // Three responses fix the three weights; every other follows.
  const solve = (rows: number[]) => rows.map((i) => [...large.table.subarray(3 * i, 3 * i + 3), straight[i]]);
  const [a, b, c] = solve([0, 1, 2]);
  const det = (p: number[], q: number[], r: number[]) =>
    p[0] * (q[1] * r[2] - q[2] * r[1]) - p[1] * (q[0] * r[2] - q[2] * r[0]) + p[2] * (q[0] * r[1] - q[1] * r[0]);
  const replaced = (k: number) => [a, b, c].map((row) => row.slice(0, 3).with(k, row[3]));
  const w = [0, 1, 2].map((k) => det(...replaced(k) as [number[], number[], number[]]) / det(a, b, c));
  for (const i of [7, 99, 12345]) near(straight[i], w.reduce((s, v, k) => s + v * large.table[3 * i + k], 0), 1e-9);
});

Deno.test("measures are sums over responses and pairs, by hand", () => {
  let gain = 0, bestGain = 0, entropy = 0, right = 0, confidence = 0, agreement = 0, pairs = 0;
  for (let x = 2; x < 5; x++) {
    const p = law(x), r = [...world.reward.subarray(x * A, (x + 1) * A)], scores = p.map((_, a) => implicit(x, a));
    const reference = r.reduce((sum, v, a) => sum + v * Math.exp(world.logReference[x * A + a]), 0);
    gain += p.reduce((sum, v, a) => sum + v * r[a], 0) - reference;
    bestGain += r[scores.indexOf(Math.max(...scores))] - reference;
    entropy -= p.reduce((sum, v) => sum + v * Math.log(v), 0);
    for (let a = 0; a < A; a++) {
      for (let b = 0; b < a; b++) {
        const margin = scores[a] - scores[b], truth = r[a] - r[b], wins = 1 / (1 + Math.exp(-truth));
        right += margin > 0 === truth > 0 ? 1 : 0;
        confidence += 1 / (1 + Math.exp(-Math.abs(margin)));
        agreement += margin > 0 ? wins : 1 - wins;
        pairs++;
      }
    }
  }
  const found = measureCandidates(world, [2, 5], policy);
  near(found.gain, gain / 3);
  near(found.bestGain, bestGain / 3);
  near(found.entropy, entropy / 3);
  near(found.accuracy, right / pairs);
  near(found.confidence, confidence / pairs);
  near(found.overconfidence, (confidence - agreement) / pairs);
});

Deno.test("pairs follow the policy, first and then second without the first", () => {
  const flat = candidateWorld({ ...settings, prompts: 1 }, Rng.seed(1)), n = 40_000;
  const counts = new Float64Array(A * A), root = Rng.seed(3);
  for (let i = 0; i < n; i++) {
    const { first, second } = drawPairs(
      flat,
      [0, 1],
      { theta: new Float64Array(D), beta: 1 },
      { temperature: 0.7 },
      root.fork(i),
    );
    counts[first[0] * A + second[0]]++;
  }
  const tempered = Array.from(flat.logReference, (l) => Math.exp(l / 0.7)), total = tempered.reduce((a, b) => a + b);
  const p = tempered.map((v) => v / total);
  let statistic = 0;
  for (let a = 0; a < A; a++) {
    for (let b = 0; b < A; b++) {
      const expected = a === b ? 0 : n * p[a] * p[b] / (1 - p[a]);
      if (a === b) assert.equal(counts[a * A + b], 0);
      else statistic += (counts[a * A + b] - expected) ** 2 / expected;
    }
  }
  assert.ok(statistic < 35, `${statistic}`); // 11 degrees of freedom: mean 11, sd 4.7; five of them above
});

Deno.test("differences are first minus second, and draws of a range are those of a longer one", () => {
  const long = drawPairs(world, [1, 6], policy, { temperature: 1 }, Rng.seed(4));
  const short = drawPairs(world, [1, 3], policy, { temperature: 1 }, Rng.seed(4));
  assert.deepEqual(short.first, long.first.subarray(0, 2));
  assert.deepEqual(short.second, long.second.subarray(0, 2));
  const differences = featureDifferences(world, long), gaps = rewardDifferences(world, long);
  long.prompt.forEach((x, i) => {
    for (let k = 0; k < D; k++) near(differences[i * D + k], phi(x, long.first[i])[k] - phi(x, long.second[i])[k]);
    near(gaps[i], world.reward[x * A + long.first[i]] - world.reward[x * A + long.second[i]]);
  });
});

Deno.test("a policy with all its mass on one response still shows two", () => {
  const sure = { theta: Float64Array.of(4000, 0, 0), beta: 1 };
  const { first, second } = drawPairs(world, [0, 6], sure, { temperature: 0.1 }, Rng.seed(5));
  assert.ok(first.every((a, i) => a !== second[i]));
});

Deno.test("flips turn labels round at their rate and leave the others alone", () => {
  const odds = new Float64Array(20_000).fill(1), clean = drawLabels(odds, { flips: 0 }, Rng.seed(6));
  const noisy = drawLabels(odds, { flips: 0.25 }, Rng.seed(6));
  const share = (of: (i: number) => boolean) => clean.filter((_, i) => of(i)).length / odds.length;
  // Four standard errors of a share of 20,000: below 0.0142.
  near(share((i) => clean[i] === 1), 1 / (1 + Math.exp(-1)), 0.0142);
  near(share((i) => clean[i] !== noisy[i]), 0.25, 0.0142);
});

Deno.test("sizes and chances out of range", () => {
  const draw = (change: object) => () => candidateWorld({ ...settings, ...change }, Rng.seed(1));
  assert.throws(draw({ candidates: 1 }), { message: "candidates must be a whole number >= 2, got 1" });
  assert.throws(draw({ prompts: 1.5 }), { message: "prompts must be a whole number >= 1, got 1.5" });
  assert.throws(draw({ spread: 0 }), { message: "spread must be > 0, got 0" });
  assert.throws(() => drawLabels(Float64Array.of(0), { flips: 2 }, Rng.seed(1)), {
    message: "flips must be in [0, 1], got 2",
  });
  assert.throws(() => drawPairs(world, [0, 7], policy, { temperature: 1 }, Rng.seed(1)), {
    message: "range must lie within 0 to 6, got 0 to 7",
  });
  assert.throws(() => drawPairs(world, [0, 6], policy, { temperature: 0 }, Rng.seed(1)), {
    message: "temperature must be > 0, got 0",
  });
  assert.throws(() => measureCandidates(world, [3, 3], policy), {
    message: "range must lie within 0 to 6 and hold a prompt, got 3 to 3",
  });
});

Deno.test("a gain at equal KL: that of the tilt with that KL, whatever the scale; by bisection on a policy written out", () => {
  const world = candidateWorld({ prompts: 5, candidates: 4, features: 3, spread: 1 }, Rng.seed(31));
  const theta = Rng.seed(32).normals(3), range = [1, 4] as const, kl = 0.3;
  const at = (scale: number) => {
    let gain = 0, distance = 0;
    for (let x = range[0]; x < range[1]; x++) {
      const logits = Array.from({ length: 4 }, (_, a) => {
        const i = x * 4 + a;
        return world.logReference[i] + scale * theta.reduce((sum, t, k) => sum + t * world.table[i * 3 + k], 0);
      });
      const total = logits.reduce((sum, l) => sum + Math.exp(l), 0);
      logits.forEach((l, a) => {
        const i = x * 4 + a, p = Math.exp(l) / total, q = Math.exp(world.logReference[i]);
        gain += (p - q) * world.reward[i] / 3;
        distance += p * Math.log(p / q) / 3;
      });
    }
    return { gain, distance };
  };
  let low = 0, high = 50;
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (at(middle).distance < kl) low = middle;
    else high = middle;
  }
  for (const scale of [0.01, 1, 40]) {
    const found = gainAtKl(world, range, theta.map((t) => scale * t), kl);
    assert.ok(Math.abs(found - at(high).gain) < 1e-9, `${scale}: ${found}`);
  }
  assert.equal(gainAtKl(world, range, new Float64Array(3), kl), 0);
  assert.throws(() => gainAtKl(world, range, theta, 0), /budget must be a number > 0/);
});
