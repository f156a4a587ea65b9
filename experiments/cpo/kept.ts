/**
 * What the arms of a question share in each replicate: its world and log, and models of them.
 *
 * @module
 */
import type { Condition } from "../../lib/run/condition.ts";

/** `shares` of a question whose arms share what they learn from or estimate with: a condition goes to one worker. */
export const byCondition = (condition: Condition): string => Object.values(condition).join(" ");

/** Replicates kept at most: beyond it they are made anew for each arm, so that memory does not grow with their number. */
const MOST = 200;

/** Replicates by what decides them beside their seed. */
export class Kept<Key extends string | number, Value> {
  readonly #found = new Map<Key, Map<number, Value>>();

  /**
   * The replicate of a seed under a key, made now where it is not kept.
   *
   * @param key all of a condition that decides the replicate
   */
  of(key: Key, seed: number, make: () => Value): Value {
    const known = this.#found.get(key)?.get(seed);
    if (known !== undefined) return known;
    const made = make();
    // Room is what other keys leave, the oldest first: arms come one after the other under one key.
    for (const other of this.#found.keys()) {
      if (this.#size() < MOST) break;
      if (other !== key) this.#found.delete(other);
    }
    if (this.#size() < MOST) {
      const own = this.#found.get(key) ?? new Map<number, Value>();
      this.#found.set(key, own.set(seed, made));
    }
    return made;
  }

  #size(): number {
    let size = 0;
    for (const { size: own } of this.#found.values()) size += own;
    return size;
  }
}
