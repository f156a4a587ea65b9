import assert from "node:assert/strict";
import { encode } from "../data_test_helpers.ts";
import { openTable } from "./open.ts";

// A writer of the smallest files there are: 64-bit integers that are never missing, one plain page a column and group.
// The footer is in Thrift's compact protocol.

type Field = readonly [id: number, type: number, bytes: readonly number[]];
const I32 = 5, I64 = 6, BINARY = 8, LIST = 9, STRUCT = 12;
const PLAIN = 0, RLE = 3, INT64 = 2;

function varint(value: number): number[] {
  return value < 128 ? [value] : [value % 128 + 128, ...varint(Math.floor(value / 128))];
}
const int = (value: number) => varint(2 * value);
const text = (value: string) => [...varint(value.length), ...encode(value)];
const list = (type: number, items: readonly (readonly number[])[]) => [items.length * 16 + type, ...items.flat()];
function struct(...fields: Field[]): number[] {
  let before = 0;
  return [
    ...fields.flatMap(([id, type, bytes]) => {
      const header = (id - before) * 16 + type;
      before = id;
      return [header, ...bytes];
    }),
    0,
  ];
}

/** How a file differs from a right one. */
interface Faults {
  /** Rows the footer says the file has. */
  readonly said?: number;
  /** Values the last column of the last group really has. */
  readonly last?: number;
}

/** A file of two columns, "id" and "value", in groups of rows. */
function parquet(groups: readonly (readonly (readonly [number, number])[])[], { said, last }: Faults = {}): Uint8Array {
  const bytes = [...encode("PAR1")];
  const rowGroups = groups.map((rows, g) => {
    const chunks = ["id", "value"].map((name, column) => {
      const cut = g === groups.length - 1 && column === 1 ? last : undefined;
      const values = rows.slice(0, cut).map((row) => row[column]);
      const data = [...new Uint8Array(BigInt64Array.from(values, BigInt).buffer)];
      const page = struct([1, I32, int(PLAIN)], [2, I32, int(data.length)], [3, I32, int(data.length)], [
        5,
        STRUCT,
        struct([1, I32, int(values.length)], [2, I32, int(PLAIN)], [3, I32, int(RLE)], [4, I32, int(RLE)]),
      ]);
      const offset = bytes.length, size = page.length + data.length;
      bytes.push(...page, ...data);
      const metadata = struct(
        [1, I32, int(INT64)],
        [2, LIST, list(I32, [int(PLAIN)])],
        [3, LIST, list(BINARY, [text(name)])],
        [4, I32, int(0)],
        [5, I64, int(values.length)],
        [6, I64, int(size)],
        [7, I64, int(size)],
        [9, I64, int(offset)],
      );
      return struct([2, I64, int(offset)], [3, STRUCT, metadata]);
    });
    return struct([1, LIST, list(STRUCT, chunks)], [2, I64, int(bytes.length)], [3, I64, int(rows.length)]);
  });
  const root = struct([4, BINARY, text("schema")], [5, I32, int(2)]);
  const columns = ["id", "value"].map((name) =>
    struct([1, I32, int(INT64)], [3, I32, int(0)], [4, BINARY, text(name)])
  );
  const footer = struct(
    [1, I32, int(1)],
    [2, LIST, list(STRUCT, [root, ...columns])],
    [3, I64, int(said ?? groups.flat().length)],
    [4, LIST, list(STRUCT, rowGroups)],
  );
  bytes.push(...footer, ...new Uint8Array(Uint32Array.of(footer.length).buffer), ...encode("PAR1"));
  return Uint8Array.from(bytes);
}

const groups = [[[1, 10], [2, 20]], [[3, 30]], [[4, 40], [5, 50]]] as const;

async function read(bytes: Uint8Array): Promise<[unknown, unknown][]> {
  const table = await openTable({ name: "toy.parquet", bytes }, { columns: ["id", "value"] });
  const rows: [unknown, unknown][] = [];
  for await (const chunk of table.chunks(["id", "value"])) {
    const ids = chunk.column("id"), values = chunk.column("value");
    for (let i = 0; i < chunk.rows; i++) rows.push([ids[i], values[i]]);
  }
  return rows;
}

Deno.test("every row of every group, also from the middle of a larger buffer", async () => {
  const file = parquet(groups);
  assert.deepEqual(await read(file), groups.flat());
  const larger = new Uint8Array(file.length + 20);
  larger.set(file, 7);
  assert.deepEqual(await read(larger.subarray(7, 7 + file.length)), groups.flat());
});

Deno.test("a file with fewer rows than it says, or a column that ends early, is refused", async () => {
  const refused = (why: string) => ({
    name: "UserError",
    message: `toy.parquet: no whole Parquet file (${why}); write it again, packed by snappy, gzip, zstd or not at all`,
  });
  for (const said of [4, 6]) {
    await assert.rejects(read(parquet(groups, { said })), refused(`5 rows where it says ${said}`));
  }
  await assert.rejects(read(parquet(groups, { last: 1 })), refused('column "value" has not as many values as rows'));
});

Deno.test("a file cut short anywhere is refused", async () => {
  const file = parquet(groups);
  for (let length = 0; length < file.length; length++) {
    await assert.rejects(
      read(file.subarray(0, length)),
      { name: "UserError", message: /^toy\.parquet: / },
      `${length}`,
    );
  }
});
