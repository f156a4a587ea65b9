/**
 * How contrastive real revisions are, next to pairs of the same texts that are not revisions.
 *
 * @module
 */
import { tokenize } from "../../lib/datasets/mod.ts";
import { levenshtein, tokenJaccard } from "../../lib/losses/revision.ts";
import { question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { resampleRows } from "../../lib/run/resamples.ts";
import type { RowCounts } from "../../lib/run/row_counts.ts";
import { mean, quantile } from "../../lib/statistics/summary.ts";
import { resamplesOf } from "./options.ts";
import { drawPairs, loserOf, type RevisionData } from "./revision_data.ts";
import { meanJaccard, median, type Pairing, pairings, SHARES } from "./terms.ts";
import { contrastOf } from "./text_figures.ts";

type Measure = "jaccard" | "levenshtein";

/** Measures of each pair `[n]`. */
type Measured = Readonly<Record<Pairing, Readonly<Record<Measure, Float64Array>>>> & { readonly counts: RowCounts };

/** The question for one data set. */
export function textContrast(data: RevisionData) {
  return question({
    id: `contrast-${data.id}`,
    asks: `How contrastive are ${data.name}?`,
    dataset: data.id,
    method:
      `${data.preferred} Mismatched pairs put the same winners above the losers of other pairs. Words are those of ` +
      "the tokenizer; a word counts once in a text. Pairs are resampled.",
    arms: pairings,
    seeds: resamplesOf,
    replicates: "resamples",
    conditions: () => SHARES.map((share) => ({ share })),
    async prepare({ options, store, rng }): Promise<Measured> {
      const { pairs, counts } = await drawPairs(data, store, options.contrastPairs, rng.fork("pairs"));
      const words = pairs.map(({ chosen, rejected }) => ({ chosen: tokenize(chosen), rejected: tokenize(rejected) }));
      const measured = (pairing: Pairing) => {
        const other = (i: number) => loserOf(pairing, i, pairs.length);
        return {
          jaccard: Float64Array.from(words, ({ chosen }, i) => tokenJaccard(chosen, words[other(i)].rejected)),
          levenshtein: Float64Array.from(pairs, ({ chosen }, i) => levenshtein(chosen, pairs[other(i)].rejected)),
        };
      };
      return { matched: measured("matched"), mismatched: measured("mismatched"), counts };
    },
    counts: ({ counts }) => counts,
    run({ arm, seeds, streams, condition: { share }, prepared }) {
      const of = prepared[arm];
      const draws = streams("pairs").map((rng, r) => resampleRows(of.jaccard.length, seeds[r], rng));
      const drawn = (measure: Measure) => draws.map((rows) => Float64Array.from(rows, (row) => of[measure][row]));
      return {
        jaccard: drawn("jaccard").map((values) => quantile(values, share)),
        levenshtein: drawn("levenshtein").map((values) => quantile(values, share)),
        "mean-jaccard": drawn("jaccard").map(mean),
        "mean-levenshtein": drawn("levenshtein").map(mean),
      };
    },
    claims: [
      claim(
        `${data.id}-contrast`,
        `Revisions share at least a tenth more words than mismatched pairs: ${data.name}`,
        meanJaccard.of("matched", median).minus("mismatched").above(0.1),
        { source: "table 1", paper: "revisions are more contrastive" },
      ),
    ],
    ...contrastOf(data),
  });
}
