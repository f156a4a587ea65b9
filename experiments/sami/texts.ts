/**
 * What can be measured of a summary without a judge, and the features that text models read.
 *
 * @module
 */
import {
  loadSami,
  type SamiModel,
  samiModels,
  type SamiRelease,
  type SamiWriter,
  samiWriters,
  type Store,
  tokenize,
} from "../../lib/datasets/mod.ts";
import { semanticFeatures, standardiseColumns } from "../../lib/datasets/semantic_features.ts";
import type { Rng } from "../../lib/random.ts";

/** Arm of each model. */
export const modelArms = {
  "mistral-base": "base",
  "mistral-instruct": "instruct",
  "sami-iteration-1": "iteration-1",
  "sami-iteration-3": "iteration-3",
} as const satisfies Readonly<Record<string, SamiModel>>;
/** A model as an arm. */
export type ModelArm = keyof typeof modelArms;

/** Measures of a summary of a post. */
export interface SummaryMeasures {
  /** Words; a number counts as one. */
  readonly words: number;
  /** Share of the post's distinct words that the summary has, each weighed by how rare it is among posts. */
  readonly coverage: number;
  /** Share of the summary's runs of three words that the post has as well. */
  readonly copied: number;
  /** Share of the summary's runs of three words that it has had before. */
  readonly repeated: number;
  /** Share of the summary's words that the writer's constitutions have and the post has not. */
  readonly echoed: number;
}

const triples = (words: readonly string[]): string[] => words.slice(2).map((_, i) => words.slice(i, i + 3).join(" "));

/**
 * Measures a summary.
 *
 * @param rarity weight of a word; words it does not know are left out of coverage
 * @param constitution words of the constitutions
 */
export function measureSummary(
  summary: string,
  post: string,
  { rarity, constitution }: { rarity: ReadonlyMap<string, number>; constitution: ReadonlySet<string> },
): SummaryMeasures {
  const words = tokenize(summary), source = tokenize(post), own = new Set(words), given = new Set(source);
  let covered = 0, total = 0;
  for (const word of given) {
    const weight = rarity.get(word) ?? 0;
    total += weight;
    if (own.has(word)) covered += weight;
  }
  const runs = triples(words), there = new Set(triples(source));
  const count = Math.max(1, runs.length);
  return {
    words: words.length,
    coverage: total > 0 ? covered / total : 0,
    copied: runs.filter((run) => there.has(run)).length / count,
    repeated: (runs.length - new Set(runs).size) / count,
    echoed: words.filter((word) => constitution.has(word) && !given.has(word)).length / Math.max(1, words.length),
  };
}

/** Rarity of each word: ln((1 + n)/(1 + df)) over n texts. */
export function wordRarity(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of new Set(tokenize(text))) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return new Map([...counts].map(([word, count]) => [word, Math.log((1 + texts.length) / (1 + count))]));
}

/** Directions of latent semantic analysis, and features with the measures: log words, coverage, copied, repeated. */
const SEMANTIC = 12;
/** Features D of a summary. */
export const DIMENSIONS = SEMANTIC + 4;
/** Summaries of a post: every model under every writer's constitution. */
export const POOL = samiModels.length * samiWriters.length;

/** Place of a summary among those of its post. */
export function place(model: SamiModel, writer: SamiWriter): number {
  return samiModels.indexOf(model) * samiWriters.length + samiWriters.indexOf(writer);
}

/** All summaries as numbers; tables are row-major, posts first. */
export interface SummaryTable {
  /** Posts X. */
  readonly posts: number;
  /** Measures `[X, POOL]`. */
  readonly measures: readonly SummaryMeasures[];
  /** Standardised features `[X, POOL, DIMENSIONS]`; made without models', writers' or orders' names. */
  readonly features: Float64Array;
  /** Whether a post's constitution asks to be concise first `[X]`. */
  readonly conciseFirst: Uint8Array;
}

/** Loads the release and turns it into numbers. */
export async function prepareSummaries({ store, rng }: { store: Store; rng: Rng }): Promise<SummaryTable> {
  return tabulate(await loadSami(store), rng);
}

function tabulate({ posts, constitutions, summaries }: SamiRelease, rng: Rng): SummaryTable {
  const texts = posts.flatMap((_, x) =>
    samiModels.flatMap((model) => samiWriters.map((writer) => summaries[model][writer].texts[x]))
  );
  const rarity = wordRarity(posts);
  const known = samiWriters.map((writer) =>
    new Set(constitutions[writer].flatMap(({ positive, negative }) => tokenize(`${positive} ${negative}`)))
  );
  const measures = texts.map((text, i) => {
    const constitution = known[i % samiWriters.length];
    return measureSummary(text, posts[Math.floor(i / POOL)], { rarity, constitution });
  });
  const [semantic] = semanticFeatures(texts, [], SEMANTIC, rng.fork("svd"));
  const rows = new Float64Array(texts.length * DIMENSIONS);
  for (const [i, { words, coverage, copied, repeated }] of measures.entries()) {
    rows.set(semantic.subarray(i * SEMANTIC, (i + 1) * SEMANTIC), i * DIMENSIONS);
    rows.set([Math.log(Math.max(1, words)), coverage, copied, repeated], i * DIMENSIONS + SEMANTIC);
  }
  return {
    posts: posts.length,
    measures,
    features: standardiseColumns(rows, DIMENSIONS),
    conciseFirst: summaries.base.opus.conciseFirst,
  };
}
