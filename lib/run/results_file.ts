/**
 * The results file of a run, written so that a kill at any moment loses at most the blocks in flight.
 *
 * `results.csv` only grows; after each block `results.journal` gets a line with the block's name, the length of the
 * file and the checksum of the block. On opening, what lies past the last journalled length is cut off. Blocks that are
 * ready before their turn wait in `results.aside`, which is gone once all are in their place.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import { openAside } from "./aside_file.ts";
import { writeAll } from "./files.ts";
import { sha256Hex } from "./sha256.ts";

/** A results file that is open for more blocks. */
export interface ResultsFile {
  /** Names of the blocks that are there. */
  readonly done: ReadonlySet<string>;
  /** Bytes of an unfinished block that were cut off on opening. */
  readonly dropped: number;
  /** Blocks that were ready before their turn, by name. */
  readonly aside: ReadonlyMap<string, string>;
  /** Adds a block; it counts once this has resolved. @throws UserError when the disk refuses it */
  append(block: string, text: string): Promise<void>;
  /** Keeps a block that is ready before its turn. @throws UserError when the disk refuses it */
  setAside(block: string, text: string): Promise<void>;
  /** Lets go of the files, so that another run may open them. */
  close(): void;
}

/** One journal line. */
interface JournalEntry {
  readonly block: string;
  /** Length of the results file behind the block, in bytes. */
  readonly end: number;
  readonly sha256: string;
}

/** A journal: whose rows, and the blocks in file order. */
interface Journal {
  readonly identity: string;
  readonly entries: readonly JournalEntry[];
  /** The lines as they are on disk, identity first. */
  readonly lines: readonly string[];
}

/** Name of the block that holds the first line. */
const HEADER = "header";

/**
 * Paths of a run's results.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(resultPaths("reports/cpo").csv, "reports/cpo/results.csv");
 * ```
 */
export function resultPaths(folder: string): { csv: string; journal: string; aside: string } {
  return { csv: `${folder}/results.csv`, journal: `${folder}/results.journal`, aside: `${folder}/results.aside` };
}

/**
 * Opens or creates the results of a run, for this process alone.
 *
 * @param folder exists and may be written
 * @param header first line of the file, with its newline
 * @param identity checksum of the configuration; blocks of another one are never mixed in
 * @param fresh throw away what is there
 * @throws UserError when what is there belongs to another configuration or was changed by hand, when another process
 * writes it, or when it cannot be opened
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * const results = await openResults(folder, "value\n", "identity", false);
 * await results.append("first block", "1\n");
 * results.close();
 * assert.deepEqual(await readResults(folder), { identity: "identity", text: "value\n1\n" });
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function openResults(
  folder: string,
  header: string,
  identity: string,
  fresh: boolean,
): Promise<ResultsFile> {
  const paths = resultPaths(folder);
  const opened: Deno.FsFile[] = [];
  const close = () => {
    // Unlocked by name: a process that was being spawned may hold a copy of the handle, and the lock with it.
    opened[0]?.unlockSync();
    opened.forEach((file) => file.close());
  };
  try {
    for (const path of [paths.journal, paths.csv]) {
      opened.push(await orUserError(path, Deno.open(path, { read: true, write: true, create: true })));
    }
    const [log, file] = opened;
    if (!await log.tryLock(true)) {
      throw new UserError(`${paths.csv}: another run is writing it; wait for its end or choose another --out`);
    }
    const journal = fresh ? undefined : parseJournal(await Deno.readTextFile(paths.journal), paths.journal);
    if (journal && journal.identity !== identity) {
      throw new UserError(
        `${paths.csv} holds results of other options, code or data: --fresh starts over, --out FOLDER keeps both`,
      );
    }
    const size = (await file.stat()).size;
    const kept = await intactBlocks(file, paths.csv, journal?.entries ?? [], size);
    let end = kept.at(-1)?.end ?? 0;
    const dropped = fresh ? 0 : size - end;
    const lines = journal?.lines.slice(0, 1 + kept.length) ?? [];
    // The journal goes first, as no row counts without it; a torn last line must not stay in front of the next one.
    await cutAt(log, encode(lines.map((line) => line + "\n").join("")).length);
    await cutAt(file, end);
    if (!journal) await writeAll(log, encode(JSON.stringify({ identity }) + "\n"));
    const done = new Set(kept.map((entry) => entry.block));
    const write = async (block: string, text: string) => {
      const data = encode(text);
      await writeAll(file, data);
      await file.syncData();
      end += data.length;
      // One short write: a torn last line is recognised and cut off on opening.
      const entry: JournalEntry = { block, end, sha256: await sha256Hex(data) };
      await writeAll(log, encode(JSON.stringify(entry) + "\n"));
      done.add(block);
    };
    const append = (block: string, text: string) => orUserError(paths.csv, write(block, text));
    if (!done.has(HEADER)) await append(HEADER, header);
    const aside = await orUserError(paths.aside, openAside(paths.aside, identity, fresh));
    for (const block of done) aside.placed(block);
    return {
      done,
      dropped,
      aside: aside.blocks,
      append: async (block, text) => {
        await append(block, text);
        aside.placed(block);
      },
      setAside: (block, text) => orUserError(paths.aside, aside.add(block, text)),
      close: () => {
        aside.close();
        close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * The rows that count: without the part of a block that a kill may have left at the end.
 *
 * @returns the text from header to last whole block, and the identity of its configuration; without a journal (a folder
 * that was passed on) the whole file
 * @throws UserError when the file is not as it was written, Deno.errors.NotFound when there is none
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * await assert.rejects(readResults("reports/no-such-run"), Deno.errors.NotFound);
 * ```
 */
export async function readResults(folder: string): Promise<{ identity?: string; text: string }> {
  const paths = resultPaths(folder);
  const file = await Deno.open(paths.csv);
  try {
    const text = await Deno.readTextFile(paths.journal).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    const journal = text === undefined ? undefined : parseJournal(text, paths.journal);
    if (!journal) return { text: await Deno.readTextFile(paths.csv) };
    const kept = await intactBlocks(file, paths.csv, journal.entries, (await file.stat()).size);
    const bytes = await readAt(file, 0, kept.at(-1)?.end ?? 0);
    return { identity: journal.identity, text: new TextDecoder().decode(bytes) };
  } finally {
    file.close();
  }
}

/** A journal's lines, or undefined where not even the first is whole. */
function parseJournal(text: string, path: string): Journal | undefined {
  const lines = text.split("\n").slice(0, -1); // what follows the last newline is a torn line
  if (lines.length === 0) return undefined;
  try {
    const [{ identity }, ...entries] = lines.map((line) => JSON.parse(line));
    let start = 0;
    for (const { block, end, sha256 } of entries as JournalEntry[]) {
      if (typeof block !== "string" || typeof sha256 !== "string" || !Number.isSafeInteger(end) || end < start) throw 0;
      start = end;
    }
    if (typeof identity !== "string") throw 0;
    return { identity, entries, lines };
  } catch {
    throw new UserError(`${path}: not a journal of results; run again with --fresh`);
  }
}

/**
 * The journalled blocks that lie in the file.
 *
 * @throws UserError when one of them has other bytes than were written
 */
async function intactBlocks(
  file: Deno.FsFile,
  csv: string,
  entries: readonly JournalEntry[],
  size: number,
): Promise<JournalEntry[]> {
  const intact: JournalEntry[] = [];
  for (const entry of entries) {
    // A file that lost its end has lost those blocks: they run again.
    if (entry.end > size) break;
    const data = await readAt(file, intact.at(-1)?.end ?? 0, entry.end);
    if (await sha256Hex(data) !== entry.sha256) {
      throw new UserError(`${csv}: block "${entry.block}" is not as it was written; run again with --fresh`);
    }
    intact.push(entry);
  }
  return intact;
}

/** Bytes from start to end of a file that is at least that long. */
async function readAt(file: Deno.FsFile, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  const data = new Uint8Array(end - start);
  await file.seek(start, Deno.SeekMode.Start);
  for (let filled = 0; filled < data.length;) {
    const read = await file.read(data.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return data;
}

async function cutAt(file: Deno.FsFile, length: number): Promise<void> {
  await file.truncate(length);
  await file.seek(length, Deno.SeekMode.Start);
}

/** What the system refuses on a path, such as space on a disk, is the user's to mend. */
async function orUserError<T>(path: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    throw new UserError(`${path}: ${error.message.split("\n")[0]}; mend that or choose another --out`);
  }
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
