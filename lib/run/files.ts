/**
 * Writing to the results folder.
 *
 * @module
 */
import { UserError } from "../user_error.ts";

/**
 * Makes sure that a folder exists and can be written, before any work is done.
 *
 * @throws UserError naming the permission to add, or what is in the way
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * await assert.rejects(checkWritable("/nowhere"), /--out \/nowhere: /);
 * ```
 */
export async function checkWritable(folder: string): Promise<void> {
  for (const name of ["write", "read"] as const) {
    if ((await Deno.permissions.query({ name, path: folder })).state !== "granted") {
      throw new UserError(
        `--out ${folder}: this task may not ${name} there; choose a folder under reports/, or start the script with ` +
          `deno run and --allow-read=.,${folder} --allow-write=${folder}`,
      );
    }
  }
  try {
    await Deno.mkdir(folder, { recursive: true });
    const probe = `${folder}/.probe`;
    await Deno.writeTextFile(probe, "");
    await Deno.remove(probe);
  } catch (error) {
    const reason = (error as Error).message.split("\n")[0];
    throw new UserError(`--out ${folder}: cannot be written (${reason}); choose another folder`);
  }
}

/**
 * Writes under a temporary name and renames, so that a kill never leaves half a file.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * await atomicWrite(`${folder}/a.txt`, "text");
 * assert.equal(await Deno.readTextFile(`${folder}/a.txt`), "text");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function atomicWrite(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  if (typeof data === "string") await Deno.writeTextFile(temporary, data);
  else await Deno.writeFile(temporary, data);
  await Deno.rename(temporary, path);
}

/**
 * Writes all bytes at the file's position; a single `write` may take fewer.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const path = await Deno.makeTempFile();
 * const file = await Deno.open(path, { write: true });
 * await writeAll(file, new TextEncoder().encode("text"));
 * file.close();
 * assert.equal(await Deno.readTextFile(path), "text");
 * await Deno.remove(path);
 * ```
 */
export async function writeAll(file: Deno.FsFile, data: Uint8Array): Promise<void> {
  for (let written = 0; written < data.length;) written += await file.write(data.subarray(written));
}
