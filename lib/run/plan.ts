/**
 * From flags to a plan: which questions run with which options, arms and data, and the identity of their results.
 *
 * @module
 */
import { mirrorFolder, openStore, type Store, type Verdict } from "../datasets/mod.ts";
import { backendNames } from "../tensor/backend.ts";
import { nearest } from "../nearest.ts";
import { UserError } from "../user_error.ts";
import { type ChosenWriter, chosenWriter, writerFlags } from "./chosen_writer.ts";
import type { Experiment, Question } from "./experiment.ts";
import {
  flagName,
  int,
  type OptionValues,
  type ParsedFlags,
  parseFlags,
  type Part,
  type Preset,
  presetNames,
  rangeText,
  resolveOptions,
} from "./options.ts";

/** Options every experiment has; spread them into its own. */
export const commonOptions = {
  seeds: int(20, "paired seeds of learned policies", { min: 2, max: 10_000, presets: { smoke: 3, paper: 60 } }),
  seed: int(1, "root of all random streams", { min: 0, max: Number.MAX_SAFE_INTEGER }),
};
/** Values of {@linkcode commonOptions}. */
export type CommonValues = OptionValues<typeof commonOptions>;

/** Flags of every experiment beside its options: name, what it takes, help. */
export const harnessFlags: readonly (readonly [name: string, kind: string, help: string])[] = [
  ["preset", presetNames.join("|"), "size of the run (default quick)"],
  ["only", "synthetic|benchmark", "run one part"],
  ["questions", "LIST", "run these questions only"],
  ["arms", "LIST", "run these arms only"],
  ["datasets", "LIST", "run the benchmark part on these data sets only"],
  ["backend", "NAME", `tensor engine, of ${backendNames.join(", ")} (default auto: the first on the processor)`],
  ...writerFlags,
  ["workers", "INT", "threads that share the work (default: one a core, at most 8); results do not depend on it"],
  ["out", "FOLDER", "where results go (default reports/NAME)"],
  ["mirror", "FOLDER", "read data files from here before data/cache (also PREFLAB_MIRROR)"],
  ["fresh", "", "compute everything again; old rows stay until the new ones are saved"],
  ["open", "", "open the finished report in the browser of the desktop"],
  ["help", "", "this text"],
];

/** What a run will do. */
export interface Plan {
  /** Size of the run. */
  readonly preset: Preset;
  /** Values of the experiment's options: of the preset, or of flags. */
  readonly options: Readonly<Record<string, unknown>> & CommonValues;
  /** The one part that was asked for; absent for both. */
  readonly only?: Part;
  /** Ids of the questions that were asked for; all unless given. */
  readonly wanted?: readonly string[];
  /** Arms that were asked for; all unless given. */
  readonly arms?: readonly string[];
  /** Tensor engine that was asked for: "auto" or a name. */
  readonly backend: string;
  /** The checkpoint that writes in questions on a language model; stories260K unless given. */
  readonly writer?: ChosenWriter;
  /** Threads that share the work, 1 to 256. */
  readonly workers: number;
  /** Folder of the results, without a slash at its end. */
  readonly out: string;
  /** Throw away saved rows and start over. */
  readonly fresh: boolean;
  /** Whether the finished report is to be opened in the browser. */
  readonly open: boolean;
  /** Where data files are read. */
  readonly store: Store;
  /** Questions that run, each with the arms that run. */
  readonly questions: readonly PlannedQuestion[];
  /** One line per data set that is missing or damaged: what, where and how to get it. */
  readonly notices: readonly string[];
}

/** A question with the arms that were asked for. */
export interface PlannedQuestion {
  /** The question as the experiment declares it. */
  // deno-lint-ignore no-explicit-any -- options and prepared values are typed where the question is declared
  readonly question: Question<any, any>;
  /** Ids of the arms that run, in the question's order; at least one. */
  readonly arms: readonly string[];
}

/**
 * Splits arguments by what this experiment knows.
 *
 * @throws UserError on an unknown flag, a missing value, a repeated flag or a stray word
 * @example
 * ```ts
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const { values, switches } = experimentFlags(toy, ["--steps", "50", "--fresh"]);
 * assert.equal(values.steps, "50");
 * assert.ok(switches.has("fresh"));
 * ```
 */
export function experimentFlags(experiment: Experiment, args: readonly string[]): ParsedFlags {
  const valued = [...harnessFlags.filter(([, kind]) => kind !== "").map(([name]) => name)];
  valued.push(...Object.keys(experiment.options).map(flagName));
  return parseFlags(args, valued, harnessFlags.filter(([, kind]) => kind === "").map(([name]) => name));
}

/**
 * Checks flags against each other and the data at hand.
 *
 * @param mirror value of PREFLAB_MIRROR, if set
 * @throws UserError for anything that cannot be done as asked
 * @example
 * ```ts
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const flags = experimentFlags(toy, ["--only", "synthetic", "--arms", "cpo"]);
 * const { questions, options } = await planRun(toy, flags, undefined);
 * assert.deepEqual(questions.map(({ question, arms }) => [question.id, ...arms]), [["sampling", "cpo"]]);
 * assert.equal(options.seeds, 20);
 * ```
 */
export async function planRun(experiment: Experiment, flags: ParsedFlags, mirror: string | undefined): Promise<Plan> {
  const preset = oneOf("preset", flags.values.preset ?? "quick", presetNames);
  const only = flags.values.only === undefined
    ? undefined
    : oneOf("only", flags.values.only, ["synthetic", "benchmark"] as const);
  const options = resolveOptions(experiment.options, flags, preset, only) as Plan["options"];
  const backend = oneOf("backend", flags.values.backend ?? "auto", backendNames);
  const hasData = experiment.questions.some((q) => q.dataset);
  for (const name of ["mirror", "datasets"]) {
    if (flags.values[name] === undefined) continue;
    if (only === "synthetic") throw new UserError(`--${name} has no effect with --only synthetic`);
    if (!hasData) throw new UserError(`--${name} has no effect: ${experiment.name} uses no data`);
  }
  const arms = list("arms", flags.values.arms, [...new Set(experiment.questions.flatMap((q) => q.arms))]);
  const known = [...new Set(experiment.questions.flatMap((q) => q.dataset ? [q.dataset] : []))];
  const datasets = list("datasets", flags.values.datasets, known);
  const wanted = list("questions", flags.values.questions, experiment.questions.map(({ id }) => id));
  const store = openStore({ mirror: mirrorFolder(flags.values.mirror, mirror) });
  const verified = new Map<string, Verdict>();

  const questions: PlannedQuestion[] = [];
  const notices: string[] = [];
  const idle = new Set(arms), unasked = new Set(wanted);
  for (const question of experiment.questions) {
    if (wanted && !wanted.includes(question.id)) continue;
    if (only && question.part !== only) continue;
    if (datasets && question.part === "benchmark" && !datasets.includes(question.dataset ?? "")) continue;
    const chosen = question.arms.filter((arm) => !arms || arms.includes(arm));
    if (chosen.length === 0) continue;
    chosen.forEach((arm) => idle.delete(arm));
    unasked.delete(question.id);
    if (question.dataset) {
      // Every byte is checked before anything is begun, once a data set: a run must not find out in its middle.
      const found = verified.get(question.dataset) ?? await store.verify(question.dataset);
      verified.set(question.dataset, found);
      if (!found.ok) {
        if (datasets || wanted) throw new UserError(found.why);
        if (!notices.includes(found.why)) notices.push(found.why);
        continue;
      }
    }
    questions.push({ question, arms: chosen });
  }
  if (idle.size > 0) {
    throw new UserError(`--arms ${[...idle].join(",")} has no effect: no question that was asked for has it`);
  }
  if (unasked.size > 0) {
    throw new UserError(`--questions ${[...unasked].join(",")} has no effect beside the other flags: see --help`);
  }
  if (questions.length === 0) {
    throw new UserError(notices[0] ?? "nothing to run: no question is left; see --help for what there is");
  }
  for (const name of ["mirror", "datasets"]) {
    if (flags.values[name] !== undefined && verified.size === 0) {
      throw new UserError(`--${name} has no effect: no question that was asked for reads data`);
    }
  }
  if (flags.values.backend !== undefined && !questions.some(({ question }) => question.tensors)) {
    throw new UserError("--backend has no effect: no question that was asked for trains on an engine of tensors");
  }
  const writer = chosenWriter(flags);
  if (writer !== undefined && !questions.some(({ question }) => question.writer !== undefined)) {
    throw new UserError("--model has no effect: in no question that was asked for a language model writes");
  }
  const out = (flags.values.out ?? `reports/${experiment.name}`).replace(/(?<=.)\/+$/, "");
  if (out === "") throw new UserError("--out needs a folder");
  return {
    preset,
    options,
    only,
    wanted,
    arms,
    backend,
    ...writer && { writer },
    workers: workerCount(flags.values.workers, backend),
    out,
    fresh: flags.switches.has("fresh"),
    open: flags.switches.has("open"),
    store,
    questions,
    notices,
  };
}

/**
 * Threads that share the work unless the user says otherwise.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(defaultWorkers() >= 1 && defaultWorkers() <= 8);
 * ```
 */
export function defaultWorkers(): number {
  return Math.min(navigator.hardwareConcurrency, 8);
}

function workerCount(text: string | undefined, backend: string): number {
  // Loaded by two threads at the same time, TensorFlow's library ended one run in six with a segmentation fault.
  const alone = backend === "tensorflow";
  if (text === undefined) return alone ? 1 : defaultWorkers();
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 256) {
    throw new UserError(`--workers: expected an integer from 1 to 256, got "${text}"`);
  }
  if (alone && count > 1) throw new UserError("--workers: --backend tensorflow runs on one thread, leave the flag out");
  return count;
}

function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  if (!(allowed as readonly string[]).includes(value)) {
    throw new UserError(`--${flag} ${value}: choose one of ${allowed.join(", ")}`);
  }
  return value as T;
}

function list(flag: string, text: string | undefined, allowed: readonly string[]): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const items = text.split(",").map((item) => item.trim());
  for (const item of items) {
    if (allowed.includes(item)) continue;
    const guess = nearest(item, allowed);
    throw new UserError(
      `--${flag}: unknown "${item}"${guess ? `, did you mean ${guess}` : ""}? Choose from ${allowed.join(", ")}`,
    );
  }
  const twice = items.find((item, i) => items.indexOf(item) !== i);
  if (twice !== undefined) throw new UserError(`--${flag}: "${twice}" stands twice in "${text}"`);
  return items;
}

/**
 * The text of `--help`: flags, options with their presets, and questions.
 *
 * @example
 * ```ts
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * assert.match(helpText(toy), /^A toy\n.*\n\nUsage: deno task toy \[flags\]\n/);
 * ```
 */
export function helpText(experiment: Experiment): string {
  const line = (flag: string, help: string) => `  ${flag.padEnd(34)} ${help}`;
  const shown = (value: unknown): string => {
    if (Array.isArray(value)) return value.map(shown).join(",");
    return String(typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value);
  };
  const own = Object.entries(experiment.options).map(([key, spec]) => {
    const values = presetNames.map((preset) => shown(spec.values[preset]));
    const defaults = new Set(values).size === 1 ? values[0] : presetNames.map((p, i) => `${p} ${values[i]}`).join("; ");
    const part = spec.part ? `${spec.part}: ` : "";
    if (spec.bounds === undefined) return line(`--${flagName(key)} ${spec.kind}`, part + spec.help);
    return line(`--${flagName(key)} ${spec.kind}`, `${part}${spec.help}, ${rangeText(spec.bounds)} (${defaults})`);
  });
  const harness = harnessFlags.map(([name, kind, help]) => line(`--${name}${kind ? ` ${kind}` : ""}`, help));
  const questions = experiment.questions.map((q) => line(q.id, `${q.asks} [${q.part}]`));
  const arms = [...new Set(experiment.questions.flatMap((q) => q.arms))];
  const datasets = [...new Set(experiment.questions.flatMap((q) => q.dataset ? [q.dataset] : []))];
  const [first] = experiment.questions;
  return [
    experiment.title,
    experiment.paper,
    "",
    `Usage: deno task ${experiment.task ?? experiment.name} [flags]`,
    "",
    "Flags",
    ...harness,
    "",
    "Options of this experiment (defaults in brackets)",
    ...own,
    "",
    "Questions, for --questions",
    ...questions,
    "",
    `Arms, for --arms: ${arms.join(", ")}`,
    ...(datasets.length > 0 ? [`Data sets, for --datasets: ${datasets.join(", ")}`] : []),
    "",
    "Examples",
    `  deno task ${experiment.task ?? experiment.name} --preset smoke`,
    `  deno task ${experiment.task ?? experiment.name} --questions ${first.id} --arms ${
      first.arms.slice(0, 2).join(",")
    } --seeds 40`,
    "",
    "Writes index.html, results.sqlite, results.csv, claims, figures/ and tables/ to the folder of --out. The same command",
    "again continues where it was stopped; another one adds rows and uses what it can; deno task report NAME draws again.",
    "",
  ].join("\n");
}
