/**
 * Worlds that a user describes in a JSON file: a pool of texts, readers of responses, or both.
 *
 * @module
 */
import {
  array,
  check,
  type GenericSchema,
  type InferOutput,
  integer,
  literal,
  maxLength,
  maxValue,
  minLength,
  minValue,
  number,
  optional,
  pipe,
  safeParse,
  strictObject,
  string,
  tuple,
  union,
} from "valibot";
import { nearest } from "../nearest.ts";
import { UserError } from "../user_error.ts";
import type { PoolDescription } from "./outcomes.ts";
import type { ReaderDescription } from "./population.ts";

/** Readers and their knobs, of which questions move some. */
export interface OwnReaders extends ReaderDescription {
  /** Nats a unit of sensation by which the type moves what is shown, at confounding 1. */
  readonly choice: number;
  /** Correlation of taste and type, in [0, 1]. */
  readonly link: number;
  /** Spread of the logging law's own taste, nats. */
  readonly overlap: number;
  /** Share of reactions recorded the wrong way round. */
  readonly noise: number;
  /** Share of quality in products of features. */
  readonly complexity: number;
  /** Correlation of the record of the type with it where it is recorded, in [0, 1]. */
  readonly record: number;
}

/** What a file describes; at least one of the two. */
interface OwnWorld {
  readonly pool?: PoolDescription;
  readonly readers?: OwnReaders;
}

/** Attributes, texts and texts of a list at least: as many as the experiments can compute. */
const MOST_ATTRIBUTES = 50, MOST_TEXTS = 5000, LEAST_TEXTS = 10;
/** Beyond this no outcome is meant. */
const FAR = 1e6;

const numberIn = (min: number, max: number) => {
  const message = `a number from ${min} to ${max}`;
  return pipe(number(message), minValue(min, message), maxValue(max, message));
};
const coefficient = numberIn(-FAR, FAR);
const LIST = `a list of 1 to ${MOST_ATTRIBUTES} numbers`;
const coefficients = pipe(array(coefficient, LIST), minLength(1, LIST), maxLength(MOST_ATTRIBUTES, LIST));
const drawn = literal("drawn");
const TEXTS = `"drawn", or a list of ${LEAST_TEXTS} to ${MOST_TEXTS} texts, each a list of attributes`;
const PAIRS = '"drawn", or a list of pairs of attributes counted from 0, such as [[0, 1]]';
const NUMBERS = '"drawn", or a number for each attribute';
const place = pipe(number(PAIRS), integer(PAIRS), minValue(0, PAIRS));

const fields = <T extends Parameters<typeof strictObject>[0]>(entries: T) =>
  strictObject(entries, `an object with ${Object.keys(entries).join(", ")}`);

const pool = fields({
  texts: union([
    drawn,
    pipe(array(array(coefficient, TEXTS), TEXTS), minLength(LEAST_TEXTS, TEXTS), maxLength(MOST_TEXTS, TEXTS)),
  ], TEXTS),
  outcome: fields({
    mean: coefficient,
    linear: fields({ spread: numberIn(0, FAR), coefficients: union([drawn, coefficients], NUMBERS) }),
    interactions: fields({
      spread: numberIn(0, FAR),
      pairs: union([drawn, array(tuple([place, place], PAIRS), PAIRS)], PAIRS),
    }),
    noise: numberIn(0, FAR),
  }),
  log: fields({ overlap: numberIn(0, 5), coefficients: union([drawn, coefficients], NUMBERS) }),
  type: fields({
    exposure: coefficients,
    choice: numberIn(0, 20),
    shift: coefficient,
    record: numberIn(0.5, 1),
  }),
});

const readers = fields({
  responses: fields({
    sensational: numberIn(0.01, 1),
    harm: numberIn(0, 10),
    complexity: numberIn(0, 1),
    startSpread: numberIn(0, 5),
  }),
  log: fields({ overlap: numberIn(0, 5), noise: numberIn(0, 0.49) }),
  type: fields({
    choice: numberIn(0, 10),
    liking: numberIn(0, 20),
    link: numberIn(0, 1),
    record: numberIn(0, 1),
  }),
});

const TITLE = "a text of one line";
const world = strictObject({
  about: optional(pipe(string(TITLE), check((text) => !text.includes("\n"), TITLE))),
  pool: optional(pool),
  readers: optional(readers),
}, "an object with pool or readers, or both");

/**
 * A world from the text of its file.
 *
 * @param path for errors
 * @throws UserError naming every field that is wrong, and what it may be
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => parseWorld('{"pol": {}}', "world.json"), /world.json: pol is not known, did you mean pool\?/);
 * ```
 */
export function parseWorld(text: string, path: string): OwnWorld {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${path}: no JSON (${(error as Error).message}); docs/world.md has the form`);
  }
  const read = safeParse(world, value);
  if (!read.success) {
    const wrong = read.issues.map((issue) => told((issue.path ?? []).map(({ key }) => key as string | number), issue));
    throw new UserError(`${path}: ${[...new Set(wrong)].join("; ")}`);
  }
  const found = read.output;
  if (found.pool === undefined && found.readers === undefined) {
    throw new UserError(
      `${path}: has neither pool nor readers, so there is nothing to run; docs/world.md has the form`,
    );
  }
  return {
    ...found.pool && { pool: poolOf(found.pool, path) },
    ...found.readers && { readers: readersOf(found.readers) },
  };
}

/**
 * A world from its file.
 *
 * @throws UserError where there is none, and as {@linkcode parseWorld}
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => readWorld("no-such.json"), /^UserError: no-such.json: not there/);
 * ```
 */
export function readWorld(path: string): OwnWorld {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UserError(`${path}: not there; name the file of a world`);
    throw new UserError(`${path}: cannot be read (${(error as Error).message.split("\n")[0]})`);
  }
  return parseWorld(text, path);
}

type Issue = {
  readonly type: string;
  readonly message: string;
  readonly input: unknown;
  readonly expected: string | null;
};

/** What is wrong with a field, in words. */
function told(path: readonly (string | number)[], { type, message, input, expected }: Issue): string {
  const name = path.reduce<string>(
    (text, key) => typeof key === "number" ? `${text}[${key}]` : text === "" ? key : `${text}.${key}`,
    "",
  );
  const key = path.at(-1);
  if (type === "strict_object" && expected === "never") {
    const [known] = schemaAt(path.slice(0, -1)), guess = nearest(String(key), known);
    return `${name} is not known${guess ? `, did you mean ${guess}?` : ""} There are ${known.join(", ")}`;
  }
  if (type === "strict_object" && input === undefined && path.length > 0) {
    return `${name} is missing: ${schemaAt(path)[1]}`;
  }
  return `${name === "" ? "" : `${name}: `}expected ${message}, got ${shown(input)}`;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" && value !== null ? "an object" : JSON.stringify(value);
}

/** Names of the fields at a place, and what may stand there. */
function schemaAt(path: readonly (string | number)[]): readonly [fields: readonly string[], message: string] {
  let at = world as unknown as Described;
  for (const key of path) at = unwrapped(at.entries?.[key] ?? at);
  return [Object.keys(at.entries ?? {}), at.message ?? (at.pipe?.[0].message ?? "")];
}

type Described = GenericSchema & {
  readonly entries?: Readonly<Record<string, Described>>;
  readonly wrapped?: Described;
  readonly message?: string;
  readonly pipe?: readonly { readonly message?: string }[];
};

const unwrapped = (schema: Described): Described => schema.wrapped ?? schema;

/** A pool whose lists are as long as there are attributes. */
function poolOf({ texts, outcome, log, type }: InferOutput<typeof pool>, path: string): PoolDescription {
  const count = type.exposure.length, wrong: string[] = [];
  const long = (name: string, list: "drawn" | readonly number[]) => {
    if (list === "drawn" || list.length === count) return;
    wrong.push(`${name}: expected ${count} numbers, as many as pool.type.exposure has, got ${list.length}`);
  };
  long("pool.outcome.linear.coefficients", outcome.linear.coefficients);
  long("pool.log.coefficients", log.coefficients);
  if (texts !== "drawn") texts.forEach((row, x) => long(`pool.texts[${x}]`, row));
  const { pairs } = outcome.interactions;
  if (pairs !== "drawn") {
    const beyond = pairs.findIndex((pair) => pair.some((k) => k >= count));
    if (beyond >= 0) {
      wrong.push(
        `pool.outcome.interactions.pairs[${beyond}]: expected attributes from 0 to ${count - 1}, got ${pairs[beyond]}`,
      );
    }
  }
  if (wrong.length > 0) throw new UserError(`${path}: ${wrong.join("; ")}`);
  const given = <T>(list: "drawn" | T): T | undefined => list === "drawn" ? undefined : list;
  return {
    texts: given(texts),
    exposure: type.exposure,
    assignment: given(log.coefficients),
    overlap: log.overlap,
    mean: outcome.mean,
    linear: { spread: outcome.linear.spread, coefficients: given(outcome.linear.coefficients) },
    interactions: { spread: outcome.interactions.spread, pairs: given(pairs) },
    choice: type.choice,
    shift: type.shift,
    noise: outcome.noise,
    record: type.record,
  };
}

const readersOf = ({ responses, log, type }: InferOutput<typeof readers>): OwnReaders => ({
  ...responses,
  ...log,
  ...type,
});
