/**
 * What families of losses share on their way to objectives.
 *
 * @module
 */
import type { PairedLogps } from "../../losses/mod.ts";
import { type Tensor, tf } from "../../tensor/backend.ts";
import type { ScoredExample } from "./examples.ts";
import type { Objective, Term } from "./objective.ts";
import type { Reading } from "./readings.ts";

/** A loss of the table, to be called with what it reads. */
export type Loss = (logps: unknown, ...more: unknown[]) => Tensor;

/** A loss with its options. */
export interface Called {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether it reads means over tokens. */
  readonly mean: boolean;
  readonly loss: Loss;
}

/** What a family of losses makes of one. */
export type Part = Pick<Objective, "data" | "reference"> & Partial<Objective> & {
  readonly term: Omit<Term, "weight" | "per">;
  /** Terms beside it. */
  readonly more?: readonly Term[];
};

/** What losses of pairs read, by the names of the table. */
export const PAIRED = ["policyChosen", "policyRejected", "referenceChosen", "referenceRejected"];

/** Whether two lists of names are the same. */
export const same = (a: readonly string[], b: readonly string[]): boolean => a.join() === b.join();

/** A reading of the chosen response of a pair. */
export const chosen = (reduction: Reading["reduction"]): Reading => ({ response: 0, reduction });
/** A reading of the rejected response of a pair. */
export const rejected = (reduction: Reading["reduction"]): Reading => ({ response: 1, reduction });
/** Both responses of a pair, as sums. */
export const BOTH: () => readonly Reading[] = () => [chosen("sum"), rejected("sum")];

/** Every response of an example. */
export const all = (reduction: Reading["reduction"]) => (responses: number): readonly Reading[] =>
  Array.from({ length: responses }, (_, response) => ({ response, reduction }));

/** Readings of both sides as the losses of pairs name them. */
export function paired([policyChosen, policyRejected]: readonly Tensor[], [c, r]: readonly Tensor[]): PairedLogps {
  return { policyChosen, policyRejected, referenceChosen: c, referenceRejected: r };
}

/** A number of each example `[n]`. */
export const each = (scored: readonly ScoredExample[], of: (scored: ScoredExample) => number): Tensor =>
  tf.tensor1d(scored.map(of));
