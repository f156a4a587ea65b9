import assert from "node:assert/strict";
import { dimensionsOf, emptyLaw, expectation, gradientInTheta, lawAt, lawOf, logLawOf, meanKl, score } from "./laws.ts";
import { chancesByDefinition, DIMENSIONS, GROUPS, near, RESPONSES, smallClass } from "./laws_test_helpers.ts";

// Sums of up to six terms of size 1 through exponentials of logits below 10: some tens of rounding errors.
const ROUNDING = 1e-14;

/** A row of a group's law in log space, and as chances. */
function logLaw(space: Parameters<typeof logLawOf>[0], theta: Float64Array, group: number) {
  const logp = new Float64Array(RESPONSES), chances = new Float64Array(RESPONSES);
  logLawOf(space, theta, group, logp, chances);
  return { logp, chances };
}

Deno.test("a law by its definition: chances, log-probs, mean features, normaliser and KL", () => {
  const { space, rng } = smallClass(1), theta = rng.normals(DIMENSIONS), all = lawAt(space, theta);
  assert.equal(dimensionsOf(space), DIMENSIONS);
  const law = emptyLaw(space); // room that all groups share
  for (let group = 0; group < GROUPS; group++) {
    const expected = chancesByDefinition(space, theta, group), first = group * RESPONSES;
    lawOf(space, theta, group, law);
    const { logp, chances } = logLaw(space, theta, group), mean = new Float64Array(DIMENSIONS);
    let kl = 0;
    expected.forEach((p, a) => {
      near(law.chances[a], p, ROUNDING);
      near(chances[a], p, ROUNDING);
      near(logp[a], Math.log(p), ROUNDING);
      near(all[first + a], Math.log(p), ROUNDING);
      const ratio = score(space, theta, first + a) - law.logNormaliser;
      near(ratio, Math.log(p) - space.logStart[first + a], ROUNDING);
      kl += p * ratio;
      for (let k = 0; k < DIMENSIONS; k++) mean[k] += p * space.features[(first + a) * DIMENSIONS + k];
    });
    near(law.kl, kl, ROUNDING);
    mean.forEach((m, k) => near(law.mean[k], m, ROUNDING));
  }
});

Deno.test("features shifted within groups, and groups in another order, leave laws as they are", () => {
  const { space, rng } = smallClass(2), theta = rng.normals(DIMENSIONS), shifts = rng.normals(GROUPS * DIMENSIONS);
  const ofGroup = (i: number) => Math.floor(i / (RESPONSES * DIMENSIONS));
  const shifted = { ...space, features: space.features.map((f, i) => f + shifts[ofGroup(i) * DIMENSIONS + i % 3]) };
  lawAt(shifted, theta).forEach((l, i) => near(l, lawAt(space, theta)[i], ROUNDING));
  for (let group = 0; group < GROUPS; group++) {
    near(lawOf(shifted, theta, group).kl, lawOf(space, theta, group).kl, ROUNDING);
    const { logStart, features } = space, first = group * RESPONSES, end = first + RESPONSES;
    const alone = {
      logStart: logStart.subarray(first, end),
      features: features.subarray(first * DIMENSIONS, end * DIMENSIONS),
      responses: RESPONSES,
    };
    assert.deepEqual(lawOf(alone, theta, 0), lawOf(space, theta, group));
    assert.deepEqual(logLaw(alone, theta, 0), logLaw(space, theta, group));
  }
});

Deno.test("no weights are no change: the law is where it starts, KL 0 exactly or by rounding", () => {
  const { space } = smallClass(3), still = new Float64Array(DIMENSIONS);
  lawAt(space, still).forEach((l, i) => near(l, space.logStart[i], ROUNDING));
  assert.ok(lawOf(space, still, 0).kl < ROUNDING);
});

Deno.test("a law that is certain stays one: no logit is too large", () => {
  const { space, rng } = smallClass(4), far = rng.normals(DIMENSIONS).map((v) => 1e8 * v);
  const { logp, chances } = logLaw(space, far, 1), law = lawOf(space, far, 1);
  near(Math.max(...chances), 1, 0);
  near(Math.max(...logp), 0, 1e-7); // rounding of logits of size 1e8
  near(law.kl, -space.logStart[RESPONSES + chances.indexOf(1)], 1e-7);
});

Deno.test("the gradient in θ is that of central differences", () => {
  const { space, table, rng } = smallClass(5), theta = rng.normals(DIMENSIONS), group = 2, h = 1e-5;
  const slopes = table.slice(group * RESPONSES, (group + 1) * RESPONSES);
  const value = (at: Float64Array) => logLaw(space, at, group).logp.reduce((sum, l, a) => sum + slopes[a] * l, 0);
  const { chances } = logLaw(space, theta, group);
  gradientInTheta(space, group, chances, slopes.slice(), new Float64Array(DIMENSIONS)).forEach((g, k) => {
    const [up, down] = [h, -h].map((by) => value(theta.map((v, i) => i === k ? v + by : v)));
    // Third derivatives below 100 times h²/6, and rounding of 1e-15/h.
    near((up - down) / (2 * h), g, 3e-9);
  });
});

Deno.test("expectations and KL average over groups", () => {
  const { space, table, rng } = smallClass(6), theta = rng.normals(DIMENSIONS), logp = lawAt(space, theta);
  let value = 0, kl = 0;
  for (let group = 0; group < GROUPS; group++) {
    const law = lawOf(space, theta, group);
    kl += law.kl / GROUPS;
    law.chances.forEach((p, a) => value += p * table[group * RESPONSES + a] / GROUPS);
  }
  near(expectation(logp, table, RESPONSES), value, ROUNDING);
  near(meanKl(logp, space.logStart, RESPONSES), kl, ROUNDING);
});
