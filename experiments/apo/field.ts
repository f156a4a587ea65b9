/**
 * Where each loss pushes a pair, and where training takes it.
 *
 * @module
 */
import { apoDown, apoZero, dpo, ipoSum, kto, sft } from "../../lib/losses/mod.ts";
import { question } from "../../lib/run/experiment.ts";
import { type Tensor, tf } from "../../lib/tensor/backend.ts";
import * as drawn from "./figures.ts";
import { type Objective, objectiveIds } from "./objectives.ts";
import { BLOCK, type SyntheticOptions } from "./options.ts";
import { emptyCache, movement, PROTOCOL, runsOf } from "./runs.ts";
import { SHOWN, shownEpochs } from "./terms.ts";

/** Log-probs of one pair, the reference's held fixed. */
interface Pair {
  readonly policyChosen: Tensor;
  readonly policyRejected: Tensor;
  readonly referenceChosen: Tensor;
  readonly referenceRejected: Tensor;
}

/** The library's losses at β = 1, each as the sum over one pair, KTO at reference point 0. */
const losses: Readonly<Record<Objective, (pair: Pair) => Tensor>> = {
  // The engine refuses a gradient in what a loss does not read.
  "sft": ({ policyChosen, policyRejected }) => tf.add(sft(policyChosen), tf.mul(policyRejected, 0)) as Tensor,
  "dpo": (pair) => dpo(pair, { beta: 1 }),
  "ipo": (pair) => ipoSum(pair, { tau: 1 / 4 }),
  "kto": ({ policyChosen, policyRejected, referenceChosen, referenceRejected }) => {
    const judged = (policy: Tensor, reference: Tensor, desirable: 0 | 1) =>
      kto({ policy, reference, desirable: tf.tensor1d([desirable]) }, { beta: 1, referencePoint: 0 });
    return tf.add(judged(policyChosen, referenceChosen, 1), judged(policyRejected, referenceRejected, 0)) as Tensor;
  },
  "apo-zero": (pair) => apoZero(pair, { beta: 1 }),
  "apo-down": (pair) => apoDown(pair, { beta: 1 }),
};

/** ∂L/∂r_w and ∂L/∂r_l of the library's own loss by the engine's gradient, before training. */
export function firstSlopes(arm: Objective): { chosen: number; rejected: number } {
  const [chosen, rejected] = tf.tidy(() => {
    const logp = tf.tensor1d([-3]) as Tensor;
    const slopes = tf.grads((policyChosen, policyRejected) =>
      tf.sum(losses[arm]({
        policyChosen: policyChosen as Tensor,
        policyRejected: policyRejected as Tensor,
        referenceChosen: logp,
        referenceRejected: logp,
      }))
    )([logp, logp.clone()]);
    return slopes.map((slope) => slope.dataSync()[0]);
  });
  // Without the sign of zero, which says nothing here.
  return { chosen: chosen + 0, rejected: rejected + 0 };
}

export const field = question({
  id: "field",
  asks: "Where does each loss push a pair, and where does training take it?",
  method:
    `${PROTOCOL}Arrows are minus the slopes of a loss in the rewards of winner and loser, paths the mean rewards of ` +
    "the training pairs along SGD. Pairs share features and a policy's chances sum to one, so paths need not follow " +
    "arrows. KTO's arrows are those at its starting reference point 0, where its loss is APO-zero's.",
  arms: objectiveIds,
  tensors: true,
  conditions: (o: SyntheticOptions) => SHOWN.flatMap((data) => shownEpochs(o).map((epoch) => ({ data, epoch }))),
  shares: ({ data }, arm) => `${arm} ${data}`,
  block: BLOCK,
  prepare: emptyCache,
  run(context) {
    const { arm, options: { beta }, condition: { data, epoch } } = context, slopes = firstSlopes(arm);
    const moved = runsOf(context, { data, optimiser: "SGD", noise: 0 })
      .map((run) => movement(run, run.checkpoints[epoch]));
    return {
      "reward-chosen": moved.map(({ chosen }) => beta * chosen),
      "reward-rejected": moved.map(({ rejected }) => beta * rejected),
      "first-slope-chosen": moved.map(() => slopes.chosen),
      "first-slope-rejected": moved.map(() => slopes.rejected),
    };
  },
  claims: [],
  ...drawn.field,
});
