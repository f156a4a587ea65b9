/** Whatever a file holds, it is read or refused in one line. */
import assert from "node:assert/strict";
import { csvParseRows } from "d3-dsv";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { strictNumber } from "./numbers.ts";
import { openTable } from "./open.ts";
import { readLogColumns } from "./log.ts";
import { readPreferences } from "./preferences.ts";
import { readRecords } from "./records.ts";

const seeded = { seed: 20, numRuns: 300 };

/** A file of these bytes, read in every way there is. */
async function readInAllWays(name: string, bytes: Uint8Array): Promise<void> {
  const path = `${folder}/${name}`;
  await Deno.writeFile(path, bytes);
  const table = async () => {
    const { chunks, columns } = await openTable(path);
    for await (const chunk of chunks(columns)) for (const column of columns) chunk.column(column);
  };
  const ways = [table, () => readLogColumns(path, { reward: "y", action: "a" }), () => readPreferences(path)];
  for (const way of ways) {
    await way().catch((error) => {
      assert.equal(
        error.name,
        "UserError",
        `${JSON.stringify(new TextDecoder().decode(bytes))}: ${Deno.inspect(error)}`,
      );
    });
  }
}

const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** Pieces of which files are made, put together at random. */
const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(...[
      '"',
      ",",
      ";",
      "\t",
      "\n",
      "\r",
      "\r\n",
      "a",
      "y",
      "1",
      "0x1",
      "NA",
      "\uFEFF",
      "é😀",
      "\0",
      "[",
      "]",
      "{",
      "}",
    ]),
    fc.constantFrom(...[
      '{"a":1,"y":2}',
      '"chosen":"x"',
      '{"chosen":"a","rejected":"b"}',
      "a,y\n",
      "1e-400",
      "null",
      "sep=;\n",
      ":",
    ]),
  ),
  { maxLength: 12 },
).map((parts) => new TextEncoder().encode(parts.join("")));
const bytes = fc.oneof(
  { weight: 3, arbitrary: pieces },
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ maxLength: 40 }).map((rest) => Uint8Array.of(0x50, 0x41, 0x52, 0x31, ...rest)),
  fc.uint8Array({ maxLength: 40 }).map((rest) => Uint8Array.of(0x1f, 0x8b, 8, ...rest)),
);

Deno.test("no file brings anything but an error of its user", () =>
  fc.assert(fc.asyncProperty(fc.constantFrom("a.csv", "a.tsv", "a.jsonl", "a"), bytes, readInAllWays), seeded));

Deno.test("a Parquet file whose description is damaged is refused in one line", () => {
  const columnData = [{ name: "a", data: ["x", "y"] }, { name: "y", data: Float64Array.of(1, 2) }];
  const file = new Uint8Array(parquetWriteBuffer({ columnData })), end = file.length - 8;
  const start = end - new DataView(file.buffer).getUint32(end, true),
    changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
  return fc.assert(
    fc.asyncProperty(changes, async (changes) => {
      const damaged = file.slice();
      for (const [at, byte] of changes) damaged[start + at % (end - start)] = byte;
      await readInAllWays("a.parquet", damaged);
    }),
    seeded,
  );
});

Deno.test("records are those of another parser, wherever the text is cut", () => {
  const cell = fc.oneof(
    fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", " ", "é"), maxLength: 5 }),
    fc.constant(""),
  );
  const rows = fc.array(fc.tuple(cell, cell, cell), { maxLength: 6 });
  fc.assert(
    fc.property(rows, fc.constantFrom("\n", "\r\n", "\r"), fc.boolean(), fc.nat(), (rows, end, hasEnd, at) => {
      const quoted = (cell: string) => /["\r\n,]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
      const text = rows.map((row) => row.map(quoted).join(",")).join(end) + (hasEnd && rows.length > 0 ? end : "");
      const shape = { path: "f", separator: ",", slots: [0, 1, 2], lists: 3 }, cut = at % (text.length + 1);
      const first = readRecords(text.slice(0, cut), shape, { line: 1, row: 1, isLast: false });
      const rest = readRecords(text.slice(first.end), shape, {
        line: first.line,
        row: first.lines.length + 1,
        isLast: true,
      });
      const found = [first, rest].flatMap(({ lists, lines }) => lines.map((_, i) => lists.map((list) => list[i])));
      assert.deepEqual(found, csvParseRows(text));
      const whole = readRecords(text, shape, { line: 1, row: 1, isLast: true });
      assert.deepEqual([...first.lines, ...rest.lines], whole.lines);
    }),
    seeded,
  );
});

Deno.test("numbers are those of JavaScript, to the bit", () => {
  const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 20 });
  const written = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.tuple(fc.constantFrom("", "-", "+"), digits, fc.constantFrom("", "."), digits).map((parts) => parts.join("")),
    fc.tuple(digits, fc.constantFrom("e", "E"), fc.integer({ min: -290, max: 280 })).map((parts) => parts.join("")),
  );
  fc.assert(fc.property(written, (text) => assert.ok(Object.is(strictNumber(text), Number(text)), text)), {
    ...seeded,
    numRuns: 2000,
  });
});
