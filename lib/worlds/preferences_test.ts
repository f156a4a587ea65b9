import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { logSoftmaxRows } from "../exact/log_space.ts";
import { drawCounts, measurePolicy, preferenceWorld } from "./preferences.ts";

const settings = { contexts: 3, actions: 4, gamma: 0.5, spread: 1 };
const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);

Deno.test("chances sum to one and follow the preference model, with every knob", () => {
  for (const knobs of [{}, { tilt: -2 }, { noise: 0.2 }, { confounding: 1 }, { features: 2 }]) {
    const world = preferenceWorld({ ...settings, ...knobs }, Rng.seed(1));
    assert.ok(Math.abs(sum(world.chances) - 1) < 1e-12);
    assert.ok(Math.abs(sum(world.pairChances) - 1) < 1e-12);
    if ("confounding" in knobs) continue;
    const noise = "noise" in knobs ? knobs.noise! : 0;
    for (const [i, j] of [[0, 1], [5, 7], [11, 8]]) {
      const x = Math.floor(i / 4), won = world.chances[i * 4 + j - 4 * x], lost = world.chances[j * 4 + i - 4 * x];
      const model = 1 / (1 + Math.exp(0.5 * (world.logTarget[j] - world.logTarget[i])));
      assert.ok(Math.abs(won / (won + lost) - (noise + (1 - 2 * noise) * model)) < 1e-12);
    }
  }
});

Deno.test("confounding moves both what is shown and what is preferred; either alone would average out", () => {
  const plain = preferenceWorld(settings, Rng.seed(1));
  const confounded = preferenceWorld({ ...settings, confounding: 1 }, Rng.seed(1));
  assert.deepEqual(confounded.logTarget, plain.logTarget);
  assert.deepEqual(confounded.logStart, plain.logStart);
  const rate = ({ chances }: typeof plain) => chances[1] / (chances[1] + chances[4]);
  assert.ok(Math.abs(rate(confounded) - rate(plain)) > 0.01);
});

Deno.test("draws follow the chances, and a longer draw begins with a shorter one", () => {
  const world = preferenceWorld(settings, Rng.seed(2)), n = 200_000;
  const counts = world.compare(n, Rng.seed(3));
  // Pearson's statistic over 48 cells: mean 47, sd 9.7; five of them above.
  const statistic = (counts: Float64Array, chances: Float64Array) => {
    const drawn = sum(counts);
    return counts.reduce((s, c, i) => s + (c - drawn * chances[i]) ** 2 / (drawn * chances[i]), 0);
  };
  assert.ok(statistic(counts, world.chances) < 96);
  for (const many of [150, n]) assert.ok(statistic(world.pairs(many, Rng.seed(4)), world.pairChances) < 96);
  const short = world.compare(100, Rng.seed(3)), long = world.compare(101, Rng.seed(3));
  assert.equal(sum(long.map((v, i) => Math.abs(v - short[i]))), 1);
  assert.equal(drawCounts(Float64Array.of(0, 1, 0), 1000, Rng.seed(1))[1], 1000);
});

Deno.test("measures are those of two laws by hand", () => {
  const law = Float64Array.of(0.25, 0.75).map(Math.log), policy = Float64Array.of(0.995, 0.005).map(Math.log);
  const { forwardKl, reverseKl, entropy, peaked } = measurePolicy(policy, law, 2);
  assert.ok(Math.abs(forwardKl - (0.25 * Math.log(0.25 / 0.995) + 0.75 * Math.log(0.75 / 0.005))) < 1e-12);
  assert.ok(Math.abs(reverseKl - (0.995 * Math.log(0.995 / 0.25) + 0.005 * Math.log(0.005 / 0.75))) < 1e-12);
  assert.ok(Math.abs(entropy + 0.995 * Math.log(0.995) + 0.005 * Math.log(0.005)) < 1e-12);
  assert.equal(peaked, 1);
  assert.deepEqual([...logSoftmaxRows(Float64Array.of(900, 900, -900, -900), 2)], Array(4).fill(-Math.LN2));
});

Deno.test("knobs out of range", () => {
  const world = (knobs: object) => () => preferenceWorld({ ...settings, ...knobs }, Rng.seed(1));
  assert.throws(world({ actions: 1 }), { message: "actions must be a whole number >= 2, got 1" });
  assert.throws(world({ gamma: 0 }), { message: "gamma must be > 0, got 0" });
  assert.throws(world({ spread: NaN }), { message: "spread must be >= 0, got NaN" });
  assert.throws(world({ noise: 0.5 }), { message: "noise must be in [0, 0.5), got 0.5" });
  assert.throws(() => drawCounts(Float64Array.of(1), -1, Rng.seed(1)), RangeError);
});
