/**
 * What a question's numbers rest on beside its arms, conditions, seeds and options.
 *
 * @module
 */
import type { Store } from "../datasets/mod.ts";
import { codeChecksum } from "./code.ts";
import type { WriterFacts } from "./chosen_writer.ts";
import type { Question } from "./experiment.ts";
import { sha256Hex } from "./sha256.ts";

/** What decides the numbers of a question beside its arms, conditions, seeds and options. */
export type Basis = Readonly<Record<string, string>>;

/**
 * The code, data set and engine that a question uses, as checksums and names.
 *
 * @param module URL of the experiment's script: the code of a question that names no module of its own
 * @param engine that trains policies in this run, with its device where numbers depend on it
 * @param model that was chosen to write
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openStore } from "../datasets/mod.ts";
 * import { questionOf } from "./demo_test_helpers.ts";
 * const module = import.meta.resolve("./testdata/toy.ts");
 * const basis = await basisOf(questionOf({ tensors: true, dataset: "emobank" }), module, openStore(), "wasm");
 * assert.deepEqual(Object.keys(basis), ["code", "Deno", "engine", "data set emobank"]);
 * ```
 */
export async function basisOf(
  // deno-lint-ignore no-explicit-any -- options and prepared values are typed where the question is declared
  { tensors, dataset, writer, module: own }: Question<any, any>,
  module: string,
  store: Store,
  engine: string,
  model?: WriterFacts,
): Promise<Basis> {
  return {
    code: await codeOf(own ?? module),
    // Exponentials and logarithms are those of its engine for JavaScript, which may round otherwise in another version.
    Deno: Deno.version.deno,
    ...(tensors ? { engine } : {}),
    ...(dataset ? { [`data set ${dataset}`]: await sha256Hex(JSON.stringify(store.checksums([dataset]))) } : {}),
    ...(writer !== undefined && model ? { "language model": `${model.sha256}, ${model.trained}` } : {}),
  };
}

/** Dozens of questions share a module. */
const known = new Map<string, Promise<string>>();

function codeOf(module: string): Promise<string> {
  let code = known.get(module);
  if (!code) known.set(module, code = codeChecksum(module));
  return code;
}

/**
 * Why rows of another basis are not used, in words for a user.
 *
 * @returns such as "data set hong-kong, engine"; empty when the two are the same
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(differences({ code: "1", engine: "wasm" }, { code: "1", engine: "cpu" }), ["engine"]);
 * ```
 */
export function differences(before: Basis, now: Basis): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((part) => before[part] !== now[part]);
}
