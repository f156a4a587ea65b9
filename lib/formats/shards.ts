/**
 * Tensors in several safetensors files, with an index that says which is where.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import { readSmallText } from "./file_bytes.ts";
import { isObject, parseObject } from "./json_text.ts";
import { SafetensorsFile } from "./safetensors.ts";
import type { TensorFile, TensorInfo } from "./tensor_file.ts";

/** The name of the index beside its files. */
export const INDEX = "model.safetensors.index.json";

/** An index is at most so long. */
const LONGEST_INDEX = 50_000_000;

/**
 * Opens the files that an index names, as if they were one.
 *
 * @param folder of the index, and of its files
 * @throws UserError where the index or a file is wrong, or they do not agree: what is wrong, in one line
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { writeSafetensors } from "./safetensors_writer.ts";
 * const folder = await Deno.makeTempDir();
 * writeSafetensors(`${folder}/1.safetensors`, [{ name: "a", shape: [1], values: Float32Array.of(7) }]);
 * await Deno.writeTextFile(`${folder}/${INDEX}`, '{"weight_map": {"a": "1.safetensors"}}');
 * const shards = openShards(folder);
 * assert.deepEqual([...shards.readFloats("a")], [7]);
 * shards.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function openShards(folder: string): TensorFile & { readonly files: readonly string[] } {
  const index = `${folder}/${INDEX}`, { weight_map: map } = parseObject(readSmallText(index, LONGEST_INDEX), index);
  if (!isObject(map)) throw new UserError(`${index}: has no weight_map; the file is damaged`);
  const files = new Map<string, SafetensorsFile>(), tensors = new Map<string, TensorInfo>();
  const close = () => files.forEach((file) => file.close());
  try {
    for (const [name, file] of Object.entries(map)) {
      // The name is joined to the folder: it must stay inside.
      if (typeof file !== "string" || !/^[\w.-]+\.safetensors$/.test(file)) {
        throw new UserError(
          `${index}: ${name} is in ${JSON.stringify(file)?.slice(0, 80)}, no file beside it; damaged`,
        );
      }
      const open = files.getOrInsertComputed(file, () => SafetensorsFile.open(`${folder}/${file}`));
      const info = open.tensors.get(name);
      if (info === undefined) throw new UserError(`${folder}/${file}: has no ${name}, which ${INDEX} puts there`);
      tensors.set(name, info);
    }
    for (const file of files.values()) {
      const other = [...file.tensors.keys()].find((name) => files.get(String(map[name])) !== file);
      if (other !== undefined) throw new UserError(`${file.path}: has ${other}, which ${INDEX} does not put there`);
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    path: folder,
    files: [index, ...[...files.values()].map(({ path }) => path)],
    tensors,
    readFloats(name) {
      const file = files.get(String(map[name]));
      if (file === undefined) throw new UserError(`${index}: names no tensor ${name}`);
      return file.readFloats(name);
    },
    close,
  };
}
