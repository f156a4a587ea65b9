/** Tables in the dialects that people have. Kinds of files: reports of users of R, pandas and spreadsheets; values our own. */
import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { openTable } from "./open.ts";

const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** Writes a file and reads columns of it, and where its rows stand. */
async function read(name: string, data: string | Uint8Array, columns: readonly string[]) {
  const path = `${folder}/${name}`;
  await Deno.writeFile(path, typeof data === "string" ? new TextEncoder().encode(data) : data);
  const table = await openTable(path, { columns }), cells: unknown[][] = columns.map(() => []), places: string[] = [];
  for await (const chunk of table.chunks(columns)) {
    columns.forEach((column, i) => cells[i] = cells[i].concat(Array.from(chunk.column(column))));
    assert.equal(chunk.first, places.length + 1);
    for (let i = 0; i < chunk.rows; i++) places.push(chunk.place(i));
  }
  return { cells, places };
}

for (
  const [kind, text, want] of [
    ["a byte order mark", "\uFEFFid,y\np,3\n", [["p"], ["3"]]],
    ["line ends of Windows", "id,y\r\np,3\r\nq,4\r\n", [["p", "q"], ["3", "4"]]],
    ["line ends of old Macs", "id,y\rp,3\rq,4", [["p", "q"], ["3", "4"]]],
    ["a line end within quotes", 'id,y\n"p\r\nq",3\n', [["p\r\nq"], ["3"]]],
    ["quotes within quotes, and a separator", 'id,y\n"p ""q"", r",3\n', [['p "q", r'], ["3"]]],
    ["a quote within a cell without quotes", 'id,y\n5" disk,3\n', [['5" disk'], ["3"]]],
    ["row names of R", '"","id","y"\n"1","p",3\n', [["p"], ["3"]]],
    ["another order, and a column too many", "z,y,id\n9,3,p\n", [["p"], ["3"]]],
    ["blank lines", "\n\nid,y\np,3\n\n  \nq,4\n\n", [["p", "q"], ["3", "4"]]],
    ["semicolons, with commas in cells", "id;y\np;3,5\n", [["p"], ["3,5"]]],
    ["a separator that the header names", "sep=;\nid;y\np;3\n", [["p"], ["3"]]],
    ["tabs", "id\ty\np\t3\n", [["p"], ["3"]]],
    ["names with spaces around", " id , y\np,3\n", [["p"], ["3"]]],
    ["more commas in a name than semicolons", '"a,b,c";id;y\n1;p;3\n', [["p"], ["3"]]],
    ["no end behind the last row", "id,y\np,", [["p"], [""]]],
  ] as const
) {
  Deno.test(`columns by name from a file with ${kind}`, async () => {
    assert.deepEqual((await read("a.csv", text, ["id", "y"])).cells, want);
    assert.deepEqual((await read("b.csv.gz", gzipSync(text), ["id", "y"])).cells, want, "and packed");
  });
}

Deno.test("rows are the same wherever the file is cut into pieces", async () => {
  const rows = Array.from({ length: 30_000 }, (_, i) => [`${"é\n".repeat(i % 40)}${i}`, `"${i},`]);
  const text = rows.map(([id, y]) => `"${id}","${y.replaceAll('"', '""')}"`).join("\r\n");
  const { cells, places } = await read("a.csv", `id,y\r\n${text}`, ["id", "y"]);
  assert.deepEqual(cells, [0, 1].map((k) => rows.map((row) => row[k])));
  const lines = rows.slice(0, -1).reduce((sum, _, i) => sum + 1 + i % 40, 2);
  assert.equal(places.at(-1), `row 30000 (line ${lines})`);
});

Deno.test("JSONL: fields of any line are columns, numbers stay what they are", async () => {
  const text = '{"id":"p","y":3}\n\n{"id":12345678901234567890,"y":1e-400,"late":[{"role":"user"}]}\n{"__proto__":1}\n';
  const { cells, places } = await read("a.jsonl", text, ["id", "y", "late", "__proto__"]);
  assert.deepEqual(cells, [
    ["p", "12345678901234567890", null],
    [3, "1e-400", null],
    [null, [{ role: "user" }], null],
    [null, null, 1],
  ]);
  assert.deepEqual(places, ["row 1 (line 1)", "row 2 (line 3)", "row 3 (line 4)"]);
  await assert.rejects(read("a.json", '[{"y": 1}]', ["y"]), {
    message: /the file is one JSON list; write an object a line/,
  });
  await assert.rejects(read("a.json", '{"y": 1}\n{"y": ', ["y"]), { name: "UserError", message: /line 2: is no JSON/ });
});

Deno.test("Parquet: chunks are parts of row groups, packed in any way that Node unpacks", async () => {
  const numbers = Float64Array.from({ length: 70_000 }, (_, i) => i),
    packed = { GZIP: gzipSync, ZSTD: zstdCompressSync };
  for (const codec of ["SNAPPY", "GZIP", "ZSTD"] as const) {
    const compressors = Object.fromEntries(
      Object.entries(packed).map(([name, pack]) => [name, (bytes: Uint8Array) => new Uint8Array(pack(bytes))]),
    );
    const columnData = [{ name: "y", data: numbers, type: "DOUBLE" as const }];
    const data = new Uint8Array(parquetWriteBuffer({ columnData, codec, compressors, rowGroupSize: 1e6 }));
    const { cells: [y], places } = await read(`${codec}.parquet`, data, ["y"]);
    assert.deepEqual([y.length, y[65_535], y[65_536], places[65_536]], [70_000, 65_535, 65_536, "row 65537"], codec);
  }
});

Deno.test("Parquet: a decimal is the number that its digits are, whatever its places", async () => {
  // As whole numbers of the unit of each column: 0 to 10.00, and the same numbers with two places more.
  const hundredths = Array.from({ length: 1001 }, (_, i) => BigInt(i));
  const decimal = (name: string, scale: number) => (
    { name, type: "INT64", converted_type: "DECIMAL", scale, precision: 18, repetition_type: "OPTIONAL" } as const
  );
  const data = new Uint8Array(parquetWriteBuffer({
    schema: [{ name: "root", num_children: 2 }, decimal("two", 2), decimal("four", 4)],
    columnData: [
      { name: "two", data: [...hundredths, null] },
      { name: "four", data: [...hundredths.map((i) => 100n * i), -12345n] },
    ],
  }));
  const { cells: [two, four] } = await read("decimals.parquet", data, ["two", "four"]);
  const want = hundredths.map((i) => Number(`${i}e-2`));
  assert.deepEqual(two, [...want, null]);
  assert.deepEqual(four, [...want, -1.2345]);
});

Deno.test("Parquet: the columns that are asked for, over row groups", async () => {
  const data = new Uint8Array(parquetWriteBuffer({
    columnData: [
      { name: "id", data: Array.from({ length: 25 }, (_, i) => BigInt(i) + (i < 20 ? 0n : 2n ** 60n)), type: "INT64" },
      { name: "y", data: Array.from({ length: 25 }, (_, i) => i === 3 ? null : i / 4), type: "DOUBLE", nullable: true },
    ],
    rowGroupSize: 10,
  }));
  const { cells: [y, id], places } = await read("a.parquet", data, ["y", "id"]);
  assert.deepEqual(y, Array.from({ length: 25 }, (_, i) => i === 3 ? null : i / 4));
  assert.deepEqual([id[19], id[24]], [19, String(24n + 2n ** 60n)]);
  assert.equal(places[24], "row 25");
  await assert.rejects(read("b.parquet", data.slice(0, -9), ["y"]), {
    name: "UserError",
    message: /no whole Parquet file/,
  });
});

for (
  const [what, text, message] of [
    ["an empty file", "", /is empty; write a header/],
    ["no such column", "id,why\np,3\n", /no column "y"; there are id, why/],
    ["a column that is there twice", "id,y,y\np,3,4\n", /column "y" is there 2 times/],
    ["a row with too few cells", "id,y\np,3\nq\n", /row 2 \(line 3\): has 1 cell where the header has 2/],
    ["a decimal comma between commas", "id,y\np,3,5\n", /row 1 \(line 2\): has 3 cells .* decimal comma/],
    ["a quote without an end", 'id,y\np,3\n"q,4\nr,5\n', /row 2 \(line 3\): a quoted cell has no end/],
    ["text behind a quote", 'id,y\n"p"q,3\n', /row 1 \(line 2\): text behind the end of a quoted cell/],
    ["a quote without an end in the header", '"id,y\n', /header: a quoted name has no end/],
    ["bytes that are no text", Uint8Array.of(105, 100, 44, 121, 10, 0xff, 10), /is no UTF-8/],
    ["a packed file that was cut short", gzipSync("id,y\np,3\n").subarray(0, 20), /no whole gzip file/],
  ] as const
) {
  Deno.test(`one line for ${what}`, async () => {
    await assert.rejects(read("a.csv", text, ["id", "y"]), { name: "UserError", message });
  });
}

Deno.test("one line for a folder and for no file", async () => {
  await assert.rejects(openTable(folder), { name: "UserError", message: /is a folder/ });
  await assert.rejects(openTable(`${folder}/none`), { name: "UserError", message: /there is no such file/ });
});
