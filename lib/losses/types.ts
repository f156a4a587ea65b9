/**
 * What the losses read, and how one is described in the table.
 *
 * @module
 */
import type { Tensor } from "../tensor/backend.ts";
import type { ExactLoss } from "./exact.ts";

/**
 * Log-probs of preference pairs in nats, each `[..., B]`, summed over response tokens unless a loss says otherwise.
 * Gradients flow through the policy's; the reference's are constants.
 */
export interface PairedLogps {
  /** log π(y_w|x). */
  readonly policyChosen: Tensor;
  /** log π(y_l|x). */
  readonly policyRejected: Tensor;
  /** log π_ref(y_w|x). */
  readonly referenceChosen: Tensor;
  /** log π_ref(y_l|x). */
  readonly referenceRejected: Tensor;
}

/** An option of a loss, for the table, the page and error messages. */
export interface LossOption {
  /** Absent when it must be given. */
  readonly default?: number | string | boolean;
  /** What it may be, in words: "> 0", "in [0, 0.5)", "one of ...". */
  readonly range: string;
  /** What it does. */
  readonly text: string;
}

/** What a loss belongs to; the order of the table. */
export const families = [
  "paired",
  "reference-free",
  "unpaired",
  "reward",
  "game",
  "distribution",
  "mutual-information",
  "causal",
] as const;
/** Name of a family. */
export type Family = typeof families[number];

/** The version of TRL that the table speaks of. What was tried on it: docs/trl.md. */
export const TRL_VERSION = "1.16.0";

/** A loss as TRL has it. */
export interface TrlCounterpart {
  /** Trainer and `loss_type`, one or several; absent where a name of TRL's would mislead to this loss. */
  readonly call?: string;
  /** What TRL does differently under that name; empty where nothing is known to differ. */
  readonly differs: string;
}

/** One line of the table. */
export interface LossEntry {
  /** Lower-case letters, digits and hyphens. */
  readonly name: string;
  /** What it is called in prose. */
  readonly title: string;
  /** What it is called where an option is not at its default: the option, its word in prose, the name. */
  readonly variant?: { readonly option: string; readonly word: string; readonly title: string };
  /** What it belongs to. */
  readonly family: Family;
  /** The function itself; its arguments are described by its own type. */
  readonly loss: (...inputs: never[]) => unknown;
  /** The same in float64 with its derivatives, for trainers that need no tensors; absent where none does. */
  readonly exact?: ExactLoss;
  /** Names of its tensors; "a.b" is member b of the object a. */
  readonly inputs: readonly string[];
  /** Its options by name. */
  readonly options: Readonly<Record<string, LossOption>>;
  /** The per-example loss in TeX. */
  readonly tex: string;
  /** Paper, version and equation. */
  readonly source: string;
  /** How token log-probs are reduced: "sum over tokens", "mean over tokens", "none: whole responses". */
  readonly reduction: string;
  /** What differs from the paper, and why; empty where nothing does. */
  readonly departs: string;
  /** The loss in TRL {@linkcode TRL_VERSION}; absent where TRL has none. */
  readonly trl?: TrlCounterpart;
  /** Which reference values pin it: file and cases, or "closed form" where no reference exists. */
  readonly pinned: string;
  /**
   * The loss of single examples as a function of one number, for the page's plot: for paired losses the log-ratio of
   * the chosen response is margin/2 and of the rejected −margin/2, with β = 1 or the option's default. Absent where one
   * number does not describe it.
   *
   * @param margin `[M]`, differentiable
   * @returns `[M]`
   */
  readonly curve?: (margin: Tensor) => Tensor;
  /** What the curve is drawn at, in words: "β = 1, γ = 0.5". */
  readonly curveAt?: string;
}

/**
 * What a loss is called: with options what was run, without them all that it can be.
 *
 * @example
 * ```ts
 * import { lossNamed } from "./mod.ts";
 * import assert from "node:assert/strict";
 * assert.equal(lossTitle(lossNamed("dpo")), "DPO; with label smoothing cDPO");
 * assert.equal(lossTitle(lossNamed("dpo"), { beta: 0.1, labelSmoothing: 0 }), "DPO");
 * assert.equal(lossTitle(lossNamed("dpo"), { beta: 0.1, labelSmoothing: 0.2 }), "cDPO");
 * ```
 */
export function lossTitle({ title, variant, options }: LossEntry, given?: Readonly<Record<string, unknown>>): string {
  if (variant === undefined) return title;
  if (given === undefined) return `${title}; with ${variant.word} ${variant.title}`;
  const usual = options[variant.option].default;
  return (given[variant.option] ?? usual) === usual ? title : variant.title;
}
