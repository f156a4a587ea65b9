import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { powerNote } from "./power_note.ts";
import { evidenceOf } from "./replicates.ts";
import { viewOf } from "./view.ts";

/** A view whose differences of dr − ipw are these: on the data, then on each resample. */
function viewOfDifferences(differences: readonly number[]) {
  const row = { part: "benchmark", question: "q", condition: {}, metric: "uplift" };
  return viewOf(
    differences.flatMap((value, seed) => [{ ...row, arm: "dr", seed, value }, { ...row, arm: "ipw", seed, value: 0 }]),
    "q",
    ["dr", "ipw"],
    [{}],
    { replicates: "resamples" },
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
  assert.match(note([1, 2]), /too few resamples/);
  // t(1) · 0.0707 = 0.9: two draws exclude 0, and are too few to say so.
  assert.match(note([5, 5, 5.1]), /^There are too few resamples/);
});

Deno.test("no note says that data do not separate what their interval separates, nor the other way round", () => {
  const rng = Rng.seed(5);
  let apart = 0, together = 0;
  for (let trial = 0; trial < 400; trial++) {
    const centre = 4 * rng.normal(), draws = 2 + rng.integer(20);
    const differences = [centre, ...Array.from({ length: draws }, () => centre + rng.normal())];
    const { lower, upper, short } = evidenceOf(Float64Array.from(differences), "resamples"), text = note(differences);
    const says = /no power|do not separate/.test(text), excludes = lower > 0 || upper < 0;
    assert.equal(says, short === undefined && !excludes, text);
    assert.equal(/These data separate/.test(text), short === undefined && excludes, text);
    if (short === undefined) excludes ? apart++ : together++;
  }
  assert.ok(apart > 50 && together > 50, `${apart} apart, ${together} together`);
});
