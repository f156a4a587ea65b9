/**
 * The folder of a run: who may write it, and one at a time.
 *
 * @module
 */
import { isUnfinished, refused, sweep } from "../files.ts";
import { UserError } from "../user_error.ts";
import { storePath } from "./run_store.ts";

/** A run that writes the folder holds a lock on this file; the system lets go of it whatever ends the run. */
const LOCK = ".lock";

/** A folder that this process alone writes. */
interface RunFolder {
  /** Lets another run in. */
  release(): void;
}

/**
 * Makes sure that a folder can take a run, before any work is done: it exists, may be written, holds a run already or
 * nothing at all, and no other run writes it.
 *
 * @param store the file that runs of this kind have in their folder
 * @throws UserError naming the permission to add, or what is in the way; nothing was changed then
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * const held = await takeFolder(folder);
 * await assert.rejects(takeFolder(folder), /another run is writing it/);
 * held.release();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function takeFolder(folder: string, store: string = storePath("").slice(1)): Promise<RunFolder> {
  for (const name of ["write", "read"] as const) {
    if ((await Deno.permissions.query({ name, path: folder })).state !== "granted") {
      throw new UserError(
        `--out ${folder}: this task may not ${name} there; choose a folder under reports/, or start the script with ` +
          `deno run and --allow-read=".,${folder}" --allow-write="${folder}"`,
      );
    }
  }
  await refuseOthers(folder, store);
  let lock: Deno.FsFile;
  try {
    await Deno.mkdir(folder, { recursive: true });
    lock = await Deno.open(`${folder}/${LOCK}`, { read: true, write: true, create: true });
  } catch (error) {
    const reason = (error as Error).message.split("\n")[0];
    throw new UserError(`--out ${folder}: cannot be written (${reason}); choose another folder`);
  }
  if (!await lock.tryLock(true)) {
    lock.close();
    throw new UserError(`${folder}: another run is writing it; wait for its end or choose another --out`);
  }
  // Without a store no run has begun, and this one holds the lock: whoever wrote what is unfinished was killed.
  if (!await isFile(`${folder}/${store}`)) await sweep(folder, Infinity);
  return {
    release: () => {
      // Unlocked by name: a process that was being spawned may hold a copy of the handle, and the lock with it.
      lock.unlockSync();
      lock.close();
    },
  };
}

/** A run never writes among files of others: the pages of all reports, committed samples, a user's own. */
async function refuseOthers(folder: string, store: string): Promise<void> {
  const place = new URL(folder, `file://${Deno.cwd()}/`).pathname.split("/");
  for (let depth = place.length - 1; depth > 0; depth--) {
    const above = place.slice(0, depth).join("/");
    if (await isFile(storePath(above))) {
      throw new UserError(`--out ${folder}: lies in the folder of another run; choose another`);
    }
  }
  if (place.at(-2) === "samples" || place.at(-1) === "samples") {
    throw new UserError(`--out ${folder}: samples are kept there; choose another folder`);
  }
  if (await isLink(storePath(folder))) {
    throw new UserError(`${storePath(folder)}: a link, which rows are not written through; move it away`);
  }
  const names = new Set<string>();
  try {
    for await (const { name } of Deno.readDir(folder)) if (!isUnfinished(name)) names.add(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (error instanceof Deno.errors.NotADirectory || "code" in (error as Error)) return; // said when it is opened
    throw refused(folder, error);
  }
  names.delete(LOCK);
  if (names.size === 0 || names.has(store)) return;
  const example = [...names].sort()[0], lost = ["results.csv", "state.json"].find((name) => names.has(name));
  throw new UserError(
    lost !== undefined
      ? `--out ${folder}: holds ${lost} without ${store}, so that it cannot be gone on with; move the folder away, or ` +
        "choose another one"
      : `--out ${folder}: holds other files, such as ${example}; choose a new or empty folder`,
  );
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}

async function isLink(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(({ isSymlink }) => isSymlink, () => false);
}
