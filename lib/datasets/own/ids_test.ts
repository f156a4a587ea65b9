/** Texts that look like numbers, as ids do, through the files that are written here and the reader of users' files. */
import assert from "node:assert/strict";
import { toCsv } from "../../report/csv.ts";
import { inFolder } from "../../run/demo_test_helpers.ts";
import { openTable, readPreferences } from "./mod.ts";

const IDS = ["0012", "1e21", "12345678901234567890", "98765432109876543211", "-0", "1.0", "0x10", "1,5", " 7"];

Deno.test("ids come back from CSV as they are, with leading zeros and of 20 digits, and are no numbers of float64", async () => {
  const csv = toCsv(IDS.map((id, i) => ({ id, value: i })));
  const table = await openTable({ name: "a.csv", bytes: new TextEncoder().encode(csv) }, { columns: ["id"] });
  const found: string[] = [];
  for await (const chunk of table.chunks(["id"])) found.push(...chunk.column("id") as Iterable<string>);
  assert.deepEqual(found, IDS);
});

Deno.test("pairs whose texts look like ids are the same in CSV, in the lines that learn writes, and read from these again", () =>
  inFolder(async (folder) => {
    const rows = IDS.map((id, i) => ({ prompt: `${i}`.padStart(3, "0"), chosen: id, rejected: `${id}0` }));
    await Deno.writeTextFile(`${folder}/a.csv`, toCsv(rows));
    const fromCsv = await readPreferences(`${folder}/a.csv`);
    const told = fromCsv.pairs.map(({ prompt, chosen, rejected }) => ({ prompt, chosen, rejected }));
    assert.deepEqual(told, rows);
    const lines = told.map((line) => `${JSON.stringify(line)}\n`).join("");
    assert.match(lines, /"chosen":"12345678901234567890"/);
    await Deno.writeTextFile(`${folder}/a.jsonl`, lines);
    const fromLines = await readPreferences(`${folder}/a.jsonl`);
    assert.deepEqual(fromLines.pairs.map(({ prompt, chosen, rejected }) => ({ prompt, chosen, rejected })), rows);
  }));
