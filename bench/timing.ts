/**
 * Timing of alternatives side by side.
 *
 * @module
 */

import process from "node:process";

/** Something that is timed: one way of doing a piece of work. */
export interface Contender {
  /** Who does it: an engine, or a peer. */
  readonly name: string;
  /** Milliseconds for one call, measured over enough calls to be readable. */
  sample(): number | Promise<number>;
}

/**
 * Median milliseconds of each contender. They take turns, so that a busy machine slows all of them alike and their
 * ratios hold. A first round warms up compilers and caches and is not counted.
 *
 * @param rounds turns of each that are counted, >= 1; a single one shows that all of it runs, and nothing is warmed up
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const fixed = [9, 3, 1, 2];
 * const [ms] = await takeTurns([{ name: "a", sample: () => fixed.shift()! }], 3);
 * assert.equal(ms, 2);
 * assert.deepEqual(await takeTurns([{ name: "a", sample: () => 7 }], 1), [7]);
 * ```
 */
export async function takeTurns(contenders: readonly Contender[], rounds: number): Promise<number[]> {
  const samples: number[][] = contenders.map(() => []);
  const warm = rounds > 1 ? 1 : 0;
  for (let round = 0; round < warm + rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const ms = await contender.sample();
      if (round >= warm) samples[i].push(ms);
    }
  }
  return samples.map(middleOf);
}

/**
 * The median: the middle value, or the mean of the two middle ones where there is no single one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(middleOf([9, 1, 3, 2]), 2.5);
 * ```
 */
export function middleOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Processor milliseconds of this process so far, of all its threads.
 *
 * @example
 * ```ts ignore
 * const ms = millisecondsOf(step, 100, processorMilliseconds);
 * ```
 */
export function processorMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Milliseconds for one call of a function, over as many calls as fill about `budget` milliseconds, after one that is not
 * counted.
 *
 * @param clock milliseconds since some moment; default: time that passes
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(millisecondsOf(() => Math.sqrt(2), 5) < 5);
 * ```
 */
export function millisecondsOf(work: () => void, budget: number, clock = (): number => performance.now()): number {
  work();
  let calls = 0;
  const began = clock();
  let elapsed = 0;
  for (let batch = 1; elapsed < budget; batch *= 2) {
    for (let i = 0; i < batch; i++) work();
    calls += batch;
    elapsed = clock() - began;
  }
  return elapsed / calls;
}
