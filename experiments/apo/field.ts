/**
 * Where each loss pushes a pair, and where training takes it.
 *
 * @module
 */
import { apoDown, apoZero, dpo, ipoSum, kto, sft } from "../../lib/losses/mod.ts";
import type { Row } from "../../lib/report/types.ts";
import { formatFixed } from "../../lib/report/numbers.ts";
import { question } from "../../lib/run/experiment.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { type Tensor, tf } from "../../lib/tensor/backend.ts";
import type { PairSource } from "../../lib/worlds/revisions.ts";
import { type Objective, objectiveIds, objectives } from "./objectives.ts";
import type { SyntheticOptions } from "./options.ts";
import { emptyCache, movement, PROTOCOL, runsOf, shownEpochs } from "./runs.ts";
import { label } from "./study.ts";

/** Data whose training paths are drawn: winners better than the policy, and winners worse. */
const SHOWN = ["clair", "off-policy"] as const satisfies readonly PairSource[];

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

/** Places of arrows on an axis, so that some stand around all of these values. */
function placesAround(values: readonly number[]): number[] {
  const low = Math.floor(Math.min(...values) - 0.5), high = Math.ceil(Math.max(...values) + 0.5);
  return Array.from({ length: 11 }, (_, i) => low + (high - low) * i / 10);
}

/** Arrows of a loss at these rewards of winner and loser: minus its slopes, as descent goes. */
function arrowsOf(
  arm: Objective,
  { beta }: SyntheticOptions,
  [chosen, rejected]: readonly [readonly number[], readonly number[]],
  base: Row,
): Row[] {
  const slopes = objectives[arm](beta);
  return chosen.flatMap((x) =>
    rejected.map((y) => {
      const [w, l] = slopes(x / beta, y / beta, 0);
      return { ...base, x, y, dx: -w / beta + 0, dy: -l / beta + 0 };
    })
  );
}

export const field = question({
  id: "field",
  asks: "Where does each loss push a pair, and where does training take it?",
  part: "synthetic",
  method:
    `${PROTOCOL}Arrows are minus the slopes of a loss in the rewards of winner and loser, paths the mean rewards of ` +
    "the training pairs along SGD. Pairs share features and a policy's chances sum to one, so paths need not follow " +
    "arrows. KTO's arrows are those at its starting reference point 0, where its loss is APO-zero's.",
  arms: objectiveIds,
  tensors: true,
  seeds: ({ seeds }: SyntheticOptions) => seeds,
  conditions: (o) => SHOWN.flatMap((data) => shownEpochs(o).map((epoch) => ({ data, epoch }))),
  shares: ({ data }) => String(data),
  prepare: emptyCache,
  run(context) {
    const { data, epoch } = context.condition as { data: PairSource; epoch: number };
    const { beta } = context.options, slopes = firstSlopes(context.arm as Objective);
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
  figures(view, o) {
    const stations = view.arms.flatMap((arm) =>
      SHOWN.flatMap((data) => [
        { arm, data, epoch: 0, x: 0, y: 0 },
        ...shownEpochs(o).map((epoch) => ({
          arm,
          data,
          epoch,
          x: mean(view.series(arm, "reward-chosen", { data, epoch }).values),
          y: mean(view.series(arm, "reward-rejected", { data, epoch }).values),
        })),
      ])
    );
    const grid = [placesAround(stations.map(({ x }) => x)), placesAround(stations.map(({ y }) => y))] as const;
    const told = view.arms.map((arm) => {
      const end = stations.find((s) => s.arm === arm && s.data === "clair" && s.epoch === o.epochs)!;
      return `${label(arm)} (${formatFixed(end.x, 1)}, ${formatFixed(end.y, 1)})`;
    });
    return [{
      id: "field",
      kind: "field" as const,
      data: view.arms.flatMap((arm): Row[] => [
        ...arrowsOf(arm as Objective, o, grid, { objective: label(arm), data: null, epoch: null }),
        ...stations.filter((s) => s.arm === arm).map(({ data, epoch, x, y }) => ({
          objective: label(arm),
          data,
          epoch,
          x,
          y,
          dx: null,
          dy: null,
        })),
      ]),
      panel: "objective",
      x: "x",
      y: "y",
      dx: "dx",
      dy: "dy",
      by: "data",
      xLabel: "reward of the winner, r_w",
      yLabel: "reward of the loser, r_l",
      caption:
        `Rewards (r_w, r_l) of CLAIR pairs after ${o.epochs} epochs of SGD: ${told.join(", ")}. Arrows show where ` +
        "descent on one pair alone would go, their length the square root of the slope; DPO and IPO see the difference " +
        "of rewards only; arrows of KTO and both forms of APO also fade far from 0.",
      alt:
        "One panel per objective: the gradient field in the plane of winner's and loser's reward, with mean training " +
        "paths on CLAIR and on off-policy data.",
    }];
  },
  tables: (view, o) => [{
    id: "field",
    caption: "Slopes before training, at β = 1, and mean rewards of pairs after the last epoch.",
    columns: [
      { key: "arm", label: "objective", method: true },
      { key: "chosen", label: "∂L/∂r_w at 0", digits: 3 },
      { key: "rejected", label: "∂L/∂r_l at 0", digits: 3 },
      ...SHOWN.flatMap((data) => [
        { key: `w-${data}`, label: `r_w, ${label(data)}`, digits: 2 },
        { key: `l-${data}`, label: `r_l, ${label(data)}`, digits: 2 },
      ]),
    ],
    rows: view.arms.map((arm) => {
      const at = (metric: string, data: string) => view.mean(arm, metric, { data, epoch: o.epochs }).estimate;
      return {
        arm,
        chosen: at("first-slope-chosen", "clair"),
        rejected: at("first-slope-rejected", "clair"),
        ...Object.fromEntries(SHOWN.flatMap((data) => [
          [`w-${data}`, at("reward-chosen", data)],
          [`l-${data}`, at("reward-rejected", data)],
        ])),
      };
    }),
  }],
  notes: () => [
    "Before training the slope on winners is 0 for APO-down, −1/4 for APO-zero and −1/2 for DPO (section 4): derivatives of the " +
    "losses, and so tests of the code and no claims.",
  ],
});
