import assert from "node:assert/strict";
import { above, judge } from "../statistics/claims.ts";
import { evidenceOf, powerNote } from "./resamples.ts";
import { viewOf } from "./view.ts";

/** A view whose differences of dr − ipw are these: on the data, then on each resample. */
function viewOfDifferences(differences: readonly number[]) {
  const row = { part: "benchmark", question: "q", condition: {}, metric: "uplift" };
  return viewOf(
    differences.flatMap((value, seed) => [{ ...row, arm: "dr", seed, value }, { ...row, arm: "ipw", seed, value: 0 }]),
    "q",
    ["dr", "ipw"],
    [{}],
  );
}
const note = (differences: readonly number[]) =>
  powerNote(viewOfDifferences(differences), ["dr", "ipw"], "uplift", "clicks");
/** Forty draws around a centre with standard deviation 1.0127 (20 each at ±1). */
const around = (centre: number) => [centre, ...Array.from({ length: 40 }, (_, i) => centre + (i % 2 ? 1 : -1))];

Deno.test("the note on power follows the interval", () => {
  // t(39) = 2.0227 · 1.0127 = 2.048; smallest detectable 2.8016 · 1.0127 = 2.837.
  assert.match(note(around(2.3)), /seen: 2.3. These data separate the two, though a difference as small as this/);
  assert.match(note(around(5)), /These data separate the two\.$/);
  assert.match(note(around(1)), /These data have no power to separate the two\.$/);
  assert.match(note(around(-2.3)), /seen: 2.3. These data separate the two, though/);
  assert.match(note([1, 2]), /not resampled often enough/);
});

Deno.test("one resample is no interval and no verdict", () => {
  const evidence = evidenceOf(Float64Array.of(3, 4));
  assert.equal(judge(evidence, above(0)), "inconclusive");
  assert.equal(evidence.n, 1);
});
