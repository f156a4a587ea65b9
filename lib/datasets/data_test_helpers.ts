/**
 * For tests: data sets made up on the spot, scratch folders inside the project, and the real data where it is at hand.
 *
 * @module
 */
import assert from "node:assert/strict";
import { UserError } from "../user_error.ts";
import type { DataFile, Manifest } from "./manifest.ts";
import { openStore, type Store } from "./store.ts";
import { granted } from "./verify.ts";

/**
 * UTF-8 bytes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(encode("é").length, 2);
 * ```
 */
export function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/**
 * The entry that pins some bytes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal((await pin("owner/repo/commit/a.csv", encode("id\n"))).bytes, 3);
 * ```
 */
export async function pin(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<DataFile> {
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  return { path, bytes: bytes.length, sha256, columns: [] };
}

/**
 * A manifest of one data set, "toy".
 *
 * @param base address of the files, with a slash at its end
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(toyManifest("https://example.org/", []).datasets[0].id, "toy");
 * ```
 */
export function toyManifest(base: string, files: readonly DataFile[]): Manifest {
  const toy = { id: "toy", title: "Toy", licence: "none", citation: "none", source: "none", sensitive: false, files };
  return { version: 1, base, datasets: [toy] };
}

/**
 * The message of the UserError a promise fails with, after checking that it is one line.
 *
 * @throws AssertionError when the promise does not fail so
 * @example
 * ```ts
 * import { UserError } from "../user_error.ts";
 * import assert from "node:assert/strict";
 * assert.equal(await failure(Promise.reject(new UserError("a.csv: missing"))), "a.csv: missing");
 * ```
 */
export async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof UserError, `expected a UserError, got ${error}`);
    assert.ok(!error.message.includes("\n"), "one line");
    return error.message;
  }
  assert.fail("expected a UserError");
}

/**
 * Writes a file below a folder, with the folders on the way.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * await inScratch(async (folder) => {
 *   await place(folder, "a/b.txt", encode("text"));
 *   assert.equal(await Deno.readTextFile(`${folder}/a/b.txt`), "text");
 * });
 * ```
 */
export async function place(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  const target = `${folder}/${path}`;
  await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
  await Deno.writeFile(target, bytes);
}

/**
 * Runs with a scratch folder that is removed afterwards. It lies in the cache, which git ignores and tasks may write.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * await inScratch((folder) => Promise.resolve(assert.match(folder, /^data\/cache\/test-/)));
 * ```
 */
export async function inScratch(run: (folder: string) => Promise<void>): Promise<void> {
  await Deno.mkdir("data/cache", { recursive: true });
  const folder = await Deno.makeTempDir({ dir: "data/cache", prefix: "test-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * A store of the real data (in PREFLAB_MIRROR or the cache), or undefined where the data set is not there whole.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const store = await realData("emobank");
 * if (store) assert.ok((await store.has("emobank")).ok);
 * ```
 */
export async function realData(datasetId: string): Promise<Store | undefined> {
  const variable = "PREFLAB_MIRROR";
  const mirror = granted({ name: "env", variable }) ? Deno.env.get(variable) || undefined : undefined;
  const store = openStore({ mirror });
  return (await store.has(datasetId)).ok ? store : undefined;
}
