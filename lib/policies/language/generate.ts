/**
 * Sequences that a language model goes on with.
 *
 * @module
 */
import { Rng } from "../../random.ts";
import { softmaxWeights, type Weighed } from "../../tensor/fused/softmax_weights.ts";
import type { Tensor } from "../../tensor/tf.ts";
import type { Decoder } from "./decoder.ts";
import type { LanguageModel } from "./model.ts";
import { checkSampling, type Drawn, drawToken, type Sampling } from "./sampling.ts";

/** What is gone on with. */
export interface Prompt {
  /** At least one token. */
  readonly ids: ArrayLike<number>;
  /** All that is drawn for this sequence depends on it, and on nothing that other sequences have; an integer. */
  readonly seed: number;
}

/** Strings that end a sequence. */
interface StopStrings {
  /** Each has at least one character. */
  readonly strings: readonly string[];
  /** Text of tokens. */
  readonly decode: (ids: readonly number[]) => string;
}

/** How sequences go on, and when they end. */
export interface GenerateOptions extends Sampling {
  /** Tokens of a completion at most, >= 1. */
  readonly maxTokens: number;
  /** Tokens that end a sequence; default: those of the model. */
  readonly end?: readonly number[];
  /** Text that ends a sequence once its completion has it; default: none. */
  readonly stop?: StopStrings;
  /** Sequences at a time, which takes memory and decides nothing; default 8. Where one ends, the next prompt begins. */
  readonly atOnce?: number;
  /** Told of each completion when it is done, with the index of its prompt; which end first is not known before. */
  readonly onCompletion?: (index: number, completion: Completion) => void;
}

/** What a prompt went on with. */
export interface Completion {
  /** Its tokens, the one that ended it among them. */
  readonly ids: readonly number[];
  /** Log-prob of each under the model, in nats: without penalty, at temperature 1, among all tokens. */
  readonly logp: readonly number[];
  /** Log-prob of each under the distribution that it was drawn from; 0 at temperature 0. */
  readonly sampledLogp: readonly number[];
  /** Why it ended: a token, a string, or as many tokens as there may be. */
  readonly ended: "token" | "string" | "length";
}

/** A sequence that is under way. */
interface Growing {
  readonly index: number;
  readonly slot: number;
  readonly drawn: Drawn[];
  readonly seen: Set<number>;
  readonly rng: Rng;
}

/** Rows of prompts that are run together, at most: more take memory and no less time. */
const MOST_ROWS = 1024;

/** Options with nothing left to choose. */
type Running = GenerateOptions & Required<Pick<GenerateOptions, "end" | "atOnce">>;

/** Why a sequence ends here, if it does. */
function ending(
  drawn: readonly Drawn[],
  { maxTokens, end = [], stop }: GenerateOptions,
): Completion["ended"] | undefined {
  if (end.includes(drawn[drawn.length - 1].id)) return "token";
  if (stop !== undefined && stop.strings.length > 0) {
    const text = stop.decode(drawn.map(({ id }) => id));
    if (stop.strings.some((string) => text.includes(string))) return "string";
  }
  return drawn.length === maxTokens ? "length" : undefined;
}

/**
 * Goes on with prompts, each by itself: the same prompt and seed give the same completion in any company. Prompts that
 * begin together and are equal are computed once.
 *
 * @returns a completion for each prompt
 * @throws RangeError for a rule out of its range, a prompt without tokens, or one whose completion could be longer than the
 * model was made for
 * @example
 * ```ts ignore
 * const [{ ids }] = generate(model, [{ ids: [1, 42], seed: 0 }], { temperature: 0.7, topP: 0.9, maxTokens: 32 });
 * ```
 */
export function generate(model: LanguageModel, prompts: readonly Prompt[], options: GenerateOptions): Completion[] {
  checkSampling(options);
  const { maxTokens, stop, atOnce = 8 } = options, { maxLength, special } = model.config;
  if (!Number.isInteger(maxTokens) || maxTokens < 1) {
    throw new RangeError(`maxTokens: expected an integer >= 1, got ${maxTokens}`);
  }
  if (!Number.isInteger(atOnce) || atOnce < 1) throw new RangeError(`atOnce: expected an integer >= 1, got ${atOnce}`);
  if (stop?.strings.includes("")) throw new RangeError("stop: an empty string ends nothing");
  prompts.forEach(({ ids }, i) => {
    if (ids.length === 0) throw new RangeError(`prompts[${i}] has no tokens`);
    if (ids.length + maxTokens > maxLength) {
      throw new RangeError(`prompts[${i}]: ${ids.length} and ${maxTokens} more tokens; the model has ${maxLength}`);
    }
  });
  if (prompts.length === 0) return [];
  const longest = prompts.reduce((most, { ids }) => Math.max(most, ids.length), 0);
  const decoder = model.decoder(Math.min(atOnce, prompts.length), longest + maxTokens);
  try {
    return run(decoder, prompts, {
      ...options,
      ...{ end: options.end ?? special.end, atOnce: Math.min(atOnce, prompts.length) },
    });
  } finally {
    decoder.dispose();
  }
}

/** A row of logits, and what it weighs. */
interface Row {
  readonly logits: Float32Array;
  readonly weighs: Weighed;
}

/** Rows of logits, which are freed. */
function rowsOf(logits: Tensor, { temperature }: Sampling): Row[] {
  const weighs = softmaxWeights(logits, temperature > 0), rows = logits.dataSync<"float32">();
  const width = logits.shape[1]!;
  logits.dispose();
  return weighs.map((own, row) => ({ logits: rows.subarray(row * width, (row + 1) * width), weighs: own }));
}

/** Neighbours with no more than {@linkcode MOST_ROWS} rows together, or one by itself. */
function pieces<T>(items: readonly T[], rowsOf: (item: T) => number): T[][] {
  const made: T[][] = [];
  let rows = Infinity;
  for (const item of items) {
    const more = rowsOf(item);
    if (rows + more > MOST_ROWS) [rows] = [0, made.push([])];
    made[made.length - 1].push(item);
    rows += more;
  }
  return made;
}

function run(
  decoder: Decoder,
  prompts: readonly Prompt[],
  options: Running,
): Completion[] {
  const completions = new Array<Completion>(prompts.length);
  const free = Array.from({ length: options.atOnce }, (_, slot) => slot);
  let begun = 0, growing: Growing[] = [];
  /** Draws a token for a sequence; whether it goes on. */
  const goesOn = (sequence: Growing, { logits, weighs }: Row): boolean => {
    const { index, slot, drawn, seen, rng } = sequence;
    const token = drawToken(logits, options, seen, () => rng.uniform(), weighs);
    drawn.push(token);
    seen.add(token.id);
    const ended = ending(drawn, options);
    if (ended === undefined) return true;
    free.push(slot);
    completions[index] = {
      ids: drawn.map(({ id }) => id),
      logp: drawn.map(({ logp }) => logp),
      sampledLogp: drawn.map(({ sampledLogp }) => sampledLogp),
      ended,
    };
    options.onCompletion?.(index, completions[index]);
    return false;
  };
  while (begun < prompts.length || growing.length > 0) {
    const fresh = prompts.slice(begun, begun + free.length).map(({ ids, seed }, i): Growing => ({
      ...{ index: begun + i, slot: free[i], drawn: [], seen: new Set(Array.from(ids)) },
      rng: Rng.seed(seed).fork("completion"),
    }));
    begun += fresh.length;
    free.splice(0, fresh.length);
    const alike = [...Map.groupBy(fresh, ({ index }) => Array.from(prompts[index].ids).join()).values()];
    for (const some of pieces(alike, ([{ index }]) => prompts[index].ids.length)) {
      const logits = decoder.begin(some.map((same) => ({
        slots: same.map(({ slot }) => slot),
        ids: prompts[same[0].index].ids,
      })));
      const rows = rowsOf(logits, options);
      some.forEach((same, i) => growing.push(...same.filter((sequence) => goesOn(sequence, rows[i]))));
    }
    if (growing.length === 0) continue;
    const last = growing.map(({ drawn }) => drawn[drawn.length - 1].id);
    const logits = decoder.next(Uint32Array.from(growing, ({ slot }) => slot), Uint32Array.from(last));
    const rows = rowsOf(logits, options);
    growing = growing.filter((sequence, i) => goesOn(sequence, rows[i]));
  }
  return completions;
}
