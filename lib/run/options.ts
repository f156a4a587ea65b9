/**
 * Options declared once: flags, help text, defaults, presets, validation and the recorded configuration.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { nearest } from "../nearest.ts";
import { UserError } from "../user_error.ts";

/** Sizes of a run: `smoke` proves that it works, `quick` answers, `paper` is for print. */
export const presetNames = ["smoke", "quick", "paper"] as const;
/** Name of a preset. */
export type Preset = typeof presetNames[number];

/** Which half of an experiment an option acts on; absent for both. */
export type Part = "synthetic" | "benchmark";

/** One option: its default (`quick`), other presets, and how text becomes a value. */
export interface OptionSpec<T> {
  /** What help shows behind the flag: INT, NUM or LIST. */
  readonly kind: string;
  /** What the option is, in a few words; shown by `--help`. */
  readonly help: string;
  /** The half of the experiment it acts on; absent for both. */
  readonly part?: Part;
  /** Its value under each preset, where no flag sets it. */
  readonly values: Readonly<Record<Preset, T>>;
  /** What it may be; absent where it is no number. */
  readonly bounds?: Bounds;
  /** The value that the text of a flag stands for. @throws UserError when it stands for none */
  parse(text: string): T;
}

/** The options of an experiment; each field is a flag in kebab case. */
// deno-lint-ignore no-explicit-any -- each option has its own value type, recovered by OptionValues
export type OptionSpecs = Readonly<Record<string, OptionSpec<any>>>;

/** The values that belong to a set of options. */
export type OptionValues<S extends OptionSpecs> = {
  readonly [K in keyof S]: S[K] extends OptionSpec<infer T> ? T : never;
};

/** The ends of a number, both inclusive: an option without an end has a value that no machine can compute. */
interface NumberRange {
  /** Smallest value. */
  readonly min: number;
  /** Largest value. */
  readonly max: number;
}

/** The numbers of a list, and how many there may be. */
interface ListRange extends NumberRange {
  /** Whether they are whole. */
  readonly integer?: boolean;
  /** Fewest numbers; 1 unless given. */
  readonly least?: number;
  /** Most numbers; {@linkcode MOST_NUMBERS} unless given. */
  readonly most?: number;
}

/** What an option may be, as help and errors say it and tests try it. */
interface Bounds extends NumberRange {
  /** Whether numbers are whole. */
  readonly integer: boolean;
  /** How many numbers a list may hold; absent for a single number. */
  readonly list?: { readonly least: number; readonly most: number };
}

/** Numbers that a list holds at most, unless its option says otherwise. */
const MOST_NUMBERS = 20;

/** Where an option applies and what it is under the other presets. */
interface Extra<T> {
  /** The half of the experiment it acts on; absent for both. */
  readonly part?: Part;
  /** Values under presets where they differ from that of `quick`. */
  readonly presets?: Partial<Record<Preset, T>>;
}

/** An option of these bounds, whose defaults must keep to them. */
function option<T extends number | readonly number[]>(
  kind: string,
  help: string,
  bounds: Bounds,
  quick: T,
  { part, presets = {} }: Extra<T>,
  parse: (text: string) => T,
): OptionSpec<T> {
  if (!(Number.isFinite(bounds.min) && Number.isFinite(bounds.max) && bounds.min <= bounds.max)) {
    throw new TypeError(`${help}: expected two finite ends in order, got ${bounds.min} and ${bounds.max}`);
  }
  const values = { smoke: quick, quick, paper: quick, ...presets };
  for (const [preset, value] of Object.entries(values)) {
    try {
      parse(String(value));
    } catch (error) {
      throw new TypeError(`${help}, preset ${preset}: ${(error as Error).message}`);
    }
  }
  return { kind, help, part, values, bounds, parse };
}

/**
 * Options that act on one half of an experiment alone.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { n } = inPart("synthetic", { n: int(400, "logged texts", { min: 1, max: 100_000 }) });
 * assert.equal(n.part, "synthetic");
 * ```
 */
export function inPart<S extends OptionSpecs>(part: Part, specs: S): S {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, { ...spec, part }])) as S;
}

/**
 * Bounds in words, as they stand in help and errors.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(rangeText({ min: 0, max: 5, integer: false }), "from 0 to 5");
 * assert.equal(rangeText({ min: 1, max: 9, integer: true, list: { least: 2, most: 20 } }), "2 to 20 numbers from 1 to 9");
 * ```
 */
export function rangeText({ min, max, list }: Bounds): string {
  return `${list ? `${list.least} to ${list.most} numbers ` : ""}from ${min} to ${max}`;
}

function parseNumber(text: string, { min, max, integer }: Bounds): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (!(value >= min && value <= max) || (integer && !Number.isSafeInteger(value))) {
    throw new UserError(`expected ${integer ? "an integer" : "a number"} from ${min} to ${max}, got "${text}"`);
  }
  return value;
}

/**
 * A whole number.
 *
 * @throws TypeError when an end is not finite, or a default out of range
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(int(400, "logged texts", { min: 1, max: 100_000 }).parse("50"), 50);
 * ```
 */
export function int(quick: number, help: string, options: NumberRange & Extra<number>): OptionSpec<number> {
  const bounds: Bounds = { min: options.min, max: options.max, integer: true };
  return option("INT", help, bounds, quick, options, (text) => parseNumber(text, bounds));
}

/**
 * A number.
 *
 * @throws TypeError when an end is not finite, or a default out of range
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(number(0.1, "step size", { min: 0, max: 1 }).parse("0.05"), 0.05);
 * ```
 */
export function number(quick: number, help: string, options: NumberRange & Extra<number>): OptionSpec<number> {
  const bounds: Bounds = { min: options.min, max: options.max, integer: false };
  return option("NUM", help, bounds, quick, options, (text) => parseNumber(text, bounds));
}

/**
 * A list of different numbers, comma-separated.
 *
 * @throws TypeError when an end is not finite, or a default out of range
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(numbers([0, 1], "strengths", { min: 0, max: 5 }).parse("0,0.5"), [0, 0.5]);
 * ```
 */
export function numbers(
  quick: readonly number[],
  help: string,
  options: ListRange & Extra<readonly number[]>,
): OptionSpec<readonly number[]> {
  const { min, max, integer = false, least = 1, most = MOST_NUMBERS } = options;
  const bounds: Bounds = { min, max, integer, list: { least, most } };
  return option("LIST", help, bounds, quick, options, (text) => {
    const list = text.split(",").map((item) => parseNumber(item, bounds));
    if (new Set(list).size !== list.length) throw new UserError(`expected different numbers, got "${text}"`);
    if (list.length < least || list.length > most) {
      throw new UserError(`expected ${least} to ${most} numbers, got ${list.length}: "${text}"`);
    }
    return list;
  });
}

/**
 * What a file describes; recorded whole, so that a run is found again by what the file said.
 *
 * @param unless what it is where no file is named
 * @param read of a path. @throws UserError for what is not there or wrong
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(file("a world", "built in", (path) => `of ${path}`).parse("a.json"), "of a.json");
 * ```
 */
export function file<T>(help: string, unless: T, read: (path: string) => T): OptionSpec<T> {
  return { kind: "FILE", help, values: { smoke: unless, quick: unless, paper: unless }, parse: read };
}

/**
 * `fooBar` → `foo-bar`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(flagName("learningRate"), "learning-rate");
 * ```
 */
export function flagName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What the command line said, before it is resolved against an experiment's options. */
export interface ParsedFlags {
  /** Text of each flag that takes a value, by name without the dashes. */
  readonly values: Readonly<Record<string, string | undefined>>;
  /** Names of the flags without a value that were given. */
  readonly switches: ReadonlySet<string>;
}

/**
 * Splits arguments into flags.
 *
 * @param valued names of flags that take a value
 * @param switches names of flags that take none
 * @throws UserError on an unknown flag, a missing value, a repeated flag or a stray word; TypeError when two flags have
 * one name, so that one of them could never be set
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(parseFlags(["--seed", "3"], ["seed"], ["fresh"]).values.seed, "3");
 * assert.throws(() => parseFlags(["--sede", "3"], ["seed"], []), /unknown flag --sede, did you mean --seed/);
 * ```
 */
export function parseFlags(
  args: readonly string[],
  valued: readonly string[],
  switches: readonly string[],
): ParsedFlags {
  const known = [...valued, ...switches];
  const clash = known.find((name, i) => known.indexOf(name) !== i);
  if (clash !== undefined) throw new TypeError(`two flags are called --${clash}: rename the option`);
  const options = Object.fromEntries([
    ...valued.map((name) => [name, { type: "string" as const }]),
    ...switches.map((name) => [name, { type: "boolean" as const }]),
  ]);
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true, allowPositionals: true });
  const values: Record<string, string | undefined> = {};
  const on = new Set<string>();
  for (const token of tokens) {
    if (token.kind === "positional") {
      throw new UserError(`unexpected argument "${token.value}": flags start with --, see --help`);
    }
    if (token.kind !== "option") continue;
    const { name } = token;
    if (!known.includes(name)) {
      const guess = nearest(name, known);
      throw new UserError(`unknown flag --${name}${guess ? `, did you mean --${guess}` : ""}? See --help`);
    }
    if (name in values || on.has(name)) throw new UserError(`--${name} is given twice`);
    if (switches.includes(name)) {
      if (token.value !== undefined) throw new UserError(`--${name} takes no value, got "${token.value}"`);
      on.add(name);
    } else if (token.value === undefined || (!token.inlineValue && token.value.startsWith("--"))) {
      throw new UserError(`--${name} needs a value`);
    } else values[name] = token.value;
  }
  return { values, switches: on };
}

/**
 * Values of an experiment's options: preset values, overridden by flags.
 *
 * @param only when set, a flag that acts on the other part alone is an error
 * @throws UserError naming the flag and what it takes
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const specs = { steps: int(300, "Adam steps", { min: 1, max: 1000, presets: { smoke: 30 } }) };
 * const none = parseFlags([], ["steps"], []);
 * assert.deepEqual(resolveOptions(specs, none, "smoke", undefined), { steps: 30 });
 * ```
 */
export function resolveOptions<S extends OptionSpecs>(
  specs: S,
  flags: ParsedFlags,
  preset: Preset,
  only: Part | undefined,
): OptionValues<S> {
  return Object.fromEntries(
    Object.entries(specs).map(([key, spec]) => {
      const text = flags.values[flagName(key)];
      if (text === undefined) return [key, spec.values[preset]];
      if (only && spec.part && spec.part !== only) {
        throw new UserError(
          `--${flagName(key)} has no effect with --only ${only}: it belongs to the ${spec.part} part`,
        );
      }
      try {
        return [key, spec.parse(text)];
      } catch (error) {
        if (error instanceof UserError) throw new UserError(`--${flagName(key)}: ${error.message}`);
        throw error;
      }
    }),
  ) as OptionValues<S>;
}
