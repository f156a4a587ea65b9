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
time that made them in run.json. Rows and pages are not copied.

Usage: deno task samples [NAME ...]   (default: every experiment that has a report)

Experiments: ${Object.keys(experiments).join(", ")}`;

/** Files of a report that are kept. */
const KEPT = /^(claims\.(csv|md)|figures\/[^/]+\.(svg|csv))$/;

await exitWith(async () => {
  if (Deno.args[0] === "--help") return console.log(HELP);
  const unknown = Deno.args.find((name) => !Object.hasOwn(experiments, name));
  if (unknown !== undefined) {
    throw new UserError(`samples: unknown experiment ${unknown}, choose from ${Object.keys(experiments).join(", ")}`);
  }
  for (const name of Deno.args.length > 0 ? Deno.args : Object.keys(experiments)) {
    const config = await readConfig(name);
    if (config === undefined && Deno.args.length === 0) continue;
    if (config === undefined) throw new UserError(`reports/${name}: no report yet; run deno task ${name} first`);
    if (!config.complete) throw new UserError(`reports/${name}: not finished; the same command again goes on`);
    const to = `reports/samples/${name}`;
    await Deno.remove(to, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    await Deno.mkdir(`${to}/figures`, { recursive: true });
    let count = 0;
    for (const folder of ["", "figures/"]) {
      for await (const { name: file, isFile } of Deno.readDir(`reports/${name}/${folder}`)) {
        if (!isFile || !KEPT.test(folder + file)) continue;
        await Deno.copyFile(`reports/${name}/${folder}${file}`, `${to}/${folder}${file}`);
        count++;
      }
    }
    const { command, preset, only, options, backend, versions, git, started, wallSeconds, notices } = config;
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
    await writeWhole(`${to}/run.json`, JSON.stringify(run, null, 2) + "\n");
    console.log(`${to}: ${count} files of preset ${preset}`);
  }
});

// deno-lint-ignore no-explicit-any -- JSON of a run; its fields are copied as they are
async function readConfig(name: string): Promise<any> {
  try {
    return JSON.parse(await Deno.readTextFile(`reports/${name}/config.json`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
