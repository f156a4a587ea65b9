/**
 * `deno task world --file world.json`: cpo's and compare's questions on a world that a file describes.
 *
 * @module
 */
import { exitWith } from "../lib/run/exit.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { runExperiment } from "../lib/run/main.ts";
import { flagName, parseFlags } from "../lib/run/options.ts";
import { harnessFlags, helpText } from "../lib/run/plan.ts";
import { say, tell } from "../lib/run/tell.ts";
import { UserError } from "../lib/user_error.ts";
import { readWorld } from "../lib/worlds/world_file.ts";
import { moduleOfWorld, ownWorlds } from "../experiments/all.ts";

/** Parts of a file, and the experiment that each is given to. */
const PARTS = { pool: "world-cpo", readers: "world-compare" } as const;
type Part = keyof typeof PARTS;

/** Flags of an experiment: those with a value, and those without. */
function flagsOf(experiment: Experiment) {
  const harness = (valued: boolean) =>
    harnessFlags.filter(([, kind]) => (kind !== "") === valued).map(([name]) => name);
  return { valued: [...harness(true), ...Object.keys(experiment.options).map(flagName)], switches: harness(false) };
}

/** What a part of the file is run with: its own flags, and of the lists its own names; or why it is left out. */
function argumentsOf(experiment: Experiment, { values, switches }: ReturnType<typeof parseFlags>): string[] | string {
  const known = flagsOf(experiment).valued, args: string[] = [];
  const names: Readonly<Record<string, readonly string[]>> = {
    questions: experiment.questions.map(({ id }) => id),
    arms: experiment.questions.flatMap(({ arms }) => arms),
  };
  for (const [name, text] of Object.entries(values)) {
    if (text === undefined) continue;
    if (!known.includes(name)) return `it has no --${name}`;
    const own = names[name] && text.split(",").filter((item) => names[name].includes(item.trim()));
    if (own?.length === 0) return `none of its ${name} is in --${name}`;
    args.push(`--${name}`, own?.join() ?? text);
  }
  return [...args, ...[...switches].map((name) => `--${name}`)];
}

/** Every name of a list is one of some part that runs. */
function checkNames(experiments: readonly Experiment[], { values }: ReturnType<typeof parseFlags>): void {
  const all = {
    questions: experiments.flatMap(({ questions }) => questions.map(({ id }) => id)),
    arms: experiments.flatMap(({ questions }) => questions.flatMap(({ arms }) => arms)),
  };
  for (const [name, known] of Object.entries(all)) {
    const unknown = values[name]?.split(",").map((item) => item.trim()).find((item) => !known.includes(item));
    if (unknown !== undefined) {
      throw new UserError(`--${name}: unknown "${unknown}"; choose from ${[...new Set(known)].join(", ")}`);
    }
  }
}

await exitWith(async () => {
  const loaded = await Promise.all(
    (Object.keys(PARTS) as Part[]).map(async (part) => ({
      part,
      experiment: (await ownWorlds[PARTS[part]]()).default,
    })),
  );
  const valued = new Set(loaded.flatMap(({ experiment }) => flagsOf(experiment).valued));
  const flags = parseFlags(Deno.args, [...valued], flagsOf(loaded[0].experiment).switches),
    { file, out } = flags.values;
  if (flags.switches.has("help")) return say(loaded.map(({ experiment }) => helpText(experiment)).join("\n"));
  if (file === undefined) {
    throw new UserError("world takes the file that describes one: deno task world --file examples/world.json");
  }
  const world = readWorld(file), described = loaded.filter(({ part }) => world[part] !== undefined);
  if (world.pool?.texts !== undefined && flags.values.texts !== undefined) {
    throw new UserError(`--texts has no effect: ${file} lists its ${world.pool.texts.length} texts; leave it out`);
  }
  checkNames(described.map(({ experiment }) => experiment), flags);
  const runs = described.flatMap(({ part, experiment }) => {
    const args = argumentsOf(experiment, flags);
    if (typeof args !== "string") return [{ part, experiment, args }];
    tell(`${part} of ${file} is left out: ${args}\n`);
    return [];
  });
  if (runs.length === 0) throw new UserError(`nothing to run: no part of ${file} takes all of these flags; see --help`);
  if (runs.length > 1 && out !== undefined) {
    throw new UserError(`--out ${out}: ${file} makes two reports; choose one by --questions, or leave --out out`);
  }
  for (const { experiment, args } of runs) await runExperiment(experiment, moduleOfWorld(experiment.name), args);
});
