import assert from "node:assert/strict";
import fc from "fast-check";
import { parseTable } from "./csv.ts";
import { encode } from "./data_test_helpers.ts";

const toy = (text: string) => parseTable(encode(text), { format: "csv", columns: ["id", "value"], source: "toy.csv" });

Deno.test("quotes, separators, line breaks and a byte order mark inside cells", () => {
  const table = toy('\ufeffid,value\r\n"a,""b""\nc",1\r\n');
  assert.deepEqual(table.text("id"), ['a,"b"\nc']);
  assert.equal(table.length, 1);
});

Deno.test("any cells survive being written and parsed", () => {
  const cell = fc.string({ unit: "grapheme" });
  fc.assert(fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const table = toy(["id,value", ...rows.map((row) => row.map(quote).join(","))].join("\n"));
    assert.deepEqual(table.text("id"), rows.map(([id]) => id));
    assert.deepEqual(table.text("value"), rows.map(([, value]) => value));
  }));
});

Deno.test("a tab-separated table leaves commas alone", () => {
  const table = parseTable(encode("id\tvalue\na,b\t \n"), {
    format: "tsv",
    columns: ["id", "value"],
    source: "toy.tsv",
  });
  assert.deepEqual([table.text("id"), table.text("value")], [["a,b"], [" "]]);
});

Deno.test("quotes inside a cell are letters; a cell may be empty quotes or quotes alone", () => {
  const table = toy('id,value\na "b" c,""\n"""",5"\n');
  assert.deepEqual([table.text("id"), table.text("value")], [['a "b" c', '"'], ["", '5"']]);
});

Deno.test("a quoted cell without an end swallows no rows, and text behind its end loses no letter: both are refused", () => {
  const cases: [string, string][] = [
    ['id,value\na,1\nb,"2\nc,3\nd,4\n', "row 1 (line 3): a quoted cell has no end; close its quote"],
    ['id,value\n"a,1\n', "row 0 (line 2): a quoted cell has no end; close its quote"],
    ['id,value\na,"\n', "row 0 (line 2): a quoted cell has no end; close its quote"],
    ['id,value\na,"2""', "row 0 (line 2): a quoted cell has no end; close its quote"],
    ['id,value\na,"2"x\n', "row 0 (line 2): text behind the end of a quoted cell; write a quote within as two"],
    ['id,value\n"a" ,2\n', "row 0 (line 2): text behind the end of a quoted cell; write a quote within as two"],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => toy(text), { name: "UserError", message: `toy.csv: ${message}` }, text);
  }
  assert.throws(() => toy('"id"x,value\na,2\n'), { message: /^toy.csv: header is "of broken quotes"/ });
  const tsv = () =>
    parseTable(encode('id\tvalue\na\t"b" c\n'), { format: "tsv", columns: ["id", "value"], source: "toy.tsv" });
  assert.throws(tsv, { message: /^toy.tsv: row 0 \(line 2\): text behind the end of a quoted cell/ });
});

Deno.test("every kind of line end, and a last line without one, give the same rows", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    for (const last of ["", end]) {
      const table = toy(`id,value${end}"a${end}b",1${end}c,2${last}`);
      assert.deepEqual([table.text("id"), [...table.numbers("value")]], [[`a${end}b`, "c"], [1, 2]]);
    }
  }
  assert.deepEqual(toy("id,value\na,1\n\nb,2\n\n").text("id"), ["a", "b"], "a blank line is no row");
});

Deno.test("a header is data: it names columns and runs nothing", () => {
  const name = '"],f:(globalThis.hacked=true)}//';
  const table = parseTable(encode(`"${name.replaceAll('"', '""')}"\n1\n`), {
    format: "csv",
    columns: [name],
    source: "toy.csv",
  });
  assert.deepEqual(table.numbers(name), Float64Array.of(1));
  assert.equal("hacked" in globalThis, false);
});

Deno.test("messages name file, row and column", () => {
  const cases: [() => unknown, string, string][] = [
    [() => toy("id,val\na,1\n"), "TypeError", 'toy.csv: header is "id,val", expected "id,value"'],
    [() => toy(""), "TypeError", 'toy.csv: header is "", expected "id,value"'],
    [
      () => toy("id,value\na,1\nb\n"),
      "UserError",
      "toy.csv: row 1 (line 3): has 1 cell where the header has 2; complete the row",
    ],
    [() => toy("id,value\n").text("x"), "RangeError", 'toy.csv: no column "x", there are id, value'],
    ...["", " ", "NA", "NaN"].map((bad): [() => unknown, string, string] => [
      () => toy(`id,value\na,1\nb,"${bad}"\n`).numbers("value"),
      "TypeError",
      `toy.csv: row 1, column "value": is "${bad}", no number`,
    ]),
    ...["2", "-1", "0.5"].map((bad): [() => unknown, string, string] => [
      () => toy(`id,value\na,${bad}\n`).bytes("value", 0, 1),
      "RangeError",
      `toy.csv: row 0, column "value": expected a whole number from 0 to 1, got ${bad}`,
    ]),
  ];
  for (const [run, name, message] of cases) assert.throws(run, { name, message });
  assert.throws(
    () => parseTable(Uint8Array.of(0xff), { format: "csv", columns: ["id"], source: "toy.csv" }),
    { name: "TypeError", message: "toy.csv: not UTF-8 text" },
  );
});
