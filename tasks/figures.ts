/**
 * `deno task figures NAME`: an experiment's figures and tables as papers take them.
 *
 * @module
 */
import { buildReport, loadRows } from "../lib/run/draw.ts";
import { onlyFigures, withArms } from "../lib/run/parts_of_report.ts";
import { exitWith } from "../lib/run/exit.ts";
import { nameAndFlags, namedRun } from "../lib/run/named.ts";
import { trainReport } from "../lib/run/train_report.ts";
import { valueReport } from "../lib/run/value/report.ts";
import type { SavedTraining } from "../lib/run/training_record.ts";
import type { Report } from "../lib/report/types.ts";
import { floatOf, venueNames, venueWidth } from "../lib/report/paper/venues.ts";
import { UserError } from "../lib/user_error.ts";
import { drawable } from "../experiments/all.ts";
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

Experiments: ${Object.keys(drawable).join(", ")}
Others: train, value, learn, and any other folder of reports that has one`;

await exitWith(async () => {
  const { name, values, help } = nameAndFlags(Deno.args, ["venue", "width", "figures", "arms", "from"]);
  if (help) return say(HELP);
  const { venue = "icml", width = "half" } = values;
  const points = venueWidth(venue, width);
  const { writePaper } = await import("../lib/report/paper/write_paper.ts");
  const { folder: from, training, valuation, saved } = await namedRun("figures", name, drawable, values.from);
  if ((valuation ?? saved) !== undefined && values.arms !== undefined) {
    throw new UserError("--arms has no effect on a value of a policy and on methods that were learned; leave it out");
  }
  const whole = valuation !== undefined
    ? valueReport(name, valuation)
    : saved !== undefined
    ? saved
    : training === undefined
    ? await experimentReport(name, from, values.arms)
    : curvesOf(training, from, values.arms);
  const report = onlyFigures(whole, values.figures);
  const folder = `${from}/paper/${venue}-${width}`;
  const { figures, tables } = await writePaper(report, { width: points, float: floatOf(venue, width) }, folder);
  say(
    `${figures} ${figures === 1 ? "figure" : "figures"} of ${points / 72} in and ${tables} ${
      tables === 1 ? "table" : "tables"
    }: ` +
      `${folder}/`,
  );
});

async function experimentReport(name: string, from: string, arms: string | undefined): Promise<Report> {
  const { default: experiment } = await drawable[name]();
  const { config, blocks } = await loadRows(experiment, from);
  return buildReport(experiment, withArms(config, arms), blocks);
}

function curvesOf(training: SavedTraining, from: string, arms: string | undefined): Report {
  if (arms !== undefined) throw new UserError("--arms has no effect on a training; leave it out");
  if (training.curve.length === 0) throw new UserError(`${from}: no step was taken yet; wait for the first`);
  return trainReport("train", training);
}
