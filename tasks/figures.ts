/**
 * `deno task figures NAME`: an experiment's figures and tables as papers take them.
 *
 * @module
 */
import { buildReport, loadRun } from "../lib/run/draw.ts";
import { onlyFigures, withArms } from "../lib/run/parts_of_report.ts";
import { exitWith } from "../lib/run/exit.ts";
import { experimentAndFlags, folderOf } from "../lib/run/named.ts";
import { floatOf, venueNames, venueWidth } from "../lib/report/paper/venues.ts";
import { experiments } from "../experiments/all.ts";
import { say } from "../lib/run/tell.ts";

const HELP = `Draws the figures of reports/NAME at the size they have in a paper, from its saved rows: SVG, PDF with
embedded fonts, PNG at 300 dpi, the drawn numbers as CSV, a float with caption and label for \\input; and each table as
LaTeX with booktabs rules. They go to paper/VENUE-WIDTH/ in its folder, with all.tex, which shows them all, and the run
they come from in provenance.json.

Usage: deno task figures NAME [flags]

Flags
  --venue ${venueNames.join("|")}   whose column widths (default icml)
  --width half|full   one column, or the text block (default half)
  --figures LIST      only these, by the names of their files (default all)
  --arms LIST         only these arms, compared with each other alone (default all that were run)
  --from FOLDER       the folder that --out named (default reports/NAME)
  --help              this text

Experiments: ${Object.keys(experiments).join(", ")}`;

await exitWith(async () => {
  const { name, values, help } = experimentAndFlags("figures", Deno.args, experiments, [
    "venue",
    "width",
    "figures",
    "arms",
    "from",
  ]);
  if (help) return say(HELP);
  const { venue = "icml", width = "half" } = values;
  const points = venueWidth(venue, width);
  const { writePaper } = await import("../lib/report/paper/write_paper.ts");
  const { default: experiment } = await experiments[name]();
  const from = folderOf(values.from, name);
  const { config, blocks } = await loadRun(experiment, from);
  const report = onlyFigures(buildReport(experiment, withArms(config, values.arms), blocks), values.figures);
  const folder = `${from}/paper/${venue}-${width}`;
  const { figures, tables } = await writePaper(report, { width: points, float: floatOf(venue, width) }, folder);
  say(
    `${figures} ${figures === 1 ? "figure" : "figures"} of ${points / 72} in and ${tables} ${
      tables === 1 ? "table" : "tables"
    }: ` +
      `${folder}/`,
  );
});
