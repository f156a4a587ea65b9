import assert from "node:assert/strict";
import fc from "fast-check";
import { failure } from "../datasets/data_test_helpers.ts";
import { conditionColumns, csvHeader, type ResultRow, rowsFromCsv, rowsInPieces, rowsToCsv } from "./rows.ts";
import { blocksOf } from "./rows_test_helpers.ts";

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter((text) => !Number.isFinite(Number(text)));
/** JSON has no -0, and neither has a CSV cell. */
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0);
const columns = ["n", "model", "overlap"];
const row: fc.Arbitrary<ResultRow> = fc.record({
  part: fc.constantFrom("synthetic", "benchmark"),
  question: name,
  arm: name,
  seed: fc.nat(),
  condition: fc.record({ n: finite, model: name, overlap: finite }, { requiredKeys: [] }),
  metric: name,
  value: finite,
});

Deno.test("rows survive the way to disk and back, to the last bit", () => {
  fc.assert(fc.property(fc.array(row), (rows) => {
    const text = csvHeader(columns) + rowsToCsv("demo", columns, blocksOf(rows));
    assert.deepEqual(rowsFromCsv(text, "results.csv"), rows.map((r) => ({ ...r, condition: { ...r.condition } })));
  }));
});

Deno.test("a block is written replicate by replicate, all metrics of each", () => {
  const cell = { part: "synthetic", question: "q", arm: "cpo", condition: { n: 4 } };
  const block = { ...cell, seeds: [4, 5], metrics: ["kl", "value"], values: Float64Array.of(1, 2, 3, 4) };
  assert.equal(
    rowsToCsv("demo", ["n"], [block]),
    "demo,synthetic,q,cpo,4,4,kl,1\ndemo,synthetic,q,cpo,4,4,value,2\n" +
      "demo,synthetic,q,cpo,5,4,kl,3\ndemo,synthetic,q,cpo,5,4,value,4\n",
  );
});

Deno.test("pieces of a large table are the table", () => {
  const cell = { part: "synthetic", question: "q", arm: "cpo", condition: { n: 4 } };
  const seeds = Array.from({ length: 30_000 }, (_, i) => i), values = Float64Array.from(seeds, (i) => i / 7);
  const blocks = [{ ...cell, seeds, metrics: ["kl"], values }, { ...cell, arm: "b", seeds, metrics: ["kl"], values }];
  const pieces = [...rowsInPieces("demo", ["n"], blocks)], [first, ...others] = pieces.map(({ length }) => length);
  assert.ok(first > 2 ** 20 && first < 2 ** 20 + 100 && others.length === 2, `${[first, ...others]}`);
  const line = (arm: string, i: number) => `demo,synthetic,q,${arm},${i},4,kl,${i / 7}\n`;
  assert.equal(pieces.join(""), ["cpo", "b"].flatMap((arm) => seeds.map((i) => line(arm, i))).join(""));
});

Deno.test("a text that would read back as something else is refused where it is written", () => {
  const row = { part: "synthetic", question: "q", arm: "a", seed: 0, condition: {}, metric: "m", value: 1 };
  const why = ": names and conditions are finite numbers, or texts without commas, quotes and line ends that are not " +
    "numbers";
  for (const bad of ["a,b", 'a"b', "a\nb", "a\rb", "", " ", "7", "1e3", "0x10"]) {
    const expected = { name: "TypeError", message: `"${bad}"${why}` };
    assert.throws(() => rowsToCsv("demo", [], blocksOf([{ ...row, arm: bad }])), expected);
    assert.throws(() => rowsToCsv("demo", ["c"], blocksOf([{ ...row, condition: { c: bad } }])), expected);
  }
  for (const bad of [NaN, Infinity]) {
    const expected = { name: "TypeError", message: `"${bad}"${why}` };
    assert.throws(() => rowsToCsv("demo", [], blocksOf([{ ...row, value: bad }])), expected);
  }
});

Deno.test("columns are the union of the conditions, in order of appearance", () => {
  const questions = [
    { conditions: () => [{ n: 1 }, { n: 2, model: "right" }] },
    { conditions: () => [{}] },
    { conditions: (o: { lambda: number }) => [{ lambda: o.lambda, n: 3 }] },
  ];
  assert.deepEqual(conditionColumns(questions, { lambda: 1 }), ["n", "model", "lambda"]);
});

Deno.test("damaged files are refused with the line and the way out", async () => {
  const read = (text: string) => failure(Promise.resolve().then(() => rowsFromCsv(text, "out/results.csv")));
  const header = csvHeader(["n"]);
  const noHeader = "out/results.csv: the first line is not the header of a results file; run again with --fresh";
  const badRow = (line: number) =>
    `out/results.csv, line ${line}: not a row of 8 columns with a seed and a value; run again with --fresh`;
  const short = "out/results.csv: the last line is cut short; run again to mend it";
  const good = "demo,synthetic,q,a,0,64,m,0.5\n";
  const cases: [string, string][] = [
    ["", short],
    ["\n", noHeader],
    ["a,b\n", noHeader],
    [header.replace("value", "worth"), noHeader],
    [header.slice(0, -1), short],
    [header + good.slice(0, -2), short],
    [header + good + "demo,synthetic,q,a,0,64,m\n", badRow(3)],
    [header + "demo,synthetic,q,a,0,64,m,0.5,\n", badRow(2)],
    [header + "demo,synthetic,q,a,0,64,m,\n", badRow(2)],
    [header + "demo,synthetic,q,a,0,64,m,x\n", badRow(2)],
    [header + "demo,synthetic,q,a,0,64,m, \n", badRow(2)],
    [header + "demo,synthetic,q,a,0,64,m,NaN\n", badRow(2)],
    [header + "demo,synthetic,q,a,x,64,m,0.5\n", badRow(2)],
    [header + good + "\n", badRow(3)],
  ];
  for (const [text, message] of cases) assert.equal(await read(text), message, JSON.stringify(text));
  assert.deepEqual(rowsFromCsv(header, "results.csv"), []);
  assert.equal(rowsFromCsv(header + good, "results.csv")[0].condition.n, 64);
});
