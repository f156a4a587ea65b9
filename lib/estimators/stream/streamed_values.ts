/**
 * Values of policies from a log that is read once, chunk by chunk.
 *
 * @module
 */
import type { Rng } from "../../random.ts";
import { normalQuantile, studentQuantile } from "../../statistics/distributions.ts";
import { checkLevel, percentileInterval } from "../../statistics/intervals.ts";
import type { EstimatorId } from "../mod.ts";
import { JointMoments } from "./joint_moments.ts";
import {
  type ActionTable,
  columnOf,
  fillPolicyColumns,
  type LogChunk,
  POLICY_COLUMNS,
  type PolicyTable,
  usesModel,
  valueOfMeans,
} from "./policy_columns.ts";
import { clopperPearson, rareSumInterval } from "./rare_outcomes.ts";

/** Events below which their interval is that of rare ones. */
const RARE = 20;

/** Sizes of numbers whose squares, summed, are not finite any more, and of rewards whose fourth powers may underflow. */
const HUGE = 1e150, SMALL = 1e-50;

/** Groups with an event from which on their sizes tell how it comes in groups. */
const SOME_GROUPS = 5;

/** A spread relative to the mean that rounding leaves of equal weights. */
const EQUAL = 1e-14;

/** How an interval was made. */
export type IntervalKind =
  | "normal"
  | "student"
  | "bootstrap"
  | "clopper-pearson"
  | "fay-feuer"
  | "fieller";

/** A number with its interval. */
export interface Valued {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  readonly standardError: number;
  readonly interval: IntervalKind;
}

/** What the weights of a policy are like. */
interface WeightFacts {
  readonly effectiveSampleSize: number;
  readonly largest: number;
  readonly mean: number;
  readonly meanError: number;
  /** Share of rounds whose weight is above lambda. */
  readonly above: number;
  /** Mean probability of each action under the policy, `[A]`. */
  readonly mass: Float64Array;
}

/** What values are read from. */
interface StreamedOptions {
  /** Number of actions, A. */
  readonly actions: number;
  /** Number of policies, P. */
  readonly policies: number;
  /** See {@linkcode fillPolicyColumns}. */
  readonly lambda: number;
  /** Whether the groups of rounds are those of a log, and not a number each, which a bootstrap takes where it has none. */
  readonly grouped: boolean;
}

/** Sums over a log, and the values that they give. */
export class StreamedValues {
  /** How often each action was logged, `[A]`. */
  readonly logged: Float64Array;
  /** Sum of the rewards of each action, `[A]`. */
  readonly rewards: Float64Array;
  readonly #moments: JointMoments;
  readonly #mass: readonly Float64Array[];
  readonly #largest: number[];
  readonly #above: number[];
  #room: Float64Array[] = [];
  /** Rounds with reward 1 and with reward 0; what is left makes the outcome no event. */
  #ones = 0;
  #zeros = 0;
  #draws: Float64Array[] = [];
  /** A power of two that powers of rewards neither underflow nor overflow with; of the first reward that is not 0. */
  #unit: number | undefined;

  /** @param options numbers of actions and policies, and what weights are cut at */
  constructor(readonly options: StreamedOptions) {
    const { actions, policies } = options;
    this.logged = new Float64Array(actions);
    this.rewards = new Float64Array(actions);
    this.#moments = new JointMoments(1 + policies * POLICY_COLUMNS);
    this.#mass = Array.from({ length: policies }, () => new Float64Array(actions));
    this.#largest = new Array(policies).fill(0);
    this.#above = new Array(policies).fill(0);
  }

  /** Rounds that were read. */
  get rounds(): number {
    return this.#moments.rounds;
  }

  /** Groups that were read; 0 without. */
  get groups(): number {
    return this.options.grouped ? this.#moments.groups : 0;
  }

  /**
   * Takes in a chunk.
   *
   * @param model expected rewards by action
   * @param targets probabilities by action, of each policy
   * @param group number of each round's group, in the order of appearance; of every chunk or of none
   * @throws RangeError naming a round whose weight overflows
   */
  add(chunk: LogChunk, model: ActionTable, targets: readonly PolicyTable[], group?: Int32Array): void {
    const { actions, lambda } = this.options, { rows, reward, action } = chunk;
    if (this.#room.length === 0 || this.#room[0].length < rows) {
      this.#room = Array.from({ length: this.#moments.columns }, () => new Float64Array(rows));
    }
    this.#room[0].set(reward.subarray(0, rows));
    for (let i = 0; i < rows; i++) {
      this.logged[action[i]]++;
      this.rewards[action[i]] += reward[i];
      if (reward[i] === 1) this.#ones++;
      else if (reward[i] === 0) this.#zeros++;
    }
    targets.forEach((target, policy) => {
      const columns = this.#room.slice(1 + policy * POLICY_COLUMNS, 1 + (policy + 1) * POLICY_COLUMNS);
      const { largest, above } = fillPolicyColumns(chunk, { actions, target, model, lambda }, columns);
      this.#largest[policy] = Math.max(this.#largest[policy], largest);
      this.#above[policy] += above;
      const mass = this.#mass[policy];
      if (target === "logging") {
        for (let i = 0; i < rows; i++) mass[action[i]]++;
        return;
      }
      const { values, row } = target;
      if (row !== undefined && values.length === actions) {
        for (let a = 0; a < actions; a++) mass[a] += rows * values[a];
      } else {
        for (let i = 0; i < rows; i++) {
          const from = (row === undefined ? i : row[i]) * actions;
          for (let a = 0; a < actions; a++) mass[a] += values[from + a];
        }
      }
    });
    this.#rescale(rows);
    this.#moments.add(this.#room, rows, group);
  }

  /** Brings what is in the unit of the reward on the scale of the sums. @throws RangeError for what is not finite */
  #rescale(rows: number): void {
    let largest = 0;
    for (const column of this.#room) {
      for (let i = 0; i < rows; i++) {
        const size = Math.abs(column[i]);
        if (!(size <= largest)) largest = size;
      }
    }
    if (!(largest < HUGE)) throw new RangeError("weights times rewards overflow; measure the reward in a larger unit");
    const rewards = this.#room.filter((_, k) => k === 0 || (k - 1) % POLICY_COLUMNS > 0);
    if (this.#unit === undefined) {
      const first = rewards[0].subarray(0, rows).reduce((most, r) => Math.max(most, Math.abs(r)), 0);
      if (first === 0) return;
      // Left as it is where powers are safe anyway.
      this.#unit = first > SMALL && first < 1 / SMALL ? 1 : 2 ** -Math.floor(Math.log2(first));
    }
    const unit = this.#unit;
    if (unit === 1) return;
    for (const column of rewards) for (let i = 0; i < rows; i++) column[i] *= unit;
  }

  /** A number of the sums in the unit of the reward. */
  #told({ estimate, lower, upper, standardError, interval }: Valued): Valued {
    const unit = this.#unit ?? 1;
    return {
      estimate: estimate / unit,
      lower: lower / unit,
      upper: upper / unit,
      standardError: standardError / unit,
      interval,
    };
  }

  /** What the weights of a policy are like. */
  weights(policy: number): WeightFacts {
    const column = columnOf(policy, "weight"), { rounds } = this, gradient = this.#unitGradient(column);
    const mean = this.#moments.mean[column], squares = this.#moments.squaresOfRounds(column);
    const error = Math.sqrt(this.#moments.covariance(gradient, gradient));
    return {
      effectiveSampleSize: squares > 0 ? (mean * rounds) ** 2 / squares : 0,
      largest: this.#largest[policy],
      mean,
      meanError: error > EQUAL * mean ? error : 0,
      above: this.#above[policy] / rounds,
      mass: this.#mass[policy].map((sum) => sum / rounds),
    };
  }

  #unitGradient(column: number): Float64Array {
    const gradient = new Float64Array(this.#moments.columns);
    gradient[column] = 1;
    return gradient;
  }

  /**
   * Draws groups with replacement, for intervals of all values: percentiles of the values of the draws.
   *
   * @param resamples how many draws, at least 2
   * @throws RangeError without groups
   */
  bootstrap(resamples: number, rng: Rng): void {
    const { groups, columns } = this.#moments;
    if (groups < 2) throw new RangeError(`a bootstrap draws groups, and there are ${groups}`);
    const picked = new Int32Array(groups);
    this.#draws = Array.from({ length: resamples }, () => {
      for (let g = 0; g < groups; g++) picked[g] = rng.integer(groups);
      const mean = new Float64Array(columns);
      this.#moments.meanOfDraw(picked, mean);
      return mean;
    });
  }

  /** Standard errors that an interval goes to either side. */
  #reach(level: number): number {
    checkLevel(level);
    const tail = (1 + level) / 2, { groups } = this;
    return groups === 0 ? normalQuantile(tail) : studentQuantile(tail, Math.max(1, groups - 1));
  }

  /** An interval from the draws, or from standard errors; of values that no draw leaves, NaN is left out. */
  #interval(estimate: number, standardError: number, level: number, of: (mean: Float64Array) => number): Valued {
    if (this.#draws.length > 0) {
      const draws = this.#draws.map(of).filter((value) => !Number.isNaN(value));
      return {
        estimate,
        standardError,
        ...ends(percentileInterval(estimate, draws, { level })),
        interval: "bootstrap",
      };
    }
    const half = this.#reach(level) * standardError, interval = this.groups === 0 ? "normal" : "student";
    return { estimate, standardError, lower: estimate - half, upper: estimate + half, interval };
  }

  /**
   * The value of a policy.
   *
   * @returns NaN throughout for a self-normalised estimator where all weights are 0
   */
  value(estimator: EstimatorId, policy: number, level: number): Valued {
    const gradient = new Float64Array(this.#moments.columns), throwaway = gradient.slice();
    const estimate = valueOfMeans(estimator, this.#moments.mean, policy, gradient);
    const standardError = Math.sqrt(this.#moments.covariance(gradient, gradient));
    return this.#told(
      this.#rare(estimator, policy, { estimate, standardError }, level) ??
        this.#interval(estimate, standardError, level, (mean) => valueOfMeans(estimator, mean, policy, throwaway)),
    );
  }

  /** The interval of an event that hardly ever happened, or hardly ever did not; undefined where another one will do. */
  #rare(
    estimator: EstimatorId,
    policy: number,
    { estimate, standardError }: Pick<Valued, "estimate" | "standardError">,
    level: number,
  ): Valued | undefined {
    const { rounds, groups } = this, isEvent = this.#ones + this.#zeros === rounds, moments = this.#moments;
    if (!isEvent || Number.isNaN(estimate)) return undefined;
    const isNaive = estimator === "naive", weight = columnOf(policy, "weight");
    const equal = isNaive || moments.squaresOfRounds(weight) <= rounds * moments.mean[weight] ** 2 * (1 + 1e-12);
    const isRight = isNaive || Math.abs(moments.mean[weight] - 1) < 1e-9;
    // Nothing varies where the model has learned the same of all; its spread is then none of the estimate's.
    if (usesModel(estimator) && standardError > 0) return undefined;
    if (groups === 0 && equal && isRight && (!usesModel(estimator))) {
      const [lower, upper] = clopperPearson(this.#ones, rounds, level);
      return { estimate, standardError, lower, upper, interval: "clopper-pearson" };
    }
    const rare = Math.min(this.#ones, this.#zeros);
    if (rare >= RARE) return undefined;
    const cut = estimator === "clipped", whole = cut ? "clipped" : "ipw";
    const column = isNaive ? 0 : columnOf(policy, whole);
    const most = isNaive ? 1 : cut ? Math.min(this.#largest[policy], this.options.lambda) : this.#largest[policy];
    const sums = groups > 0 ? isNaive ? this.#largestGroup() : moments.largestSum(weight) : most;
    const scale = isNaive || estimator === "ipw" || cut ? rounds : rounds * moments.mean[weight];
    if (!(sums > 0)) return undefined;
    const isBounded = isNaive || (estimator !== "ipw" && !cut);
    if (this.#ones <= this.#zeros) {
      // Where some groups have had it, the next is as the largest of them; before that it may have it in all its rounds.
      const next = moments.groupsWith(column) < SOME_GROUPS ? sums : Math.max(most, moments.largestSum(column));
      const [lower, upper] = rareSumInterval(
        moments.mean[column] * rounds / scale,
        moments.squares(column) / scale ** 2,
        (groups > 0 ? next : sums) / scale,
        level,
      );
      return { estimate, standardError, lower, upper: isBounded ? Math.min(1, upper) : upper, interval: "fay-feuer" };
    }
    // Of weighted sums that are not normalised, a rare failure leaves the spread of the weights, which is seen.
    if (estimator === "ipw" || cut) return undefined;
    const total = isNaive ? 1 : moments.mean[weight] * rounds / scale, mean = moments.mean[column] * rounds / scale;
    const misses = this.#misses(isNaive ? undefined : weight, column);
    const [low, high] = rareSumInterval(Math.max(0, total - mean), misses / scale ** 2, sums / scale, level);
    return { estimate, standardError, lower: Math.max(0, 1 - high), upper: 1 - low, interval: "fay-feuer" };
  }

  /** Sum of squares of what rounds without the event weigh. */
  #misses(weight: number | undefined, column: number): number {
    if (weight !== undefined) return Math.max(0, this.#moments.squares(weight) - this.#moments.squares(column));
    return this.groups > 0 ? this.#zeros * this.#largestGroup() : this.#zeros;
  }

  #largestGroup(): number {
    return this.#moments.largestCount();
  }

  /** The first policy's value minus the second's, on the same rounds. */
  difference(estimator: EstimatorId, level: number): Valued {
    const [one, other, gradient] = this.#both(estimator), estimate = one.value - other.value;
    gradient.forEach((_, k) => gradient[k] = one.gradient[k] - other.gradient[k]);
    const standardError = Math.sqrt(this.#moments.covariance(gradient, gradient));
    const room = gradient.slice(),
      of = (mean: Float64Array) => valueOfMeans(estimator, mean, 0, room) - valueOfMeans(estimator, mean, 1, room);
    return this.#told(this.#interval(estimate, standardError, level, of));
  }

  /**
   * The first policy's value over the second's, by Fieller's interval: all ratios ρ for which first − ρ second is not away
   * from 0. Its ends are infinite where the second value may be 0.
   */
  ratio(estimator: EstimatorId, level: number): Valued {
    const [one, other, gradient] = this.#both(estimator), estimate = one.value / other.value;
    gradient.forEach((_, k) => gradient[k] = (one.gradient[k] - estimate * other.gradient[k]) / other.value);
    const standardError = Math.sqrt(this.#moments.covariance(gradient, gradient));
    const room = gradient.slice(),
      of = (mean: Float64Array) => valueOfMeans(estimator, mean, 0, room) / valueOfMeans(estimator, mean, 1, room);
    if (this.#draws.length > 0) return this.#interval(estimate, standardError, level, of);
    const t = this.#reach(level), v = (a: Float64Array, b: Float64Array) => this.#moments.covariance(a, b);
    const square = other.value ** 2 - t * t * v(other.gradient, other.gradient);
    const cross = one.value * other.value - t * t * v(one.gradient, other.gradient);
    const rest = one.value ** 2 - t * t * v(one.gradient, one.gradient);
    const root = Math.sqrt(Math.max(0, cross * cross - square * rest));
    const isBounded = square > 0;
    return {
      ...{ estimate, standardError, interval: "fieller" },
      lower: isBounded ? (cross - root) / square : -Infinity,
      upper: isBounded ? (cross + root) / square : Infinity,
    };
  }

  #both(estimator: EstimatorId): [Side, Side, Float64Array] {
    const sides = [0, 1].map((policy) => {
      const gradient = new Float64Array(this.#moments.columns);
      return { value: valueOfMeans(estimator, this.#moments.mean, policy, gradient), gradient };
    });
    return [sides[0], sides[1], new Float64Array(this.#moments.columns)];
  }
}

interface Side {
  readonly value: number;
  readonly gradient: Float64Array;
}

const ends = ({ lower, upper }: { readonly lower: number; readonly upper: number }) => ({ lower, upper });
