/**
 * Learning rates from step to step.
 *
 * @module
 */

/** Names of schedules. */
export const scheduleNames = ["constant", "linear", "cosine"] as const;

/** How the rate goes. */
export interface Schedule {
  readonly kind: typeof scheduleNames[number];
  /** The highest rate. */
  readonly peak: number;
  /** Steps on which it rises from 0 in a straight line. */
  readonly warmup: number;
  /** Steps of the training: `linear` and `cosine` would be 0 at the next one. */
  readonly steps: number;
}

/**
 * The rate of a step, as transformers 5 has it (`get_linear_schedule_with_warmup` and its neighbours): with a warm-up the
 * first step has rate 0.
 *
 * @param step from 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const schedule = { kind: "linear", peak: 1, warmup: 2, steps: 6 } as const;
 * assert.deepEqual([0, 1, 2, 3, 4, 5].map((step) => rateAt(schedule, step)), [0, 0.5, 1, 0.75, 0.5, 0.25]);
 * ```
 */
export function rateAt({ kind, peak, warmup, steps }: Schedule, step: number): number {
  if (step < warmup) return peak * step / warmup;
  const progress = (step - warmup) / Math.max(1, steps - warmup);
  switch (kind) {
    case "constant":
      return peak;
    case "linear":
      return peak * Math.max(0, 1 - progress);
    case "cosine":
      return peak * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress)));
  }
}
