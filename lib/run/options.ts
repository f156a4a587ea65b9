/**
 * Options declared once: flags, help text, defaults, presets, validation and the recorded configuration.
 *
 * @module
 */
import { parseArgs } from "node:util";
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

/** Bounds of a number, both inclusive. */
export interface NumberRange {
  /** Smallest value; none unless given. */
  readonly min?: number;
  /** Largest value; none unless given. */
  readonly max?: number;
}

/** Where an option applies and what it is under the other presets. */
export interface Extra<T> {
  /** The half of the experiment it acts on; absent for both. */
  readonly part?: Part;
  /** Values under presets where they differ from that of `quick`. */
  readonly presets?: Partial<Record<Preset, T>>;
}

function presetValues<T>(quick: T, presets: Partial<Record<Preset, T>> = {}): Record<Preset, T> {
  return { smoke: quick, quick, paper: quick, ...presets };
}

function rangeText({ min, max }: NumberRange): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  return min !== undefined ? ` >= ${min}` : max !== undefined ? ` <= ${max}` : "";
}

function parseNumber(text: string, range: NumberRange, integer: boolean): number {
  const value = text.trim() === "" ? NaN : Number(text);
  const fits = Number.isFinite(value) && (!integer || Number.isSafeInteger(value)) &&
    value >= (range.min ?? -Infinity) && value <= (range.max ?? Infinity);
  if (!fits) throw new UserError(`expected ${integer ? "an integer" : "a number"}${rangeText(range)}, got "${text}"`);
  return value;
}

/**
 * A whole number.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(int(400, "logged texts", { min: 1 }).parse("50"), 50);
 * ```
 */
export function int(quick: number, help: string, options: NumberRange & Extra<number> = {}): OptionSpec<number> {
  const { part, presets, ...range } = options;
  return {
    kind: "INT",
    help,
    part,
    values: presetValues(quick, presets),
    parse: (text) => parseNumber(text, range, true),
  };
}

/**
 * A number.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(number(0.1, "step size", { min: 0 }).parse("0.05"), 0.05);
 * ```
 */
export function number(quick: number, help: string, options: NumberRange & Extra<number> = {}): OptionSpec<number> {
  const { part, presets, ...range } = options;
  return {
    kind: "NUM",
    help,
    part,
    values: presetValues(quick, presets),
    parse: (text) => parseNumber(text, range, false),
  };
}

/**
 * A list of different numbers, comma-separated.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(numbers([0, 1], "strengths").parse("0,0.5"), [0, 0.5]);
 * ```
 */
export function numbers(
  quick: readonly number[],
  help: string,
  options: NumberRange & Extra<readonly number[]> & { readonly integer?: boolean } = {},
): OptionSpec<readonly number[]> {
  const { part, presets, integer, ...range } = options;
  return {
    kind: "LIST",
    help,
    part,
    values: presetValues(quick, presets),
    parse: (text) => {
      const list = text.split(",").map((item) => parseNumber(item, range, integer ?? false));
      if (new Set(list).size !== list.length) throw new UserError(`expected different numbers, got "${text}"`);
      return list;
    },
  };
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
 * @throws UserError on an unknown flag, a missing value, a repeated flag or a stray word
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
 * The known name at the smallest edit distance, when that is small enough to be a slip.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(nearest("dr-cop", ["cpo", "dr-cpo"]), "dr-cpo");
 * ```
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const distance = (a: string, b: string): number => {
    let row = Array.from({ length: b.length + 1 }, (_, j) => j);
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++) {
        next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      }
      row = next;
    }
    return row[b.length];
  };
  const ranked = known.map((k) => ({ k, d: distance(name, k) })).sort((a, b) => a.d - b.d);
  const allowed = Math.min(name.length - 1, Math.max(2, Math.floor(name.length / 3)));
  return ranked.length > 0 && ranked[0].d <= allowed ? ranked[0].k : undefined;
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
 * const specs = { steps: int(300, "Adam steps", { presets: { smoke: 30 } }) };
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
