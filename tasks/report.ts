/**
 * `deno task report NAME`: draws the report of saved rows again, without running anything.
 *
 * @module
 */
import { exitWith } from "../lib/run/exit.ts";
import { nameAndFlags, namedRun } from "../lib/run/named.ts";
import { drawReport } from "../lib/run/report.ts";
import { drawSite, drawSiteAround } from "../lib/run/site.ts";
import { drawTraining } from "../lib/run/train_keeping.ts";
import { experiments } from "../experiments/all.ts";
import { say } from "../lib/run/tell.ts";

const HELP =
  `Draws the last run of a folder again from the rows in its results.sqlite, or a training from its curve.csv and
training.json, without running anything, and the index of all reports where the folder is in reports.

Usage: deno task report NAME [--from FOLDER]

  --from FOLDER   the folder that --out named (default reports/NAME)

Experiments: ${Object.keys(experiments).join(", ")}
Trainings: train, and any other folder of reports that has one`;

await exitWith(async () => {
  const { name, values, help } = nameAndFlags(Deno.args, ["from"]);
  if (help) return say(HELP);
  const { folder, training } = await namedRun("report", name, experiments, values.from);
  if (training !== undefined) {
    await drawTraining(folder, training);
    await drawSiteAround(folder);
  } else {
    const { default: experiment } = await experiments[name]();
    await drawReport(experiment, folder);
    if (folder.endsWith(`/${name}`)) await drawSite(folder.slice(0, -name.length - 1));
  }
  say(`${folder}/index.html`);
});
