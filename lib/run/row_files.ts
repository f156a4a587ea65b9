/**
 * `results.csv` and `results.parquet`: large files, written when what they hold has changed, or they have.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { writeWhole } from "../files.ts";
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

/**
 * Writes both files, unless they are those of the same rows, byte for byte.
 *
 * @param folder needs read and write permission
 * @param before what is known of the files that lie there; undefined where nothing is
 * @throws UserError when a file cannot be written
 * @example
 * ```ts ignore
 * const written = await writeRowFiles(experiment, config, blocks, "reports/cpo", await readEntry("reports/cpo/entry.json"));
 * ```
 */
export async function writeRowFiles(
  experiment: Experiment,
  config: RunConfig,
  blocks: readonly Block[],
  folder: string,
  before: RowFiles | undefined,
): Promise<RowFiles> {
  const rows = rowsChecksum(experiment, config, blocks), rowFiles: Record<string, string> = {};
  const makers = { "results.csv": resultsCsv, "results.parquet": resultsParquet };
  for (const [name, make] of Object.entries(makers)) {
    const path = `${folder}/${name}`, known = before?.rows === rows ? before.rowFiles?.[name] : undefined;
    if (known !== undefined && await checksumOf(path) === known) rowFiles[name] = known;
    else {
      const made = make(experiment, config, blocks);
      const bytes = typeof made === "string" ? new TextEncoder().encode(made) : made;
      await writeWhole(path, bytes);
      rowFiles[name] = createHash("sha256").update(bytes).digest("hex");
    }
  }
  return { rows, rowFiles };
}

/** SHA-256 of a file, read part by part; undefined where it cannot be read. */
async function checksumOf(path: string): Promise<string | undefined> {
  const hash = createHash("sha256"), part = new Uint8Array(1 << 20);
  try {
    using file = await Deno.open(path);
    for (let read = file.readSync(part); read !== null; read = file.readSync(part)) hash.update(part.subarray(0, read));
    return hash.digest("hex");
  } catch {
    return undefined; // absent, a folder, or not to be read: as if it had not been written
  }
}
