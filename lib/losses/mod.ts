/**
 * Every loss, and the table of them: what each needs, where it comes from, how it departs from its paper, and what pins it.
 *
 * @module
 */
import { levenshtein } from "./revision.ts";
import { causalLosses } from "./table_causal.ts";
import { otherLosses } from "./table_others.ts";
import { pairedLosses } from "./table_paired.ts";
import { referenceFreeLosses } from "./table_reference_free.ts";
import { families, type LossEntry } from "./types.ts";

export type { Tensor } from "../tensor/backend.ts";
export * from "./aot.ts";
export * from "./apo.ts";
export * from "./bco.ts";
export * from "./best_response.ts";
export * from "./causal.ts";
export * from "./classification.ts";
export * from "./contrastive.ts";
export * from "./discopop.ts";
export * from "./distribution.ts";
export * from "./dpo.ts";
export * from "./exo.ts";
export * from "./f_divergence.ts";
export * from "./follower.ts";
export * from "./hinge.ts";
export * from "./ipo.ts";
export * from "./kl.ts";
export * from "./kto.ts";
export * from "./log_ratios.ts";
export * from "./mismatched.ts";
export * from "./mutual_information.ts";
export * from "./orpo.ts";
export * from "./policy_gradient.ts";
export * from "./program.ts";
export * from "./revision.ts";
export * from "./reward.ts";
export * from "./sami.ts";
export * from "./sft.ts";
export * from "./simpo.ts";
export * from "./sppo.ts";
export * from "./stackelberg.ts";
export * from "./ties.ts";
export * from "./token_counts.ts";
export * from "./types.ts";
export * from "./weighting.ts";

/** All losses, family by family. */
export const losses: readonly LossEntry[] = families.flatMap((family) =>
  [...pairedLosses, ...referenceFreeLosses, ...otherLosses, ...causalLosses].filter((entry) => entry.family === family)
);

/**
 * The line of the table with that name.
 *
 * @param among the losses that may be meant; all unless given
 * @throws RangeError for an unknown name: it lists the known ones, and says which one may be meant
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(lossNamed("hinge").family, "paired");
 * assert.throws(() => lossNamed("ipo"), /^RangeError: unknown loss "ipo", did you mean ipo-sum or ipo-mean\? Known are /);
 * ```
 */
export function lossNamed(name: string, among: readonly LossEntry[] = losses): LossEntry {
  const found = among.find((entry) => entry.name === name);
  if (found) return found;
  const names = among.map((entry) => entry.name);
  const meant = nearMisses(name, names);
  throw new RangeError(
    `unknown loss "${name}"${meant.length ? `, did you mean ${meant.join(" or ")}?` : ":"}` +
      `${meant.length ? " Known" : " known"} are ${names.join(", ")}`,
  );
}

/** Names that have the given one among their parts, as ipo-sum has ipo; else the nearest one, where that can be a slip. */
function nearMisses(name: string, names: readonly string[]): string[] {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  if (names.includes(plain)) return [plain];
  const whole = names.filter((known) => known.split("-").includes(plain));
  if (whole.length > 0) return whole;
  const [nearest] = names.map((known) => ({ known, distance: levenshtein(plain, known) }))
    .sort((a, b) => a.distance - b.distance);
  const allowed = Math.min(plain.length - 1, Math.max(2, Math.floor(plain.length / 3)));
  return nearest.distance <= allowed ? [nearest.known] : [];
}
