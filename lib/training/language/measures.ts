/**
 * What training is watched by, beside its loss.
 *
 * @module
 */
import type { ScoredExample } from "./examples.ts";
import type { Objective } from "./objective.ts";
import { readSpan, type Reduction, spanOf } from "./readings.ts";

/** Means over examples; NaN where there is none. Sums are as the loss weighs them: LD-DPO's with α on what is longer. */
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
   * where the loss is); NaN without pairs. A pair whose two sides are alike to the rounding of float32 counts as a half:
   * at the first step policy and reference are the same, and so the share is ½ there.
   */
  readonly accuracy: number;
}

/**
 * Share of its numbers' magnitudes below which a difference is rounding: four times the unit of float32, 2⁻²⁴, as each
 * number is off by about one.
 */
const ROUNDING = 2 ** -22;

/** Sums up examples. */
export class Measures {
  readonly #sums = { chosen: [0, 0], rejected: [0, 0], chosenRatio: [0, 0], rejectedRatio: [0, 0], accuracy: [0, 0] };

  /** Of nothing yet. */
  constructor(private readonly objective: Objective) {}

  /** Adds examples. */
  add(scored: readonly ScoredExample[]): void {
    const read = new Set(this.objective.terms.flatMap(({ reads }) => reads.map(({ response }) => response)));
    const { terms: [{ reads: [{ reduction: first }] }], excessWeight } = this.objective;
    const count = (name: keyof Measured, value: number) => {
      this.#sums[name][0] += value;
      this.#sums[name][1]++;
    };
    for (const { example, policy, reference } of scored) {
      const compared: number[] = [];
      let magnitude = 0;
      for (const response of read) {
        const side = response === 1 || example.desirable === false ? "rejected" : "chosen";
        const by = (reduction: Reduction, of: readonly Float32Array[]) =>
          readSpan(of[response], spanOf(example, { response, reduction }));
        const sum = (of: readonly Float32Array[]) =>
          excessWeight === undefined ? by("sum", of) : by("common", of) + excessWeight * by("excess", of);
        const logp = sum(policy);
        count(side, logp);
        if (reference !== undefined) {
          const base = sum(reference);
          compared[response] = logp - base;
          magnitude += Math.abs(logp) + Math.abs(base);
          count(`${side}Ratio`, compared[response]);
        } else {
          compared[response] = first === "mean" ? by("mean", policy) : logp;
          magnitude += Math.abs(compared[response]);
        }
      }
      if (compared.length === 2) {
        const ahead = compared[0] - compared[1];
        count("accuracy", Math.abs(ahead) <= ROUNDING * magnitude ? 0.5 : Number(ahead > 0));
      }
    }
  }

  /** The means so far. */
  means(): Measured {
    const mean = ([sum, count]: readonly number[]) => count === 0 ? NaN : sum / count;
    const { chosen, rejected, chosenRatio, rejectedRatio, accuracy } = this.#sums;
    return {
      chosen: mean(chosen),
      rejected: mean(rejected),
      chosenRatio: mean(chosenRatio),
      rejectedRatio: mean(rejectedRatio),
      accuracy: mean(accuracy),
    };
  }
}
