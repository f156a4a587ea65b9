/** The robust method against DR-CPO, and its worst case against all ends of all weights. */
import assert from "node:assert/strict";
import { lawAt } from "../../lib/exact/laws.ts";
import { Rng } from "../../lib/random.ts";
import { startBackend } from "../../lib/tensor/backend.ts";
import { drCpo } from "./methods/outcomes.ts";
import { options as specs, type PopulationOptions } from "./options.ts";
import { logShownTo } from "./record.ts";
import { estimated, moved, robustDrCpo } from "./robust.ts";
import { CENTRE, samplesOf } from "./samples.ts";
import { type Method, withStudy } from "./training.ts";
import { oddsFactor } from "./worst_case.ts";

await startBackend("cpu");

const OPTIONS = {
  ...Object.fromEntries(Object.entries(specs).map(([key, spec]) => [key, spec.values.smoke])),
  steps: 100,
} as unknown as PopulationOptions;
const streams = (name: string) => [0, 1].map((r) => Rng.seed(r).fork(name));
const samplesWith = (n: number) =>
  samplesOf({ options: OPTIONS, streams }, { ...CENTRE, confounding: 1, record: 0, n });
const samples = samplesWith(300);

const learned = (method: Method) =>
  withStudy(method.id, samples, OPTIONS, [0, 1], (study) => method.learn(study)).theta;
const apart = (a: readonly Float64Array[], b: readonly Float64Array[]) =>
  Math.max(...a.flatMap((theta, r) => [...theta].map((t, k) => Math.abs(t - b[r][k]))));

Deno.test("Γ = 1 learns DR-CPO's policy, and more Γ stays nearer to π0", () => {
  const plain = learned(drCpo), [one, two, many] = [1, 2, 20].map((gamma) => learned(robustDrCpo(gamma)));
  // Float64 in another order, over 100 steps, and probabilities near those of π0.
  assert.ok(apart(one, plain) < 1e-6, `${apart(one, plain)}`);
  assert.ok(apart(two, plain) > 0.01);
  const size = (thetas: readonly Float64Array[]) => Math.hypot(...thetas.flatMap((theta) => [...theta]));
  assert.ok(size(many) < size(two) && size(two) < size(one), `${[many, two, one].map(size)}`);
});

Deno.test("what is taken is the least over both ends of every weight, and the estimate is DR's", () => {
  const gamma = 2.5, rng = Rng.seed(3);
  for (const sample of samplesWith(100)) {
    const { world, log, record, model, space } = sample, n = log.outcome.length;
    const laws = logShownTo(world, record.correlation), start = world.logStart.map(Math.exp);
    const law = lawAt(space, rng.normals(sample.best.length)).map(Math.exp);
    const rows = Array.from(log.outcome, (outcome, i) => {
      const at = log.prompt[i] * world.responses + log.first[i], p = Math.exp(laws[Number(record.sign[i] > 0)][at]);
      return { at, p, residual: outcome - model.logged[i], mass: start[at] * (1 / p - 1) };
    });
    // With fewer than 30 rounds of each response all share their thresholds.
    assert.ok([...Map.groupBy(rows, ({ at }) => at).values()].every(({ length }) => length < 30));
    const total = rows.reduce((sum, { mass }) => sum + mass, 0),
      sorted = rows.toSorted((a, b) => a.residual - b.residual);
    const quantile = (level: number) => {
      let sum = 0;
      return sorted.find(({ mass }) => (sum += mass) >= level * total)!.residual;
    };
    const [low, high] = [quantile(1 / (1 + gamma)), quantile(gamma / (1 + gamma))];
    const direct = law.reduce((sum, p, i) => sum + p * model.table[i] / world.prompts, 0);
    let value = direct, least = 0;
    for (const { at, p, residual } of rows) {
      const more = law[at] - start[at];
      value += law[at] / p * residual / n;
      least += Math.min(
        ...[gamma, 1 / gamma].map((v) => more * (1 / p - 1) * (v - 1) * (residual - (more > 0 ? low : high)) / n),
      );
    }
    const [gained, lost] = [moved(sample, gamma, "lower"), moved(sample, gamma, "upper")];
    const taken = law.reduce((sum, p, i) => sum + (p - start[i]) * (p > start[i] ? gained[i] : lost[i]), 0);
    assert.ok(Math.abs(taken - least) < 1e-12 && taken < 0, `${taken} for ${least}`);
    const u = estimated(sample);
    assert.ok(Math.abs(law.reduce((sum, p, i) => sum + p * u[i], 0) - value) < 1e-12);
  }
});

Deno.test("with the type on record odds are off by nothing, without by some factor", () => {
  const { world, record } = samples[0];
  const [on, off] = [1, 0].map((correlation) => oddsFactor({ world, record: { ...record, correlation } }));
  assert.equal(on, 1);
  assert.ok(off > 1.2, `${off}`);
});
