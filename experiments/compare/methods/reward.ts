/**
 * Methods that learn a target law: from preferences at once (PMLE), or from a reward model of the same preferences.
 *
 * @module
 */
import * as losses from "../../../lib/losses/mod.ts";
import { type Tensor, tf } from "../../../lib/tensor/backend.ts";
import type { Batch } from "../../../lib/training/batch.ts";
import { average, pairs, rated, rewards } from "../batch.ts";
import type { Sample } from "../samples.ts";
import { type Method, minimising, type Study } from "../training.ts";

const reads = "which of two shown responses won";

export const pmle: Method = {
  id: "pmle",
  family: "reward",
  reads,
  learn: minimising(({ data, tau }, policy) => {
    const { weight, policyChosen, policyRejected } = pairs(data, policy, "preferences");
    return average(weight, losses.pmle({ policyChosen, policyRejected }, { gamma: tau }));
  }),
};

/** A policy loss that reads the reward model of the same log. */
function withReward(id: string, also: string, loss: (study: Study, policy: Tensor) => Tensor): Method {
  return { id, family: "reward", reads: `${reads}${also}`, learn: minimising(loss) };
}

/** The laws of all prompts and their rewards. */
const laws = (data: Batch<Sample>, policy: Tensor) => ({
  policy: data.laws(policy),
  reference: data.laws(data.reference),
  reward: data.laws(rewards(data)),
});

export const rlhf = withReward(
  "rlhf-fixed",
  "",
  ({ data, tau }, policy) => tf.mean(losses.exactRlhf(laws(data, policy), { beta: tau }), -1),
);

export const rebel = withReward("rebel", "", ({ data, tau }, policy) => {
  const { weight, ...both } = rated(data, policy, "preferences");
  return average(weight, losses.rebel(both, { eta: 1 / tau }));
});

export const distillation = withReward("distill-fresh", "; pairs without label", ({ data, tau }, policy) => {
  const { weight, ...both } = rated(data, policy, "unlabelled");
  return average(weight, losses.preferenceDistillation(both, { gamma: tau }));
});

export const reverseKl = withReward(
  "reverse-kl",
  "",
  ({ data, tau }, policy) => tf.mean(losses.exactReverseKl(laws(data, policy), { gamma: tau, klWeight: 0 }), -1),
);
