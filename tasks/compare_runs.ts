/**
 * `deno task compare-runs A B`: which verdicts, claimed numbers and rows moved between two runs of one experiment.
 *
 * @module
 */
import { comparison } from "../lib/run/compare_runs.ts";
import { loadRun } from "../lib/run/draw.ts";
import { exitWith } from "../lib/run/exit.ts";
import { openRunStore } from "../lib/run/run_store.ts";
import { UserError } from "../lib/user_error.ts";
import { drawable } from "../experiments/all.ts";
import { say } from "../lib/run/tell.ts";

const HELP =
  `Says what moved from the last run in folder A to the last run in folder B: verdicts first, then claims whose
numbers moved, then rows, by question and metric.

Usage: deno task compare-runs A B

  A, B   folders with results.sqlite, of the same experiment: reports/cpo, or what --out named`;

await exitWith(async () => {
  if (Deno.args.includes("--help")) return say(HELP);
  const [a, b, ...rest] = Deno.args;
  if (b === undefined || rest.length > 0 || a.startsWith("--") || b.startsWith("--")) {
    throw new UserError("compare-runs takes two folders: deno task compare-runs reports/cpo reports/cpo-before");
  }
  const names = [a, b].map((folder) => experimentIn(folder));
  if (names[0] !== names[1]) throw new UserError(`${a} holds a run of ${names[0]}, ${b} one of ${names[1]}`);
  const { default: experiment } = await drawable[names[0]]();
  const lines = comparison(await loadRun(experiment, a), await loadRun(experiment, b));
  say(lines.join("\n"));
});

/** The experiment whose run a folder holds. */
function experimentIn(folder: string): string {
  const store = openRunStore(folder, { readOnly: true });
  try {
    const name = store.latest()?.experiment ?? "nothing";
    if (!Object.hasOwn(drawable, name)) throw new UserError(`${folder}: holds a run of ${name}, which is not here`);
    return name;
  } finally {
    store.close();
  }
}
