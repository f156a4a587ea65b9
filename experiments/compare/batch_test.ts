import assert from "node:assert/strict";
import { cpo, dpo, kto, plain } from "../../lib/losses/mod.ts";
import { startBackend, type Tensor, tf } from "../../lib/tensor/backend.ts";
import { batchOf } from "../../lib/training/batch.ts";
import { Rng } from "../../lib/random.ts";
import { lawAt } from "../../lib/exact/laws.ts";
import { average, kindOf, outcomes, pairs, pairShares, thumbs } from "./batch.ts";
import { options as specs } from "./options.ts";
import { CENTRE, type Sample, samplesOf } from "./samples.ts";

const options = Object.fromEntries(Object.entries(specs).map(([key, spec]) => [key, spec.values.smoke])) as never;
const streams = (name: string) => [0, 1].map((seed) => Rng.seed(5).fork(seed).fork(name));
const samples = samplesOf({ options, streams }, { ...CENTRE, confounding: 1, n: 80 });
const theta = Rng.seed(6).normals(8);
const policyOf = ({ space }: Sample) => lawAt(space, theta);

/** Mean over units of a loss of one row each, replicate by replicate. */
function unitByUnit(loss: (sample: Sample, logp: Float64Array, i: number) => Tensor): number[] {
  return samples.map((sample) => {
    const logp = policyOf(sample);
    let sum = 0;
    for (let i = 0; i < 80; i++) sum += tf.tidy(() => loss(sample, logp, i).dataSync()[0]) / 80;
    return sum;
  });
}

function close(found: Tensor, expected: readonly number[]): void {
  // Float32 sums of 80 terms of size 1, and weights up to about 10.
  found.dataSync().forEach((v, r) => assert.ok(Math.abs(v - expected[r]) < 1e-4, `${v} against ${expected[r]}`));
}

const one = (value: number): Tensor => tf.tensor1d([value]);

Deno.test("weighted kinds of pairs have the mean loss of all units", async () => {
  await startBackend("cpu");
  const data = batchOf({ samples, start: ({ world }) => world.logStart });
  const { weight, ...logps } = pairs(data, data.table("policy", policyOf), "preferences");
  const expected = unitByUnit(({ world, log }, logp, i) => {
    const start = log.prompt[i] * world.responses;
    const [a, b] = [start + log.first[i], start + log.second[i]], [w, l] = log.firstWins[i] ? [a, b] : [b, a];
    const at = {
      policyChosen: one(logp[w]),
      policyRejected: one(logp[l]),
      referenceChosen: one(world.logStart[w]),
      referenceRejected: one(world.logStart[l]),
    };
    return dpo(at, { beta: 0.7 });
  });
  close(average(weight, dpo(logps, { beta: 0.7 })), expected);
  data.dispose();
});

Deno.test("weighted outcomes have the mean loss of all units", async () => {
  await startBackend("cpu");
  const data = batchOf({ samples, start: ({ world }) => world.logStart });
  const { weight, prediction: _unused, ...logged } = outcomes(data, data.table("policy", policyOf), "recorded");
  const expected = unitByUnit(({ world, log }, logp, i) =>
    cpo({
      logpF: one(logp[log.prompt[i] * world.responses + log.first[i]]),
      logpR: one(Math.log(log.propensity[i])),
      outcome: one(log.outcome[i]),
    }, plain)
  );
  close(average(weight, cpo(logged, plain)), expected);
  data.dispose();
});

Deno.test("weighted thumbs have the mean loss of all units", async () => {
  await startBackend("cpu");
  const data = batchOf({ samples, start: ({ world }) => world.logStart });
  const { weight, ...judged } = thumbs(data, data.table("policy", policyOf));
  const expected = unitByUnit(({ world, log }, logp, i) => {
    const cell = log.prompt[i] * world.responses + log.first[i];
    const desirable = one(Number(log.outcome[i] > 0));
    return kto({ policy: one(logp[cell]), reference: one(world.logStart[cell]), desirable }, {
      beta: 0.7,
      referencePoint: 0.1,
    });
  });
  close(average(weight, kto(judged, { beta: 0.7, referencePoint: 0.1 })), expected);
  data.dispose();
});

Deno.test("every kind of pair has a place of its own", () => {
  const places = new Set<number>();
  for (let x = 0; x < 2; x++) {
    for (let a = 0; a < 4; a++) for (let b = 0; b < 4; b++) if (a !== b) places.add(kindOf(x, a, b, 4));
  }
  assert.deepEqual([...places].sort((a, b) => a - b), Array.from({ length: 24 }, (_, i) => i));
});

Deno.test("shares sum to 1; those without labels are the same in both orders", () => {
  const [sample] = samples, { responses } = sample.world;
  for (const form of ["preferences", "reweighted", "revisions", "unlabelled"] as const) {
    const sum = pairShares(sample, form).reduce((a, b) => a + b);
    assert.ok(Math.abs(sum - 1) < 1e-12, form);
  }
  const shares = pairShares(sample, "unlabelled");
  assert.equal(shares[kindOf(1, 0, 2, responses)], shares[kindOf(1, 2, 0, responses)]);
});
