/**
 * `deno task reproduce`: every experiment, then an index page; missing data are fetched from their pinned addresses.
 *
 * @module
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { fetchDataset } from "../lib/datasets/fetch.ts";
import { mirrorFolder, openStore } from "../lib/datasets/mod.ts";
import { formatDuration } from "../lib/report/numbers.ts";
import { exitWith } from "../lib/run/exit.ts";
import { mirrorFromEnvironment, runExperiment, StoppedError } from "../lib/run/main.ts";
import { openInBrowser } from "../lib/run/open.ts";
import { parseFlags } from "../lib/run/options.ts";
import { writeLosses } from "../lib/run/losses.ts";
import { experimentFlags, planRun } from "../lib/run/plan.ts";
import { drawSite } from "../lib/run/site.ts";
import { say, tell } from "../lib/run/tell.ts";
import { UserError } from "../lib/user_error.ts";
import { experiments, moduleOf } from "../experiments/all.ts";

const HELP = `Runs every experiment and writes reports/index.html. Data sets that are missing are fetched first from the
addresses pinned in data/manifest.json; where that fails, the questions that need them are left out and named. One that
fails stops no other; a table at the end says what became of each.

Usage: deno task reproduce [flags]

Flags
  --preset smoke|quick|paper   size of the runs (default quick)
  --mirror FOLDER              read data files from here instead of fetching them (also PREFLAB_MIRROR)
  --workers INT                threads that share the work (default: one a core, at most 8)
  --out FOLDER                 where reports go, each in a folder of its name (default reports)
  --offline                    fetch nothing
  --fresh                      compute everything again; old rows stay until the new ones are saved
  --open                       open reports/index.html in the browser of the desktop at the end
  --help                       this text

Experiments: ${Object.keys(experiments).join(", ")}`;

await exitWith(async () => {
  const valued = ["preset", "mirror", "workers"];
  const { values, switches } = parseFlags(Deno.args, [...valued, "out"], ["offline", "fresh", "open", "help"]);
  if (switches.has("help")) return say(HELP);
  const mirror = mirrorFolder(values.mirror, mirrorFromEnvironment());
  if (switches.has("offline") && mirror) throw new UserError("--offline has no effect: a mirror is set");
  const passed = (names: readonly string[]) => [
    ...names.flatMap((name) => values[name] === undefined ? [] : [`--${name}`, values[name]]),
    ...(switches.has("fresh") ? ["--fresh"] : []),
  ];
  const root = (values.out ?? "reports").replace(/(?<=.)\/+$/, "");
  if (root === "") throw new UserError("--out needs a folder");
  for (const name of ["write", "read"] as const) {
    if ((await Deno.permissions.query({ name, path: root })).state !== "granted") {
      throw new UserError(`--out ${root}: this task may not ${name} there; choose a folder under reports/`);
    }
  }
  const began = performance.now();
  const all = Object.entries(experiments);
  // What is wrong with a flag is told once, before anything is begun.
  const { default: first } = await all[0][1]();
  await planRun(first, experimentFlags(first, passed(valued)), mirrorFromEnvironment());
  const table: { name: string; outcome: string }[] = [];
  let failed = 0;
  await writeLosses(root); // before the reports, which link to it where it is
  for (const [i, [name, load]] of all.entries()) {
    tell(`experiment ${i + 1} of ${all.length}: ${name}\n`);
    const { default: experiment } = await load();
    const datasets = new Set(experiment.questions.flatMap((q) => q.dataset ? [q.dataset] : []));
    if (!mirror && !switches.has("offline")) await fetchMissing([...datasets]);
    // A flag without effect is refused, and not every experiment reads data.
    const taken = datasets.size > 0 ? valued : valued.filter((flag) => flag !== "mirror");
    try {
      const args = [...passed(taken), "--out", `${root}/${name}`];
      const { tally, seconds } = (await runExperiment(experiment, moduleOf(name), args))!;
      table.push({ name, outcome: `${formatDuration(seconds)} of work in all its runs  ${tally}` });
    } catch (error) {
      if (error instanceof StoppedError) throw error;
      failed++;
      const message = error instanceof UserError ? error.message : Deno.inspect(error);
      tell(`error: ${message}\n`);
      table.push({ name, outcome: `failed: ${message.split("\n")[0]}` });
    }
  }
  await drawSite(root);
  const width = Math.max(...table.map(({ name }) => name.length)) + 2;
  say(`\n${table.map(({ name, outcome }) => name.padEnd(width) + outcome).join("\n")}`);
  say(`all experiments in ${formatDuration((performance.now() - began) / 1000)}: ${root}/index.html`);
  const closed = switches.has("open")
    ? await openInBrowser(pathToFileURL(resolve(`${root}/index.html`)).href)
    : undefined;
  if (closed !== undefined) tell(`${closed}\n`);
  if (failed > 0) throw new UserError(`${failed} of ${all.length} experiments failed: see the table above`);
});

/** Fetches what is not in the cache or damaged there; a failure is told and left to the experiment, which can do without. */
async function fetchMissing(datasets: readonly string[]): Promise<void> {
  const store = openStore();
  for (const id of datasets) {
    if ((await store.verify(id)).ok) continue;
    tell(`fetching data set ${id}\n`);
    try {
      await fetchDataset(id);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      tell(`not fetched: ${error.message}\n`);
    }
  }
}
