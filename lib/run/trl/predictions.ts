/**
 * Log-probs of pairs that were held out, and what they say, counted our way and TRL's.
 *
 * @module
 */
import { isObject, type JsonObject } from "../../formats/json_text.ts";
import { UserError } from "../../user_error.ts";
import { linesOf, parsedLine } from "../../text_lines.ts";

/** A pair with its log-probs in nats, summed over tokens; chosen first. */
export interface Prediction {
  /** Pairs of one prompt are not independent of each other. */
  readonly prompt: string;
  readonly policy: readonly [number, number];
  /** Absent where the loss has no reference. */
  readonly reference?: readonly [number, number];
  /** Tokens of both sides, where they are known. */
  readonly tokens?: readonly [number, number];
}

const SIDES = ["chosen", "rejected"] as const, MODELS = ["policy", "reference"] as const;

/**
 * Reads predictions. A line is of a pair, as TRL names its log-probs:
 *
 *     {"prompt", "chosen_logps", "rejected_logps", "ref_chosen_logps", "ref_rejected_logps"}
 *
 * or of one response under one model, as `deno task score` writes it of lines that say so:
 *
 *     {"pair", "side": "chosen", "of": "policy", "completion_sum", "completion_count"}
 *
 * @param reference whether the log-probs of a reference are needed
 * @throws UserError naming the line
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const [{ policy, tokens }, ...others] = await readPredictions("lib/run/trl/testdata/predictions.jsonl", true);
 * assert.deepEqual([policy[0] < 0, tokens, others.length], [true, [17, 19], 8]);
 * ```
 */
export async function readPredictions(path: string, reference: boolean): Promise<Prediction[]> {
  const pairs: Prediction[] = [], scored = new Map<string, Scored>();
  let number = 0;
  for await (const text of linesOf(path)) {
    number++;
    try {
      const line = parsedLine(text);
      if (!isObject(line)) throw new UserError("is no object of JSON");
      if ("completion_sum" in line) addScore(scored, line, number);
      else pairs.push(pairOf(line, reference));
    } catch (error) {
      if (error instanceof UserError) throw new UserError(`${path}:${number}: ${error.message}`);
      throw error;
    }
  }
  for (const each of scored.values()) pairs.push(joined(each, reference, path));
  if (pairs.length === 0) throw new UserError(`${path}: has no line; write one for each pair that was held out`);
  return pairs;
}

function numberIn(line: JsonObject, name: string): number {
  const value = line[name];
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new UserError(value === undefined ? `has no ${name}` : `${name} is ${JSON.stringify(value)}, and no number`);
  }
  return value;
}

function logpIn(line: JsonObject, name: string): number {
  const value = numberIn(line, name);
  if (value > 0) throw new UserError(`${name} is ${value}; a log-prob is at most 0`);
  return value;
}

function countIn(line: JsonObject, name: string): number {
  const value = numberIn(line, name);
  if (!Number.isInteger(value) || value < 1) throw new UserError(`${name} is ${value}, and no number of tokens`);
  return value;
}

/** Texts, and chats by their JSON. */
const promptOf = (value: unknown) => typeof value === "string" ? value : JSON.stringify(value ?? null);

function pairOf(line: JsonObject, reference: boolean): Prediction {
  if (!("chosen_logps" in line) && ("chosen" in line || "completion" in line)) {
    throw new UserError(
      "has texts without log-probs: chosen_logps, rejected_logps and those of the reference; docs/trl.md shows how to " +
        "write them",
    );
  }
  const both = (before: string) =>
    [logpIn(line, `${before}chosen_logps`), logpIn(line, `${before}rejected_logps`)] as const;
  return {
    prompt: promptOf(line.prompt ?? line),
    policy: both(""),
    ...(reference && { reference: both("ref_") }),
    ...("chosen_tokens" in line && { tokens: [countIn(line, "chosen_tokens"), countIn(line, "rejected_tokens")] }),
  };
}

/** What is known of a pair whose responses have lines of their own. */
interface Scored {
  readonly pair: string;
  readonly prompt: string;
  readonly sums: Map<string, number>;
  readonly counts: Map<string, number>;
}

function addScore(scored: Map<string, Scored>, line: JsonObject, number: number): void {
  const { pair, side, of } = line;
  const isNamed = typeof pair === "string" || typeof pair === "number";
  if (!isNamed || !SIDES.some((name) => name === side) || !MODELS.some((name) => name === of)) {
    throw new UserError(
      'is of deno task score and lacks "pair", "side" (chosen or rejected) or "of" (policy or reference): say them in ' +
        "the lines that are scored, which hand them through",
    );
  }
  const key = `${side} ${of}`, id = String(pair);
  const each = scored.getOrInsertComputed(id, () => ({
    ...{ pair: id, prompt: promptOf(line.prompt ?? number), sums: new Map(), counts: new Map() },
  }));
  if (each.sums.has(key)) throw new UserError(`is the second one of pair ${id}, ${key}`);
  each.sums.set(key, logpIn(line, "completion_sum"));
  each.counts.set(key, countIn(line, "completion_count"));
}

function joined({ pair, prompt, sums, counts }: Scored, reference: boolean, path: string): Prediction {
  const of = (side: typeof SIDES[number], model: typeof MODELS[number], from: Map<string, number>) => {
    const value = from.get(`${side} ${model}`);
    if (value === undefined) throw new UserError(`${path}: pair ${pair} has no line of its ${side} under the ${model}`);
    return value;
  };
  const both = (model: typeof MODELS[number], from: Map<string, number>) =>
    [of("chosen", model, from), of("rejected", model, from)] as const;
  return {
    ...{ prompt, policy: both("policy", sums), tokens: both("policy", counts) },
    ...(reference && { reference: both("reference", sums) }),
  };
}
