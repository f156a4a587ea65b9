/**
 * Files that a reader finds old or new, never in part: whatever is killed, whoever else writes, however full the disk.
 *
 * @module
 */
import { UserError } from "./user_error.ts";

/** Names under which files are written before they get their own; unlike any name of ours or of a user. */
const UNFINISHED = /\.[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\.(new|old)$/;
/** Unfinished files of this age in milliseconds were left by a kill: nobody is writing them any more. */
const LEFT_BEHIND = 600_000;

/**
 * Writes beside the file, to the disk, and renames: a kill leaves the old text or the new, and of two writers one wins.
 *
 * @throws UserError when the system refuses it, naming the path and the reason; the old file is as it was
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * await writeWhole(`${folder}/a.txt`, "text");
 * assert.equal(await Deno.readTextFile(`${folder}/a.txt`), "text");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeWhole(path: string, data: string | Uint8Array): Promise<void> {
  await writeParts(path, [data]);
}

/**
 * {@linkcode writeWhole} of a file that is too large to be held: part by part, each made when the one before is written.
 *
 * @throws UserError when the system refuses it; what a part throws that cannot be made; the old file is as it was
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * await writeParts(`${folder}/a.txt`, ["te", "xt"]);
 * assert.equal(await Deno.readTextFile(`${folder}/a.txt`), "text");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeParts(path: string, parts: Iterable<string | Uint8Array>): Promise<void> {
  const beside = `${path}.${crypto.randomUUID()}.new`;
  try {
    await writeToDisk(beside, parts);
    await Deno.rename(beside, path);
  } catch (error) {
    await Deno.remove(beside).catch(() => {});
    throw refused(path, error);
  }
}

/**
 * Replaces a folder by one with these files, once all of them are on the disk. A kill leaves the old folder or the new
 * one; at the worst moment, between two renames, both lie beside it under names that end in `.old` and `.new`.
 *
 * @param path its parent is made when missing
 * @param files text or bytes by their path in the folder
 * @param ours files of the old folder that go, by their path in it; all others, which a user put there, stay
 * @throws UserError when the system refuses it; the old folder is as it was
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const parent = await Deno.makeTempDir();
 * await replaceFolder(`${parent}/figures`, new Map([["a.svg", "<svg/>"]]));
 * await replaceFolder(`${parent}/figures`, new Map([["deep/b.svg", "<svg/>"]]));
 * assert.deepEqual([...Deno.readDirSync(`${parent}/figures`)].map(({ name }) => name), ["deep"]);
 * await Deno.remove(parent, { recursive: true });
 * ```
 */
export async function replaceFolder(
  path: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  ours: RegExp = /^/,
): Promise<void> {
  const beside = `${path}.${crypto.randomUUID()}.new`, before = `${path}.${crypto.randomUUID()}.old`;
  try {
    await Deno.mkdir(beside, { recursive: true });
    for (const name of files.keys()) {
      const folder = name.includes("/") ? `${beside}/${name.slice(0, name.lastIndexOf("/"))}` : beside;
      await Deno.mkdir(folder, { recursive: true });
    }
    // All at once: the disk is waited for once, and not by every file. What fails is told when nothing is written any more.
    const writes = await Promise.allSettled([...files].map(([name, data]) => writeToDisk(`${beside}/${name}`, [data])));
    for (const write of writes) if (write.status === "rejected") throw write.reason;
    await copyOthers(path, beside, ours);
    // Another process may put its folder there in between: then that one is the old one.
    for (let attempt = 0;; attempt++) {
      await Deno.rename(path, before).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
      try {
        await Deno.rename(beside, path);
        break;
      } catch (error) {
        if (attempt === 100) throw error;
        await copyOthers(before, beside, ours);
        await Deno.remove(before, { recursive: true }).catch(() => {});
      }
    }
    await copyOthers(before, path, ours); // what another process put in place after the copy above
    await Deno.remove(before, { recursive: true }).catch(() => {});
  } catch (error) {
    await Deno.remove(beside, { recursive: true }).catch(() => {});
    throw refused(path, error);
  }
}

/**
 * Whether a name is one under which a file of ours is written before it gets its own.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(isUnfinished(`a.json.${crypto.randomUUID()}.new`) && !isUnfinished("a.new"));
 * ```
 */
export const isUnfinished = (name: string): boolean => UNFINISHED.test(name);

/**
 * Removes what killed processes left half written in a folder; what somebody may still be writing stays.
 *
 * @param now milliseconds since 1970
 * @example
 * ```ts
 * await sweep("reports/no-such-folder"); // nothing to do, and no error
 * ```
 */
export async function sweep(folder: string, now: number = Date.now()): Promise<void> {
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (!UNFINISHED.test(name)) continue;
      const { mtime } = await Deno.lstat(`${folder}/${name}`);
      // A folder that was set aside and whose place is empty is the only whole copy there is.
      const lost = name.endsWith(".old") && !await exists(`${folder}/${name.replace(UNFINISHED, "")}`);
      if (lost) await Deno.rename(`${folder}/${name}`, `${folder}/${name.replace(UNFINISHED, "")}`);
      else if (mtime && now - mtime.getTime() > LEFT_BEHIND) {
        await Deno.remove(`${folder}/${name}`, { recursive: true });
      }
    }
  } catch (error) {
    if (!isRefusal(error)) throw error; // a clean-up that is refused harms nobody
  }
}

/**
 * What the system refuses on a path, such as space on a disk, is the user's to mend; other errors stay as they are.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const error = await Deno.readTextFile("no/such/file").catch((error) => refused("no/such/file", error));
 * assert.match(String(error), /^UserError: no\/such\/file: .*; mend that or choose another folder$/);
 * ```
 */
export function refused(path: string, error: unknown): unknown {
  if (!isRefusal(error)) return error;
  const reason = (error as Error).message.split("\n")[0].replace(/: (writefile|rename|open|mkdir|copy) '.*$/, "");
  return new UserError(`${path}: ${reason}; mend that or choose another folder`);
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof UserError) return false;
  return "code" in error || Object.values(Deno.errors).some((kind) => error instanceof kind);
}

/**
 * Copies the files of a folder that are not ours, where it is there; another process may move it away meanwhile.
 *
 * @throws UserError when there is a link among them: a copy of it might not be what it is
 */
async function copyOthers(from: string, to: string, ours: RegExp, below = ""): Promise<void> {
  try {
    for await (const { name, isDirectory, isSymlink } of Deno.readDir(from + below)) {
      const path = `${below}/${name}`;
      if (ours.test(path.slice(1)) && !isDirectory) continue;
      if (isSymlink) throw new UserError(`${from}${path}: a link that is not of a report; move it away`);
      if (isDirectory) await copyOthers(from, to, ours, path);
      else {
        await Deno.mkdir(to + below, { recursive: true });
        await Deno.copyFile(from + path, to + path);
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function writeToDisk(path: string, parts: Iterable<string | Uint8Array>): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  for (const part of parts) {
    const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
    for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
  }
  await file.sync();
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/**
 * The text of a file that may not be there.
 *
 * @returns undefined where it is not
 * @throws UserError for a file that may not be read
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(await textIfThere("no/such/file"), undefined);
 * ```
 */
export async function textIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw refused(path, error);
  }
}
