/** What is drawn where the price of KL is swept; that a model was trained far beyond the budget that it is read at. */
import assert from "node:assert/strict";
import { blocksOf } from "../../lib/run/rows_test_helpers.ts";
import { viewOf } from "../../lib/run/view.ts";
import { language } from "./language_figures.ts";
import type { CompareOptions } from "./options.ts";

const options = { languageBudget: 1, languageFrontier: [4, 2] } as unknown as CompareOptions;

/** What is said of readers in two worlds, with so much KL as trained in the second. */
function notesWith(kl: number): readonly string[] {
  const conditions = [{ world: "noise only" }, { world: "confounded" }];
  const rows = conditions.flatMap((condition, i) =>
    [["dpo", i * kl], ["kto", 3]].map(([arm, value]) => ({
      ...{ part: "synthetic" as const, question: "q", arm: `${arm}`, condition, seed: 0 },
      ...{ metric: "kl-as-trained", value: Number(value) },
    }))
  );
  const count = (metric: string) => ({ ...rows[0], metric, value: 5 });
  const all = [...rows, count("rows-read"), count("rows-left-out")];
  return language.notes!(viewOf(blocksOf(all), "q", ["dpo", "kto"], conditions), options);
}

Deno.test("KL as trained beyond ten times the largest budget is told, with whose it is", () => {
  assert.match(
    notesWith(103)[0],
    /^As trained, DPO is 103 nats a text from the untrained model, .* at 4 at most: .*--lang/,
  );
  assert.ok(!notesWith(40).some((note) => note.startsWith("As trained")));
});

/** Two methods of three seeds in two worlds, and at other prices of KL. */
function drawn(languageBetas: readonly number[]) {
  const base = { world: "confounded", confounding: 1 }, others = languageBetas.filter((price) => price !== 1);
  const conditions = [{ world: "noise only", confounding: 0 }, base, ...others.map((price) => ({ ...base, price }))];
  const metrics = ["value", "value-at-2", "value-at-4", "value-as-trained", "kl-as-trained"];
  const rows = conditions.flatMap((condition, c) =>
    ["dpo", "kto"].flatMap((arm, a) =>
      metrics.flatMap((metric, m) =>
        [0, 1, 2].map((seed) => ({
          ...{ part: "benchmark" as const, question: "q", arm, condition, seed, metric },
          value: c + a / 10 + m / 100 + seed / 1000,
        }))
      )
    )
  );
  const o = { ...options, languageBetas, confounding: [0, 1] } as unknown as CompareOptions;
  return language.figures(viewOf(blocksOf(rows), "q", ["dpo", "kto"], conditions), o);
}

Deno.test("a swept price of KL has a point of each as trained, beside the budgets; one price has no figure of its own", () => {
  assert.ok(drawn([1]).every(({ id }) => id !== "language-prices"));
  const figure = drawn([4, 1, 0.25]).find(({ id }) => id === "language-prices")!;
  const points = figure.data.filter(({ arm, how }) => arm === "kto" && how === "price of KL swept, as trained");
  // Conditions by price: 4 is the third of all, 0.25 the fourth, 1 the second.
  const told = points.map(({ price, kl, value }) => [price, Number(kl).toFixed(3), Number(value).toFixed(3)]);
  assert.deepEqual(told, [[0.25, "3.141", "3.131"], [1, "1.141", "1.131"], [4, "2.141", "2.131"]]);
  const scaled = figure.data.filter(({ arm, how }) => arm === "kto" && how !== "price of KL swept, as trained");
  assert.deepEqual(scaled.map(({ kl }) => kl), [1, 2, 4]);
});
