/**
 * `deno task report NAME`: draws the report of saved rows again, without running anything.
 *
 * @module
 */
import { exitWith } from "../lib/run/exit.ts";
import { experimentAndFlags, folderOf } from "../lib/run/named.ts";
import { drawReport } from "../lib/run/report.ts";
import { drawSite } from "../lib/run/site.ts";
import { experiments } from "../experiments/all.ts";
import { say } from "../lib/run/tell.ts";

const HELP =
  `Draws the last run of a folder again from the rows in its results.sqlite, without running anything, and the index of
all reports where the folder is that of the experiment.

Usage: deno task report NAME [--from FOLDER]

  --from FOLDER   the folder that --out named (default reports/NAME)

Experiments: ${Object.keys(experiments).join(", ")}`;

await exitWith(async () => {
  const { name, values, help } = experimentAndFlags("report", Deno.args, experiments, ["from"]);
  if (help) return say(HELP);
  const { default: experiment } = await experiments[name]();
  const folder = folderOf(values.from, name);
  await drawReport(experiment, folder);
  if (folder.endsWith(`/${name}`)) await drawSite(folder.slice(0, -name.length - 1));
  say(`${folder}/index.html`);
});
