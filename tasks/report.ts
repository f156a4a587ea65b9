/**
 * `deno task report NAME`: draws the report of saved rows again, without running anything.
 *
 * @module
 */
import { startDrawing } from "../lib/report/drawing_thread.ts";
import { exitWith } from "../lib/run/exit.ts";
import { nameAndFlags, namedRun } from "../lib/run/named.ts";
import { drawable } from "../experiments/all.ts";
import { say } from "../lib/run/tell.ts";

const HELP =
  `Draws the last run of a folder again from the rows in its results.sqlite, or a training from its curve.csv and
training.json, or a value from its value.json, without running anything, and the index of all reports where the folder is in reports.

Usage: deno task report NAME [--from FOLDER]

  --from FOLDER   the folder that --out named (default reports/NAME)

Experiments: ${Object.keys(drawable).join(", ")}
Others: train, value, learn, and any other folder of reports that has one`;

await exitWith(async () => {
  const { name, values, help } = nameAndFlags(Deno.args, ["from"]);
  if (help) return say(HELP);
  const { folder, training, valuation, saved } = await namedRun("report", name, drawable, values.from);
  // Its thread loads beside this one, and figures are drawn there while claims are computed here.
  using drawer = startDrawing();
  const { drawSite, drawSiteAround } = await import("../lib/run/site.ts");
  if (training !== undefined) {
    const { drawTraining } = await import("../lib/run/train_keeping.ts");
    await drawTraining(folder, training, drawer);
    await drawSiteAround(folder, drawer);
  } else if (valuation !== undefined) {
    const { drawValue } = await import("../lib/run/value/draw.ts");
    await drawValue(folder, valuation, drawer);
    await drawSiteAround(folder, drawer);
  } else if (saved !== undefined) {
    const { writeReport } = await import("../lib/report/write.ts");
    await writeReport(saved, folder, drawer);
    await drawSiteAround(folder, drawer);
  } else {
    const { drawReport } = await import("../lib/run/report.ts");
    const { default: experiment } = await drawable[name]();
    await drawReport(experiment, folder, drawer);
    if (folder.endsWith(`/${name}`)) await drawSite(folder.slice(0, -name.length - 1), drawer);
  }
  say(`${folder}/index.html`);
});
