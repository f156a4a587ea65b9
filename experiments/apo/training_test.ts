import assert from "node:assert/strict";
import { Rng } from "../../lib/random.ts";
import { type LawClass, lawOf, score } from "../../lib/exact/laws.ts";
import { logSoftmaxRows } from "../../lib/exact/log_space.ts";
import { descend, gradientOf, type Pairs, wholeGradient } from "./descent.ts";
import { objectiveIds, objectives } from "./objectives.ts";

const D = 3, SIZE = 5, GROUPS = 4;
const rng = Rng.seed(11);
const candidates: LawClass = {
  features: rng.normals(GROUPS * SIZE * D),
  logStart: logSoftmaxRows(rng.normals(GROUPS * SIZE), SIZE),
  responses: SIZE,
};
const theta = rng.normals(D);
const pairs: Pairs = {
  group: Uint32Array.of(0, 1, 1, 3),
  chosen: Uint32Array.of(0, 6, 8, 15),
  rejected: Uint32Array.of(3, 9, 5, 19),
};
const everyPair = [0, 1, 2, 3];
const close = (a: number, b: number, tolerance: number) => assert.ok(Math.abs(a - b) < tolerance, `${a} and ${b}`);

/** Mean loss over all pairs from log-probs alone, KTO's reference point held at its value at θ. */
const losses: Record<string, (w: number, l: number, z0: number) => number> = (() => {
  const beta = 0.5, s = (x: number) => 1 / (1 + Math.exp(-x));
  return {
    "sft": (w) => -w * beta / 4,
    "dpo": (w, l) => Math.log1p(Math.exp(-beta * (w - l))),
    "ipo": (w, l) => beta * beta / 8 * (w - l - 2 / beta) ** 2,
    "kto": (w, l, z0) => s(-beta * (w - z0)) + s(beta * (l - z0)),
    "apo-zero": (w, l) => -s(beta * w) + s(beta * l),
    "apo-down": (w, l) => s(beta * w) - s(beta * (w - l)),
  };
})();

for (const arm of objectiveIds) {
  Deno.test(`gradient of ${arm} in θ: central differences of the loss written out`, () => {
    const z0 = everyPair.reduce((sum, i) => sum + lawOf(candidates, theta, pairs.group[i]).kl / 4, 0);
    const loss = (at: Float64Array) =>
      everyPair.reduce((sum, i) => {
        const { logNormaliser } = lawOf(candidates, at, pairs.group[i]);
        const ratio = (y: number) => score(candidates, at, y) - logNormaliser;
        return sum + losses[arm](ratio(pairs.chosen[i]), ratio(pairs.rejected[i]), z0) / 4;
      }, 0);
    const gradient = gradientOf(candidates, theta, pairs, everyPair, objectives[arm](0.5));
    gradient.forEach((g, k) => {
      const h = 1e-5, up = theta.slice(), down = theta.slice();
      up[k] += h;
      down[k] -= h;
      // Error h²/6 times a third derivative below 100, and rounding 1e-16/h.
      close(g, (loss(up) - loss(down)) / (2 * h), 1e-7);
    });
  });
}

Deno.test("the gradient over all pairs at once is that of one pair after the other, for every objective", () => {
  for (const arm of objectiveIds) {
    const loss = objectives[arm](0.5), whole = wholeGradient(candidates, pairs, loss);
    for (const at of [theta, rng.fork(arm).normals(D), new Float64Array(D)]) {
      const right = gradientOf(candidates, at, pairs, everyPair, loss);
      whole(at).forEach((g, k) => close(g, right[k], 1e-13));
    }
  }
});

const run = { arm: "ipo", seed: 3, on: "clair with SGD" };
const training = { learningRate: 0.1, epochs: 5, batch: 2, run } as const;

Deno.test("one step of each optimiser is the textbook's", () => {
  const one = { ...training, epochs: 1, batch: 4 };
  const at0 = gradientOf(candidates, new Float64Array(D), pairs, everyPair, objectives.dpo(0.5));
  const run = (optimiser: "SGD" | "Adam") =>
    descend(candidates, pairs, objectives.dpo(0.5), { ...one, optimiser, order: Rng.seed(1) }).checkpoints[1];
  // Batches are shuffled, which moves sums by rounding.
  run("SGD").forEach((v, k) => close(v, -0.1 * at0[k], 1e-15));
  run("Adam").forEach((v, k) => close(v, -0.1 * at0[k] / (Math.abs(at0[k]) + 1e-8), 1e-12));
});

Deno.test("training lowers the loss, is the same twice, and shares no room between runs", () => {
  const run = (seed: number) =>
    descend(candidates, pairs, objectives["apo-zero"](0.5), { ...training, optimiser: "SGD", order: Rng.seed(seed) });
  const first = run(1);
  descend(candidates, pairs, objectives.kto(0.5), { ...training, optimiser: "Adam", order: Rng.seed(3) });
  assert.deepEqual(run(1), first);
  assert.notDeepEqual(run(2), first);
  assert.equal(first.checkpoints.length, 6);
});

Deno.test("a step size that blows up stops the run and names it", () => {
  const run = () =>
    descend(candidates, pairs, objectives.ipo(0.5), {
      ...training,
      optimiser: "SGD",
      learningRate: 1e200,
      order: Rng.seed(1),
    });
  assert.throws(run, {
    name: "UserError",
    message: /^training stopped: weight \d, on clair with SGD, is -?[\d.]+e\+\d+ \(arm ipo, seed 3, step 0\)$/,
  });
});
