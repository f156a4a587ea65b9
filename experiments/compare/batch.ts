/**
 * One log in every native form, as tensors with a replicate axis.
 *
 * Units that show a loss the same numbers are one row with a weight: the mean over units is exact, and its cost does not
 * grow with their number. A row's weight is its share of the units; the weights of a replicate sum to 1.
 *
 * @module
 */
import type { GeneratedTexts, JudgedLogps, LoggedTexts, PairedLogps, RebelPairs } from "../../lib/losses/mod.ts";
import { type Tensor, tf } from "../../lib/tensor/backend.ts";
import type { Batch } from "../../lib/training/batch.ts";
import { type Pairs, type PairSource, ratedPairs, wonPairs } from "../../lib/training/pairs.ts";
import { pairChance } from "../../lib/worlds/population.ts";
import { logShownTo, pairChanceTo } from "./record.ts";
import type { Sample } from "./samples.ts";

/** Preference pairs `[R, M]` with their weights. */
interface WeightedPairs extends PairedLogps {
  readonly weight: Tensor;
}

/** Which pairs: `unlabelled` are all pairs that π0 would draw, in both orders. */
export type PairForm = "preferences" | "reweighted" | "revisions" | "unlabelled";

/** All kinds of pairs, the winner first: the places that {@linkcode kindOf} counts. */
const KINDS: PairSource<Sample> = { name: "kinds", of: places };

/** Rows of the winner and of the loser of each kind of pairs `[M]`. */
export function places({ world: { prompts, responses } }: Pick<Sample, "world">): Pairs {
  const others = responses - 1, first = new Uint32Array(prompts * responses * others), second = first.slice();
  for (let kind = 0; kind < first.length; kind++) {
    const winner = first[kind] = Math.floor(kind / others), a = winner % responses, other = kind % others;
    second[kind] = winner - a + (other < a ? other : other + 1);
  }
  return { first, second };
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

/** Shares of the kinds of pairs in a sample's log `[M]`. */
export function pairShares({ world, log, record }: Sample, form: PairForm): Float64Array {
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

/** Share of each kind of pairs in the logs `[R, M]`. */
const weights = (data: Batch<Sample>, form: PairForm) => data.table(form, (sample) => pairShares(sample, form));

/** Pairs under a policy. */
export function pairs(data: Batch<Sample>, policy: Tensor, form: PairForm): WeightedPairs {
  return { ...wonPairs(data, KINDS, policy), weight: weights(data, form) };
}

/** Pairs under a policy with the rewards that a model of the same log gives them. */
export function rated(data: Batch<Sample>, policy: Tensor, form: PairForm): RebelPairs & { readonly weight: Tensor } {
  return { ...ratedPairs(data, KINDS, policy, () => rewards(data)), weight: weights(data, form) };
}

/** Rewards of all responses `[R, X·A]`. */
export function rewards(data: Batch<Sample>): Tensor {
  return data.table("reward", (sample) => sample.reward().table);
}

/** Sums over the units of a response, split in two: `[2·X·A]`. */
function byHalf({ world, log }: Sample, half: (i: number) => boolean, value: (i: number) => number): Float64Array {
  const { responses, prompts } = world, cells = prompts * responses, out = new Float64Array(2 * cells);
  for (let i = 0; i < log.prompt.length; i++) {
    out[Number(half(i)) * cells + log.prompt[i] * responses + log.first[i]] += value(i);
  }
  return out;
}

const twice = (policy: Tensor): Tensor => tf.concat([policy, policy], -1);

/** Thumbs: single responses, up where the reaction was above the mean reaction to π0. */
export function thumbs(data: Batch<Sample>, policy: Tensor): JudgedLogps & { readonly weight: Tensor } {
  return {
    policy: twice(policy),
    reference: data.constant("twice", () => twice(data.reference)),
    desirable: data.table(
      "desirable",
      ({ world }) => Array.from({ length: 2 * world.logStart.length }, (_, i) => i < world.logStart.length ? 0 : 1),
    ),
    weight: data.table(
      "thumbs",
      (sample) => byHalf(sample, (i) => sample.log.outcome[i] > 0, () => 1 / sample.log.outcome.length),
    ),
  };
}

/** Outcomes with the propensity given what the platform recorded of the type, or with its mean over types. */
export function outcomes(
  data: Batch<Sample>,
  policy: Tensor,
  propensity: "recorded" | "marginal",
): LoggedTexts & { readonly prediction: Tensor; readonly weight: Tensor } {
  // Units with the same response and the same record are one row: there are two propensities a response.
  const sums = (sample: Sample, value: (i: number) => number) =>
    byHalf(sample, (i) => sample.record.sign[i] > 0, value);
  const means = (sample: Sample, values: ArrayLike<number>) => {
    const counts = sums(sample, () => 1);
    return sums(sample, (i) => values[i]).map((v, k) => counts[k] === 0 ? 0 : v / counts[k]);
  };
  const logs = ({ world, record: { correlation } }: Sample) =>
    logShownTo(world, propensity === "marginal" ? 0 : correlation).flatMap((law) => Array.from(law));
  return {
    logpF: twice(policy),
    logpR: data.table(propensity, logs),
    outcome: data.table("outcome", (sample) => means(sample, sample.log.outcome)),
    prediction: data.table("prediction", (sample) => means(sample, sample.model.logged)),
    weight: data.table("units", (sample) => sums(sample, () => 1 / sample.log.outcome.length)),
  };
}

/** All responses with the outcome model's prediction, weighed as π0 draws them: as many generated texts as one likes. */
export function predictions(data: Batch<Sample>, policy: Tensor): GeneratedTexts & { readonly weight: Tensor } {
  return {
    logpF: policy,
    logpF0: data.reference,
    prediction: data.table("table", ({ model }) => model.table),
    weight: data.table("start", ({ world }) => world.logStart.map((l) => Math.exp(l) / world.prompts)),
  };
}

/** Mean loss over units `[R]`. */
export function average(weight: Tensor, loss: Tensor): Tensor {
  return tf.sum(tf.mul(weight, loss), -1);
}

/** Mean over prompts of KL(π ‖ π0), by enumeration `[R]`. */
export function klToReference({ reference, samples }: Batch<Sample>, policy: Tensor): Tensor {
  return tf.div(tf.sum(tf.mul(tf.exp(policy), tf.sub(policy, reference)), -1), samples[0].world.prompts);
}
