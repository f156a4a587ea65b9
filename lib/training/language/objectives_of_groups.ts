/**
 * Losses of several responses to a prompt as objectives: with rewards, or under several constitutions.
 *
 * @module
 */
import { type Tensor, tf } from "../../tensor/backend.ts";
import { logSoftmax, meanLast } from "../../tensor/ops.ts";
import type { Given, Term } from "./objective.ts";
import { all, type Called, type Part, same } from "./objective_part.ts";

/** Numbers of responses side by side `[n, K]`. */
const beside = (responses: readonly Tensor[]): Tensor => tf.stack([...responses], -1);

const rewards = ({ scored }: Given): Tensor => tf.tensor2d(scored.map(({ example }) => [...example.rewards!]));

/**
 * Losses of responses with rewards. The mean over the responses of a prompt is the loss of an example.
 *
 * Those of samples are right where the responses are the policy's own: for the first step those of the model before training.
 * Those by enumeration take the responses as draws of that model, as `candidate_trainer.ts` does: among K of them the policy
 * is the law π(y) ∝ π_θ(y)/π_0(y), and the reference 1/K each.
 */
export function rewarded({ name, inputs, loss, options }: Called): Part | undefined {
  const reference = same(inputs, ["policy", "reference", "reward"]), isExact = name.endsWith("-exact");
  if (!reference && !same(inputs, ["policy", "reward"])) return undefined;
  const ofSamples: Term["loss"] = (policy, given) => {
    const samples = { policy: beside(policy), reward: rewards(given) };
    return meanLast(loss(reference ? { ...samples, reference: beside(given.reference) } : samples, options));
  };
  const ofLaws: Term["loss"] = (policy, given) => {
    const law = logSoftmax(tf.sub(beside(policy), beside(given.reference)));
    return loss(
      { policy: law, reference: tf.fill(law.shape, -Math.log(policy.length)), reward: rewards(given) },
      options,
    );
  };
  return {
    // Beside the losses that do not read it, the reference tells how far the policy is from what wrote the responses.
    ...{ data: "rewarded", reference: true },
    // The entropy's weight γ makes the level of log π count.
    term: { reads: all("sum"), ofRatios: isExact || name === "rlhf", loss: isExact ? ofLaws : ofSamples },
  };
}

/** SAMI: means over tokens of every response under every constitution. */
export function constitutions({ inputs, loss }: Called): Part | undefined {
  if (!same(inputs, ["logps"])) return undefined;
  const evaluate: Term["loss"] = (policy, { scored: { length } }) => {
    const size = Math.sqrt(policy.length);
    return meanLast(loss(tf.reshape(beside(policy), [length, size, size])));
  };
  return { data: "constitutions", reference: false, term: { reads: all("mean"), ofRatios: false, loss: evaluate } };
}
