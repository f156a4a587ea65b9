/**
 * Methods that learn a target law: from preferences at once (PMLE), or from a reward model of the same preferences.
 *
 * @module
 */
import { expectedCost, marginTerm, type Term } from "../../../lib/exact/law_terms.ts";
import { exactLosses } from "../../../lib/losses/exact.ts";
import { chancesOf, gapsOf, meanCost, pairsOf, ratiosOf } from "../forms.ts";
import type { Sample } from "../samples.ts";
import { descending, type Method } from "../training.ts";

const reads = "which of two shown responses won";

export const pmle: Method = {
  id: "pmle",
  family: "reward",
  reads,
  learn: descending((sample, { tau }) => [
    marginTerm(pairsOf(sample, "preferences"), exactLosses.pmle.form({ gamma: tau })),
  ]),
};

/** A policy loss that reads the reward model of the same log. */
function withReward(id: string, also: string, term: (sample: Sample, tau: number) => Term): Method {
  return {
    id,
    family: "reward",
    reads: `${reads}${also}`,
    learn: descending((sample, { tau }) => [term(sample, tau)]),
  };
}

/** Minus the mean reward, and the price of a nat a prompt. */
const rewarded = (sample: Sample, tau: number) => ({
  cost: meanCost(sample, sample.reward().table),
  price: tau / sample.world.prompts,
});

export const rlhf = withReward("rlhf-fixed", "", (sample, tau) => expectedCost(rewarded(sample, tau)));

export const rebel = withReward(
  "rebel",
  "",
  (sample, tau) =>
    marginTerm(ratiosOf(sample, "preferences"), exactLosses.rebel.form({ aim: gapsOf(sample, 1 / tau) })),
);

export const distillation = withReward(
  "distill-fresh",
  "; pairs without label",
  (sample, tau) =>
    marginTerm(
      pairsOf(sample, "unlabelled"),
      exactLosses["preference-distillation"].form({ gamma: tau, chance: chancesOf(sample) }),
    ),
);

/** The price is that of negative entropy. */
export const reverseKl = withReward(
  "reverse-kl",
  "",
  (sample, tau) => expectedCost({ ...rewarded(sample, tau), base: new Float64Array(sample.world.logStart.length) }),
);
