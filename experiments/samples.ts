/**
 * `deno task samples`: keeps claims and figures of finished reports in `reports/samples`, which is committed.
 *
 * @module
 */
import { exitWith } from "../lib/run/main.ts";
import { writeWhole } from "../lib/report/write.ts";
import { UserError } from "../lib/user_error.ts";
import { experiments } from "./all.ts";

const HELP =
  `Copies claims, SVGs and drawn numbers of reports/NAME to reports/samples/NAME, with the command, commit and run
time that made them in run.json. Rows and pages are not copied. Of "bench" the numbers are kept, as CSV and Markdown.

Usage: deno task samples [NAME ...]   (default: everything that has a report)

Names: ${Object.keys(experiments).join(", ")}, bench`;

/** Files of a report that are kept, by folder. */
const OF_REPORT = { "": /^claims\.(csv|md)$/, "figures/": /\.(svg|csv)$/ };
/** The same of measured times. */
const OF_TIMES = { "": /^results\.(csv|md)$/ };

await exitWith(async () => {
  if (Deno.args[0] === "--help") return console.log(HELP);
  const names = [...Object.keys(experiments), "bench"];
  const unknown = Deno.args.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new UserError(`samples: unknown name ${unknown}, choose from ${names.join(", ")}`);
  let kept = 0;
  for (const name of Deno.args.length > 0 ? Deno.args : names) {
    const text = await textOf(name === "bench" ? "bench/results.md" : `${name}/config.json`);
    if (text === undefined && Deno.args.length === 0) continue;
    if (text === undefined) throw new UserError(`reports/${name}: no report yet; run deno task ${name} first`);
    kept++;
    if (name === "bench") {
      console.log(`reports/samples/bench: ${await keep(name, OF_TIMES)} files`);
      continue;
    }
    const { complete, command, preset, only, options, backend, versions, git, started, wallSeconds, notices } = JSON
      .parse(text);
    if (!complete) throw new UserError(`reports/${name}: not finished; the same command again goes on`);
    const count = await keep(name, OF_REPORT);
    const run = {
      command,
      preset,
      only,
      seeds: options.seeds,
      backend,
      commit: git,
      versions,
      started,
      wallSeconds,
      notices,
    };
    await writeWhole(`reports/samples/${name}/run.json`, JSON.stringify(run, null, 2) + "\n");
    console.log(`reports/samples/${name}: ${count} files of preset ${preset}`);
  }
  if (kept === 0) throw new UserError("reports: no report yet; run an experiment first, such as deno task cpo");
});

/** Puts a report's files in the place of those that were kept before, and counts them. */
async function keep(name: string, kept: Readonly<Record<string, RegExp>>): Promise<number> {
  const to = `reports/samples/${name}`;
  await Deno.remove(to, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  let count = 0;
  for (const [folder, files] of Object.entries(kept)) {
    await Deno.mkdir(`${to}/${folder}`, { recursive: true });
    for await (const { name: file, isFile } of Deno.readDir(`reports/${name}/${folder}`)) {
      if (!isFile || !files.test(file)) continue;
      await Deno.copyFile(`reports/${name}/${folder}${file}`, `${to}/${folder}${file}`);
      count++;
    }
  }
  return count;
}

/** A file of the reports; undefined where it is missing. */
async function textOf(file: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(`reports/${file}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
