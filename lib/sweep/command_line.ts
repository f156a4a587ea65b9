/**
 * The command line of a sweep: an experiment, its flags, and what makes a sweep of it; or a file that says the same.
 *
 * @module
 */
import { parse } from "yaml";
import { refused } from "../files.ts";
import { nearest } from "../nearest.ts";
import type { Experiment } from "../run/experiment.ts";
import { flagName, parseFlags } from "../run/options.ts";
import { harnessFlags } from "../run/plan.ts";
import { UserError } from "../user_error.ts";

/** Flags of a sweep beside those of its experiment: name, what it takes, help. */
const sweepFlags: readonly (readonly [name: string, kind: string, help: string])[] = [
  [
    "grid",
    "TEXT",
    'knobs with their values, such as "confounding=0,0.5,1 n=500,2000"; of a list option 0:1 is one value',
  ],
  ["file", "FILE", "the same and any other flag from a YAML file; flags beside it come first"],
  ["claims", "LIST", "claims that are mapped, and that --until looks at (default: those the report opens with)"],
  ["until", "WIDTH", "add seeds to a cell until the intervals of its claims are no wider than estimate ± WIDTH"],
  ["most", "INT", "seeds that --until does not go beyond (default 1000)"],
  ["jobs", "INT", "processes that compute (default: one a core); rows do not depend on it"],
  ["cell", "CELL", 'draw one cell of the folder alone, such as "confounding=0.5 n=500", without computing'],
  ["out", "FOLDER", "where it goes (default reports/NAME-sweep)"],
  ["fresh", "", "throw away the rows of the folder's sweep and compute all of it again"],
  ["draw", "", "draw the report of the folder again, without computing"],
  ["help", "", "this text"],
];

/** Flags of experiments that a sweep has its own word for. */
const NOT_OURS = ["workers", "out", "fresh", "open", "help"];

/** A command line, taken apart. */
export interface SweepCommand {
  /** Texts of the sweep's own flags and of its engine's. */
  readonly own: Readonly<Record<string, string | undefined>>;
  /** The sweep's flags without a value that were given. */
  readonly switches: ReadonlySet<string>;
  /** Flags of all cells, as the experiment takes them: name and value in turns. */
  readonly args: readonly string[];
  /** Text of the file that was named. */
  readonly file?: string;
}

/** Where a flag that a line of help shows is from. */
type Flags = readonly (readonly [name: string, kind: string, help: string])[];

/** The first word of a command line; of a file, what it says. */
export async function experimentNamed(args: readonly string[]): Promise<string | undefined> {
  const [first] = args;
  if (first !== undefined && !first.startsWith("-")) return first;
  const at = args.findIndex((arg) => arg === "--file" || arg.startsWith("--file=")), word = args[at];
  const path = at < 0 ? undefined : word.startsWith("--file=") ? word.slice("--file=".length) : args[at + 1];
  if (path === undefined || path.startsWith("--")) return undefined;
  const name = (await fieldsOf(path)).fields.get("experiment");
  if (name === undefined) throw new UserError(`${path}: names no experiment; add a line such as "experiment: cpo"`);
  return name;
}

/**
 * Takes a command line apart.
 *
 * @param engineFlags flags of all engines
 * @throws UserError for flags that are wrong, and for a file that is
 */
export async function sweepCommand(
  experiment: Experiment,
  args: readonly string[],
  engineFlags: Flags,
): Promise<SweepCommand> {
  const ours = [...sweepFlags, ...engineFlags];
  const ofExperiment = harnessFlags.filter(([name, kind]) => !NOT_OURS.includes(name) && kind !== "");
  const named = (flags: Flags, valued: boolean) => flags.filter(([, kind]) => (kind !== "") === valued);
  const own = named(ours, true).map(([name]) => name);
  const passed = [...ofExperiment.map(([name]) => name), ...Object.keys(experiment.options).map(flagName)];
  const rest = args[0]?.startsWith("-") ? args : args.slice(1);
  const { values, switches } = parseFlags(rest, [...own, ...passed], named(ours, false).map(([name]) => name));
  const { fields, text } = values.file === undefined ? { fields: new Map() } : await fieldsOf(values.file);
  for (const [name, value] of fields) {
    if (name === "experiment") {
      if (value === experiment.name) continue;
      throw new UserError(`${values.file}: a sweep of ${value}, not of ${experiment.name}; name one of them alone`);
    }
    if (![...own, ...passed].includes(name) || name === "file") {
      const guess = nearest(name, [...own, ...passed]);
      throw new UserError(`${values.file}: unknown field ${name}${guess ? `, did you mean ${guess}` : ""}? See --help`);
    }
  }
  const all: Record<string, string | undefined> = { ...Object.fromEntries(fields), ...values };
  return {
    own: Object.fromEntries(own.map((name) => [name, all[name]])),
    switches,
    args: passed.flatMap((name) => all[name] === undefined ? [] : [`--${name}`, all[name]!]),
    ...text !== undefined && { file: text },
  };
}

/** The fields of a file as texts of flags. */
async function fieldsOf(path: string): Promise<{ fields: Map<string, string>; text: string }> {
  let text: string, content: unknown;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw refused(path, error);
  }
  try {
    content = parse(text);
  } catch (error) {
    throw new UserError(`${path}: no YAML (${(error as Error).message.split("\n")[0].replace(/:$/, "")})`);
  }
  if (content === null || typeof content !== "object" || Array.isArray(content)) {
    throw new UserError(`${path}: not the fields of a sweep, such as "experiment: cpo"`);
  }
  const fields = new Map(
    Object.entries(content).map(([name, value]) => [flagName(name), fieldText(path, name, value)]),
  );
  return { fields, text };
}

function fieldText(path: string, name: string, value: unknown): string {
  const isScalar = (item: unknown) => typeof item === "string" || typeof item === "number";
  if (isScalar(value)) return String(value);
  if (Array.isArray(value) && value.every(isScalar)) return value.join(",");
  if (name === "grid" && value !== null && typeof value === "object" && !Array.isArray(value)) {
    // A value that is a list itself is a list in a list.
    return Object.entries(value).map(([knob, list]) =>
      `${knob}=${[list].flat().map((item) => Array.isArray(item) ? item.join(":") : item).join()}`
    ).join(" ");
  }
  throw new UserError(`${path}: ${name} is ${JSON.stringify(value)}; expected a number, a text or a list of them`);
}

/** The text of `--help`. */
export function sweepHelp(experiment: Experiment | undefined, engineFlags: Flags, names: readonly string[]): string {
  const line = (flag: string, help: string) => `  ${flag.padEnd(26)} ${help}`;
  const shown = (flags: Flags) => flags.map(([name, kind, help]) => line(`--${name}${kind && ` ${kind}`}`, help));
  const others = harnessFlags.filter(([name]) => !NOT_OURS.includes(name)).map(([name]) => `--${name}`).join(" ");
  return [
    "Runs an experiment at every combination of some of its options, on all cores, and draws where its claims hold.",
    "",
    "Usage: deno task sweep NAME --grid TEXT [flags]",
    "",
    ...shown(sweepFlags),
    ...shown(engineFlags),
    "",
    `Flags of the experiment hold for all cells: --seeds and its other options, and ${others}.`,
    ...experiment === undefined
      ? [`Experiments: ${names.join(", ")}; their options: deno task NAME --help`]
      : [`Options of ${experiment.name}: ${Object.keys(experiment.options).map(flagName).join(", ")}`],
    "",
    "Examples",
    '  deno task sweep cpo --questions policies --grid "confounding=0,0.5,1 n=200,800" --seeds 40',
    "  deno task sweep --file examples/sweep.yaml",
    "",
    "The same command again goes on where it was stopped; with more seeds or values it adds to what is there.",
    "Writes index.html, sweep.sqlite, results.csv, claims-by-cell.csv, figures/ and tables/ to the folder of --out.",
    "",
  ].join("\n");
}
