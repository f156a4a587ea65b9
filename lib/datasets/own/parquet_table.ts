/**
 * Parquet files, read row group by row group, of which only the columns that are asked for.
 *
 * @module
 */
import type { SchemaElement } from "hyparquet";
import { stat } from "node:fs/promises";
// As a whole: Node has Zstandard from 22.15 on, and an import of a name that is not there would refuse the module.
import zlib from "node:zlib";
import { opened, type Source, sourceName } from "../../text_lines.ts";
import { UserError } from "../../user_error.ts";
import type { Cell } from "./numbers.ts";
import { type Chunk, requireColumns, type Table } from "./table.ts";

/** Rows of a chunk at most. */
const ROWS = 65_536;
/** Cells that are unpacked at once, about: a part of a row group costs the reading of all its bytes. */
const CELLS = 2 ** 22;

/** What packs pages, beside what the reader itself has. */
const compressors = {
  GZIP: (packed: Uint8Array) => new Uint8Array(zlib.gunzipSync(packed)),
  ZSTD: (packed: Uint8Array) => new Uint8Array(zlib.zstdDecompressSync(packed)),
  BROTLI: (packed: Uint8Array) => new Uint8Array(zlib.brotliDecompressSync(packed)),
};

/**
 * Opens a Parquet file. Lists and structs are cells as well; whole numbers beyond 2^53 and dates are texts. A decimal of
 * up to 15 digits is the float64 nearest to it, as `Number` makes it of a text.
 *
 * @param wanted names of columns that the file must have
 * @throws UserError for a file that cannot be read, is no whole Parquet file, or has no such column
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const path = await Deno.makeTempFile();
 * await assert.rejects(openParquet(path, []), /no whole Parquet file/);
 * await Deno.remove(path);
 * ```
 */
export async function openParquet(source: Source, wanted: readonly string[]): Promise<Table> {
  const path = sourceName(source);
  const { parquetMetadataAsync, parquetScan, parquetSchema } = await import("hyparquet");
  const damaged = (error: unknown) =>
    error instanceof UserError ? error : new UserError(
      `${path}: no whole Parquet file (${
        (error as Error).message
      }); write it again, packed by snappy, gzip, zstd or not at all`,
    );
  const file = typeof source === "string" ? await fileAt(source) : {
    byteLength: source.bytes.length,
    slice: (start: number, end?: number) => source.bytes.slice(start, end).buffer as ArrayBuffer,
  };
  const describe = async () => {
    const metadata = await parquetMetadataAsync(file);
    const grouped = metadata.row_groups.reduce((sum, { num_rows }) => sum + num_rows, 0n);
    if (grouped !== metadata.num_rows) throw new Error(`${grouped} rows where it says ${metadata.num_rows}`);
    // A damaged name may be anything.
    const elements = parquetSchema(metadata).children.map(({ element }) => element);
    return { metadata, elements, columns: elements.map(({ name }) => String(name)) };
  };
  const { metadata, elements, columns } = await describe().catch((error) => {
    throw damaged(error);
  });
  requireColumns(path, columns, wanted);

  async function* chunks(names: readonly string[]): AsyncGenerator<Chunk> {
    const scan = await parquetScan({ file, metadata, columns: [...names], compressors });
    const most = Math.max(ROWS, Math.floor(CELLS / Math.max(1, names.length)));
    for (const { rowStart, rowEnd } of scan.ranges) {
      for (let from = rowStart; from < rowEnd; from += most) {
        const range = { rowStart: from, rowEnd: Math.min(from + most, rowEnd) },
          read: (Cell[] | Float64Array)[] = [];
        for (const column of names) {
          const cells = asCells(await scan.readColumn({ column, ...range }));
          // A column that ends early must not be read as shorter.
          if (cells.length !== range.rowEnd - from) {
            throw new Error(`column "${column}" has not as many values as rows`);
          }
          read.push(roundedDecimals(cells, elements[columns.indexOf(column)]));
        }
        for (let at = from; at < range.rowEnd; at += ROWS) {
          const first = at, rows = Math.min(ROWS, range.rowEnd - at);
          const cells = read.map((column) => column.slice(at - from, at - from + rows));
          yield {
            first: first + 1,
            rows,
            place: (i) => `row ${first + i + 1}`,
            column: (name) => cells[names.indexOf(name)],
          };
        }
      }
    }
  }

  return {
    path,
    columns,
    async *chunks(names) {
      requireColumns(path, columns, names);
      const reading = chunks([...new Set(names)]);
      for (;;) {
        const next = await reading.next().catch((error) => {
          throw damaged(error);
        });
        if (next.done) return;
        yield next.value;
      }
    },
  };
}

/** A file whose parts are read when they are asked for. It is opened for each: a table has nothing to close. */
async function fileAt(path: string) {
  const { size: byteLength } = await stat(path);
  const slice = async (start: number, end = byteLength): Promise<ArrayBuffer> => {
    const bytes = new Uint8Array(end - start), file = await opened(path);
    try {
      for (let read = 0; read < bytes.length;) {
        const { bytesRead } = await file.read(bytes, read, bytes.length - read, start + read);
        if (bytesRead === 0) throw new Error("it ends too early");
        read += bytesRead;
      }
    } finally {
      await file.close();
    }
    return bytes.buffer;
  };
  return { byteLength, slice };
}

/** Numbers are held as such: cells of any kind would take several times the memory. */
function asCells(read: ArrayLike<unknown>): Cell[] | Float64Array {
  const numbers = new Float64Array(read.length);
  for (let i = 0; i < numbers.length; i++) {
    const cell = asCell(read[i]);
    if (typeof cell !== "number") return Array.from(read, asCell);
    numbers[i] = cell;
  }
  return numbers;
}

/** Digits behind the point that a decimal can have for a power of ten that float64 holds exactly. */
const EXACT_PLACES = 22;

/** In place. The reader multiplies digits by a rounded power of ten: 1.15 would be 1.1500000000000001. */
function roundedDecimals(
  cells: Cell[] | Float64Array,
  { converted_type, logical_type, scale = 0 }: SchemaElement,
): Cell[] | Float64Array {
  const isDecimal = converted_type === "DECIMAL" || logical_type?.type === "DECIMAL";
  if (!isDecimal || scale < 0 || scale > EXACT_PLACES) return cells;
  const unit = Number(`1e${scale}`);
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i];
    if (typeof cell === "number") cells[i] = Math.round(cell * unit) / unit;
  }
  return cells;
}

function asCell(value: unknown): Cell {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return value.toISOString();
  return (value ?? null) as Cell;
}
