/**
 * Methods that read outcomes, or propensities, or both.
 *
 * @module
 */
import * as losses from "../../../lib/losses/mod.ts";
import { type Tensor, tf } from "../../../lib/tensor/backend.ts";
import { average, klToReference, outcomes, pairs, predictions } from "../batch.ts";
import { type Method, minimising, type Study } from "../training.ts";

const outcome = "outcome of one shown response", recorded = "its propensity given what was recorded of the type";

/** Minus the estimated value, plus τ KL(π ‖ π0). */
function causal(id: string, reads: string, loss: (study: Study, policy: Tensor) => Tensor): Method {
  return {
    id,
    family: "outcomes",
    reads,
    learn: minimising((study, policy) =>
      tf.add(loss(study, policy), tf.mul(klToReference(study.data, policy), study.tau)) as Tensor
    ),
  };
}

export const outcomeOnly = causal("outcome-only", outcome, ({ data }, policy) => {
  const { weight, ...generated } = predictions(data, policy);
  return average(weight, losses.outcomeOnly(generated, losses.plain));
});

export const cpoMarginal = causal("cpo-marginal", `${outcome}; propensity averaged over types`, ({ data }, policy) => {
  const { weight, prediction: _unused, ...logged } = outcomes(data, policy, "marginal");
  return average(weight, losses.cpo(logged, losses.plain));
});

export const cpo = causal("cpo", `${outcome}; ${recorded}`, ({ data }, policy) => {
  const { weight, prediction: _unused, ...logged } = outcomes(data, policy, "recorded");
  return average(weight, losses.cpo(logged, losses.plain));
});

/** The outcome model is fitted on the same log with cross-fitting, and is as confounded as the log. */
export const drCpo = causal("dr-cpo", `${outcome}; ${recorded}`, ({ data }, policy) => {
  const { weight, ...logged } = outcomes(data, policy, "recorded");
  const { weight: drawn, ...generated } = predictions(data, policy);
  const { correction, outcome } = losses.drCpo(logged, generated, losses.plain);
  return tf.add(average(weight, correction), average(drawn, outcome)) as Tensor;
});

/** Control: the same propensities in the hands of DPO. */
export const dpoWeighted: Method = {
  id: "dpo-weighted",
  family: "outcomes",
  reads: "which of two shown responses won; the pair's propensity given what was recorded of the type",
  learn: minimising(({ data, tau }, policy) => {
    const { weight, ...logps } = pairs(data, policy, "reweighted");
    return average(weight, losses.dpo(logps, { beta: tau }));
  }),
};
