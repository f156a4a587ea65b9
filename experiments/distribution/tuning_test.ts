/** The rules for b against grids, against each other, and at their limits. */
import assert from "node:assert/strict";
import { Rng } from "../../lib/random.ts";
import { logSoftmaxRows } from "../../lib/exact/log_space.ts";
import { measurePolicy, preferenceWorld } from "../../lib/worlds/preferences.ts";
import { armIds, arms, limitOf, type Sample } from "./arms.ts";
import { FOLDS, policyAt, reverseKlLine, rlhfLine, splitCounts, tuneOnComparisons, tuneOnTruth } from "./tuning.ts";

const A = 5, contexts = 4, gamma = 0.5;
const world = preferenceWorld({ contexts, actions: A, gamma, spread: 0.8 }, Rng.seed(1));
const counts = world.compare(500, Rng.seed(2));
const sample: Sample = {
  world,
  counts,
  n: 500,
  gamma,
  linearReward: false,
  seed: 0,
  unlabelled: () => Rng.seed(3),
  folds: () => Rng.seed(4),
  options: { rlhfBeta: 1, eta: 1, tau: 0.125, klScale: 0.3, freshPairs: 4 },
};
const reward = Rng.seed(5).normals(contexts * A);
const lines = {
  rlhf: rlhfLine(world.logStart, reward, gamma),
  "reverse KL": reverseKlLine(world.logStart, reward, gamma),
};

Deno.test("the lines are the closed forms: π0 e^{R/b} and π0^{b/(b+γ)} e^{R/(b+γ)}", () => {
  for (const b of [0.1, 1, 7]) {
    const expected = {
      rlhf: world.logStart.map((v, i) => v + reward[i] / b),
      "reverse KL": world.logStart.map((v, i) => (b * v + reward[i]) / (b + gamma)),
    };
    const at = { rlhf: gamma / b, "reverse KL": b / (b + gamma) };
    for (const id of ["rlhf", "reverse KL"] as const) {
      const wanted = logSoftmaxRows(expected[id], A), got = policyAt(lines[id], at[id], gamma, A);
      got.forEach((v, i) => assert.ok(Math.abs(v - wanted[i]) < 1e-12, `${id} at b = ${b}`));
    }
  }
});

Deno.test("each comparison is in one fold, and every fold has about its share", () => {
  const folds = splitCounts(counts, Rng.seed(6));
  assert.equal(folds.length, FOLDS);
  counts.forEach((count, cell) => assert.equal(folds.reduce((sum, fold) => sum + fold[cell], 0), count));
  // 500 comparisons: a fold has 100 ± 9.
  for (const fold of folds) assert.ok(Math.abs(fold.reduce((a, b) => a + b) - 100) < 45);
});

Deno.test("no point of a fine grid does better under either rule", () => {
  const likelihood = (line: typeof lines.rlhf, t: number) => {
    const logp = policyAt(line, t, gamma, A);
    let loss = 0;
    counts.forEach((count, cell) => {
      const i = Math.floor(cell / A), j = i - i % A + cell % A;
      loss += count * Math.log1p(Math.exp(-gamma * (logp[i] - logp[j])));
    });
    return loss;
  };
  const far = (line: typeof lines.rlhf, t: number) =>
    measurePolicy(policyAt(line, t, gamma, A), world.logTarget, A).forwardKl;
  for (const [id, line] of Object.entries(lines)) {
    const rules = [[likelihood, tuneOnComparisons([{ line, counts }], A)], [
      far,
      tuneOnTruth(world, line, gamma),
    ]] as const;
    for (const [loss, t] of rules) {
      for (let k = 0; k <= 400; k++) assert.ok(loss(line, line.high * k / 400) >= loss(line, t) - 1e-9, `${id} ${t}`);
    }
  }
});

Deno.test("with all the comparisons there are, reverse KL is tuned to b = 0 and RLHF stays away", () => {
  const truth = world.logTarget.map((v) => gamma * v), whole = world.chances;
  const t = tuneOnComparisons([{ line: reverseKlLine(world.logStart, truth, gamma), counts: whole }], A);
  assert.ok(t < 1e-6, `${t}`);
  const away = measurePolicy(limitOf("rlhf-tuned", sample)!, world.logTarget, A).forwardKl;
  const nearest = measurePolicy(limitOf("rlhf-best", sample)!, world.logTarget, A).forwardKl;
  assert.ok(away >= nearest && nearest > 0.01);
});

Deno.test("tuned on the truth, RLHF does not depend on the learner's γ", () => {
  const [one, other] = [0.25, 1].map((gamma) => arms["rlhf-best"]({ ...sample, gamma }).logPolicy);
  one.forEach((v, i) => assert.ok(Math.abs(v - other[i]) < 1e-6));
});

Deno.test("tuning on the truth is a bound on tuning on comparisons", () => {
  const kl = (arm: typeof armIds[number]) => measurePolicy(arms[arm](sample).logPolicy, world.logTarget, A).forwardKl;
  assert.ok(kl("rlhf-best") <= kl("rlhf-tuned") + 1e-12);
  assert.ok(kl("reverse-kl-best") <= kl("reverse-kl-tuned") + 1e-12);
  assert.ok(kl("reverse-kl-best") <= kl("reverse-kl") + 1e-12);
});

Deno.test("every fit of every arm ends at its optimum", () => {
  for (const arm of armIds) assert.ok(arms[arm](sample).gradientNorm < 1e-9, arm);
});
