/**
 * Options that remember which of them were looked at: the others did not decide a unit's numbers.
 *
 * @module
 */

/** Options, and the names of those that were looked at. */
interface Traced<Options> {
  /** The same values under the same names. */
  readonly options: Options;
  /** Names looked at so far; grows as the options are used. */
  readonly reads: ReadonlySet<string>;
}

/**
 * Wraps options so that every look at one is noted; to list or spread them is a look at all.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { options, reads } = traced({ steps: 300, texts: 20 });
 * assert.equal(options.steps, 300);
 * assert.deepEqual([...reads], ["steps"]);
 * ```
 */
export function traced<Options extends object>(options: Options): Traced<Options> {
  const reads = new Set<string>();
  const noted = (key: string | symbol) => {
    if (typeof key === "string") reads.add(key);
  };
  return {
    reads,
    options: new Proxy(options, {
      get(target, key) {
        noted(key);
        return Reflect.get(target, key);
      },
      has(target, key) {
        noted(key);
        return Reflect.has(target, key);
      },
      ownKeys(target) {
        Reflect.ownKeys(target).forEach(noted);
        return Reflect.ownKeys(target);
      },
    }),
  };
}
