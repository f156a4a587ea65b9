/**
 * The results file of a run, written so that a kill at any moment loses at most the block in flight.
 *
 * `results.csv` only grows; after each block `results.journal` gets a line with the block's name, the length of the
 * file and the checksum of the block. On opening, what lies past the last journalled length is cut off.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import { sha256Hex } from "./sha256.ts";

/** A results file that is open for more blocks. */
export interface ResultsFile {
  /** Names of the blocks that are there. */
  readonly done: ReadonlySet<string>;
  /** Bytes of an unfinished block that were cut off on opening. */
  readonly dropped: number;
  append(block: string, text: string): Promise<void>;
  /** The whole file. */
  read(): Promise<string>;
  close(): void;
}

/** One journal line. */
interface JournalEntry {
  readonly block: string;
  readonly end: number;
  readonly sha256: string;
}

/** Paths of a run's results. */
export function resultPaths(folder: string): { csv: string; journal: string } {
  return { csv: `${folder}/results.csv`, journal: `${folder}/results.journal` };
}

/**
 * Opens or creates the results of a run.
 *
 * @param identity checksum of the configuration; blocks of another one are never mixed in
 * @param fresh throw away what is there
 * @throws UserError when what is there belongs to another configuration or was changed by hand
 */
export async function openResults(
  folder: string,
  header: string,
  identity: string,
  fresh: boolean,
): Promise<ResultsFile> {
  const { csv, journal } = resultPaths(folder);
  if (fresh) {
    // The journal goes first: without it the rows count for nothing.
    for (const path of [journal, csv]) await Deno.remove(path).catch(ignoreMissing);
  }
  const entries = await readJournal(journal, csv, identity);
  const file = await Deno.open(csv, { read: true, write: true, create: true });
  const log = await Deno.open(journal, { append: true, create: true });
  const bytes = new TextEncoder();
  let end = entries?.at(-1)?.end ?? 0;
  let dropped = 0;
  try {
    if (!entries) {
      await file.truncate(0);
      await writeAll(log, bytes.encode(JSON.stringify({ identity }) + "\n"));
      end = 0;
    } else {
      const size = (await file.stat()).size;
      await verifyBlocks(file, csv, entries, size);
      dropped = size - end;
      await file.truncate(end);
    }
    await file.seek(end, Deno.SeekMode.Start);
  } catch (error) {
    file.close();
    log.close();
    throw error;
  }
  const done = new Set(entries?.map((entry) => entry.block));
  const append = async (block: string, text: string) => {
    const data = bytes.encode(text);
    await writeAll(file, data);
    await file.syncData();
    end += data.length;
    // One short write: a torn last line is recognised and ignored on opening.
    await writeAll(log, bytes.encode(JSON.stringify({ block, end, sha256: await sha256Hex(data) }) + "\n"));
    done.add(block);
  };
  if (!done.has("header")) await append("header", header);
  return {
    done,
    dropped,
    append,
    read: () => Deno.readTextFile(csv),
    close: () => {
      file.close();
      log.close();
    },
  };
}

/** Journal entries, or undefined where there is no journal yet. */
async function readJournal(path: string, csv: string, identity: string): Promise<JournalEntry[] | undefined> {
  const text = await Deno.readTextFile(path).catch(ignoreMissing);
  const lines = text?.split("\n").slice(0, -1) ?? []; // what follows the last newline is a torn line
  if (lines.length === 0) return undefined;
  let head: { identity?: string };
  let entries: JournalEntry[];
  try {
    [head, ...entries] = lines.map((line) => JSON.parse(line));
  } catch {
    throw new UserError(`${path}: not a journal of results; run again with --fresh`);
  }
  if (head.identity !== identity) {
    throw new UserError(
      `${csv} holds results of other options, code or data: --fresh starts over, --out FOLDER keeps both`,
    );
  }
  return entries;
}

async function verifyBlocks(file: Deno.FsFile, csv: string, entries: readonly JournalEntry[], size: number) {
  let start = 0;
  for (const { block, end, sha256 } of entries) {
    const data = new Uint8Array(end - start);
    await file.seek(start, Deno.SeekMode.Start);
    let filled = 0;
    while (filled < data.length) {
      const read = await file.read(data.subarray(filled));
      if (read === null) break;
      filled += read;
    }
    if (size < end || await sha256Hex(data) !== sha256) {
      throw new UserError(`${csv}: block ${block} is not as it was written; run again with --fresh`);
    }
    start = end;
  }
}

async function writeAll(file: Deno.FsFile, data: Uint8Array): Promise<void> {
  for (let written = 0; written < data.length;) written += await file.write(data.subarray(written));
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Deno.errors.NotFound) return undefined;
  throw error;
}
