import assert from "node:assert/strict";
import { viewOf } from "../../lib/run/view.ts";
import { blocksOf } from "../../lib/run/rows_test_helpers.ts";
import { withControl } from "./learned.ts";
import { policies } from "./learned_figures.ts";
import type { CpoOptions } from "./options.ts";

const options = { confounding: [0, 1], klBudget: 0.5, klWeight: 0.1 } as unknown as CpoOptions;

/** Three seeds of arms with a value and a KL each, the same in every condition. */
function viewed(arms: Readonly<Record<string, { value: number; kl: number }>>) {
  const conditions = withControl(options);
  const rows = Object.entries(arms).flatMap(([arm, { value, kl }]) =>
    conditions.flatMap((condition) =>
      [0, 1, 2].flatMap((seed) =>
        Object.entries({
          value: value + seed / 1000,
          objective: value - 0.1 * kl + seed / 1000,
          "value-kl": kl,
          "objective-kl": kl,
          "value-gain-estimated": 0,
          "value-at-kl": value + seed / 1000,
          "value-of-f0": 0.5,
        }).map(([metric, value]) => ({ part: "synthetic", question: "q", arm, condition, metric, seed, value }))
      )
    )
  );
  return viewOf(blocksOf(rows), "q", Object.keys(arms), conditions);
}

const captions = (view: ReturnType<typeof viewed>) =>
  policies.figures(view, options).slice(0, 2).map(({ caption }) => caption);
const notes = (view: ReturnType<typeof viewed>) => policies.notes!(view, options).join(" ");

Deno.test("an arm that did not move is never told as the one that ends highest", () => {
  const moved = viewed({ "reward-model": { value: 0.7, kl: 0.001 }, "cpo": { value: 0.6, kl: 0.5 } });
  for (const caption of captions(moved)) assert.match(caption, /of the policies drawn that moved, CPO ends highest/);
  assert.match(notes(moved), /Not moved from f0 at strength 1: Reward model of pairs\./);
  for (const caption of captions(viewed({ "reward-model": { value: 0.5, kl: 0 } }))) {
    assert.match(caption, /no learned policy moved from f0\./);
  }
});

Deno.test("arms that end below f0 are counted", () => {
  const [value, objective] = captions(viewed({ "cpo": { value: 0.6, kl: 2 }, "dr-cpo": { value: 0.7, kl: 0.1 } }));
  assert.match(value, /0 of 2 end below f0 \(0.5\)\./);
  assert.match(objective, /1 of 2 end below f0 \(0.5\)\./);
});

Deno.test("a caption speaks of arms that are drawn", () => {
  const view = viewed({ "cpo": { value: 0.6, kl: 2 }, "snipw": { value: 0.7, kl: 2 } });
  for (const caption of captions(view)) assert.match(caption, /CPO ends highest.* of 1 end below/);
});

Deno.test("every strength above 0 has its control, and 0 needs none", () => {
  assert.deepEqual(withControl(options), [
    { type: "confounds", confounding: 0 },
    { type: "confounds", confounding: 1 },
    { type: "adds noise", confounding: 1 },
  ]);
});
