/**
 * Methods that read outcomes, or propensities, or both.
 *
 * @module
 */
import { expectedCost, marginTerm } from "../../../lib/exact/law_terms.ts";
import { exactLosses } from "../../../lib/losses/exact.ts";
import { loggedCost, meanCost, ratiosOf } from "../forms.ts";
import type { Sample } from "../samples.ts";
import { descending, type Method } from "../training.ts";

const outcome = "outcome of one shown response", recorded = "its propensity given what was recorded of the type";

/**
 * Minus the estimated value, plus τ KL(π ‖ π0).
 *
 * @param cost minus the estimate, as coefficients of π: the losses of `lib/losses/causal.ts` with plain ratios
 */
function causal(id: string, reads: string, cost: (sample: Sample) => Float64Array): Method {
  return {
    id,
    family: "outcomes",
    reads,
    learn: descending((sample, { tau }) => [
      expectedCost({ cost: cost(sample), price: tau / sample.world.prompts }),
    ]),
  };
}

/** As many texts of π0 as one likes: the outcome model's prediction of all, each as often as π0 draws it. */
const predicted = (sample: Sample) => meanCost(sample, sample.model.table);

export const outcomeOnly = causal("outcome-only", outcome, predicted);

export const cpoMarginal = causal(
  "cpo-marginal",
  `${outcome}; propensity averaged over types`,
  (sample) => loggedCost(sample, "marginal"),
);

export const cpo = causal("cpo", `${outcome}; ${recorded}`, (sample) => loggedCost(sample, "recorded"));

/** The outcome model is fitted on the same log with cross-fitting, and is as confounded as the log. */
export const drCpo = causal("dr-cpo", `${outcome}; ${recorded}`, (sample) => {
  const rest = predicted(sample);
  return loggedCost(sample, "recorded", sample.model.logged).map((cost, i) => cost + rest[i]);
});

/** Control: the same propensities in the hands of DPO. */
export const dpoWeighted: Method = {
  id: "dpo-weighted",
  family: "outcomes",
  reads: "which of two shown responses won; the pair's propensity given what was recorded of the type",
  learn: descending((sample, { tau }) => [
    marginTerm(ratiosOf(sample, "reweighted"), exactLosses.dpo.form({ beta: tau })),
  ]),
};
