/**
 * What if each method's price of KL is chosen by readers that it did not learn from?
 *
 * @module
 */
import { scaledTo } from "../../lib/exact/kl_budget.ts";
import { expectation } from "../../lib/exact/laws.ts";
import { labelOf } from "../../lib/report/methods.ts";
import { type Question, question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import type { PopulationLog } from "../../lib/worlds/population.ts";
import { AMOUNT, CORRELATION } from "../../lib/statistics/range.ts";
import { meanRankCorrelation } from "../../lib/statistics/ranks.ts";
import { type Collection, PROTOCOL } from "./collection.ts";
import { tuning as drawn } from "./condition_figures.ts";
import type { PopulationOptions } from "./options.ts";
import { PRICES, tunedOf } from "./settings.ts";
import type { Sample } from "./samples.ts";
import { control, ofAllMethods, tuned, untuned } from "./terms.ts";

const FAIR = control("is one price for all fair?");

/**
 * Doubly robust estimate of a policy's value at the budget from readers that it did not learn from, and a model of outcomes
 * that did not either: a user needs no truth for it.
 *
 * @param from the first reader that was held out
 */
export function heldOutValue(
  { world, space, model }: Pick<Sample, "world" | "space" | "model">,
  log: PopulationLog,
  from: number,
  theta: Float64Array,
  budget: number,
): number {
  const { logp } = scaledTo(space, theta, budget), { responses } = world;
  let sum = 0;
  for (let i = from; i < log.prompt.length; i++) {
    const cell = log.prompt[i] * responses + log.first[i];
    sum += Math.exp(logp[cell]) / log.propensity[i] * (log.outcome[i] - model.table[cell]);
  }
  return sum / (log.prompt.length - from) + expectation(logp, model.table, responses);
}

/** A method is ahead once both prices are chosen. */
const tunedAhead = (arm: string, other: string) =>
  claim(
    `tuned-${arm}-beats-${other}`,
    `At full confounding, with prices chosen by held-out readers, ${labelOf(arm)} beats ${labelOf(other)}`,
    tuned(arm).minus(tuned(other)).above(0),
    control("the method, or its price?"),
  );

export const tuningQuestion = (collection: Collection): Question<PopulationOptions> =>
  question({
    id: "tuning",
    asks: "What if each method's price of KL is chosen by held-out readers?",
    method:
      `${PROTOCOL} Here, under the strongest confounding of the run, every method learns from half of the readers at ` +
      "each price of one grid; the other half chooses, by a doubly robust estimate of the value at equal KL. It needs the " +
      "propensities and no truth, and is the same for all.",
    arms: collection.ids,
    tensors: collection.tensors,
    block: 20,
    conditions: () => PRICES.map((price) => ({ price })),
    run(context) {
      const { options, condition: { price } } = context, priced = { ...options, tau: options.tau * price };
      const setting = tunedOf(options), logs = context.streams("log");
      return collection.run({ ...context, options: priced }, setting, (sample, theta, r) => ({
        // A draw of n begins with the readers that were learned from.
        "held-out-value": heldOutValue(
          sample,
          sample.world.draw(2 * setting.n, logs[r]),
          setting.n,
          theta,
          options.budget,
        ),
      }));
    },
    claims: [
      claim(
        "tuning-moves-little",
        "Choosing prices by held-out readers moves no method's mean value by 0.05 or more",
        ofAllMethods(
          "largest change in mean value from one price to chosen ones, of all methods",
          () => [tuned, untuned],
          ([chosen, one]) => Math.max(...chosen.map((v, k) => Math.abs(v - one[k]))),
          { shape: "smooth", range: AMOUNT },
        ).below(0.05),
        FAIR,
      ),
      claim(
        "tuning-keeps-order",
        "Chosen prices leave the order of methods: the rank correlation with one price for all is above 0.9",
        ofAllMethods(
          "rank correlation of mean values, chosen prices against one price",
          () => [tuned, untuned],
          meanRankCorrelation,
          { shape: "smooth", range: CORRELATION },
        ).above(0.9),
        FAIR,
      ),
      tunedAhead("dr-cpo", "dpo"),
      tunedAhead("dr-cpo", "cpo"),
      tunedAhead("dr-cpo", "dpo-weighted"),
    ],
    ...drawn,
  });
