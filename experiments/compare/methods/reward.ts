/**
 * Methods that learn a target law: from preferences at once (PMLE), or from a reward model of the same preferences.
 *
 * @module
 */
import {
  exactReverseKl,
  exactRlhf,
  pmle as pmleLoss,
  preferenceDistillation,
  rebel as rebelLoss,
} from "../../../lib/losses/mod.ts";
import { type Tensor, tf } from "../../../lib/tensor/backend.ts";
import { takeAlongLast } from "../../../lib/tensor/ops.ts";
import { average, byPrompt, pairs, table } from "../batch.ts";
import type { Method, Study } from "../training.ts";
import { minimising } from "../training.ts";

const reads = "which of two shown responses won";

export const pmle: Method = {
  id: "pmle",
  family: "reward",
  reads,
  learn: minimising(({ data, tau }, policy) => {
    const { weight, policyChosen, policyRejected } = pairs(data, policy, "preferences");
    return average(weight, pmleLoss({ policyChosen, policyRejected }, { gamma: tau }));
  }),
};

/** Rewards of all responses `[R, X·A]`. */
const rewardsOf = ({ data, tasks }: Study): Tensor =>
  data.constant("reward", () => table(tasks, (task) => task.reward().table));

/** A policy loss that reads the reward model of the same log. */
function withReward(id: string, also: string, loss: (study: Study, policy: Tensor, reward: Tensor) => Tensor): Method {
  return {
    id,
    family: "reward",
    reads: `${reads}${also}`,
    learn(study) {
      const reward = rewardsOf(study);
      return minimising((study, policy) => loss(study, policy, reward))(study);
    },
  };
}

/** The laws of all prompts and their rewards. */
const laws = ({ data }: Study, policy: Tensor, reward: Tensor) => ({
  policy: byPrompt(data, policy),
  reference: byPrompt(data, data.reference),
  reward: byPrompt(data, reward),
});

const rated = (study: Study, policy: Tensor, reward: Tensor, form: "preferences" | "unlabelled") => {
  const { data } = study, { weight, ...logps } = pairs(data, policy, form);
  return {
    weight,
    policyFirst: logps.policyChosen,
    policySecond: logps.policyRejected,
    referenceFirst: logps.referenceChosen,
    referenceSecond: logps.referenceRejected,
    rewardFirst: data.constant("reward of winners", () => takeAlongLast(reward, data.winners, data.kinds)),
    rewardSecond: data.constant("reward of losers", () => takeAlongLast(reward, data.losers, data.kinds)),
  };
};

export const rlhf = withReward(
  "rlhf-fixed",
  "",
  (study, policy, reward) => tf.mean(exactRlhf(laws(study, policy, reward), { beta: study.tau }), -1),
);

export const rebel = withReward("rebel", "", (study, policy, reward) => {
  const { weight, ...both } = rated(study, policy, reward, "preferences");
  return average(weight, rebelLoss(both, { eta: 1 / study.tau }));
});

export const distillation = withReward("distill-fresh", "; pairs without label", (study, policy, reward) => {
  const { weight, policyFirst, policySecond, rewardFirst, rewardSecond } = rated(study, policy, reward, "unlabelled");
  const both = { policyFirst, policySecond, rewardFirst, rewardSecond };
  return average(weight, preferenceDistillation(both, { gamma: study.tau }));
});

export const reverseKl = withReward(
  "reverse-kl",
  "",
  (study, policy, reward) =>
    tf.mean(exactReverseKl(laws(study, policy, reward), { gamma: study.tau, klWeight: 0 }), -1),
);
