import assert from "node:assert/strict";
import { NothingToTest } from "../statistics/claims.ts";
import { minimumDetectableEffect } from "../statistics/power.ts";
import { sentence, sentences } from "./default_figures.ts";
import { converged, detectable } from "./notes.ts";
import { place } from "./place.ts";
import { along, Metric, Reading } from "./quantity.ts";
import type { Replicates } from "./replicates.ts";
import { viewOf } from "./view.ts";
import { blocksOf } from "./rows_test_helpers.ts";

const gain = new Metric("gain", "gain", 3);
const rows = ["dpo", "pmle"].flatMap((arm, k) =>
  [1, 2].flatMap((n) =>
    [0, 1, 2, 3].map((seed) => ({
      part: "synthetic",
      question: "q",
      arm,
      condition: { n },
      metric: "gain",
      seed,
      value: n * (k * seed + 1),
    }))
  )
);
const view = (replicates: Replicates = "seeds") =>
  viewOf(blocksOf(rows), "q", ["dpo", "pmle"], [{ n: 1 }, { n: 2 }], { replicates });
const options = { sizes: [1, 2] };
type Options = typeof options;
const most = place("most", ({ sizes }: Options) => ({ n: Math.max(...sizes) }));
const none = place("none", most.of, () => "this needs more");
const difference = gain.of("pmle", most).minus("dpo");

Deno.test("what could have been seen follows from what replicates are", () => {
  const effect = (replicates: Replicates) =>
    Number(detectable(view(replicates), options, difference)[0].match(/of (\S+) would/)![1]);
  // Differences are 0, 2, 4, 6: variance 20/3; of the three resamples 2, 4, 6: variance 4.
  for (
    const [replicates, error] of [
      ["seeds", Math.sqrt(20 / 3 / 4)],
      ["resamples", 2],
      [{ training: 0.8, of: "pairs" }, Math.sqrt(20 / 3 * (1 / 4 + 0.2 / 0.8))],
    ] as const
  ) assert.equal(effect(replicates), Number(minimumDetectableEffect(error).toPrecision(3)));
});

Deno.test("what was not run, is not met by the options or leaves nothing to test is not told", () => {
  const broken = new Reading<Options>(gain.label, ["pmle"], () => undefined, () => {
    throw new NothingToTest("this needs rows");
  });
  for (const reading of [gain.of("ipo", most), gain.of("pmle", none), broken]) {
    assert.deepEqual(detectable(view(), options, reading), []);
    assert.equal(sentence(view(), options, reading, () => "told"), "");
  }
  const failing = new Reading<Options>(gain.label, ["pmle"], () => undefined, () => {
    throw new RangeError("a mistake");
  });
  assert.throws(() => sentence(view(), options, failing, () => "told"), /a mistake/);
  assert.throws(() => detectable(view(), options, failing), /a mistake/);
});

Deno.test("sentences hold numbers with their intervals, and are joined where they say something", () => {
  const told = sentence(view(), options, difference, (more) => `PMLE gains ${more}.`);
  assert.match(told, /^PMLE gains 3 \[\S+, \S+\]\.$/);
  assert.equal(sentences("", "One.", "", "Two."), "One. Two.");
});

Deno.test("a number along a knob reads every value that the options have", () => {
  const sum = along(
    "sum over n",
    ["pmle"],
    ({ sizes }: Options) => sizes.map((n) => gain.of("pmle", place("", (_: Options) => ({ n })))),
    (values, { sizes }) => values.reduce((total, value) => total + value, 0) / sizes.length,
  );
  const { estimate } = sum.evidence(view("resamples"), options);
  assert.equal(estimate, 1.5);
  assert.equal(sum.needs(options), undefined);
});

Deno.test("the worst fit is named", () => {
  assert.equal(
    converged(view(), "Fits end", gain),
    "Fits end: the largest gradient left over all arms, conditions and seeds is 8 (PMLE).",
  );
});
