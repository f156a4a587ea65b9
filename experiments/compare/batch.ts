/**
 * One log in every native form, as tensors with a replicate axis.
 *
 * Units that show a loss the same numbers are one row with a weight: the mean over units is exact, and its cost does not
 * grow with their number. A row's weight is its share of the units; the weights of a replicate sum to 1.
 *
 * @module
 */
import type { GeneratedTexts, JudgedLogps, LoggedTexts, PairedLogps } from "../../lib/losses/mod.ts";
import { type Tensor, tf } from "../../lib/tensor/backend.ts";
import { takeAlongLast } from "../../lib/tensor/ops.ts";
import { pairChance } from "../../lib/worlds/population.ts";
import { logShownTo, pairChanceTo } from "./record.ts";
import type { Task } from "./tasks.ts";

/** Preference pairs `[R, M]` with their weights. */
export interface WeightedPairs extends PairedLogps {
  readonly weight: Tensor;
}

/** Which pairs: `unlabelled` are all pairs that π0 would draw, in both orders. */
export type PairForm = "preferences" | "reweighted" | "revisions" | "unlabelled";

/** Constants of a block of tasks. */
export interface Data {
  readonly tasks: readonly Task[];
  /** Responses of all prompts, X·A. */
  readonly cells: number;
  /** log π0 `[R, X·A]`. */
  readonly reference: Tensor;
  /** Index of the winner of each kind of pair, for all replicates `[R·M]`. */
  readonly winners: Uint32Array;
  /** Index of the loser `[R·M]`. */
  readonly losers: Uint32Array;
  /** Kinds of pairs M: a prompt and two different responses in order. */
  readonly kinds: number;
  /** Makes a constant once, by name; it lives as long as the data. */
  constant(name: string, make: () => Tensor): Tensor;
  dispose(): void;
}

/** Constants of a block of tasks; free them with `dispose`. */
export function dataOf(tasks: readonly Task[]): Data {
  const { responses, prompts } = tasks[0].world, cells = prompts * responses;
  const winners: number[] = [], losers: number[] = [];
  for (let x = 0; x < prompts; x++) {
    for (let a = 0; a < responses; a++) {
      for (let b = 0; b < responses; b++) {
        if (a === b) continue;
        winners.push(x * responses + a);
        losers.push(x * responses + b);
      }
    }
  }
  const constants = new Map<string, Tensor>();
  const constant = (name: string, make: () => Tensor) => {
    let found = constants.get(name);
    if (!found) constants.set(name, found = tf.keep(tf.tidy(make)));
    return found;
  };
  const forAll = (index: readonly number[]) => Uint32Array.from(tasks.flatMap(() => index));
  return {
    tasks,
    cells,
    reference: constant("reference", () => table(tasks, ({ world }) => world.logStart)),
    winners: forAll(winners),
    losers: forAll(losers),
    kinds: winners.length,
    constant,
    dispose: () => tf.dispose([...constants.values()]),
  };
}

/** `[R, width]` of one row a task. */
export function table(tasks: readonly Task[], row: (task: Task) => ArrayLike<number>): Tensor {
  return tf.tensor2d(Float32Array.from(tasks.flatMap((task) => Array.from(row(task)))), [
    tasks.length,
    row(tasks[0]).length,
  ]);
}

/** Place of the pair (a over b) of prompt x among the kinds. */
export function kindOf(x: number, a: number, b: number, responses: number): number {
  return (x * responses + a) * (responses - 1) + (b > a ? b - 1 : b);
}

/** Divided by their sum; a log without any such unit has weight 0 everywhere. */
function shares(values: Float64Array): Float64Array {
  const total = values.reduce((a, b) => a + b, 0);
  return total > 0 ? values.map((v) => v / total) : values;
}

/** Shares of the kinds of pairs in a task's log `[M]`. */
export function pairShares({ world, log, record }: Task, form: PairForm): Float64Array {
  const { responses, prompts, logStart } = world, out = new Float64Array(prompts * responses * (responses - 1));
  const start = logStart.map(Math.exp), laws = world.logShown.map((logs) => logs.map(Math.exp));
  if (form === "unlabelled") {
    for (let x = 0; x < prompts; x++) {
      for (let a = 0; a < responses; a++) {
        for (let b = 0; b < responses; b++) {
          if (a !== b) out[kindOf(x, a, b, responses)] = pairChance(start, x * responses, a, b);
        }
      }
    }
    return shares(out);
  }
  for (let i = 0; i < log.prompt.length; i++) {
    const x = log.prompt[i], a = log.first[i], b = log.second[i], revised = log.revised[i];
    if (form === "revisions") {
      if (revised !== a) out[kindOf(x, revised, a, responses)]++;
      continue;
    }
    const kind = log.firstWins[i] ? kindOf(x, a, b, responses) : kindOf(x, b, a, responses);
    // As if π0 had drawn the pair for a reader of any type.
    out[kind] += form === "reweighted"
      ? pairChance(start, x * responses, a, b) / pairChanceTo(laws, record, i, [x * responses, a, b])
      : 1;
  }
  return shares(out);
}

/** Pairs under a policy. */
export function pairs(data: Data, policy: Tensor, form: PairForm): WeightedPairs {
  const { reference, winners, losers, kinds, constant } = data;
  return {
    policyChosen: takeAlongLast(policy, winners, kinds),
    policyRejected: takeAlongLast(policy, losers, kinds),
    referenceChosen: constant("chosen", () => takeAlongLast(reference, winners, kinds)),
    referenceRejected: constant("rejected", () => takeAlongLast(reference, losers, kinds)),
    weight: constant(form, () => table(data.tasks, (task) => pairShares(task, form))),
  };
}

/** Sums over the units of a response, split in two: `[2·X·A]`. */
function byHalf({ world, log }: Task, half: (i: number) => boolean, value: (i: number) => number): Float64Array {
  const { responses, prompts } = world, cells = prompts * responses, out = new Float64Array(2 * cells);
  for (let i = 0; i < log.prompt.length; i++) {
    out[Number(half(i)) * cells + log.prompt[i] * responses + log.first[i]] += value(i);
  }
  return out;
}

const twice = (policy: Tensor): Tensor => tf.concat([policy, policy], -1);

/** Thumbs: single responses, up where the reaction was above the mean reaction to π0. */
export function thumbs(data: Data, policy: Tensor): JudgedLogps & { readonly weight: Tensor } {
  const { tasks, cells, reference, constant } = data;
  return {
    policy: twice(policy),
    reference: constant("twice", () => twice(reference)),
    desirable: constant(
      "desirable",
      () => table(tasks, () => Array.from({ length: 2 * cells }, (_, i) => i < cells ? 0 : 1)),
    ),
    weight: constant(
      "thumbs",
      () => table(tasks, (task) => byHalf(task, (i) => task.log.outcome[i] > 0, () => 1 / task.log.outcome.length)),
    ),
  };
}

/** Outcomes with the propensity given what the platform recorded of the type, or with its mean over types. */
export function outcomes(
  data: Data,
  policy: Tensor,
  propensity: "recorded" | "marginal",
): LoggedTexts & { readonly prediction: Tensor; readonly weight: Tensor } {
  const { tasks, constant } = data;
  // Units with the same response and the same record are one row: there are two propensities a response.
  const sums = (task: Task, value: (i: number) => number) => byHalf(task, (i) => task.record.sign[i] > 0, value);
  const means = (task: Task, values: ArrayLike<number>) => {
    const counts = sums(task, () => 1);
    return sums(task, (i) => values[i]).map((v, k) => counts[k] === 0 ? 0 : v / counts[k]);
  };
  const logs = ({ world, record: { correlation } }: Task) =>
    logShownTo(world, propensity === "marginal" ? 0 : correlation).flatMap((law) => Array.from(law));
  return {
    logpF: twice(policy),
    logpR: constant(propensity, () => table(tasks, logs)),
    outcome: constant("outcome", () => table(tasks, (task) => means(task, task.log.outcome))),
    prediction: constant("prediction", () => table(tasks, (task) => means(task, task.model.logged))),
    weight: constant("units", () => table(tasks, (task) => sums(task, () => 1 / task.log.outcome.length))),
  };
}

/** All responses with the outcome model's prediction, weighed as π0 draws them: as many generated texts as one likes. */
export function predictions(data: Data, policy: Tensor): GeneratedTexts & { readonly weight: Tensor } {
  const { tasks, reference, constant } = data;
  return {
    logpF: policy,
    logpF0: reference,
    prediction: constant("table", () => table(tasks, ({ model }) => model.table)),
    weight: constant(
      "start",
      () => table(tasks, ({ world }) => world.logStart.map((l) => Math.exp(l) / world.prompts)),
    ),
  };
}

/** Mean loss over units `[R]`. */
export function average(weight: Tensor, loss: Tensor): Tensor {
  return tf.sum(tf.mul(weight, loss), -1);
}

/** A table of all responses as laws, prompt by prompt: `[R, X·A]` → `[R, X, A]`. */
export function byPrompt({ tasks, cells }: Data, values: Tensor): Tensor {
  const { responses } = tasks[0].world;
  return tf.reshape(values, [tasks.length, cells / responses, responses]);
}

/** Mean over prompts of KL(π ‖ π0), by enumeration `[R]`. */
export function klToReference({ reference, tasks }: Data, policy: Tensor): Tensor {
  return tf.div(tf.sum(tf.mul(tf.exp(policy), tf.sub(policy, reference)), -1), tasks[0].world.prompts);
}
