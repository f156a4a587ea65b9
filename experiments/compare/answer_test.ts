import assert from "node:assert/strict";
import { viewOf } from "../../lib/run/view.ts";
import { blocksOf } from "../../lib/run/rows_test_helpers.ts";
import { answer } from "./answer.ts";
import type { CompareOptions } from "./options.ts";
import { noiseOnly, unlinked } from "./terms.ts";

const options = { confounding: [0, 1] } as unknown as CompareOptions;
const NOISE_ONLY = noiseOnly.of({}), CONFOUNDED = { world: "confounded", confounding: 1 };

/** A view in which methods have these values, in the noise-only control and under confounding. */
function viewWith(
  values: Readonly<Record<string, readonly [number, number]>>,
  seeds = 12,
  noise: (arm: string, seed: number) => number = () => 0,
) {
  const rows = Object.entries(values).flatMap(([arm, both]) =>
    [NOISE_ONLY, CONFOUNDED].flatMap((condition, c) =>
      Array.from({ length: seeds }, (_, seed) => ({
        part: "synthetic" as const,
        question: "confounding",
        arm,
        condition,
        metric: "value",
        seed,
        value: both[c] + noise(arm, seed) + (seed - (seeds - 1) / 2) / 1000,
      }))
    )
  );
  return viewOf(blocksOf(rows), "confounding", Object.keys(values), [NOISE_ONLY, CONFOUNDED, unlinked.of(options)]);
}

Deno.test("who loses little and beats no training survives; the rest are counted, and the largest loss is named", () => {
  const told = answer(
    viewWith({
      cpo: [0.5, 0.45],
      dpo: [0.6, 0.2],
      kto: [0.6, -0.1],
      sami: [0.4, 0.4],
      oracle: [1, 1],
      reference: [0, 0],
    }),
    options,
  );
  assert.equal(
    told,
    "Of the 3 methods that learn from readers' reactions, CPO (0.45) survives confounding of strength 1: still better than no " +
      "training, whose value is 0, at a loss of less than 0.1 standard deviations of quality. Of the other 2, 1 still beat the untrained " +
      "policy, and KTO loses most, 0.700 [0.700, 0.700] of the 0.60 that it has where nothing is confounded.",
  );
});

Deno.test("a method that loses little because it has nothing does not survive", () => {
  const told = answer(viewWith({ cpo: [0, 0], dpo: [0.5, 0.2] }), options)!;
  assert.match(told, /^Of the 2 methods .* none is shown to survive/);
  assert.match(told, /Of these 2, 1 still beat the untrained policy/);
  assert.match(answer(viewWith({ cpo: [0.5, 0.2], dpo: [0.5, 0.2] }), options)!, /All 2 still beat the/);
});

Deno.test("too few replicates give no answer, and say so", () => {
  assert.equal(
    answer(viewWith({ cpo: [0.5, 0.2], dpo: [0.5, 0.5] }, 3), options),
    "Which methods survive confounding cannot be told from this run (3 replicates are too few for a verdict: it takes 10 " +
      "or more).",
  );
});

Deno.test("all may survive, one may be alone, and a run without confounding has no answer", () => {
  assert.match(
    answer(viewWith({ cpo: [0.5, 0.5], dpo: [0.5, 0.5] }), options)!,
    /CPO \(0.50\) and DPO \(0.50\) survive .* No other was run\.$/,
  );
  assert.match(
    answer(viewWith({ dpo: [0.5, 0.2] }), options)!,
    /^Of the one method that learns .* The other still beats/,
  );
  assert.equal(answer(viewWith({ dpo: [0.5, 0.2] }), { confounding: [0] } as unknown as CompareOptions), undefined);
  assert.equal(answer(viewWith({ sami: [0.5, 0.5] }), options), undefined);
});

Deno.test("what one test alone would show is not told where all tests together do not", () => {
  // 12 seeds of sd 1.04 around 0.72: t = 2.4, p = 0.035 alone, more than 0.05 beside others.
  const noisy = [1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1];
  const view = (others: number) => {
    const both: Record<string, readonly [number, number]> = { cpo: [0.72, 0.72] };
    for (const arm of ["dpo", "kto", "ipo"].slice(0, others)) both[arm] = [0.001, 0];
    return viewWith(both, noisy.length, (arm, seed) => arm === "cpo" ? noisy[seed] : 0);
  };
  assert.match(answer(view(0), options)!, /CPO \(0.72\) survives/);
  assert.match(answer(view(3), options)!, /none is shown to survive/);
});
