/**
 * How good the writer of constitutions must be.
 *
 * @module
 */
import { methodStyle } from "../../lib/report/methods.ts";
import { formatInterval, formatPercent } from "../../lib/report/numbers.ts";
import { type Condition, question } from "../../lib/run/experiment.ts";
import { all, some } from "../../lib/run/needs.ts";
import type { View } from "../../lib/run/view.ts";
import { above, between } from "../../lib/statistics/claims.ts";
import { mean } from "../../lib/statistics/summary.ts";
import type { Rng } from "../../lib/random.ts";
import type { Needs } from "./needs.ts";
import type { SyntheticOptions } from "./options.ts";
import {
  casesOf,
  columns,
  curve,
  extremes,
  measure,
  measureTable,
  methodOf,
  policyAt,
  PROTOCOL,
  shareOf,
  trainingOf,
  WINS,
} from "./study.ts";
import { train } from "./training.ts";

const CLEAN = { noise: 0 }, SOME = { noise: 0.2 }, BLIND = { noise: 0.5 };

const has = (at: { readonly noise: number }): Needs =>
  some("writerNoise", (noise) => noise === at.noise, `${at.noise} among --writer-noise`);
const heldAgainstClean = all(has(CLEAN), has(SOME)), blind = has(BLIND);
/** Those of the levels that claims are about that were run; the first of the list where none was. */
function levels({ writerNoise }: SyntheticOptions): readonly { readonly noise: number }[] {
  const told = [CLEAN, SOME, BLIND].filter(({ noise }) => writerNoise.includes(noise));
  return told.length > 0 ? told : [{ noise: writerNoise[0] }];
}

const label = (arm: string) => methodStyle(arm).label;

/** Turns each principle of a constitution round with some chance; a bit of its number is a principle. */
const careless = (principles: number, noise: number) => (c: number, rng: Rng) => {
  let out = c;
  for (let p = 0; p < principles; p++) if (rng.bernoulli(noise)) out ^= 1 << p;
  return out;
};

/** The share of an arm's gain that some noise leaves. */
const gainLeft = (view: View, arm: string) =>
  shareOf(
    view,
    [view.series(arm, "alignment-gain", SOME), view.series(arm, "alignment-gain", CLEAN)],
    "the gain without noise",
  );

function interval(view: View, arm: string, at: Condition): string {
  const { estimate, lower, upper } = view.mean(arm, "win-rate", at);
  return formatInterval(estimate, lower, upper);
}

export const writer = question({
  id: "writer",
  asks: "How good must the writer of constitutions be?",
  part: "synthetic",
  method: `${PROTOCOL}In training, every principle of the constitution behind a response is turned round with some ` +
    "chance, while the loss takes the constitution at its word; evaluation is on clean constitutions. At 0.5 the " +
    "training constitutions say nothing about their responses.",
  arms: ["sami", "sami-drawn", "sami-constitution"],
  conditions: (o: SyntheticOptions) => o.writerNoise.map((noise) => ({ noise })),
  seeds: ({ seeds }) => seeds,
  run(context) {
    const { arm, condition, options } = context;
    const written = careless(options.principles, Number(condition.noise));
    return columns(
      casesOf(context).map((each) => {
        const now = measure(
          each,
          policyAt(each, train(methodOf(arm), { ...trainingOf(each, options), written }, each.rng).at(-1)!),
        );
        return { ...now, "alignment-gain": now.alignment - measure(each, each.logBase).alignment };
      }),
    );
  },
  claims: [
    {
      id: "weak-writer",
      statement: "With every fifth principle turned round, half of the gain or more is left",
      source: "TL;DR: weak writer mistral-7b-instruct, strong writer opus",
      paper: "mistral-7b wins 70.8% with the weak writer, 70.0% with the strong one",
      quantity: "gain in alignment at noise 0.2 over noise 0",
      rule: above(0.5),
      needs: heldAgainstClean,
      unit: "seeds",
      arms: ["sami"],
      evidence: (view) => gainLeft(view, "sami"),
    },
    {
      kind: "question",
      id: "weak-writer-drawn",
      statement:
        "With every fifth principle turned round, half of the gain or more is left with drawn responses as well",
      source: "TL;DR: weak writer mistral-7b-instruct, strong writer opus",
      paper: "mistral-7b wins 70.8% with the weak writer, 70.0% with the strong one",
      quantity: "gain in alignment at noise 0.2 over noise 0, drawn responses",
      rule: above(0.5),
      needs: heldAgainstClean,
      unit: "seeds",
      arms: ["sami-drawn"],
      evidence: (view) => gainLeft(view, "sami-drawn"),
    },
    {
      kind: "control",
      id: "blind-writer",
      statement: "A writer that says nothing teaches nothing: within a point of one half",
      source: "control, not in the paper",
      paper: "not reported",
      quantity: "win rate − 1/2 at noise 0.5",
      rule: between(-0.01, 0.01),
      needs: blind,
      unit: "seeds",
      arms: ["sami"],
      evidence: (view) => view.statistic([view.series("sami", "win-rate", BLIND)], ([wins]) => mean(wins) - 0.5),
    },
  ],
  figures: (view, o) => [
    curve(view, "win-rate", {
      id: "writer",
      ...WINS,
      x: "noise",
      xLabel: "chance that a principle is turned round",
      caption: view.arms.filter((arm, i) =>
        i === 0 || arm === "sami-drawn"
      ).map((arm) =>
        `${label(arm)} ${
          levels(o).map((at) => `${interval(view, arm, at)} at ${formatPercent(at.noise, 0)}`).join(", ")
        }`
      ).join("; ") + ".",
    }),
    curve(view, "information", {
      id: "writer-information",
      x: "noise",
      xLabel: "chance that a principle is turned round",
      yLabel: "I(Y;C|X), nats",
      caption: `Mutual information on clean constitutions ${
        levels(o).slice(0, 2).map((at) =>
          `at a noise of ${formatPercent(at.noise, 0)}: ${extremes(view, "information", at)}`
        ).join("; ")
      }.`,
    }),
  ],
  notes: () => [
    "A share of the gain below 0 means that alignment ends below the base policy's: noise then does not only dilute the gain, it " +
    "takes some of the initial link away.",
  ],
  tables: (view) => [
    measureTable(view, "writer", "Exact measures on clean constitutions.", [{ key: "noise", label: "noise" }]),
  ],
});
