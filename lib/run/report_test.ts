import assert from "node:assert/strict";
import { createRunner, unitsOf } from "./execute.ts";
import { experimentFlags, planRun } from "./plan.ts";
import { drawReport } from "./report.ts";
import { drawSite } from "./site.ts";
import { openResults } from "./results_file.ts";
import { conditionColumns, csvHeader } from "./rows.ts";
import { describeRun } from "./run_config.ts";
import { claimOf, experimentOf, inFolder, questionOf } from "./testing.ts";

Deno.test("a report is drawn from its folder alone, the same twice, and the index shows those that were drawn", () =>
  inFolder(async (root) => {
    const experiment = experimentOf(questionOf({ claims: [claimOf()] }));
    const plan = await planRun(experiment, experimentFlags(experiment, ["--seeds", "2"]), undefined);
    const config = await describeRun("demo", [], plan, "none");
    const folder = `${root}/demo`;
    await Deno.mkdir(folder);
    await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
    const columns = conditionColumns(experiment.questions, plan.options);
    const results = await openResults(folder, csvHeader(columns), config.identity, false);
    const runner = createRunner(experiment, plan);
    for (const unit of unitsOf(plan)) await results.append(unit.name, await runner.run(unit));
    results.close();

    const { claims } = await drawReport(experiment, folder);
    const page = await Deno.readTextFile(`${folder}/index.html`);
    assert.ok(page.includes(claims[0].statement));
    await drawReport(experiment, folder);
    assert.equal(await Deno.readTextFile(`${folder}/index.html`), page);

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
