/**
 * How good the writer of constitutions must be.
 *
 * @module
 */
import { formatInterval, formatPercent } from "../../lib/report/numbers.ts";
import { type Condition, question } from "../../lib/run/experiment.ts";
import type { View } from "../../lib/run/view.ts";
import { above, between } from "../../lib/statistics/claims.ts";
import { mean } from "../../lib/statistics/summary.ts";
import type { Rng } from "../../lib/tensor/random.ts";
import { UserError } from "../../lib/user_error.ts";
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
  ratio,
  told,
  trainingOf,
  WINS,
} from "./study.ts";
import { train } from "./training.ts";

const CLEAN = { noise: 0 }, SOME = { noise: 0.2 }, BLIND = { noise: 0.5 };

/** @throws UserError without the levels that claims are about */
function checkedNoise({ writerNoise }: SyntheticOptions): readonly number[] {
  const missing = [CLEAN, SOME, BLIND].map(({ noise }) => noise).filter((noise) => !writerNoise.includes(noise));
  if (missing.length === 0) return writerNoise;
  throw new UserError(`--writer-noise: claims need 0, 0.2 and 0.5 among the levels, got ${writerNoise.join(",")}`);
}

/** Turns each principle of a constitution round with some chance; a bit of its number is a principle. */
const careless = (principles: number, noise: number) => (c: number, rng: Rng) => {
  let out = c;
  for (let p = 0; p < principles; p++) if (rng.bernoulli(noise)) out ^= 1 << p;
  return out;
};

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
  arms: ["sami", "sami-greedy", "sami-constitution"],
  conditions: (o: SyntheticOptions) => checkedNoise(o).map((noise) => ({ noise })),
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
      unit: "seeds",
      arms: ["sami"],
      evidence: (view) => ratio(view, "alignment-gain", ["sami", SOME], ["sami", CLEAN]),
    },
    {
      id: "weak-writer-greedy",
      statement: "With greedy responses as well",
      source: "TL;DR: weak writer mistral-7b-instruct, strong writer opus",
      paper: "mistral-7b wins 70.8% with the weak writer, 70.0% with the strong one",
      quantity: "gain in alignment at noise 0.2 over noise 0, greedy",
      rule: above(0.5),
      unit: "seeds",
      arms: ["sami-greedy"],
      evidence: (view) => ratio(view, "alignment-gain", ["sami-greedy", SOME], ["sami-greedy", CLEAN]),
    },
    {
      id: "blind-writer",
      statement: "A writer that says nothing teaches nothing: within a point of one half",
      source: "control, not in the paper",
      paper: "not reported",
      quantity: "win rate − 1/2 at noise 0.5",
      rule: between(-0.01, 0.01),
      unit: "seeds",
      arms: ["sami"],
      evidence: (view) => view.statistic([view.series("sami", "win-rate", BLIND)], ([wins]) => mean(wins) - 0.5),
    },
  ],
  figures: (view) => [
    curve(view, "win-rate", {
      id: "writer",
      ...WINS,
      x: "noise",
      xLabel: "chance that a principle is turned round",
      caption: view.arms.filter((arm, i) =>
        i === 0 || arm === "sami-greedy"
      ).map((arm) =>
        `${told(view, arm, "win-rate", CLEAN)} without noise, ${interval(view, arm, SOME)} at ${
          formatPercent(SOME.noise, 0)
        }, ${interval(view, arm, BLIND)} where the writer says nothing`
      ).join("; ") + ".",
    }),
    curve(view, "information", {
      id: "writer-information",
      x: "noise",
      xLabel: "chance that a principle is turned round",
      yLabel: "I(Y;C|X), nats",
      caption: `Mutual information on clean constitutions at a noise of ${formatPercent(SOME.noise, 0)}: ${
        extremes(view, "information", SOME)
      }; without noise: ${extremes(view, "information", CLEAN)}.`,
    }),
  ],
  notes: () => [
    "Samples whose constitution is named wrongly teach the constitution side that responses say little of constitutions: " +
    "noise does not only dilute the gain, it takes the initial link away.",
  ],
  tables: (view) => [
    measureTable(view, "writer", "Exact measures on clean constitutions.", [{ key: "noise", label: "noise" }]),
  ],
});
