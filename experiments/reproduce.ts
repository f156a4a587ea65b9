/**
 * `deno task reproduce`: every experiment, then an index page; missing data are fetched from their pinned addresses.
 *
 * @module
 */
import { fetchDataset } from "../lib/datasets/fetch.ts";
import { mirrorFolder, openStore } from "../lib/datasets/mod.ts";
import { formatDuration } from "../lib/report/numbers.ts";
import { exitWith, mirrorFromEnvironment, runExperiment } from "../lib/run/main.ts";
import { parseFlags } from "../lib/run/options.ts";
import { writeLosses } from "../lib/run/losses.ts";
import { drawSite } from "../lib/run/site.ts";
import { UserError } from "../lib/user_error.ts";
import { experiments, moduleOf } from "./all.ts";

const HELP = `Runs every experiment and writes reports/index.html. Data sets that are missing are fetched first from the
addresses pinned in data/manifest.json; where that fails, the questions that need them are left out and named.

Usage: deno task reproduce [flags]

Flags
  --preset smoke|quick|paper   size of the runs (default quick)
  --mirror FOLDER              read data files from here instead of fetching them (also PREFLAB_MIRROR)
  --workers INT                threads that share the work (default: one a core, at most 8)
  --offline                    fetch nothing
  --fresh                      throw away saved rows and start over
  --help                       this text

Experiments: ${Object.keys(experiments).join(", ")}`;

await exitWith(async () => {
  const valued = ["preset", "mirror", "workers"];
  const flags = parseFlags(Deno.args, valued, ["offline", "fresh", "help"]);
  if (flags.switches.has("help")) return console.log(HELP);
  const mirror = mirrorFolder(flags.values.mirror, mirrorFromEnvironment());
  if (flags.switches.has("offline") && mirror) throw new UserError("--offline has no effect: a mirror is set");
  const passed = (names: readonly string[]) => [
    ...names.flatMap((name) => flags.values[name] === undefined ? [] : [`--${name}`, flags.values[name]]),
    ...(flags.switches.has("fresh") ? ["--fresh"] : []),
  ];
  const began = performance.now();
  const all = Object.entries(experiments);
  for (const [i, [name, load]] of all.entries()) {
    console.error(`experiment ${i + 1} of ${all.length}: ${name}`);
    const { default: experiment } = await load();
    const datasets = new Set(experiment.questions.flatMap((q) => q.dataset ? [q.dataset] : []));
    if (!mirror && !flags.switches.has("offline")) await fetchMissing([...datasets]);
    // A flag without effect is refused, and not every experiment reads data.
    const taken = datasets.size > 0 ? valued : valued.filter((flag) => flag !== "mirror");
    await runExperiment(experiment, moduleOf(name), passed(taken));
  }
  await writeLosses("reports");
  await drawSite("reports");
  console.log(`all experiments in ${formatDuration((performance.now() - began) / 1000)}: reports/index.html`);
});

/** Fetches what is not in the cache or damaged there; a failure is told and left to the experiment, which can do without. */
async function fetchMissing(datasets: readonly string[]): Promise<void> {
  const store = openStore();
  for (const id of datasets) {
    if ((await store.verify(id)).ok) continue;
    console.error(`fetching data set ${id}`);
    try {
      await fetchDataset(id);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      console.error(`not fetched: ${error.message}`);
    }
  }
}
