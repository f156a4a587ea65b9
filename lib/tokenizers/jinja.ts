/**
 * Jinja as Python's library means it, which templates are written for: `@huggingface/jinja` 0.5.11 reads the same language
 * and takes some of it otherwise, in silence.
 *
 * Not mended: `length`, places and slices of a text count its UTF-16 units, `-7 % 3` is −1, a macro sees the variables of
 * where it is called, `capitalize` leaves what follows the first letter as it is.
 *
 * @module
 */
import { Environment, Interpreter } from "@huggingface/jinja";

/** Steps of a template: a chat of a hundred messages takes some thousands. */
export const MAX_STEPS = 1_000_000;
/** Length of a text or list that a template makes. */
const MAX_LENGTH = 10_000_000;

type Statement = Parameters<Interpreter["evaluate"]>[0];
type Value = ReturnType<Interpreter["evaluate"]>;

/** Statements one after the other; in a loop, one round of it. */
interface Block {
  readonly type: "Program" | "Round";
  readonly body: readonly Statement[];
  /** Called with what a round has said when it ends the loop. */
  readonly ended?: (said: string) => void;
}

/** What a round of a loop has said when it is left before its end. */
interface Left {
  readonly by: "Break" | "Continue";
  said: string;
}

/** Where a text is stripped. */
const ENDS: ReadonlyMap<string, readonly [start: boolean, end: boolean]> = new Map([
  ["strip", [true, true]],
  ["lstrip", [true, false]],
  ["rstrip", [false, true]],
]);
/** What Python strips where it is not told: JavaScript's white space has U+FEFF, and lacks U+0085 and four separators. */
const isSpace = (point: string) => /^[\s\x85]$/.test(point) ? point !== "\ufeff" : point >= "\x1c" && point <= "\x1f";

/**
 * Runs templates that come from outside. It counts what it evaluates and measures what comes out, so that a loop ends, and
 * differs from the library's where that differs from Python's:
 *
 * - values are equal where Python has them equal; the library has JavaScript's `==`, to which an empty text is false;
 * - what one round of a loop sets, the next does not find;
 * - what a round has said before `continue` or `break` stays said;
 * - `strip`, `lstrip` and `rstrip` take the characters that they are given, and white space is Python's, as in `trim`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Environment, parse, tokenize } from "@huggingface/jinja";
 * const program = parse(tokenize("{{ '--  a'.lstrip('-') }} {{ '' == 0 }}"));
 * assert.equal(new PythonInterpreter(new Environment()).run(program).value, "  a false");
 * ```
 */
export class PythonInterpreter extends Interpreter {
  #steps = 0;
  readonly #left = new WeakMap<object, Left>();

  /**
   * The value of a statement.
   *
   * @throws Error after a million steps, or for a text or list of more than ten millions
   */
  override evaluate(statement: Statement, environment: Environment): Value {
    if (++this.#steps > MAX_STEPS) throw new Error(`it goes on after ${MAX_STEPS} steps`);
    const result = this.#asPython(statement, environment) ?? super.evaluate(statement, environment);
    const { value } = result;
    if ((typeof value === "string" || Array.isArray(value)) && value.length > MAX_LENGTH) {
      throw new Error(`it makes more than ${MAX_LENGTH} characters or items`);
    }
    return result;
  }

  /** The value of what the library takes otherwise; undefined for all else. */
  #asPython(statement: Statement, environment: Environment): Value | undefined {
    switch (statement?.type) {
      case "Program":
        return known(this.#block(statement as unknown as Block, environment));
      case "Round":
        return this.#round(statement as unknown as Block, environment);
      case "Break":
      case "Continue":
        return this.#leave(statement, environment);
      case "If": {
        const { body, alternate } = fields<"body" | "alternate", Statement[]>(statement);
        return super.evaluate(changed(statement, { body: [block(body)], alternate: [block(alternate)] }), environment);
      }
      case "For": {
        let last = "";
        const round: Block = {
          type: "Round",
          body: fields<"body", Statement[]>(statement).body,
          ended: (said) => last = said,
        };
        const { value } = super.evaluate(changed(statement, { body: [round] }), environment);
        return known(`${value}${last}`);
      }
      case "BinaryExpression": {
        const { left, right } = fields<"left" | "right", Statement>(statement);
        const { value } = fields<"operator", { readonly value: string }>(statement).operator;
        if (value !== "==" && value !== "!=") return undefined;
        return known(equal(this.evaluate(left, environment), this.evaluate(right, environment)) === (value === "=="));
      }
      case "MemberExpression": {
        const { object, property } = fields<"object" | "property", Statement>(statement);
        if (fields<"computed", boolean>(statement).computed) return undefined;
        const name = String(fields<"value", unknown>(property).value), ends = ENDS.get(name);
        return ends &&
          known((characters?: unknown) => stripped(this.evaluate(object, environment), ends, name, characters));
      }
      case "FilterExpression": {
        const { operand, filter } = fields<"operand" | "filter", Statement>(statement);
        if (filter?.type !== "Identifier" || fields<"value", unknown>(filter).value !== "trim") return undefined;
        return known(stripped(this.evaluate(operand, environment), [true, true], "trim"));
      }
    }
  }

  /** What statements say, kept where they are left in between. */
  #block({ body }: Block, environment: Environment): string {
    let said = "";
    try {
      for (const statement of body) {
        const value = this.evaluate(statement, environment);
        if (value.type !== "NullValue" && value.type !== "UndefinedValue") said += value.toString();
      }
    } catch (error) {
      const left = this.#left.get(error as object);
      if (left !== undefined) left.said = said + left.said;
      throw error;
    }
    return said;
  }

  #round(round: Block, environment: Environment): Value {
    try {
      return known(this.#block(round, new Environment(environment)));
    } catch (error) {
      const left = this.#left.get(error as object);
      if (left?.by === "Continue") return known(left.said);
      if (left !== undefined) round.ended!(left.said);
      throw error;
    }
  }

  /** Leaves a round, by what the library throws for it. */
  #leave(statement: Statement, environment: Environment): Value {
    try {
      return super.evaluate(statement, environment);
    } catch (error) {
      this.#left.set(error as object, { by: statement!.type as Left["by"], said: "" });
      throw error;
    }
  }
}

/** A value of the template language. */
function known(value: unknown): Value {
  return new Environment().set("known", value);
}

function block(body: readonly Statement[]): Block {
  return { type: "Program", body };
}

/** Fields of a statement that the library declares for its kind and does not export. */
function fields<Name extends string, T>(statement: Statement): Readonly<Record<Name, T>> {
  return statement as unknown as Record<Name, T>;
}

/** The statement with other parts. */
function changed(statement: Statement, parts: Readonly<Record<string, readonly Block[]>>): Statement {
  return { ...statement, ...parts } as Statement;
}

const NUMBERS = ["IntegerValue", "FloatValue", "BooleanValue"];

/** Whether Python has two values equal. */
function equal(a: Value, b: Value): boolean {
  if (NUMBERS.includes(a.type) && NUMBERS.includes(b.type)) return Number(a.value) === Number(b.value);
  if (a.type !== b.type) return false;
  if (Array.isArray(a.value) && Array.isArray(b.value)) {
    const others = b.value;
    return a.value.length === others.length && a.value.every((item, i) => equal(item, others[i]));
  }
  if (a.value instanceof Map && b.value instanceof Map) {
    const others = b.value;
    return a.value.size === others.size &&
      [...a.value].every(([key, item]) => others.has(key) && equal(item, others.get(key)!));
  }
  return a.value === b.value;
}

/** A text without what Python strips from it; one that is not there is empty. */
function stripped(
  { type, value }: Value,
  [start, end]: readonly [start: boolean, end: boolean],
  name: string,
  characters?: unknown,
): string {
  if (type === "UndefinedValue" && name === "trim") return "";
  if (typeof value !== "string") throw new Error(`${name} of what is no text`);
  const given = characters === undefined || characters === null ? undefined : [...String(characters)];
  const goes = (point: string) => given?.includes(point) ?? isSpace(point);
  const points = [...value];
  let first = 0, stop = points.length;
  while (start && first < stop && goes(points[first])) first++;
  while (end && stop > first && goes(points[stop - 1])) stop--;
  return points.slice(first, stop).join("");
}
