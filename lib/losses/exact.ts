/**
 * The losses that have a float64 form, by their name in the table.
 *
 * @module
 */
import type { MarginLoss, MatrixLoss, PairLoss, ResponseLoss } from "../exact/loss_forms.ts";
import { exactStackelbergMargin, exactStackelbergProbability } from "./exact_games.ts";
import {
  exactBradleyTerry,
  exactDpo,
  exactIpo,
  exactPmle,
  exactPreferenceDistillation,
  exactRebel,
  exactRobustDpo,
  exactSimpo,
} from "./exact_margins.ts";
import { exactApoDown, exactApoZero, exactOrpo, pairOfMargin, pairOfResponses } from "./exact_pairs.ts";
import { exactApoZeroUnpaired, exactKto, exactSft } from "./exact_responses.ts";
import { exactConstitutionContrast, exactResponseContrast, exactSami } from "./exact_sami.ts";

/** A loss in float64: what it is a function of, and the function at some options, which have the names of the tensor form's. */
export type ExactLoss =
  | { readonly of: "margin"; readonly form: (options: never) => MarginLoss }
  | { readonly of: "pair"; readonly form: (options: never) => PairLoss }
  | { readonly of: "response"; readonly form: (options: never) => ResponseLoss }
  | { readonly of: "matrix"; readonly form: (options: never) => MatrixLoss };

/** Every float64 form, under the name of the loss whose line of the table points here. */
export const exactLosses = {
  "dpo": { of: "margin", form: exactDpo },
  "robust-dpo": { of: "margin", form: exactRobustDpo },
  "ipo-sum": { of: "margin", form: exactIpo },
  "simpo": { of: "margin", form: exactSimpo },
  "orpo": { of: "pair", form: exactOrpo },
  "apo-zero": { of: "pair", form: exactApoZero },
  "apo-down": { of: "pair", form: exactApoDown },
  "kto": { of: "response", form: exactKto },
  "apo-zero-unpaired": { of: "response", form: exactApoZeroUnpaired },
  "sft": { of: "response", form: exactSft },
  "bradley-terry": { of: "margin", form: exactBradleyTerry },
  "rebel": { of: "margin", form: exactRebel },
  "stackelberg-margin": { of: "margin", form: exactStackelbergMargin },
  "stackelberg-probability": { of: "margin", form: exactStackelbergProbability },
  "pmle": { of: "margin", form: exactPmle },
  "preference-distillation": { of: "margin", form: exactPreferenceDistillation },
  "sami": { of: "matrix", form: exactSami },
  "sami-constitutions": { of: "matrix", form: exactConstitutionContrast },
  "sami-responses": { of: "matrix", form: exactResponseContrast },
} as const satisfies Readonly<Record<string, ExactLoss>>;

type Forms = typeof exactLosses;
/** Names of losses that are, or add up to, one of the two log-ratios of a pair. */
type PairName = { [N in keyof Forms]: Forms[N]["of"] extends "matrix" ? never : N }[keyof Forms];

/**
 * The loss of that name as one of the two log-ratios of a pair: of their difference, or summed over both responses, where it
 * is that.
 *
 * @throws RangeError for options out of range
 * @example At z0 = 0 KTO is APO-zero
 * ```ts
 * import assert from "node:assert/strict";
 * const [zero, kto] = (["apo-zero", "kto"] as const).map((name) => {
 *   const out = new Float64Array(3);
 *   exactPair(name, { beta: 1 })(0.3, -2, 0, 0, out);
 *   return out;
 * });
 * assert.deepEqual(zero, kto);
 * ```
 */
export function exactPair<N extends PairName>(name: N, options: Parameters<Forms[N]["form"]>[0]): PairLoss {
  const { of, form }: ExactLoss = exactLosses[name];
  switch (of) {
    case "margin":
      return pairOfMargin(form(options as never));
    case "response":
      return pairOfResponses(form(options as never));
    default:
      return form(options as never) as PairLoss;
  }
}
