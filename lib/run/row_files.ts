/**
 * `results.csv` and `results.parquet`: large files, written when what they hold has changed, or they have.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { writeParts } from "../files.ts";
import type { Experiment } from "./experiment.ts";
import { resultsParquet } from "./parquet.ts";
import { type Block, conditionColumns } from "./rows.ts";
import type { RunConfig } from "./run_config.ts";
import { resultsCsv } from "./saved_rows.ts";

/** Raised when the same rows are written otherwise, so that files of before are written again. */
const FORMAT = 1;

/** What is kept of the files of rows that were written. */
export interface RowFiles {
  /** Checksum of the rows, from {@linkcode rowsChecksum}. */
  readonly rows: string;
  /** SHA-256 of each file by its name. */
  readonly rowFiles: Readonly<Record<string, string>>;
}

/**
 * What tells rows from others, without putting them into words.
 *
 * @example
 * ```ts ignore
 * const same = rowsChecksum(experiment, config, blocks) === entry.rows;
 * ```
 */
export function rowsChecksum(
  { name, questions }: Experiment,
  { options }: RunConfig,
  blocks: readonly Block[],
): string {
  const hash = createHash("sha256").update(JSON.stringify([FORMAT, name, conditionColumns(questions, options)]));
  for (const { values, ...heading } of blocks) {
    hash.update(JSON.stringify(heading)).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest("hex");
}

const MAKERS = { "results.csv": resultsCsv, "results.parquet": resultsParquet };

/** Files of rows that lie in a folder, while they are read. */
interface FilesThere extends Disposable {
  /** What was known of them when they were written; undefined where nothing is. */
  readonly before: RowFiles | undefined;
  /** SHA-256 of each by its name, as they are now; undefined where one cannot be read. */
  readonly now: Promise<Readonly<Record<string, string | undefined>>>;
}

/**
 * Begins to read both files, which takes a second a gigabyte: on a thread of its own, beside what else there is to do.
 *
 * @param folder needs read permission
 * @param before what is known of the files that lie there; nothing is read where it is undefined
 * @example
 * ```ts
 * using files = readRowFiles("reports/no-such-run", undefined);
 * ```
 */
export function readRowFiles(folder: string, before: RowFiles | undefined): FilesThere {
  if (before === undefined) return { before, now: Promise.resolve({}), [Symbol.dispose]() {} };
  const worker = new Worker(new URL("./checksum_worker.ts", import.meta.url), { type: "module" });
  const names = Object.keys(MAKERS),
    { promise: now, resolve, reject } = Promise.withResolvers<
      Awaited<FilesThere["now"]>
    >();
  worker.onmessage = ({ data }: MessageEvent<readonly (string | undefined)[]>) =>
    resolve(Object.fromEntries(names.map((name, i) => [name, data[i]])));
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  now.catch(() => {}); // told to whoever waits for it
  worker.postMessage(names.map((name) => `${folder}/${name}`));
  return { before, now, [Symbol.dispose]: () => worker.terminate() };
}

/**
 * Writes both files, unless they are those of the same rows, byte for byte.
 *
 * @param folder needs read and write permission
 * @param there the files that lie there
 * @throws UserError when a file cannot be written
 * @example
 * ```ts ignore
 * using there = readRowFiles("reports/cpo", await readEntry("reports/cpo/entry.json"));
 * const written = await writeRowFiles(experiment, config, blocks, "reports/cpo", there);
 * ```
 */
export async function writeRowFiles(
  experiment: Experiment,
  config: RunConfig,
  blocks: readonly Block[],
  folder: string,
  { before, now }: Pick<FilesThere, "before" | "now">,
): Promise<RowFiles> {
  const rows = rowsChecksum(experiment, config, blocks), rowFiles: Record<string, string> = {};
  for (const [name, make] of Object.entries(MAKERS)) {
    const known = before?.rows === rows ? before.rowFiles?.[name] : undefined;
    if (known !== undefined && (await now)[name] === known) rowFiles[name] = known;
    else {
      const hash = createHash("sha256");
      await writeParts(`${folder}/${name}`, added(hash, make(experiment, config, blocks)));
      rowFiles[name] = hash.digest("hex");
    }
  }
  return { rows, rowFiles };
}

/** The parts of a file, each added to its checksum as it goes by. */
function* added(hash: ReturnType<typeof createHash>, parts: Iterable<string | Uint8Array>): Generator<Uint8Array> {
  for (const part of parts) {
    const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
    hash.update(bytes);
    yield bytes;
  }
}
