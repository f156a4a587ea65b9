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
   * where the loss is); NaN without pairs.
   */
  readonly accuracy: number;
}

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
      for (const response of read) {
        const side = response === 1 || example.desirable === false ? "rejected" : "chosen";
        const by = (reduction: Reduction, of: readonly Float32Array[]) =>
          readSpan(of[response], spanOf(example, { response, reduction }));
        const sum = (of: readonly Float32Array[]) =>
          excessWeight === undefined ? by("sum", of) : by("common", of) + excessWeight * by("excess", of);
        const logp = sum(policy);
        count(side, logp);
        if (reference !== undefined) {
          compared[response] = logp - sum(reference);
          count(`${side}Ratio`, compared[response]);
        } else compared[response] = first === "mean" ? by("mean", policy) : logp;
      }
      if (compared.length === 2) count("accuracy", Number(compared[0] > compared[1]));
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
