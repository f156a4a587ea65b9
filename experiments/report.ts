/**
 * `deno task report NAME`: draws the report of saved rows again, without running anything.
 *
 * @module
 */
import { exitWith } from "../lib/run/main.ts";
import { drawReport } from "../lib/run/report.ts";
import { drawSite } from "../lib/run/site.ts";
import { UserError } from "../lib/user_error.ts";
import { experiments } from "./all.ts";

const HELP =
  `Draws reports/NAME/index.html again from the rows in reports/NAME/results.csv, and the index of all reports.

Usage: deno task report NAME

Experiments: ${Object.keys(experiments).join(", ")}`;

await exitWith(async () => {
  const [name, ...rest] = Deno.args;
  if (name === "--help") return console.log(HELP);
  if (name === undefined || rest.length > 0 || !Object.hasOwn(experiments, name)) {
    throw new UserError(
      `report takes one experiment out of ${Object.keys(experiments).join(", ")}: deno task report cpo`,
    );
  }
  const { default: experiment } = await experiments[name]();
  const folder = `reports/${name}`;
  await drawReport(experiment, folder);
  await drawSite("reports");
  console.log(`${folder}/index.html`);
});
