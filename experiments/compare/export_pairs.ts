/**
 * `deno task export-pairs`: the pairs that the methods of `compare` learn from on a language model, as lines of JSON.
 *
 * @module
 */
import { BOUNDS } from "./collection.ts";
import { languageLines } from "./language_pairs.ts";
import { languageTrl } from "./language_trl.ts";
import type { CompareOptions } from "./options.ts";
import { languageWorldsOf } from "./settings.ts";
import { mirrorFolder, openStore } from "../../lib/datasets/mod.ts";
import { writeWhole } from "../../lib/files.ts";
import { exitWith } from "../../lib/run/exit.ts";
import { int, parseFlags } from "../../lib/run/options.ts";
import { mirrorFromEnvironment } from "../../lib/run/main.ts";
import { openRunStore, storePath } from "../../lib/run/run_store.ts";
import { streamsOf } from "../../lib/run/streams.ts";
import { say } from "../../lib/run/tell.ts";
import { startBackend } from "../../lib/tensor/backend.ts";
import { storyWriter } from "../../lib/training/language/writer.ts";
import { UserError } from "../../lib/user_error.ts";

const FILES = ["pairs.jsonl", "completions.jsonl", "prompts.jsonl"] as const, SETTINGS = "trl.json";
const REPLICATE = int(0, "which of the run's seeds", { min: 0, max: 1_000_000 });

const HELP =
  `Writes what the readers of a run's language question saw and did, as lines of JSON that TRL, deno task train and
deno task generate read: the stories, readers and reactions that each method of the run was given, made again from its seed
by the code as it is now.

Usage: deno task export-pairs [flags]

  --from FOLDER    a run of deno task compare (default reports/compare)
  --world NAME     confounded, noise only, or unlinked where the run has it (default confounded)
  --replicate INT  ${REPLICATE.help} (default ${REPLICATE.values.quick})
  --out FOLDER     below reports (default reports/pairs)
  --help           this text

  pairs.jsonl        {"prompt", "chosen", "rejected"}, for DPO and its kin
  completions.jsonl  {"prompt", "completion", "label"}, for KTO; with "outcome", "propensity" and "candidates" also for
                     deno task train --loss causal-cpo --no-end, since completions are cut before their end
  prompts.jsonl      {"prompt"}: openings that nobody learned from
  trl.json           for each method of the run the trainer of TRL and the arguments that make its numbers ours, or why
                     there is none, and what stays different (docs/trl.md)

Beside them stand which response was shown first, chances of being shown, outcomes, and the reader's type, which trainers
leave aside and estimators need.

Examples
  deno task export-pairs --out reports/pairs
  deno task export-pairs --world "noise only" --replicate 3 --out reports/pairs-noise`;

await exitWith(async () => {
  const { values, switches } = parseFlags(Deno.args, ["from", "world", "replicate", "out"], ["help"]);
  if (switches.has("help")) return say(HELP);
  const { from = "reports/compare", out = "reports/pairs", world: name = "confounded" } = values;
  const { options, seeds, arms } = await runIn(from), replicate = replicateOf(values.replicate, seeds);
  const worlds = languageWorldsOf(options), world = worlds.find((one) => one.world === name);
  if (world === undefined) {
    throw new UserError(`--world ${name}: choose one of ${worlds.map((one) => one.world).join(", ")}`);
  }
  await checkOut(out);
  const store = openStore({ mirror: mirrorFolder(undefined, mirrorFromEnvironment()) });
  await startBackend("wasm");
  const streams = (stream: string) => [streamsOf(options.seed, "language", replicate, stream)];
  const lines = languageLines(await storyWriter(store), { options, streams }, world);
  for (const file of FILES) {
    const rows = lines[file.slice(0, -".jsonl".length) as "pairs" | "completions" | "prompts"];
    await writeWhole(`${out}/${file}`, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    say(`${out}/${file}`);
  }
  const learners = arms.filter((arm) => !BOUNDS.includes(arm));
  await writeWhole(`${out}/${SETTINGS}`, `${JSON.stringify(languageTrl(learners, options), null, 1)}\n`);
  say(`${out}/${SETTINGS}`);
  if (lines.otherTokens > 0) {
    say(`${lines.otherTokens} texts have other tokens than the model wrote: a tokenizer cuts them elsewhere`);
  }
});

/** Options of the last run in a folder, and seeds and arms of its language question. */
async function runIn(
  folder: string,
): Promise<{ readonly options: CompareOptions; readonly seeds: number; readonly arms: readonly string[] }> {
  if ((await Deno.permissions.query({ name: "read", path: folder })).state !== "granted") {
    throw new UserError(`--from ${folder}: this task may not read there; name a folder of the project`);
  }
  if (!await Deno.stat(storePath(folder)).then(({ isFile }) => isFile, () => false)) {
    throw new UserError(`${folder}: holds no run; deno task compare --questions language makes one`);
  }
  const store = openRunStore(folder, { readOnly: true });
  try {
    const config = store.latest(), asked = config?.questions.language;
    if (config?.experiment !== "compare" || asked === undefined) {
      throw new UserError(
        `${folder}: its last run has no language question; deno task compare --questions language has`,
      );
    }
    if (config.model !== undefined) {
      throw new UserError(
        `${folder}: its stories were written by ${config.model.name}; run it without --model, whose stories can be exported`,
      );
    }
    return { options: config.options as unknown as CompareOptions, seeds: asked.seeds, arms: asked.arms };
  } finally {
    store.close();
  }
}

function replicateOf(text: string | undefined, seeds: number): number {
  if (text === undefined) return REPLICATE.values.quick;
  try {
    const replicate = REPLICATE.parse(text);
    if (replicate >= seeds) throw new UserError(`the run has ${seeds}, counted from 0`);
    return replicate;
  } catch (error) {
    throw error instanceof Error ? new UserError(`--replicate ${text}: ${error.message}`) : error;
  }
}

/** Nothing but what an earlier export wrote is written over. */
async function checkOut(folder: string): Promise<void> {
  if ((await Deno.permissions.query({ name: "write", path: folder })).state !== "granted") {
    throw new UserError(`--out ${folder}: this task may not write there; choose a folder under reports/`);
  }
  await Deno.mkdir(folder, { recursive: true });
  const others = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name !== SETTINGS && !FILES.some((file) => file === name)
  );
  if (others.length > 0) {
    throw new UserError(
      `--out ${folder}: holds other files, such as ${others.sort()[0]}; choose a new or empty folder`,
    );
  }
}
