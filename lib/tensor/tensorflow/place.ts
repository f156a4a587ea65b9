/**
 * Where the TensorFlow engine lies once `deno task setup-tensorflow` has made it, and what it was made of.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** Folder that setup works in and leaves the engine in; git ignores it. */
export const CACHE: string = fileURLToPath(new URL("../../../data/cache/tensorflow", import.meta.url));

/** Folder of the finished engine: it appears whole or not at all. */
export const READY = `${CACHE}/ready`;

/** The npm package inside such a folder. */
export const PACKAGE = "node_modules/@tensorflow/tfjs-node-gpu";

/** The native binding inside the package, where the package itself looks for it. */
export const BINDING = "lib/napi-v8/tfjs_binding.node";

/** Name of the global symbol by which the package finds the tfjs that runs, in place of a second one of its own. */
export const TFJS = "preflab.tfjs";

/** What a finished engine was made of, in `made.json` beside it. */
export interface Made {
  /** SHA-256 over everything that decides what setup makes; another one means that it is out of date. */
  readonly recipe: string;
  /** How the binding was had. */
  readonly route: string;
  /** Version of TensorFlow, as its library tells it. */
  readonly version: string;
  /** Whether it computes on a GPU here. */
  readonly gpu: boolean;
}

/**
 * What was made in a folder, or undefined where nothing, or only a part, is there.
 *
 * @param folder of a finished engine
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(whatWasMade("/nowhere"), undefined);
 * ```
 */
export function whatWasMade(folder: string): Made | undefined {
  try {
    Deno.statSync(`${folder}/${PACKAGE}/${BINDING}`);
    return JSON.parse(Deno.readTextFileSync(`${folder}/made.json`));
  } catch (error) {
    // What may not be read cannot be used either.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/**
 * Why the engine cannot start here, without loading anything; undefined where it is installed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(whyAbsent("/nowhere"), "not installed, or may not be read: deno task setup-tensorflow makes it");
 * ```
 */
export function whyAbsent(folder = READY): string | undefined {
  return whatWasMade(folder) === undefined
    ? "not installed, or may not be read: deno task setup-tensorflow makes it"
    : undefined;
}
