/**
 * Log-probs of the reference, computed once and kept on the disk.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { SafetensorsFile } from "../../formats/safetensors.ts";
import { writeSafetensors } from "../../formats/safetensors_writer.ts";
import { refused } from "../../files.ts";
import { UserError } from "../../user_error.ts";
import type { LanguageModel } from "../../policies/language/model.ts";
import { checkFinite, type Example, type Response } from "./examples.ts";
import { scoreTexts } from "./scoring.ts";
import type { ReferenceScores } from "./setting.ts";

/** What the reference's numbers depend on beside the texts. */
interface ReferenceSource {
  /** SHA-256 of the checkpoint; low-rank changes are left out, so that no adapter plays a part. */
  readonly checkpoint: string;
  /** The engine and what its numbers depend on, in words. */
  readonly engine: string;
}

/** Where numbers are kept, and what is said on the way. */
interface CacheOptions {
  /** Folder of all such files; is made. */
  readonly folder: string;
  /** Examples of one pass. */
  readonly micro: number;
  /** Told what was found or is wrong with it. */
  readonly say: (line: string) => void;
}

/** All texts of an example. */
const textsOf = ({ responses, mismatched }: Example): Response[] => [...responses, ...(mismatched ? [mismatched] : [])];

/**
 * What the numbers are known by: a change of any text, of where it is scored, of the checkpoint or of the engine changes it.
 *
 * @returns 64 hexadecimal digits
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const source = { checkpoint: "ab", engine: "wasm" }, text = { ids: Uint32Array.of(1, 2), from: 1 };
 * const one = referenceKey(source, [{ responses: [text] }]), other = referenceKey(source, [{ responses: [text, text] }]);
 * assert.notEqual(one, other);
 * ```
 */
export function referenceKey({ checkpoint, engine }: ReferenceSource, examples: readonly Example[]): string {
  const hash = createHash("sha256").update(JSON.stringify(["reference log-probs 1", checkpoint, engine]));
  for (const example of examples) {
    const texts = textsOf(example);
    hash.update(Uint32Array.of(texts.length));
    for (const { ids, from } of texts) hash.update(Uint32Array.of(ids.length, from)).update(ids);
  }
  return hash.digest("hex");
}

/**
 * Log-probs of all texts under the model without its low-rank changes: out of a file, where one holds them, else computed
 * and written there.
 *
 * A file is used only where its checksum is right; a damaged one is computed again, which is said.
 *
 * @param model as it is before training; only asked for where numbers have to be computed
 * @throws UserError when the folder cannot be written, or a log-prob is not finite: nothing is kept then
 * @example
 * ```ts ignore
 * const reference = cachedReference(() => model, examples, source, { folder: "reports/reference", micro: 8, say });
 * ```
 */
export function cachedReference(
  model: () => LanguageModel,
  examples: readonly Example[],
  source: ReferenceSource,
  { folder, micro, say }: CacheOptions,
): Map<Example, ReferenceScores> {
  const key = referenceKey(source, examples), path = `${folder}/${key}.safetensors`;
  const texts = examples.flatMap(textsOf), size = texts.reduce((sum, { ids }) => sum + ids.length, 0);
  let numbers = readNumbers(path, key, size, say);
  if (numbers === undefined) {
    numbers = compute(model(), examples, micro);
    try {
      Deno.mkdirSync(folder, { recursive: true });
    } catch (error) {
      throw refused(folder, error);
    }
    writeSafetensors(path, [{ name: "logps", shape: [size], values: numbers }], {
      metadata: { key },
    });
    say(`log-probs of the reference: kept in ${path}`);
  } else say(`log-probs of the reference: read from ${path}`);
  let at = 0;
  return new Map(examples.map((example) => {
    const own = textsOf(example).map(({ ids }) => numbers.subarray(at, at += ids.length));
    const responses = own.slice(0, example.responses.length);
    return [example, { responses, ...(example.mismatched && { mismatched: own.at(-1)! }) }];
  }));
}

function compute(model: LanguageModel, examples: readonly Example[], micro: number): Float32Array {
  const found: Float32Array[] = [];
  for (let i = 0; i < examples.length; i += micro) {
    const part = examples.slice(i, i + micro);
    for (const logps of scoreTexts(model, part.map(textsOf), { withoutChanges: true })) found.push(logps);
  }
  let next = 0;
  for (const example of examples) {
    for (const _ of textsOf(example)) checkFinite(example, found[next++], "the reference");
  }
  const all = new Float32Array(found.reduce((sum, { length }) => sum + length, 0));
  found.reduce((at, logps) => (all.set(logps, at), at + logps.length), 0);
  return all;
}

/** Numbers of a file, where it is there and whole. */
function readNumbers(path: string, key: string, size: number, say: (line: string) => void): Float32Array | undefined {
  try {
    Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const damaged = (why: string) => say(`${path}: ${why}; the log-probs of the reference are computed again`);
  try {
    using file = SafetensorsFile.open(path);
    const { shape } = file.tensors.get("logps") ?? {};
    if (shape?.length !== 1 || shape[0] !== size || file.metadata.key !== key) return damaged("damaged"), undefined;
    const numbers = file.readFloats("logps");
    if (!numbers.every(Number.isFinite)) return damaged("has numbers that are not finite"), undefined;
    return numbers;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return damaged("damaged"), undefined;
  }
}
