/**
 * Losses of pairs that read more than log-probs as objectives: an adversary's answer to the batch, or whether a pair ties.
 *
 * @module
 */
import { checkNumber } from "../../losses/check_number.ts";
import { follower } from "../../losses/mod.ts";
import { sigmoid } from "../../exact/logistic.ts";
import { tf } from "../../tensor/backend.ts";
import type { Term } from "./objective.ts";
import { BOTH, type Called, each, PAIRED, paired, type Part, same } from "./objective_part.ts";

/**
 * The leaders of Stackelberg games. Before each step the follower answers the margins of the batch as they are, and its
 * displacements are held fixed in it: the batch is the group of pairs that the paper lets it answer.
 *
 * Beside the loss's own options: `radius`, ε of the follower; in margin space `window`, how far below the lowest margin of the
 * batch its window ends.
 */
export function games({ inputs, loss, options }: Called): Part | undefined {
  if (!same(inputs, [...PAIRED, "moved", "distance"])) return undefined;
  const { radius, window, ...own } = options as Record<"radius" | "window" | "beta", number> & { floor?: number };
  const evaluate: Term["loss"] = (policy, { reference, scored }) => {
    if (own.floor === undefined) checkNumber("window", window, { min: 0 });
    const pairs = paired(policy, reference);
    const [pc, pr, rc, rr] = [...policy, ...reference].map((logps) => logps.dataSync());
    const margins = Float64Array.from(pc, (logp, i) => own.beta * (logp - rc[i] - (pr[i] - rr[i])));
    const { floor } = own, lo = floor ?? margins.reduce((a, b) => Math.min(a, b)) - window;
    const points = floor === undefined ? margins : margins.map((margin) => Math.max(floor, sigmoid(margin)));
    const { moved, distance } = follower(points, {
      radius,
      lo,
      masses: scored.map(({ example: { weight = 1 } }) => weight),
    });
    return loss(pairs, { moved: tf.tensor1d(Float32Array.from(moved)), distance: tf.tensor1d([...distance]) }, own);
  };
  return { data: "pairs", reference: true, coupled: true, term: { reads: BOTH, ofRatios: true, loss: evaluate } };
}

/** Models of comparisons with ties: with β times log-ratios as rewards, DPO-D and DPO-RK (Chen et al., arXiv 2409.17431). */
export function tied({ inputs, loss, options }: Called): Part | undefined {
  if (!same(inputs, ["chosen", "rejected", "tied"])) return undefined;
  const { beta, ...own } = options as { readonly beta: number };
  const evaluate: Term["loss"] = (policy, { reference, scored }) => {
    checkNumber("beta", beta, { above: 0 });
    const [chosen, rejected] = policy.map((logp, k) => tf.mul(tf.sub(logp, reference[k]), beta));
    return loss({ chosen, rejected, tied: each(scored, ({ example }) => Number(example.tied)) }, own);
  };
  return { data: "tied", reference: true, term: { reads: BOTH, ofRatios: true, loss: evaluate } };
}
