/**
 * What is changed in the npm package, in a copy of it, so that it runs here.
 *
 * Its C++ compiles as it is against TensorFlow 2.21: the C API it uses has kept its signatures.
 *
 * @module
 */

/** One replacement of a piece of text in a file. */
interface Edit {
  /** File, from the package's folder. */
  readonly file: string;
  /** Text that must be there, exactly `times` times. */
  readonly find: string;
  /** What stands there afterwards. */
  readonly replace: string;
  /** How often. */
  readonly times: number;
}

/** `util.isNullOrUndefined` was removed from Node's `util`, and is not in Deno's. */
const nullish = { find: "(0, util_1.isNullOrUndefined)(", replace: "((value) => value == null)(" };

/** Every change that is made. */
export const edits: readonly Edit[] = [
  { file: "dist/nodejs_kernel_backend.js", ...nullish, times: 3 },
  { file: "dist/kernels/TopK.js", ...nullish, times: 2 },
];

/**
 * Makes changes in the files of a folder.
 *
 * @throws Error when a text is not there as often as it must be: it is not the package these changes were made for
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/a.js`, "old, old");
 * await applyEdits(folder, [{ file: "a.js", find: "old", replace: "new", times: 2 }]);
 * assert.equal(await Deno.readTextFile(`${folder}/a.js`), "new, new");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function applyEdits(folder: string, edits: readonly Edit[]): Promise<void> {
  for (const { file, find, replace, times } of edits) {
    const pieces = (await Deno.readTextFile(`${folder}/${file}`)).split(find);
    if (pieces.length !== times + 1) {
      throw new Error(`${file}: expected "${find}" ${times} times, found it ${pieces.length - 1} times`);
    }
    await Deno.writeTextFile(`${folder}/${file}`, pieces.join(replace));
  }
}
