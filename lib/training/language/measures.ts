/**
 * What training is watched by, beside its loss.
 *
 * @module
 */
import type { Example, ScoredExample } from "./examples.ts";
import type { Objective } from "./objective.ts";
import { readSpan, type Reduction, spanOf } from "./readings.ts";
import { effectiveShare, lawOn, logWeightsOf } from "./sample_weights.ts";

/**
 * Means over examples; NaN where there is none. Sums are as the loss weighs them: LD-DPO's with α on what is longer.
 *
 * Texts that were shown are chosen ones, those that were sampled beside them rejected ones. Of responses with rewards that with
 * the highest is the chosen one, that with the lowest the rejected one. Responses under their own constitution are chosen ones.
 */
export interface Measured {
  /** log π of chosen or desirable responses, in nats, summed over tokens. */
  readonly chosen: number;
  /** log π of rejected or undesirable responses. */
  readonly rejected: number;
  /** log π − log π_ref of chosen or desirable responses; NaN without a reference. β times it is the reward of DPO. */
  readonly chosenRatio: number;
  /** The same of rejected or undesirable ones. */
  readonly rejectedRatio: number;
  /**
   * Share of pairs whose chosen response has the larger log-ratio, or without a reference the larger log-prob (per token
   * where the loss is); of responses that no other constitution makes as probable as their own; NaN without either. What is
   * alike to the rounding of float32 counts as a half: at the first step policy and reference are the same, and so the share
   * is ½ there.
   */
  readonly accuracy: number;
  /** Mean reward of the law that the policy is on the responses of a prompt; of responses with rewards alone. */
  readonly value?: number;
  /** Effective sample size over the number of texts, where texts are weighed by π over the law that they came from. */
  readonly effective?: number;
  /** The largest of these weights. */
  readonly largest?: number;
}

/**
 * Share of its numbers' magnitudes below which a difference is rounding: four times the unit of float32, 2⁻²⁴, as each
 * number is off by about one.
 */
const ROUNDING = 2 ** -22;

type Side = "chosen" | "rejected";

/** Which side each response counts on, of those that do. */
function sidesOf({ data }: Objective, example: Example): (Side | undefined)[] {
  const { responses, rewards, constitutions, desirable, outcome } = example;
  if (constitutions !== undefined) {
    return responses.map((_, i) => i % (constitutions + 1) === 0 ? "chosen" : "rejected");
  }
  if (data === "rewarded") {
    const best = rewards!.indexOf(Math.max(...rewards!)), worst = rewards!.lastIndexOf(Math.min(...rewards!));
    if (rewards![best] === rewards![worst]) return [];
    return responses.map((_, i) => i === best ? "chosen" : i === worst ? "rejected" : undefined);
  }
  const isLower = desirable === false || data === "logged and sampled" && outcome === undefined;
  return responses.map((_, i) => i === 1 || isLower ? "rejected" : "chosen");
}

/** Sums up examples. */
export class Measures {
  readonly #sums = { chosen: [0, 0], rejected: [0, 0], chosenRatio: [0, 0], rejectedRatio: [0, 0], accuracy: [0, 0] };
  /** Of responses with rewards. */
  readonly #groups = { value: [0, 0], effective: [0, 0] };
  readonly #logWeights: number[] = [];

  /** Of nothing yet. */
  constructor(private readonly objective: Objective) {}

  /** Adds examples. */
  add(scored: readonly ScoredExample[]): void {
    for (const one of scored) {
      this.#addSides(one);
      if (one.example.constitutions !== undefined) this.#addConstitutions(one);
      const logWeights = logWeightsOf(this.objective, one);
      if (logWeights === undefined) continue;
      this.#logWeights.push(...logWeights);
      if (this.objective.data === "rewarded") {
        const { rewards } = one.example;
        count(this.#groups.value, lawOn(logWeights).reduce((sum, p, i) => sum + p * rewards![i], 0));
        count(this.#groups.effective, effectiveShare(logWeights));
      }
    }
  }

  #addSides(scored: ScoredExample): void {
    const { example, policy, reference } = scored, { terms, excessWeight } = this.objective;
    const reads = terms.flatMap((term) => term.reads(example.responses.length)), [{ reduction: first }] = reads;
    const read = new Set(reads.map(({ response }) => response)), compared: Record<Side, number> = { ...NONE };
    let magnitude = 0;
    sidesOf(this.objective, example).forEach((side, response) => {
      if (side === undefined || !read.has(response)) return;
      const by = (reduction: Reduction, of: readonly Float32Array[]) =>
        readSpan(of[response], spanOf(example, { response, reduction }));
      const sum = (of: readonly Float32Array[]) =>
        excessWeight === undefined ? by("sum", of) : by("common", of) + excessWeight * by("excess", of);
      const logp = sum(policy);
      count(this.#sums[side], logp);
      if (reference !== undefined) {
        const base = sum(reference);
        compared[side] = logp - base;
        magnitude += Math.abs(logp) + Math.abs(base);
        count(this.#sums[`${side}Ratio`], compared[side]);
      } else {
        compared[side] = first === "mean" ? by("mean", policy) : logp;
        magnitude += Math.abs(compared[side]);
      }
    });
    const ahead = compared.chosen - compared.rejected;
    if (!Number.isNaN(ahead) && !example.tied && example.constitutions === undefined) {
      count(this.#sums.accuracy, inOrder(ahead, magnitude));
    }
  }

  /** Of each response, whether its own constitution makes it most probable. */
  #addConstitutions({ example, policy }: ScoredExample): void {
    const size = example.constitutions!;
    const logp = (k: number, j: number) => {
      const response = k * size + j;
      return readSpan(policy[response], spanOf(example, { response, reduction: "sum" }));
    };
    for (let j = 0; j < size; j++) {
      const own = logp(j, j), others = Array.from({ length: size }, (_, k) => k === j ? -Infinity : logp(k, j));
      const other = Math.max(...others);
      count(this.#sums.accuracy, inOrder(own - other, Math.abs(own) + Math.abs(other)));
    }
  }

  /** The means so far. */
  means(): Measured {
    const { chosen, rejected, chosenRatio, rejectedRatio, accuracy } = this.#sums, { value, effective } = this.#groups;
    const { data } = this.objective, weighs = this.#logWeights.length > 0;
    return {
      ...{ chosen: mean(chosen), rejected: mean(rejected), chosenRatio: mean(chosenRatio) },
      ...{ rejectedRatio: mean(rejectedRatio), accuracy: mean(accuracy) },
      ...(data === "rewarded" && { value: mean(value) }),
      ...(weighs && {
        effective: data === "rewarded" ? mean(effective) : effectiveShare(this.#logWeights),
        largest: Math.exp(this.#logWeights.reduce((most, w) => Math.max(most, w))),
      }),
    };
  }
}

const NONE = { chosen: NaN, rejected: NaN };

/** 1 where the first is ahead, ½ where both are alike to rounding. */
const inOrder = (ahead: number, magnitude: number): number =>
  Math.abs(ahead) <= ROUNDING * magnitude ? 0.5 : Number(ahead > 0);

function count(sum: number[], value: number): void {
  sum[0] += value;
  sum[1]++;
}

const mean = ([sum, number]: readonly number[]): number => number === 0 ? NaN : sum / number;
