import assert from "node:assert/strict";
import { csvParseRows } from "d3-dsv";
import fc from "fast-check";
import { csvField, toCsv } from "./csv.ts";

const cell = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom('"', ",", "\n", "\r\n", " a ", "=1+2", "-x", "@a", ""),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);

Deno.test("what is written reads back as the same text, numbers as the same float64", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ a: cell, 'b,"': cell }, { requiredKeys: ["a", 'b,"'] }), { minLength: 1 }),
      (rows) => {
        const [head, ...body] = csvParseRows(toCsv(rows));
        assert.deepEqual(head, ["a", 'b,"']);
        assert.equal(body.length, rows.length);
        for (const [i, row] of rows.entries()) {
          for (const [j, value] of [row.a, row['b,"']].entries()) {
            if (typeof value === "number") {
              assert.ok(
                Object.is(Number(body[i][j]), value),
                `${value} as ${body[i][j]}`,
              );
            } else assert.equal(body[i][j], value === null ? "" : String(value));
          }
        }
      },
    ),
  );
});

Deno.test("a missing value differs from the empty string, and formulas are left alone", () => {
  assert.equal(csvField(null), "");
  assert.equal(csvField(""), '""');
  assert.equal(csvField("=SUM(A1)"), "=SUM(A1)");
  assert.equal(toCsv([{ a: 1 }], ["a", "b"]), "a,b\n1,\n");
});
