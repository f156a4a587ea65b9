/**
 * How a test is skipped: its name says what this machine lacks, in the words of the table of optional parts.
 *
 * @module
 */
import { optionalParts, type PartName } from "./parts.ts";

/** The part of a test's definition that says whether it runs. */
export interface Named {
  readonly name: string;
  readonly ignore: boolean;
  /** Not given where a test is to end all it began. */
  readonly sanitizeOps?: false;
}

/**
 * Name of a test that needs an optional part; skipped, and saying so, where the machine lacks it.
 *
 * @example
 * ```ts ignore
 * Deno.test({ ...await needing("Chromium", "a report opens"), fn: () => {} });
 * ```
 */
export async function needing(part: PartName, name: string): Promise<Named> {
  return skippedIf(await optionalParts[part].missing() !== undefined, name, part);
}

/**
 * Name of a test on real data; skipped, and naming the data sets that are not at hand, where one is undefined.
 *
 * @param stores the store of each data set, by id, as `realData` gives it
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(needingData({ emobank: undefined }, "counts"), {
 *   name: "counts [skipped: no data: emobank]",
 *   ignore: true,
 * });
 * ```
 */
export function needingData(stores: Readonly<Record<string, object | undefined>>, name: string): Named {
  const missing = Object.keys(stores).filter((id) => stores[id] === undefined);
  return skippedIf(missing.length > 0, name, "data", missing.join(", "));
}

/**
 * Name of a test that runs on some systems only.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(on(Deno.build.os, "a"), { name: "a", ignore: false });
 * ```
 */
export function on(system: typeof Deno.build.os, name: string): Named {
  const ignore = Deno.build.os !== system;
  return { name: ignore ? `${name} [skipped: not on ${system}]` : name, ignore };
}

/**
 * Name of a test of what happens without an optional part; skipped where the machine has it.
 *
 * @example
 * ```ts ignore
 * Deno.test({ ...await lacking("BLAS", "auto says what it does without"), fn: () => {} });
 * ```
 */
export async function lacking(part: PartName, name: string): Promise<Named> {
  const ignore = await optionalParts[part].missing() === undefined;
  return { name: ignore ? `${name} [skipped: ${part} is there]` : name, ignore };
}

/**
 * Name of a test that is skipped under a condition found out elsewhere.
 *
 * On a GPU reads and messages may be under way when a test ends, and are not held against it.
 *
 * @param detail which of several
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(skippedIf(true, "sums", "BLAS"), { name: "sums [skipped: no BLAS]", ignore: true });
 * assert.deepEqual(skippedIf(false, "sums", "GPU"), { name: "sums", ignore: false, sanitizeOps: false });
 * ```
 */
export function skippedIf(ignore: boolean, name: string, part: PartName, detail = ""): Named {
  const why = detail === "" ? part : `${part}: ${detail}`;
  const named = { name: ignore ? `${name} [skipped: no ${why}]` : name, ignore };
  return part === "GPU" ? { ...named, sanitizeOps: false } : named;
}
