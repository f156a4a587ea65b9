/**
 * Opens a user's own file, whatever its format.
 *
 * @module
 */
import { opened, type Source, sourceName, textOf } from "../../text_lines.ts";
import { openDelimited } from "./delimited.ts";
import { openJsonLines } from "./json_lines.ts";
import { openParquet } from "./parquet_table.ts";
import type { Table } from "./table.ts";

/**
 * Opens a file as a table: Parquet by its first bytes, JSONL by its first character, else CSV or TSV; text may be gzip.
 *
 * @param source its path, or its bytes under a name, such as those of a data set whose checksum was verified
 * @param options.columns names of columns that the file must have
 * @param options.rare whether `columns` of the table are to have those too that only few lines of a JSONL file have, for
 *   which all of it is read
 * @throws UserError for a file that is not there, may not be read, is a folder, is empty or damaged, or has no such column
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const path = await Deno.makeTempFile({ suffix: ".csv" });
 * await Deno.writeTextFile(path, "arm,reward\nb,0.5\n");
 * const table = await openTable(path, { columns: ["reward"] });
 * assert.deepEqual(table.columns, ["arm", "reward"]);
 * for await (const chunk of table.chunks(["reward"])) assert.deepEqual(chunk.column("reward"), ["0.5"]);
 * await Deno.remove(path);
 * ```
 */
export async function openTable(
  source: Source,
  { columns = [], rare = false }: { columns?: readonly string[]; rare?: boolean } = {},
): Promise<Table> {
  if (await firstLetters(source) === "PAR1") return await openParquet(source, columns);
  return await isJsonLines(source) ? await openJsonLines(source, columns, rare) : await openDelimited(source, columns);
}

/** Whether a file is JSONL: by its name, else by its first letter. */
async function isJsonLines(source: Source): Promise<boolean> {
  const name = sourceName(source).toLowerCase().replace(/\.gz$/, "");
  if (/\.(?:csv|tsv)$/.test(name)) return false;
  if (/\.(?:json|jsonl|ndjson)$/.test(name)) return true;
  for await (const text of textOf(source)) if (text.trim() !== "") return /^\s*[{[]/.test(text);
  return false;
}

/** The first four bytes of a file, as letters. */
async function firstLetters(source: Source): Promise<string> {
  if (typeof source !== "string") return String.fromCharCode(...source.bytes.subarray(0, 4));
  try {
    const file = await opened(source);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(4), 0, 4, 0);
      return String.fromCharCode(...buffer.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    return ""; // whatever hinders it is told where the text is read
  }
}
