/** Rows of the built-in data sets: what their schemas and the manifest refuse. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { object } from "valibot";
import { encode } from "./data_test_helpers.ts";
import { rowsIn } from "./rows.ts";
import { numeral, text, whole } from "./schemas.ts";

const meta = (table: string | Uint8Array, schema = object({ id: text, document: text })) =>
  rowsIn(typeof table === "string" ? encode(table) : table, "emobank", "meta.tsv", schema);
const HEADER = "id\tdocument\tcategory\tsubcategory\n";

Deno.test("cells are what stands there: commas, line ends and a byte order mark, packed or not", async () => {
  const file = `\uFEFF${HEADER}a, b\t"c\r\n""d"""\te\t\n`, rows = [{ id: "a, b", document: 'c\r\n"d"' }];
  assert.deepEqual(await meta(file), rows);
  assert.deepEqual(await meta(gzipSync(file)), rows);
});

Deno.test("a file with other columns than the manifest's, or in another order, is refused", async () => {
  const expected = 'expected "id,document,category,subcategory"';
  for (const columns of ["id\tdocument\tcategory", "document\tid\tcategory\tsubcategory"]) {
    await assert.rejects(meta(`${columns}\n`), {
      name: "TypeError",
      message: `meta.tsv: columns are "${columns.replaceAll("\t", ",")}", ${expected}`,
    });
  }
});

Deno.test("messages name file, row, line and column, and show no text", async () => {
  const cases = {
    "2": "a whole number from 0 to 1, got 2",
    "0.5": "a whole number from 0 to 1, got 0.5",
    "": "a whole number from 0 to 1, got an empty text",
    "NA": "a whole number from 0 to 1, got another text",
    "0x1": "a whole number from 0 to 1, got another text",
    "-1": "a whole number from 0 to 1, got -1",
  };
  for (const [cell, what] of Object.entries(cases)) {
    const read = rowsIn(
      encode(`${HEADER}0\t\t\t\n${cell}\tx\t\t\n`),
      "emobank",
      "meta.tsv",
      object({ id: whole(0, 1) }),
    );
    await assert.rejects(read, {
      name: "TypeError",
      message: `meta.tsv: row 2 (line 3), column "id": expected ${what}`,
    });
  }
  const infinite = rowsIn(encode(`${HEADER}1e999\t\t\t\n`), "emobank", "meta.tsv", object({ id: numeral() }));
  await assert.rejects(infinite, /column "id": expected a number, got another text/);
});

Deno.test("what is no table is refused by the reader: quotes without an end, rows cut short, other encodings", async () => {
  const cases: [string | Uint8Array, RegExp][] = [
    [`${HEADER}a\t"b\tc\t\n`, /row 1 \(line 2\): a quoted cell has no end/],
    [`${HEADER}a\tb\n`, /row 1 \(line 2\): has 2 cells where the header has 4/],
    [Uint8Array.of(...encode(HEADER), 0xff), /meta.tsv:1: is no UTF-8/],
    ["", /meta.tsv: is empty/],
    [gzipSync(HEADER).subarray(0, -4), /meta.tsv: no whole gzip file/],
  ];
  for (const [file, message] of cases) await assert.rejects(meta(file), { name: "UserError", message });
});
