import assert from "node:assert/strict";
import { inFolder } from "../run/demo_test_helpers.ts";
import { rowsInPieces } from "../run/rows.ts";
import { type AuditRows, keyOf, readRows } from "./rows.ts";

const HEADER = "experiment,part,question,arm,seed,n,model,metric,value\n";

async function read(text: string): Promise<AuditRows> {
  let rows: AuditRows | undefined;
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/results.csv`, text);
    rows = await readRows(`${folder}/results.csv`);
  });
  return rows!;
}

Deno.test("rows of a file of many pieces are those that were written, seeds and all", async () => {
  const cell = { part: "synthetic", question: "q", arm: "dpo", condition: { n: 64, model: "right" } };
  const seeds = Array.from({ length: 4000 }, (_, i) => 2 * i), metrics = ["kl", "score", "Ω"];
  const values = Float64Array.from({ length: seeds.length * metrics.length }, (_, i) => Math.sin(i));
  // More than two pieces of the writer, some ten of the reader.
  const more = Array.from({ length: 14 }, (_, k) => ({ ...cell, arm: `arm-${k}`, seeds, metrics, values }));
  const text = HEADER + [...rowsInPieces("demo", ["n", "model"], more)].join("");
  assert.ok(text.length > 2 ** 23);
  const rows = await read(text);
  assert.equal(rows.arms("q").size, 14);
  for (const [m, metric] of metrics.entries()) {
    const { seeds: found, values: own } = rows.series("q", keyOf("arm-13", metric, { model: "right", n: 64 }))!;
    assert.deepEqual([...found], seeds);
    assert.deepEqual(own, values.filter((_, i) => i % 3 === m));
  }
  assert.equal(rows.series("q", keyOf("arm-13", "kl", { n: 64 })), undefined);
  assert.equal(rows.series("other", keyOf("arm-13", "kl", {})), undefined);
});

Deno.test("metrics of one arm share their seeds as long as they are the same", async () => {
  const line = (seed: number, metric: string) => `e,synthetic,q,a,${seed},1,,${metric},${seed}\n`;
  const text = [line(0, "kl"), line(0, "score"), line(1, "kl"), line(2, "score"), line(2, "kl"), line(3, "score")];
  const rows = await read(HEADER + text.join(""));
  const seedsOf = (metric: string) => [...rows.series("q", keyOf("a", metric, { n: 1 }))!.seeds];
  assert.deepEqual([seedsOf("kl"), seedsOf("score")], [[0, 1, 2], [0, 2, 3]]);
});

Deno.test("quotes, carriage returns, numbers written otherwise and a last line without an end are read as RFC 4180 has them", async () => {
  const rows = await read(
    HEADER.replace("\n", "\r\n") + 'e,synthetic,"q, ""x""\nand more",a,0,1.0,,kl,2\r\n' +
      'e,synthetic,"q, ""x""\nand more",a,1,1,,kl,3e0',
  );
  assert.deepEqual([...rows.series('q, "x"\nand more', keyOf("a", "kl", { n: 1 }))!.values], [2, 3]);
});

Deno.test("what is no such table is one line that says where", async () => {
  const good = "e,synthetic,q,a,0,1,,kl,2\n", path = String.raw`\/results.csv`;
  const cases: [string, RegExp][] = [
    ["", new RegExp(`${path}: is empty; draw the report again$`)],
    ["a,b\n1,2\n", new RegExp(`${path}: no column question; `)],
    [HEADER + good + "e,q\n", new RegExp(`${path}, line 3: 2 cells under 9 columns; draw the report again$`)],
    [HEADER + good.replace("kl,2", "kl,x"), new RegExp(`${path}, line 2: seed 0 with value x, which are no numbers`)],
    [HEADER + good.replace("kl,2", "kl,"), new RegExp(`${path}, line 2: seed 0 with value , `)],
    [HEADER + good + `"${"x,\n".repeat(2 ** 20)}`, new RegExp(`${path}: a quote has no end; `)],
  ];
  for (const [text, message] of cases) await assert.rejects(read(text), { name: "UserError", message });
});
