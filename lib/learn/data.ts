/**
 * A user's preferences or log as prompts with texts.
 *
 * @module
 */
import { UserError } from "../user_error.ts";

/** A preference. */
export interface LearnPair {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
  /** What it counts for, such as an inverse propensity; 1 unless given. */
  readonly weight?: number;
  /** Whether neither was better. */
  readonly tied?: boolean;
}

/** A text that was shown, with what came of it. */
interface LearnRow {
  readonly prompt: string;
  readonly text: string;
  readonly outcome: number;
  /** Probability with which this text was shown out of those of its prompt, in (0, 1]. */
  readonly propensity: number;
  /** Whom rows belong together by, such as a reader; the prompt unless given. */
  readonly group?: string;
}

/** What policies read of a text: its words, or only which it is, as with actions that have no text. */
type TextKind = "words" | "names";

/** A prompt's texts, without repeats. */
interface Prompt {
  readonly name: string;
  readonly texts: string[];
}

/** What each kind of data makes of its texts: places of texts among those of the prompt. */
export interface PlacedPair {
  readonly prompt: number;
  readonly chosen: number;
  readonly rejected: number;
  readonly weight: number;
  readonly tied: boolean;
}

interface PlacedRow {
  readonly prompt: number;
  readonly text: number;
  readonly outcome: number;
  readonly propensity: number;
}

/** Prompts, their texts, and what was seen of them. */
export type LearnData =
  & {
    readonly reads: TextKind;
    readonly prompts: readonly Prompt[];
    /** What rows belong together by: the unit of folds and of resampling `[n]`. */
    readonly groups: readonly string[];
  }
  & (
    | { readonly kind: "pairs"; readonly rows: readonly PlacedPair[] }
    | { readonly kind: "log"; readonly rows: readonly PlacedRow[] }
  );

/** Texts by prompt, in the order of their first appearance. */
class Texts {
  readonly prompts: Prompt[] = [];
  private readonly places = new Map<string, { readonly at: number; readonly of: Map<string, number> }>();

  prompt(name: string): number {
    return this.entry(name).at;
  }

  text(prompt: string, text: string): number {
    const { at, of } = this.entry(prompt), known = of.get(text);
    if (known !== undefined) return known;
    of.set(text, of.size);
    this.prompts[at].texts.push(text);
    return of.size - 1;
  }

  private entry(name: string) {
    let entry = this.places.get(name);
    if (entry === undefined) {
      this.places.set(name, entry = { at: this.prompts.length, of: new Map() });
      this.prompts.push({ name, texts: [] });
    }
    return entry;
  }
}

/**
 * Pairs as data to learn from; the prompt is what they belong together by.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const pair = { prompt: "a", chosen: "yes", rejected: "no" };
 * const { prompts, groups } = pairsData([pair, { ...pair, rejected: "perhaps" }, { ...pair, prompt: "b" }]);
 * assert.deepEqual(prompts[0].texts, ["yes", "no", "perhaps"]);
 * assert.deepEqual(groups, ["a", "a", "b"]);
 * ```
 */
export function pairsData(pairs: readonly LearnPair[]): LearnData {
  const texts = new Texts();
  const rows = pairs.map(({ prompt, chosen, rejected, weight = 1, tied = false }): PlacedPair => ({
    prompt: texts.prompt(prompt),
    ...{ chosen: texts.text(prompt, chosen), rejected: texts.text(prompt, rejected), weight, tied },
  }));
  return { kind: "pairs", reads: "words", prompts: texts.prompts, rows, groups: pairs.map(({ prompt }) => prompt) };
}

/**
 * A log as data to learn from. Texts of a prompt are those that were shown for it.
 *
 * @throws UserError where no prompt has two texts: there is no choice to learn
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const row = { prompt: "a", text: "yes", outcome: 1, propensity: 0.5 };
 * assert.equal(logData([row, { ...row, text: "no" }]).prompts[0].texts.length, 2);
 * assert.throws(() => logData([row]), /^UserError: no prompt has two texts/);
 * ```
 */
export function logData(log: readonly LearnRow[], reads: TextKind = "words"): LearnData {
  const texts = new Texts();
  const rows = log.map(({ prompt, text, outcome, propensity }): PlacedRow => ({
    ...{ prompt: texts.prompt(prompt), text: texts.text(prompt, text), outcome, propensity },
  }));
  if (texts.prompts.every((prompt) => prompt.texts.length < 2)) {
    throw new UserError("no prompt has two texts, so that there is no choice to learn; see --prompt");
  }
  return { kind: "log", reads, prompts: texts.prompts, rows, groups: log.map(({ prompt, group = prompt }) => group) };
}
