import assert from "node:assert/strict";
import { toCsv } from "./csv.ts";
import { lines, sampleReport } from "./testdata/sample_report.ts";
import { parseXml } from "./xml_test_helpers.ts";
import { writeReport } from "./write.ts";

/** Runs a test in a folder that is removed behind it. */
async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function list(folder: string): Promise<string[]> {
  const names = [];
  for await (const entry of Deno.readDir(folder)) names.push(entry.name);
  return names.sort();
}

Deno.test("a report is a page, its claims, two files a figure and two a table", () =>
  inFolder(async (folder) => {
    await writeReport(sampleReport, `${folder}/cpo`);
    assert.deepEqual(await list(`${folder}/cpo`), ["claims.csv", "claims.md", "figures", "index.html", "tables"]);
    const ids = sampleReport.sections.flatMap((section) => section.figures.map((figure) => figure.id)).sort();
    assert.deepEqual(await list(`${folder}/cpo/figures`), ids.flatMap((id) => [`${id}.csv`, `${id}.svg`]));
    assert.deepEqual(await list(`${folder}/cpo/tables`), ["policies.csv", "policies.tex"]);
    parseXml(await Deno.readTextFile(`${folder}/cpo/figures/overlap.svg`));
    assert.equal(await Deno.readTextFile(`${folder}/cpo/figures/policies.csv`), toCsv(lines.data));
  }));

Deno.test("figures of an earlier run go, other files stay", () =>
  inFolder(async (folder) => {
    await writeReport(sampleReport, folder);
    await Deno.writeTextFile(`${folder}/figures/notes.txt`, "mine");
    await Deno.writeTextFile(`${folder}/results.csv`, "rows");
    await writeReport({ ...sampleReport, sections: [sampleReport.sections[1]] }, folder);
    assert.deepEqual(await list(`${folder}/figures`), ["hong-kong.csv", "hong-kong.svg", "notes.txt"]);
    assert.deepEqual(await list(`${folder}/tables`), []);
    assert.equal(await Deno.readTextFile(`${folder}/results.csv`), "rows");
  }));

Deno.test("a report that cannot be drawn leaves the old one as it was", () =>
  inFolder(async (folder) => {
    await writeReport(sampleReport, folder);
    const before = await Deno.readTextFile(`${folder}/index.html`);
    const broken = { ...lines, data: [{ ...lines.data[0], arm: "nobody" }] };
    const sections = [{ ...sampleReport.sections[1], figures: [broken] }];
    await assert.rejects(writeReport({ ...sampleReport, sections }, folder), { name: "RangeError" });
    assert.equal(await Deno.readTextFile(`${folder}/index.html`), before);
    assert.equal((await list(`${folder}/figures`)).length, 12);
  }));

Deno.test("a user's file in a folder that a kill left set aside is there after the next drawing", () =>
  inFolder(async (folder) => {
    await writeReport(sampleReport, folder);
    await Deno.writeTextFile(`${folder}/figures/notes.txt`, "mine");
    await Deno.rename(`${folder}/figures`, `${folder}/figures.${crypto.randomUUID()}.old`);
    await writeReport(sampleReport, folder);
    assert.equal(await Deno.readTextFile(`${folder}/figures/notes.txt`), "mine");
    assert.deepEqual(await list(folder), ["claims.csv", "claims.md", "figures", "index.html", "tables"]);
  }));
