/**
 * Which loss of the library an arm minimises.
 *
 * @module
 */
import { lossNamed } from "../losses/mod.ts";
import type { ArmLoss } from "../report/types.ts";

/**
 * Names of losses by arm; arms that minimise no loss of the table as it stands, or another one in each experiment, are left
 * out.
 */
const LOSSES: Readonly<Record<string, string>> = {
  "outcome-only": "causal-outcome-only",
  "cpo": "causal-cpo",
  "cpo-marginal": "causal-cpo",
  "dr-cpo": "dr-cpo",
  "dr-cpo-cross-fitted": "dr-cpo",
  "released": "released-causal",
  "dpo": "dpo",
  "dpo-all": "dpo",
  "dpo-seed": "dpo",
  "dpo-revisions": "dpo",
  "self-dpo": "dpo",
  "robust-dpo": "robust-dpo",
  "ipo": "ipo-sum",
  "simpo": "simpo",
  "orpo": "orpo",
  "kto": "kto",
  "apo-zero": "apo-zero",
  "apo-down": "apo-down",
  "sft": "sft",
  "rebel": "rebel",
  "pmle": "pmle",
  "distill-labelled": "preference-distillation",
  "distill-fresh": "preference-distillation",
  "reverse-kl": "reverse-kl",
  "ssapo-margin": "stackelberg-margin",
  "ssapo-probability": "stackelberg-probability",
  "sami": "sami",
  "sami-constitution": "sami-constitutions",
  "sami-response": "sami-responses",
};

/**
 * The losses of some arms, in the order of the arms.
 *
 * @param page whether the page of losses lies beside the report's folder
 * @param own names of losses by arm that an experiment adds
 * @throws RangeError for a name that is not in the table of losses
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const [loss, ...others] = lossesOf(["dpo-all", "oracle"], true);
 * assert.deepEqual([loss.arm, loss.name, loss.href], ["dpo-all", "dpo", "../losses.html#loss-dpo"]);
 * assert.equal(others.length, 0);
 * ```
 */
export function lossesOf(
  arms: readonly string[],
  page: boolean,
  own: Readonly<Record<string, string>> = {},
): ArmLoss[] {
  const known = new Map(Object.entries({ ...LOSSES, ...own }));
  return arms.flatMap((arm) => {
    const loss = known.get(arm);
    if (loss === undefined) return [];
    const { name, tex } = lossNamed(loss);
    return [{ arm, name, tex, ...page ? { href: `../losses.html#loss-${name}` } : {} }];
  });
}
