/**
 * What a line of each kind says: its texts, and the numbers beside them.
 *
 * @module
 */
import { isText, type Text } from "../../datasets/own/texts.ts";
import type { Example } from "./examples.ts";
import type { ExampleKind } from "./objective.ts";

/** A prompt with completions that are scored after it. */
interface Row {
  readonly prompt: Text;
  readonly completions: readonly Text[];
}

/** What a line says, before its texts are tokens. */
interface ReadLine {
  /** Tells prompts apart. */
  readonly prompt: Text;
  /** One; with constitutions, one for each of them. */
  readonly rows: readonly Row[];
  /** All else that an example has. */
  readonly facts: Omit<Example, "responses" | "at">;
}

/** What is wrong with a line, without its place. */
export class WrongLine extends Error {}

/** Fields of a line, each asked for as what it is to be. */
class Fields {
  constructor(private readonly fields: Readonly<Record<string, unknown>>) {}

  has(name: string): boolean {
    return this.fields[name] !== undefined;
  }

  text(name: string): Text {
    const value = this.fields[name];
    if (isText(value)) return value;
    throw new WrongLine(
      value === undefined ? `has no ${name}` : `${name} is neither a text nor a list of messages`,
    );
  }

  texts(name: string, least: number): readonly Text[] {
    const value = this.fields[name];
    if (Array.isArray(value) && value.length >= least && value.every(isText)) return value;
    const many = least === 1 ? "a text" : `${least} texts`;
    throw new WrongLine(value === undefined ? `has no ${name}` : `${name} is no list of at least ${many}`);
  }

  number(name: string): number {
    const value = this.fields[name];
    if (typeof value === "number") return withinFloat32(name, value);
    throw new WrongLine(value === undefined ? `has no ${name}` : `${name} is no number`);
  }

  truth(name: string): boolean {
    const value = this.fields[name];
    if (typeof value === "boolean") return value;
    throw new WrongLine(`${name} is neither true nor false`);
  }

  numbers(name: string, count: number): readonly number[] {
    const value = this.fields[name];
    if (Array.isArray(value) && value.length === count && value.every((one) => typeof one === "number")) {
      return value.map((one, i) => withinFloat32(`${name}[${i}]`, one));
    }
    throw new WrongLine(value === undefined ? `has no ${name}` : `${name} is no list of ${count} numbers`);
  }

  /** Weight of a line, where it has one. */
  weight(): Pick<Example, "weight"> {
    if (!this.has("weight")) return {};
    const weight = this.number("weight");
    if (weight >= 0) return { weight };
    throw new WrongLine(`weight is ${weight}, and is to be 0 or more`);
  }

  /** The law that a text came from, where that is not the model before training. */
  law(): Pick<Example, "lawLogp"> {
    if (!this.has("logging_logprob")) return {};
    const lawLogp = this.number("logging_logprob");
    if (lawLogp <= 0) return { lawLogp };
    throw new WrongLine(`logging_logprob is ${lawLogp}, and is to be a logarithm of a probability, 0 or less`);
  }

  /** How a text came to be shown, once it was drawn. */
  shown(): Pick<Example, "shownTimes"> {
    if (!this.has("propensity")) {
      if (this.has("candidates")) throw new WrongLine("has candidates without a propensity");
      return {};
    }
    const propensity = this.number("propensity");
    if (!(propensity > 0 && propensity <= 1)) {
      throw new WrongLine(`propensity is ${propensity}, and is to be in (0, 1]`);
    }
    if (!this.has("candidates")) {
      throw new WrongLine("has a propensity without candidates, the number of texts out of which it was shown");
    }
    const candidates = this.number("candidates");
    if (Number.isInteger(candidates) && candidates > 0) return { shownTimes: propensity * candidates };
    throw new WrongLine(`candidates is ${candidates}, and is to be a whole number from 1 on`);
  }
}

/** A number as losses take it: one beyond 3.4e38, or that JSON has as infinite, would be met as a loss that is not finite. */
function withinFloat32(name: string, value: number): number {
  if (Number.isFinite(Math.fround(value))) return value;
  throw new WrongLine(`${name} is ${value}, and is to be between -3.4e38 and 3.4e38`);
}

/** A kind of line: how it is written, and how it is read for a loss. */
interface Form {
  readonly written: string;
  readonly read: (fields: Fields, loss: string) => ReadLine;
}

const PAIR = '"prompt": …, "chosen": …, "rejected": …', LONE = '"prompt": …, "completion": …';

function pair(fields: Fields, facts: ReadLine["facts"] = {}): ReadLine {
  const prompt = fields.text("prompt"), completions = [fields.text("chosen"), fields.text("rejected")];
  return { prompt, rows: [{ prompt, completions }], facts: { ...facts, ...fields.weight() } };
}

function lone(fields: Fields, facts: ReadLine["facts"], name = "completion"): ReadLine {
  const prompt = fields.text("prompt");
  return { prompt, rows: [{ prompt, completions: [fields.text(name)] }], facts };
}

function sampled(fields: Fields, other: string): ReadLine {
  if (fields.has("outcome")) throw new WrongLine(`has an outcome, which this loss does not read; ${other} reads both`);
  if (fields.has("propensity")) throw new WrongLine("has a propensity, and no outcome that it would belong to");
  return lone(fields, { predicted: fields.number("predicted"), ...fields.law() });
}

const shown = (fields: Fields, more: ReadLine["facts"] = {}): ReadLine =>
  lone(fields, { outcome: fields.number("outcome"), ...fields.law(), ...fields.shown(), ...more });

/** Forms of lines, by what an example is; `likelihood` for the loss that reads one response of a pair. */
export const FORMS: Readonly<Record<ExampleKind | "likelihood", Form>> = {
  pairs: {
    written: `{${PAIR}}`,
    read(fields) {
      if (fields.has("tied") && fields.truth("tied")) {
        throw new WrongLine(
          "is a tie, which this loss would take for a win; leave it out, or take davidson or rao-kupper",
        );
      }
      return pair(fields);
    },
  },
  tied: {
    written: `{${PAIR}, "tied": true or false}`,
    read: (fields) => pair(fields, { tied: fields.truth("tied") }),
  },
  rated: {
    written: `{${PAIR}, "score_chosen": number, "score_rejected": number}`,
    read: (fields) => pair(fields, { rewards: [fields.number("score_chosen"), fields.number("score_rejected")] }),
  },
  likelihood: {
    written: `{"prompt": …, "chosen": …} or {${LONE}}`,
    read: (fields) => lone(fields, fields.weight(), fields.has("chosen") ? "chosen" : "completion"),
  },
  labelled: {
    written: `{${LONE}, "label": true or false}`,
    read: (fields) => lone(fields, { desirable: fields.truth("label"), ...fields.weight() }),
  },
  logged: { written: `{${LONE}, "outcome": number}`, read: (fields) => shown(fields) },
  sampled: { written: `{${LONE}, "predicted": number}`, read: (fields) => sampled(fields, "dr-cpo") },
  "logged and sampled": {
    written:
      `{${LONE}, "outcome": number, "predicted": number} of a shown text or {${LONE}, "predicted": number} of a ` +
      "sampled one",
    read: (fields) =>
      fields.has("outcome") ? shown(fields, { predicted: fields.number("predicted") }) : sampled(fields, "dr-cpo"),
  },
  rewarded: {
    written: '{"prompt": …, "completions": [texts], "rewards": [numbers]}',
    read(fields, loss) {
      const prompt = fields.text("prompt"), alone = ["reinforce", "rlhf", "reverse-kl"].includes(loss);
      const completions = fields.texts("completions", alone ? 1 : 2);
      const rewards = fields.numbers("rewards", completions.length);
      return { prompt, rows: [{ prompt, completions }], facts: { rewards } };
    },
  },
  constitutions: {
    written: '{"constitutions": [texts], "prompt": …, "completions": [one to each]}',
    read(fields) {
      const prompt = fields.text("prompt"), constitutions = fields.texts("constitutions", 2);
      const completions = fields.texts("completions", 2);
      if (completions.length !== constitutions.length) {
        throw new WrongLine(`has ${constitutions.length} constitutions and ${completions.length} completions`);
      }
      // Between texts that are the same there is no information: every row of the loss is the logarithm of their number.
      const keys = constitutions.map((constitution) => JSON.stringify(constitution));
      const again = keys.findIndex((key, i) => keys.indexOf(key) < i);
      if (again >= 0) {
        throw new WrongLine(`constitutions ${keys.indexOf(keys[again]) + 1} and ${again + 1} are the same`);
      }
      const rows = constitutions.map((constitution) => ({ prompt: joined(constitution, prompt), completions }));
      return { prompt, rows, facts: { constitutions: constitutions.length } };
    },
  },
};

/** A constitution before a prompt. */
function joined(constitution: Text, prompt: Text): Text {
  if (typeof constitution === "string" && typeof prompt === "string") return constitution + prompt;
  if (typeof constitution !== "string" && typeof prompt !== "string") return [...constitution, ...prompt];
  throw new WrongLine("prompt and constitutions are to be texts, or all of them lists of messages");
}

/**
 * Reads a line.
 *
 * @param line JSON
 * @param loss named in what is asked for
 * @throws WrongLine for what is wrong with it
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { facts } = readLine('{"prompt": "a", "completion": "b", "outcome": 2}', "logged", "causal-cpo");
 * assert.deepEqual(facts, { outcome: 2 });
 * assert.throws(() => readLine('{"prompt": "a"}', "logged", "causal-cpo"), { message: "has no outcome" });
 * ```
 */
export function readLine(line: string, form: keyof typeof FORMS, loss: string): ReadLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // What is no JSON is no object either.
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new WrongLine("no JSON object");
  const fields = new Fields(value as Record<string, unknown>), read = FORMS[form].read(fields, loss);
  if (fields.has("weight") && read.facts.weight === undefined) {
    throw new WrongLine("has a weight, which this loss does not read; leave it out");
  }
  return read;
}
