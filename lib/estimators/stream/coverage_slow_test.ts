/** Whether intervals over groups cover: 60 readers with 20 rounds each, whose outcomes have much in common. */
import assert from "node:assert/strict";
import { Rng } from "../../random.ts";
import { StreamedValues } from "./streamed_values.ts";

const READERS = 60, ROUNDS = 20, REPETITIONS = 2000, LAW = [0.5, 0.3, 0.2], EFFECT = [0, 0.2, 0.4];
const TARGET = Float64Array.of(0.2, 0.2, 0.6), VALUE = 0.28;

/** A log of readers, summed up over them or over rounds. */
function valuesOf(rng: Rng, grouped: boolean): StreamedValues {
  const n = READERS * ROUNDS,
    reward = new Float64Array(n),
    action = new Int32Array(n),
    propensity = new Float64Array(n);
  const group = Int32Array.from({ length: n }, (_, i) => Math.floor(i / ROUNDS)), own = rng.normals(READERS);
  for (let i = 0; i < n; i++) {
    const u = rng.uniform(), a = action[i] = u < LAW[0] ? 0 : u < LAW[0] + LAW[1] ? 1 : 2;
    propensity[i] = LAW[a];
    reward[i] = own[group[i]] + EFFECT[a] + rng.normal() / 2;
  }
  const values = new StreamedValues({ actions: 3, policies: 1, lambda: 10, grouped }), row = new Int32Array(n);
  values.add({ rows: n, reward, action, propensity }, { values: Float64Array.from(EFFECT), row }, [
    { values: TARGET, row },
  ], grouped ? group : undefined);
  return values;
}

/** Share of logs whose interval has the truth. */
function coverage(
  grouped: boolean,
  estimator: "ipw" | "snipw" | "dr",
  resamples = 0,
  repetitions = REPETITIONS,
): number {
  let covered = 0;
  for (let seed = 0; seed < repetitions; seed++) {
    const rng = Rng.seed(seed).fork("coverage"), values = valuesOf(rng, grouped);
    if (resamples > 0) values.bootstrap(resamples, rng);
    const { lower, upper } = values.value(estimator, 0, 0.95);
    if (lower <= VALUE && VALUE <= upper) covered++;
  }
  return covered / repetitions;
}

for (const estimator of ["ipw", "snipw", "dr"] as const) {
  Deno.test(`${estimator}: intervals over 60 readers cover 95 ± 2 % of 2,000 logs, those over rounds about half`, () => {
    const byReaders = coverage(true, estimator), byRounds = coverage(false, estimator);
    assert.ok(Math.abs(byReaders - 0.95) <= 0.02, `over readers ${byReaders}`);
    assert.ok(byRounds > 0.35 && byRounds < 0.6, `over rounds ${byRounds}`);
  });
}

Deno.test("percentiles of draws of 60 readers cover 95 ± 3 % of 1,000 logs", () => {
  const share = coverage(true, "snipw", 500, 1000);
  assert.ok(Math.abs(share - 0.95) <= 0.03, `${share}`);
});
