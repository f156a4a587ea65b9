/**
 * Families of arms: a figure of all arms has a panel for each, since fourteen lines in one cannot be told apart.
 *
 * @module
 */

const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  "losses of pairs": ["dpo", "ipo", "apo-zero"],
  "reward models": ["rlhf-fixed", "rlhf-tuned", "rlhf-best", "rebel"],
  "likelihood and distillation": ["pmle", "pmle-kl", "distill-labelled", "distill-fresh"],
  "reverse KL": ["reverse-kl", "reverse-kl-tuned", "reverse-kl-best"],
};

/** Spread into a figure whose data went through {@linkcode inFamilies}. */
export const familyPanels = { panel: "family" } as const;

/**
 * The rows with the family of their arm, family by family.
 *
 * @throws RangeError for an arm without a family
 */
export function inFamilies<R extends { readonly arm: string }>(
  rows: readonly R[],
): (R & { readonly family: string })[] {
  const known = new Set(Object.values(FAMILIES).flat());
  const stray = rows.find(({ arm }) => !known.has(arm));
  if (stray) throw new RangeError(`arm "${stray.arm}" is in no family of experiments/distribution/families.ts`);
  return Object.entries(FAMILIES).flatMap(([family, arms]) =>
    rows.filter(({ arm }) => arms.includes(arm)).map((row) => ({ ...row, family }))
  );
}
