/**
 * `deno task samples`: keeps claims and figures of finished reports in `reports/samples`, which is committed.
 *
 * @module
 */
import { refused, replaceFolder } from "../lib/files.ts";
import { loadRows } from "../lib/run/draw.ts";
import { exitWith } from "../lib/run/exit.ts";
import { checkDrawn } from "../lib/run/report.ts";
import { reportFiles } from "../lib/report/write.ts";
import { readSavedReport } from "../lib/run/saved_report.ts";
import { SWEEP_STORE } from "../lib/sweep/store.ts";
import { UserError } from "../lib/user_error.ts";
import { experiments } from "../experiments/all.ts";
import { say } from "../lib/run/tell.ts";

const HELP =
  `Copies claims, SVGs and drawn numbers of reports/NAME to reports/samples/NAME, with the command, commit and run
time that made them in run.json. Rows and pages are not copied. Of "bench" the numbers are kept, as CSV and Markdown.
What was kept before stays until everything new is read, verified and written.

Usage: deno task samples [NAME ...]   (default: everything that has a report)

Names: ${Object.keys(experiments).join(", ")}, the same with "-sweep" behind them, bench`;

/** Files of a report that are kept. */
const KEPT = /^(answer\.md|claims\.(csv|md)|claims-by-cell\.csv|figures\/.+\.(svg|csv))$/;

/** What this task has written before; anything else in a folder of samples stays. */
const OURS = new RegExp(String.raw`${KEPT.source}|^(results\.(csv|md)|run\.json)$`);

/** What the name of a sweep's folder ends in. */
const SWEEP = "-sweep";

await exitWith(async () => {
  if (Deno.args.includes("--help")) return say(HELP);
  const runs = Object.keys(experiments), names = [...runs, ...runs.map((name) => name + SWEEP), "bench"];
  const unknown = Deno.args.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new UserError(`samples: unknown name ${unknown}, choose from ${names.join(", ")}`);
  const kept = new Map<string, ReadonlyMap<string, string>>();
  for (const name of Deno.args.length > 0 ? Deno.args : names) {
    const store = name === "bench" ? "results.md" : name.endsWith(SWEEP) ? SWEEP_STORE : "results.sqlite";
    const isThere = await exists(`reports/${name}/${store}`);
    if (!isThere && Deno.args.length === 0) continue;
    if (!isThere) throw new UserError(`reports/${name}: no report yet; run deno task ${name.replace(SWEEP, "")} first`);
    if (name.endsWith(SWEEP)) kept.set(name, await sweptFiles(name));
    else {
      if (name !== "bench") await keepLarger(name);
      kept.set(name, name === "bench" ? await timesOf() : await filesOf(name));
    }
  }
  if (kept.size === 0) throw new UserError("samples: no report yet; run deno task reproduce first");
  for (const [name, files] of kept) {
    await replaceFolder(`reports/samples/${name}`, files, OURS);
    say(`reports/samples/${name}: ${files.size} files`);
  }
});

/** Samples of many seeds are committed, and are not given up for a smaller run. */
async function keepLarger(name: string): Promise<void> {
  const path = `reports/samples/${name}/run.json`;
  let before: { seeds?: number; preset?: string };
  try {
    before = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error instanceof SyntaxError ? new UserError(`${path}: not JSON; move it away`) : refused(path, error);
  }
  const { default: experiment } = await experiments[name]();
  const { config } = await loadRows(experiment, `reports/${name}`);
  if ((before.seeds ?? 0) <= config.options.seeds) return;
  throw new UserError(
    `reports/samples/${name}: has ${before.seeds} seeds of preset ${before.preset}, and this run ${config.options.seeds} ` +
      `of ${config.preset}; run deno task ${name} --preset ${before.preset} first, or move the samples away`,
  );
}

/** What is kept of a finished report, once it is known to be that of the saved rows. */
async function filesOf(name: string): Promise<Map<string, string>> {
  const { default: experiment } = await experiments[name]();
  const { config } = await loadRows(experiment, `reports/${name}`);
  if (!config.complete) throw new UserError(`reports/${name}: not finished; the same command again goes on`);
  const drawn = await checkDrawn(experiment, `reports/${name}`);
  const files = new Map([...drawn].filter(([path]) => KEPT.test(path)));
  const { command, preset, only, options, backend, versions, git, started, wallSeconds, unitSeconds, units, notices } =
    config;
  const seeds = options.seeds;
  const run = {
    command,
    preset,
    only,
    seeds,
    backend,
    commit: git,
    versions,
    started,
    wallSeconds,
    unitSeconds,
    units,
    notices,
  };
  return files.set("run.json", JSON.stringify(run, null, 2) + "\n");
}

/** What is kept of a sweep's report: drawn again from what it was made of. */
async function sweptFiles(name: string): Promise<Map<string, string>> {
  const report = await readSavedReport(`reports/${name}`), claims = "claims-by-cell.csv";
  if (report === undefined) throw new UserError(`reports/${name}: no report yet; the command of the sweep draws it`);
  const files = new Map([...await reportFiles(report)].filter(([path]) => KEPT.test(path)));
  files.set(claims, await Deno.readTextFile(`reports/${name}/${claims}`));
  return files.set("run.json", JSON.stringify(report.config, null, 2) + "\n");
}

/** Measured times as they stand. */
async function timesOf(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const file of ["results.csv", "results.md"]) {
    files.set(file, await Deno.readTextFile(`reports/bench/${file}`));
  }
  return files;
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw refused(path, error);
  }
}
