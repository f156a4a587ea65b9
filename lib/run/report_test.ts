import assert from "node:assert/strict";
import { experimentFlags, planRun } from "./plan.ts";
import { type DrawnEntry, drawReport } from "./report.ts";
import { drawSite } from "./site.ts";
import { describeRun } from "./run_config.ts";
import { openRunStore } from "./run_store.ts";
import { createRunner } from "./runner.ts";
import { sha256Hex } from "./sha256.ts";
import { claimOf, experimentOf, inFolder, questionOf } from "./demo_test_helpers.ts";
import { unitsOf } from "./units.ts";

Deno.test("a report is drawn from its folder alone, the same twice, and the index shows those that were drawn", () =>
  inFolder(async (root) => {
    const experiment = experimentOf(questionOf({ claims: [claimOf()] }));
    const plan = await planRun(experiment, experimentFlags(experiment, ["--seeds", "2"]), undefined);
    const module = import.meta.resolve("./testdata/toy.ts");
    const config = await describeRun(experiment, module, [], plan, "none");
    const folder = `${root}/demo`;
    await Deno.mkdir(folder);
    const store = openRunStore(folder), runner = createRunner(experiment, plan);
    store.begin(config);
    for (const unit of unitsOf(plan)) {
      store.save(unit, config.questions.value.basis, plan.options, await runner.run(unit), 2.5);
    }
    store.close();

    const { claims } = await drawReport(experiment, folder);
    const page = await Deno.readTextFile(`${folder}/index.html`);
    assert.ok(page.includes(claims[0].statement));
    await Deno.writeTextFile(`${folder}/results.csv`, "edited");
    await Deno.writeTextFile(`${folder}/config.json`, "null");
    await drawReport(experiment, folder);
    assert.equal(await Deno.readTextFile(`${folder}/index.html`), page);
    const csv = await Deno.readTextFile(`${folder}/results.csv`);
    assert.equal(csv.split("\n").length - 1, 1 + 4 * 2 * 2);
    const saved = JSON.parse(await Deno.readTextFile(`${folder}/config.json`));
    assert.deepEqual([saved.identity, saved.wallSeconds], [config.identity, 2.5]);

    // The last file written says whose the others are.
    const entry: DrawnEntry = JSON.parse(await Deno.readTextFile(`${folder}/entry.json`));
    assert.equal(entry.run, config.identity);
    assert.equal(entry.rowFiles["results.csv"], await sha256Hex(csv));
    assert.equal(entry.files["index.html"], await sha256Hex(page));
    assert.deepEqual(Object.keys(entry.files).sort(), ["claims.csv", "claims.md", "index.html"]);

    // A run in a folder of another name is left out, an empty folder too.
    await Deno.mkdir(`${root}/trial`);
    await Deno.copyFile(`${folder}/entry.json`, `${root}/trial/entry.json`);
    await Deno.mkdir(`${root}/absent`);
    await drawSite(root);
    const index = await Deno.readTextFile(`${root}/index.html`);
    assert.ok(index.includes("Demo") && index.includes("demo/index.html"));
    assert.ok(!index.includes("absent") && !index.includes("trial/"));
    const all = await Deno.readTextFile(`${root}/claims.html`);
    assert.ok(all.includes(`href="demo/index.html#question-${claims[0].question}"`));
  }));
