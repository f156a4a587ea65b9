/**
 * Brings data files into the cache: by download or from a mirror folder, verified before they get their name.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import { download, type Network } from "./download.ts";
import { type DataFile, findDataset, type Manifest, manifest as projectManifest } from "./manifest.ts";
import { CACHE, openStore, type Store } from "./store.ts";
import { granted } from "./verify.ts";

/** What happened to one file; `present` ones were right already and were left alone. */
export interface Progress {
  /** The file that is now in place. */
  readonly file: DataFile;
  /** Whether it was there and right already, or was brought. */
  readonly outcome: "present" | "fetched";
}

/** Where files come from, where they go, and who is told. */
interface FetchOptions {
  /** A mirror folder to copy from; the network is used when absent. */
  readonly mirror?: string;
  /** The cache folder. */
  readonly into?: string;
  /** Which files there are; the project's own manifest unless given. */
  readonly manifest?: Manifest;
  /** How the network is used; with the time of the system unless given. */
  readonly network?: Network;
  /** Told of each file once it is in place. */
  readonly progress?: (step: Progress) => void;
}

/**
 * Completes a data set in the cache. Files that are there and right are not fetched again; a damaged one is replaced. A
 * file appears under its name only when it is whole and verified.
 *
 * @throws UserError for an unknown data set, a file that cannot be had or is not the pinned one, a folder that cannot be
 * written: one line; files that were already right stay
 *
 * @example Nothing is fetched for a data set without files
 * ```ts
 * import assert from "node:assert/strict";
 * const empty = { id: "d", title: "D", licence: "-", citation: "-", source: "-", sensitive: false, files: [] };
 * const manifest = { version: 1, base: "https://example.org/", datasets: [empty] } as const;
 * await fetchDataset("d", { manifest, progress: () => assert.fail() });
 * ```
 */
export async function fetchDataset(
  datasetId: string,
  { mirror, into = CACHE, manifest = projectManifest, network, progress = () => {} }: FetchOptions = {},
): Promise<void> {
  const cache = openStore({ cache: into, manifest });
  // The mirror alone, without the cache to fall back on.
  const source = mirror === undefined ? undefined : openStore({ mirror, cache: mirror, manifest });
  for (const file of findDataset(manifest, datasetId).files) {
    const present = (await cache.inspect(file)).state === "ok";
    if (!present) {
      const bytes = source === undefined
        ? await download(new URL(file.path, manifest.base), file, network)
        : await copy(source, file, mirror!);
      await install(bytes, `${into}/${file.path}`);
    }
    progress({ file, outcome: present ? "present" : "fetched" });
  }
}

async function copy(source: Store, file: DataFile, mirror: string): Promise<Uint8Array> {
  const found = await source.inspect(file);
  if (found.state === "ok") return found.bytes;
  throw new UserError(
    found.state === "damaged"
      ? `${found.where}: ${found.why}; put the right file there, or leave the mirror out to download it`
      : `${mirror}/${file.path}: not in the mirror; put it there, or leave the mirror out to download it`,
  );
}

/** Writes beside the target and renames, so that an interrupted run leaves no half file under the real name. */
async function install(bytes: Uint8Array, target: string): Promise<void> {
  const part = `${target}.${crypto.randomUUID()}.part`;
  if (!granted({ name: "write", path: target })) {
    throw new UserError(`${target}: no permission to write; run with --allow-write=${CACHE} and keep the cache there`);
  }
  try {
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(part, bytes, { createNew: true });
    await Deno.rename(part, target);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new UserError(`${target}: cannot be written (${reason}); check the folder's rights and free space`);
  }
}
