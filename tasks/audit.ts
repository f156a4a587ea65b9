/**
 * `deno task audit NAME`: computes every claim of a report again from its rows, by other code.
 *
 * @module
 */
import { auditFolder } from "../lib/audit/audit.ts";
import { exitWith } from "../lib/run/exit.ts";
import { UserError } from "../lib/user_error.ts";
import { drawable } from "../experiments/all.ts";

const HELP = `Computes every claim of a report again from its results.csv, with arithmetic that shares no code with the
report's, and prints what differs. Exits with 2 when something does.

Usage: deno task audit NAME [--from FOLDER]

  --from FOLDER  the report; reports/NAME unless given

Experiments: ${Object.keys(drawable).join(", ")}`;

await exitWith(async () => {
  const [name, ...rest] = Deno.args;
  if (name === "--help") return console.log(HELP);
  if (name === undefined || !Object.hasOwn(drawable, name)) {
    throw new UserError(
      `audit takes one experiment out of ${Object.keys(drawable).join(", ")}: deno task audit cpo`,
    );
  }
  if (rest.length > 0 && (rest.length !== 2 || rest[0] !== "--from")) {
    throw new UserError(`audit takes only --from FOLDER after the experiment, got ${rest.join(" ")}`);
  }
  const { default: experiment } = await drawable[name](), folder = rest[1] ?? `reports/${name}`;
  const { checked, notRun, drawn, differences } = await auditFolder(experiment, folder);
  for (const line of differences) console.log(line);
  const draws = drawn.claims === 0
    ? ""
    : `; ${drawn.claims} with bootstrap ends, within their Monte Carlo error of ${
      drawn.largestError.toPrecision(2)
    } or less`;
  console.log(
    `${name}: ${checked} ${checked === 1 ? "claim" : "claims"} recomputed, ${differences.length} ` +
      `${differences.length === 1 ? "difference" : "differences"} (${notRun} not run)${draws}`,
  );
  if (differences.length > 0) throw new UserError(`${folder}: claims differ from those that its rows give`);
});
