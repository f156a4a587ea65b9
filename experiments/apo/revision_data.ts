/**
 * Real revisions by people: the data sets, and the same texts paired less contrastively on purpose.
 *
 * @module
 */
import { loadImdbRevisions, loadParaDetox, loadPoliteness, type Store } from "../../lib/datasets/mod.ts";
import type { RowCounts } from "../../lib/run/row_counts.ts";
import type { Rng } from "../../lib/random.ts";
import type { Pairing } from "./terms.ts";

/** A preferred text, and the one it was or could have been made from. */
interface TextPair {
  readonly chosen: string;
  readonly rejected: string;
}

/** A data set of revisions. */
export interface RevisionData {
  /** Id in the manifest. */
  readonly id: string;
  /** What it is, in the middle of a sentence. */
  readonly name: string;
  /** Which text is preferred. */
  readonly preferred: string;
  /** What its prompt is. */
  readonly prompt: string;
  load(store: Store): Promise<TextPair[]>;
}

export const revisionData: readonly RevisionData[] = [
  {
    id: "paradetox",
    name: "detoxified sentences",
    preferred:
      "A person rewrote a toxic sentence neutrally; the rewrite, the first where there are several, is preferred.",
    prompt: "What is to be said is the prompt, with the sentence and its rewrite as responses.",
    load: async (store) =>
      (await loadParaDetox(store)).map(({ toxic, neutral }) => ({ chosen: neutral[0], rejected: toxic })),
  },
  {
    id: "imdb-revisions",
    name: "film reviews",
    preferred: "A person flipped the sentiment of a film review with few changes; the favourable wording is preferred.",
    prompt: "The film is the prompt, with both wordings of the review as responses.",
    load: async (store) =>
      (await loadImdbRevisions(store)).map(({ positive, negative }) => ({ chosen: positive, rejected: negative })),
  },
  {
    id: "politeness",
    name: "polite answers",
    preferred: "A language model worded an answer politely and impolitely; the polite wording is preferred.",
    prompt: "The instruction is the prompt, with both answers as responses.",
    load: async (store) => (await loadPoliteness(store)).map(({ chosen, rejected }) => ({ chosen, rejected })),
  },
];

/** Pairs in random order, at most `count`; two equal texts hold no preference and are left out, and counted. */
export async function drawPairs(
  data: RevisionData,
  store: Store,
  count: number,
  rng: Rng,
): Promise<{ readonly pairs: TextPair[]; readonly counts: RowCounts }> {
  const all = await data.load(store), unequal = all.filter(({ chosen, rejected }) => chosen !== rejected);
  const pairs = Array.from(rng.permutation(unequal.length).subarray(0, count), (i) => unequal[i]);
  const leftOut = { equal: all.length - unequal.length, sampled: unequal.length - pairs.length };
  return { pairs, counts: { read: all.length, leftOut } };
}

/** Whose loser each of n winners is put above: its own, or that of the next. */
export function loserOf(pairing: Pairing, i: number, n: number): number {
  return pairing === "matched" ? i : (i + 1) % n;
}
