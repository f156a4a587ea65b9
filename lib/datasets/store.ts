/**
 * Finds data files in a mirror folder or in the cache, and hands out nothing that is not the pinned file.
 *
 * @module
 */
import { isHeld } from "../grantable.ts";
import { UserError } from "../user_error.ts";
import { type DataFile, findDataset, findFile, type Manifest, manifest as projectManifest } from "./manifest.ts";
import { defect, granted, wrongSize } from "./verify.ts";

/** Where `deno task data` puts files, relative to the project. */
export const CACHE = "data/cache";

/** Where a file was looked for and what was found there. */
export type FileState =
  | { readonly state: "ok"; readonly where: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly state: "damaged"; readonly where: string; readonly why: string }
  | { readonly state: "missing" };

/** Whether a data set can be used; `why` is one sentence that also says what to do. */
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Read access to the data sets. */
export interface Store {
  /**
   * Whether every file of a data set is present, without reading them.
   *
   * @throws UserError for an unknown data set, and for a folder that is named but cannot be read
   */
  has(datasetId: string): Promise<Verdict>;
  /**
   * Whether every file of a data set is present and, by size and SHA-256, the pinned one; takes 3 ms a MB.
   *
   * @throws UserError as `has`
   */
  verify(datasetId: string): Promise<Verdict>;
  /**
   * The verified bytes of one file.
   *
   * @param file the file's name, with as many of its folders in front as make it unique, such as "random/men/men.csv"
   * @throws UserError when the file is missing, truncated, corrupted or not readable; one line that says what to do
   */
  read(datasetId: string, file: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * What is there for one file of the manifest, with its bytes when they are right; a file that cannot be read is damaged.
   *
   * @throws UserError when a folder cannot be read
   */
  inspect(file: DataFile): Promise<FileState>;
  /** Path to SHA-256 of every file of these data sets: what a run that read them used, for its provenance. */
  checksums(datasetIds: readonly string[]): Record<string, string>;
}

/**
 * Opens the data sets. A mirror, where given, is asked before the cache; a damaged file in it is an error, not a miss.
 *
 * @param options.mirror a folder with the layout `<owner>/<repo>/<commit>/<path>`
 * @param options.cache the folder downloads are kept in
 * @param options.manifest what to expect
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const store = openStore();
 * assert.equal(Object.keys(store.checksums(["hong-kong"])).length, 2);
 * const state = await store.has("hong-kong");
 * if (state.ok) assert.equal((await store.read("hong-kong", "HKData.csv")).length, 1405845);
 * else assert.match(state.why, /deno task data/);
 * ```
 */
export function openStore(
  { mirror, cache = CACHE, manifest = projectManifest }: { mirror?: string; cache?: string; manifest?: Manifest } = {},
): Store {
  const folders = mirror === undefined ? [cache] : [mirror, cache];

  async function inspect(file: DataFile): Promise<FileState> {
    for (const folder of folders) {
      checkFolder(folder, folder === mirror);
      const where = `${folder}/${file.path}`;
      try {
        // The size is asked first so that a wrong file of any length is never loaded.
        const { size } = await Deno.stat(where);
        if (size !== file.bytes) return { state: "damaged", where, why: wrongSize(size, file) };
        const bytes = await Deno.readFile(where);
        const why = await defect(bytes, file);
        return why === undefined ? { state: "ok", where, bytes } : { state: "damaged", where, why };
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) return { state: "damaged", where, why: unreadable(error) };
      }
    }
    return { state: "missing" };
  }

  function remedy(datasetId: string, where: string): string {
    return where.startsWith(`${cache}/`)
      ? `run "deno task data ${datasetId}" to fetch it again`
      : `put the right file there, or leave the mirror out and run "deno task data ${datasetId}"`;
  }

  const inMirror = mirror === undefined ? "" : ` or in the mirror ${mirror}`;
  function missing(datasetId: string, files: readonly DataFile[]): string {
    // Without owner, repository and commit.
    const names = files.map((file) => file.path.split("/").slice(3).join("/")).join(", ");
    return `data set ${datasetId}: ${names} not found in ${cache}${inMirror}; run "deno task data ${datasetId}", ` +
      `or name a folder that has it with --mirror DIR or PREFLAB_MIRROR=DIR`;
  }

  return {
    inspect,
    async has(datasetId) {
      const absent: DataFile[] = [];
      for (const file of findDataset(manifest, datasetId).files) {
        let found = false;
        for (const folder of folders) {
          checkFolder(folder, folder === mirror);
          found ||= await exists(`${folder}/${file.path}`);
        }
        if (!found) absent.push(file);
      }
      return absent.length === 0 ? { ok: true } : { ok: false, why: missing(datasetId, absent) };
    },
    async verify(datasetId) {
      const { files } = findDataset(manifest, datasetId);
      // All at once: hashing is done on other threads.
      const states = await Promise.all(files.map(inspect));
      const damaged = states.filter((found) => found.state === "damaged");
      if (damaged.length > 0) {
        const list = damaged.map(({ where, why }) => `${where}: ${why}`).join(", ");
        return { ok: false, why: `data set ${datasetId} is damaged: ${list}; ${remedy(datasetId, damaged[0].where)}` };
      }
      const absent = files.filter((_, i) => states[i].state === "missing");
      return absent.length === 0 ? { ok: true } : { ok: false, why: missing(datasetId, absent) };
    },
    async read(datasetId, name) {
      const file = findFile(findDataset(manifest, datasetId), name);
      const found = await inspect(file);
      if (found.state === "ok") return found.bytes;
      if (found.state === "missing") throw new UserError(missing(datasetId, [file]));
      throw new UserError(`${found.where}: ${found.why}; ${remedy(datasetId, found.where)}`);
    },
    checksums(datasetIds) {
      const files = datasetIds.flatMap((id) => findDataset(manifest, id).files);
      return Object.fromEntries(files.map((file) => [file.path, file.sha256]));
    },
  };
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new UserError(`${path}: ${unreadable(error)}; check the file's rights and --allow-read`);
  }
}

/** A mirror that was named must be there: a wrong path must not look like missing data. An absent cache is just empty. */
function checkFolder(folder: string, isMirror: boolean): void {
  if (!granted({ name: "read", path: folder })) {
    throw new UserError(
      isMirror && !isHeld(folder)
        ? `mirror ${folder}: no permission can name a path with a comma, or with white space beyond single spaces; ` +
          "rename the folder, or make a link to it and name that"
        : isMirror
        ? `mirror ${folder}: no such folder, or no permission to read it; give its path as PREFLAB_MIRROR=DIR in front ` +
          `of the task, or run with "deno run --allow-read=.,${folder} ..."`
        : `folder ${folder}: no permission to read it; run with "deno run --allow-read=${folder} ..."`,
    );
  }
  if (!isMirror) return;
  try {
    if (Deno.statSync(folder).isDirectory) return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new UserError(`mirror ${folder}: ${unreadable(error)}; check the folder's rights and --allow-read`);
    }
  }
  throw new UserError(`mirror ${folder}: no such folder; check --mirror or PREFLAB_MIRROR`);
}

function unreadable(error: unknown): string {
  return `cannot be read (${error instanceof Error ? error.message.split("\n")[0] : String(error)})`;
}

/**
 * The mirror that was asked for, if any: by the flag, else by the environment, where an empty text means not set.
 *
 * @param flag value of `--mirror`
 * @param variable value of `PREFLAB_MIRROR`
 * @throws UserError when the flag is given without a folder
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(mirrorFolder("here", "there"), "here");
 * assert.equal(mirrorFolder(undefined, ""), undefined);
 * assert.throws(() => mirrorFolder("", "there"), /^UserError: --mirror needs a folder/);
 * ```
 */
export function mirrorFolder(flag: string | undefined, variable: string | undefined): string | undefined {
  if (flag === "") throw new UserError("--mirror needs a folder: --mirror DIR, or leave it out");
  return flag ?? (variable || undefined);
}
