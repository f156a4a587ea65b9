/**
 * Learning for the worst that an incomplete record leaves possible.
 *
 * @module
 */
import { adversary, type Side } from "../../lib/estimators/sensitivity/adversary.ts";
import { type Tensor, tf } from "../../lib/tensor/backend.ts";
import { average, klToReference } from "./batch.ts";
import { logShownTo } from "./record.ts";
import type { Sample } from "./samples.ts";
import { type Method, minimising } from "./training.ts";

/** The responses that were shown: places among all `[n]`, and what record and outcome model say of each. */
function shown({ world, log, record, model }: Sample) {
  const laws = logShownTo(world, record.correlation);
  const place = log.prompt.map((x, i) => x * world.responses + log.first[i]);
  return {
    place,
    propensity: Float64Array.from(place, (at, i) => Math.exp(laws[Number(record.sign[i] > 0)][at])),
    residual: log.outcome.map((y, i) => y - model.logged[i]),
  };
}

/** DR-CPO's estimate as coefficients of π `[X·A]`: the outcome model, and weighted residuals. */
export function estimated(sample: Sample): Float64Array {
  const { place, propensity, residual } = shown(sample), { world: { prompts }, model } = sample;
  const out = model.table.map((prediction) => prediction / prompts);
  place.forEach((at, i) => out[at] += residual[i] / propensity[i] / place.length);
  return out;
}

/**
 * What selection off by at most Γ can add to the estimate, a unit of π `[X·A]`: the least where π gains on π0, the most where
 * it loses. Thresholds are those of `adversary` at π0; any gives a valid bound, and these do not follow the policy.
 */
export function moved(sample: Sample, gamma: number, side: Side): Float64Array {
  const { place, propensity, residual } = shown(sample), start = sample.world.logStart.map(Math.exp);
  const contrast = Float64Array.from(place, (at) => start[at]), out = new Float64Array(start.length);
  const { shift } = adversary({ outcome: residual, action: place, propensity, contrast });
  shift(gamma, side).forEach((s, i) => out[place[i]] += s / place.length);
  return out;
}

/**
 * DR-CPO's improvement over π0 where the odds of what was shown may be off by Γ, in the worst case (Kallus & Zhou, NeurIPS
 * 2018, arXiv 1805.08593), less τ KL(π ‖ π0). Γ = 1 is DR-CPO.
 */
export const robustDrCpo = (gamma: number): Method => ({
  id: "robust-dr-cpo",
  family: "outcomes",
  reads: "outcome of one shown response; its propensity given what was recorded, and by how much its odds may be off",
  learn: minimising(({ data, tau }, policy) => {
    const more = tf.sub(tf.exp(policy), tf.exp(data.reference));
    const taken = tf.add(
      tf.mul(tf.relu(more), data.table("gained", (sample) => moved(sample, gamma, "lower"))),
      tf.mul(tf.neg(tf.relu(tf.neg(more))), data.table("lost", (sample) => moved(sample, gamma, "upper"))),
    );
    const gain = tf.add(average(data.table("estimated", estimated), more as Tensor), tf.sum(taken, -1));
    return tf.sub(tf.mul(klToReference(data, policy), tau), gain) as Tensor;
  }),
});
