/**
 * How contrastive real revisions are, next to pairs of the same texts that are not revisions.
 *
 * @module
 */
import { tokenize } from "../../lib/datasets/mod.ts";
import { levenshtein, tokenJaccard } from "../../lib/losses/revision.ts";
import { formatInterval } from "../../lib/report/numbers.ts";
import { question } from "../../lib/run/experiment.ts";
import { evidenceOf, onData, resampleRows, summaryOnData, UNIT } from "../../lib/run/resamples.ts";
import { rowCountMetrics, rowCountNote, type RowCounts } from "../../lib/run/row_counts.ts";
import { summaryLines, type View } from "../../lib/run/view.ts";
import { above, type Evidence } from "../../lib/statistics/claims.ts";
import { mean, quantile } from "../../lib/statistics/summary.ts";
import { resamplesOf } from "./benchmark_options.ts";
import { drawPairs, LEFT_OUT, loserOf, type Pairing, pairings, type RevisionData } from "./revision_data.ts";
import { label } from "./study.ts";

/** Shares of pairs whose measures are shown. */
const SHARES = [0.05, 0.25, 0.5, 0.75, 0.95];
const MEDIAN = { share: 0.5 };

const measures = {
  jaccard: "Jaccard similarity of words",
  levenshtein: "Levenshtein distance, characters",
} as const;
type Measure = keyof typeof measures;

/** Measures of each pair `[n]`. */
type Measured = Readonly<Record<Pairing, Readonly<Record<Measure, Float64Array>>>> & { readonly counts: RowCounts };

function quantileFigure(view: View, data: RevisionData, measure: Measure) {
  const told = view.arms.map((arm) => {
    const { estimate, lower, upper } = onData(view, arm, measure, MEDIAN);
    return `${label(arm)} ${formatInterval(estimate, lower, upper)}`;
  });
  return {
    id: `${data.id}-${measure}`,
    ...summaryLines,
    data: summaryOnData(view, measure),
    x: "share",
    yScale: measure === "levenshtein" ? "log" as const : "linear" as const,
    xLabel: "share of pairs at or below",
    yLabel: measures[measure],
    caption: `Quantiles over pairs of ${data.name}; medians: ${told.join(", ")}. Bands are 95% bootstrap intervals.`,
    alt: `Quantiles of the ${measures[measure]} of revisions and of mismatched pairs.`,
  };
}

/** Difference of means over pairs. */
function differenceOfMeans(view: View): Evidence {
  const [matched, mismatched] = pairings.map((arm) => view.series(arm, "mean-jaccard", MEDIAN).values);
  return evidenceOf(matched.map((v, i) => v - mismatched[i]));
}

/** The question for one data set. */
export function textContrast(data: RevisionData) {
  return question({
    id: `contrast-${data.id}`,
    asks: `How contrastive are ${data.name}?`,
    part: "benchmark",
    dataset: data.id,
    replicates: "resamples",
    method:
      `${data.preferred} Mismatched pairs put the same winners above the losers of other pairs. Words are those of ` +
      "the tokenizer; a word counts once in a text. Pairs are resampled.",
    arms: pairings,
    seeds: resamplesOf,
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
    run({ arm, seeds, streams, condition, prepared }) {
      const share = Number(condition.share), of = prepared[arm as Pairing];
      const draws = streams("pairs").map((rng, r) => resampleRows(of.jaccard.length, seeds[r], rng));
      const drawn = (measure: Measure) => draws.map((rows) => Float64Array.from(rows, (row) => of[measure][row]));
      return {
        jaccard: drawn("jaccard").map((values) => quantile(values, share)),
        levenshtein: drawn("levenshtein").map((values) => quantile(values, share)),
        "mean-jaccard": drawn("jaccard").map(mean),
        "mean-levenshtein": drawn("levenshtein").map(mean),
        ...rowCountMetrics(prepared.counts, seeds.length),
      };
    },
    claims: [{
      id: `${data.id}-contrast`,
      statement: `Revisions share at least a tenth more words than mismatched pairs: ${data.name}`,
      source: "table 1",
      paper: "revisions are more contrastive",
      quantity: "mean Jaccard similarity, revisions − mismatched pairs",
      rule: above(0.1),
      unit: UNIT,
      arms: pairings,
      evidence: differenceOfMeans,
    }],
    figures: (view) => (Object.keys(measures) as Measure[]).map((measure) => quantileFigure(view, data, measure)),
    tables: (view) => [{
      id: `contrast-${data.id}`,
      caption: `Contrast of pairs of ${data.name}: median, and mean over pairs.`,
      columns: [
        { key: "arm", label: "pairs", method: true },
        { key: "value", label: "median Jaccard", digits: 3, lower: "lower", upper: "upper" },
        { key: "meanJaccard", label: "mean Jaccard", digits: 3 },
        { key: "median", label: "median Levenshtein", digits: 1 },
        { key: "mean", label: "mean Levenshtein", digits: 1 },
      ],
      rows: summaryOnData(view, "jaccard").filter((row) => row.share === MEDIAN.share).map((row) => ({
        ...row,
        meanJaccard: onData(view, row.arm, "mean-jaccard", MEDIAN).estimate,
        median: onData(view, row.arm, "levenshtein", MEDIAN).estimate,
        mean: onData(view, row.arm, "mean-levenshtein", MEDIAN).estimate,
      })),
    }],
    notes: (view) => [rowCountNote(view, "pairs", LEFT_OUT)],
  });
}
