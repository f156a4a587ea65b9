/**
 * Log-probs of every token of texts.
 *
 * @module
 */
import type { LanguageModel } from "./model.ts";
import { type Group, sharedSequences } from "./sequences.ts";
import type { TextToScore } from "./text_to_score.ts";

/**
 * Log-probs of all tokens but the first, text by text. Neighbours with the same prompt have it computed once.
 *
 * @param texts at least one
 * @returns of each text, in nats `[T − 1]`: entry i is of token i + 1
 * @example
 * ```ts ignore
 * const [logp] = textScores(model, [{ ids: Uint32Array.of(1, 5, 3), rest: {} }]);
 * ```
 */
export function textScores(model: LanguageModel, texts: readonly Omit<TextToScore, "rest">[]): Float32Array[] {
  const groups: Group[] = [];
  let first = texts[0];
  for (const text of texts) {
    const group = groups.at(-1);
    if (group !== undefined && sharesPrompt(first, text)) groups[groups.length - 1] = added(group, text.ids);
    else {
      first = text;
      groups.push({ sequences: [text.ids], most: text.completion ?? 0 });
    }
  }
  const sequences = sharedSequences(groups), { previous } = sequences;
  const logp = model.logProbs(sequences, Uint8Array.from(previous, (row) => Number(row >= 0)));
  const places = new Int32Array(previous.length);
  let scored = 0;
  previous.forEach((before, row) => places[row] = before >= 0 ? scored++ : -1);
  return sequences.rows.map((rows) => Float32Array.from(rows.subarray(1), (row) => logp[places[row]]));
}

const added = ({ sequences, most }: Group, ids: Uint32Array): Group => ({ sequences: [...sequences, ids], most });

function sharesPrompt(a: Omit<TextToScore, "rest">, b: Omit<TextToScore, "rest">): boolean {
  if (a.completion === undefined || a.completion !== b.completion) return false;
  return a.ids.subarray(0, a.completion).every((id, t) => b.ids[t] === id);
}
