/**
 * `deno task figures NAME`: an experiment's figures and tables as papers take them.
 *
 * @module
 */
import { loadRun } from "../lib/run/draw.ts";
import { exitWith } from "../lib/run/main.ts";
import { parseFlags } from "../lib/run/options.ts";
import { venueNames, venueWidth } from "../lib/report/paper/venues.ts";
import { UserError } from "../lib/user_error.ts";
import { experiments } from "./all.ts";

const HELP = `Draws the figures of reports/NAME at the size they have in a paper, from its saved rows: SVG, PDF with
embedded fonts, PNG at 300 dpi, the drawn numbers as CSV; and each table as LaTeX with booktabs rules. They go to
reports/NAME/paper/VENUE-WIDTH/, with the run they come from in provenance.json.

Usage: deno task figures NAME [flags]

Flags
  --venue ${venueNames.join("|")}   whose column widths (default icml)
  --width half|full   one column, or the text block (default half)
  --help              this text

Experiments: ${Object.keys(experiments).join(", ")}`;

await exitWith(async () => {
  const [first, ...rest] = Deno.args;
  const name = first?.startsWith("--") ? undefined : first;
  const { values, switches } = parseFlags(name === undefined ? Deno.args : rest, ["venue", "width"], ["help"]);
  if (switches.has("help")) return console.log(HELP);
  if (name === undefined || !Object.hasOwn(experiments, name)) {
    throw new UserError(
      `figures takes one experiment out of ${Object.keys(experiments).join(", ")}: deno task figures cpo`,
    );
  }
  const { venue = "icml", width = "half" } = values;
  const points = venueWidth(venue, width);
  const { writePaper } = await import("../lib/report/paper/write_paper.ts");
  const { default: experiment } = await experiments[name]();
  const { report } = await loadRun(experiment, `reports/${name}`);
  const folder = `reports/${name}/paper/${venue}-${width}`;
  const { figures, tables } = await writePaper(report, points, folder);
  console.log(`${figures} figures of ${points / 72} in and ${tables} tables: ${folder}/`);
});
