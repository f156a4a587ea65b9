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

/** UTF-8 bytes. */
export function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** The entry that pins some bytes. */
export async function pin(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<DataFile> {
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  return { path, bytes: bytes.length, sha256, columns: [] };
}

/** A manifest of one data set, "toy". */
export function toyManifest(base: string, files: readonly DataFile[]): Manifest {
  const toy = { id: "toy", title: "Toy", licence: "none", citation: "none", source: "none", sensitive: false, files };
  return { version: 1, base, datasets: [toy] };
}

/** The message of the UserError a promise fails with, after checking that it is one line. */
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

/** Writes a file below a folder, with the folders on the way. */
export async function place(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  const target = `${folder}/${path}`;
  await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
  await Deno.writeFile(target, bytes);
}

/** Runs with a scratch folder that is removed afterwards. It lies in the cache, which git ignores and tasks may write. */
export async function inScratch(run: (folder: string) => Promise<void>): Promise<void> {
  await Deno.mkdir("data/cache", { recursive: true });
  const folder = await Deno.makeTempDir({ dir: "data/cache", prefix: "test-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A store of the real data (in PREFLAB_MIRROR or the cache), or undefined after saying why there is none. */
export async function realData(datasetId: string): Promise<Store | undefined> {
  const variable = "PREFLAB_MIRROR";
  const mirror = granted({ name: "env", variable }) ? Deno.env.get(variable) || undefined : undefined;
  const store = openStore({ mirror });
  const state = await store.has(datasetId);
  if (state.ok) return store;
  console.warn(`tests on real data are skipped: ${state.why}`);
  return undefined;
}
