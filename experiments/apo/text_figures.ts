/**
 * What the questions on real revisions show: figures, tables and notes of one data set, each spread into its question.
 *
 * @module
 */
import { labels } from "../../lib/report/captions.ts";
import { formatFixed, formatInterval, formatNumber } from "../../lib/report/numbers.ts";
import { against, curve, dots, valueText } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import type { Metric } from "../../lib/run/quantity.ts";
import { detectable } from "../../lib/run/notes.ts";
import { rowCountNote } from "../../lib/run/row_counts.ts";
import { centre, type View } from "../../lib/run/view.ts";
import { mean } from "../../lib/statistics/summary.ts";
import type { BenchmarkOptions } from "./options.ts";
import type { RevisionData } from "./revision_data.ts";
import { named } from "./figures.ts";
import * as terms from "./terms.ts";
import { dataLabel, EQUAL_KL, heldChosen, heldRejected, matched, median } from "./terms.ts";

/** Quantiles of what pairs share. */
export const contrastOf = ({ id, name }: RevisionData): Drawn<BenchmarkOptions> => ({
  figures: (view) =>
    ([["texts-jaccard", terms.wordJaccard, "linear"], ["texts-levenshtein", terms.textLevenshtein, "log"]] as const)
      .map(([figure, metric, yScale]) => ({
        ...curve(view, metric, {
          id: figure,
          knob: { x: "share", xLabel: "share of pairs at or below" },
          yScale,
          caption: view.arms.map((arm) => formatNumber(centre(view, arm, metric.name, median.of({})))).join(
            " against ",
          ),
        }),
        facet: {
          panel: name,
          lead: `Median ${metric.label}, ${view.arms.map((arm) => labels([arm])).join(" against ")}`,
        },
      })),
  tables: (view) => [
    measuresTable(view, {
      id: `contrast-${id}`,
      caption: `Contrast of pairs of ${name}: median, and mean over pairs.`,
      conditions: [],
      where: ({ share }) => share === median.of({}).share,
      measures: [
        { ...terms.wordJaccard, label: "median Jaccard" },
        { ...terms.meanJaccard, label: "mean Jaccard" },
        { ...terms.textLevenshtein, label: "median Levenshtein" },
        { ...terms.meanLevenshtein, label: "mean Levenshtein" },
      ],
    }),
  ],
  notes: (view) => [rowCountNote(view, "pairs", terms.LEFT_OUT)],
});

/** Both ways of pairing in one row. */
const MARKS = { key: "pairs", names: { matched: dataLabel("matched"), mismatched: dataLabel("mismatched") } };

/** The objective with the most of a metric after revisions, in words. */
function first(view: View, metric: Metric, sign: 1 | -1): string {
  const value = (arm: string) => sign * centre(view, arm, metric.name, matched.of({}));
  return valueText(view, {}, metric, view.arms.reduce((a, b) => value(b) > value(a) ? b : a), matched);
}

/** What is learned, and how far from what was meant. */
export const learningOf = ({ id, name }: RevisionData): Drawn<BenchmarkOptions> => ({
  figures(view) {
    const up = view.arms.filter((arm) => view.mean(arm, heldChosen, matched.of({})).lower > 0);
    const ranked = (id: string, metric: Metric, sign: 1 | -1, lead: string) => ({
      ...dots(view, metric, { id, marks: MARKS, caption: first(view, metric, sign) }),
      facet: { panel: name, lead },
    });
    return [
      ranked("texts-accuracy", terms.accuracy, 1, "Highest held-out accuracy after revisions"),
      ranked("texts-drift", terms.drift, -1, "Least drift after revisions"),
      {
        ...against(view, heldRejected, heldChosen, {
          id: "texts-movement",
          where: ({ pairs }) => pairs === "matched",
          caption: named(up),
        }),
        facet: { panel: name, lead: "After revisions, held-out winners are likelier than before under" },
      },
    ];
  },
  tables: (view) => [
    measuresTable(view, {
      id: `texts-${id}`,
      caption:
        "Held-out pairs and texts after training: accuracy and margin, changes of log π in nats, drift, distance.",
      conditions: [{ key: "pairs", label: "pairs", method: true }],
      measures: [
        terms.accuracy,
        terms.margin,
        { ...heldChosen, label: "winners" },
        { ...heldRejected, label: "losers" },
        terms.seenChosen,
        terms.seenRejected,
        terms.drift,
        terms.equalDrift,
        terms.equalReached,
        terms.driftInPairs,
        terms.kl,
        terms.gradientNorm,
      ],
    }),
  ],
  notes(view) {
    const judged = (metric: Metric) => {
      const { estimate, lower, upper } = view.mean(view.arms[0], metric, matched.of({}));
      return formatInterval(estimate, lower, upper);
    };
    const shares = terms.pairings.map((pairs) =>
      `${dataLabel(pairs)}: ${
        view.arms.map((arm) =>
          `${labels([arm])} ${formatFixed(mean(view.series(arm, terms.equalReached.name, { pairs }).values), 2)}`
        ).join(", ")
      }`
    );
    return [
      rowCountNote(view, "pairs", { ...terms.LEFT_OUT, over: "over when the rest is cut into equal thirds" }),
      "SFT reads winners alone, so that it learns the same however they are paired. KTO and APO-zero are sums over winners and " +
      "losers, and see pairing through the prompt in whose law a loser stands.",
      `A run that ends before ${EQUAL_KL} nat is prolonged along the ray from π0, and what it shows there is no claim and no ` +
      `first place. Share of runs that got there: ${shares.join("; ")}.`,
      `The classifier that judges drift ranks ${
        judged(terms.judgeAccuracy)
      } of held-out pairs right, the one that learns ` +
      `from pairs ${judged(terms.judgeInPairs)}.`,
      ...detectable(view, {}, terms.accuracy.of("apo-zero", matched).minus("dpo")),
    ];
  },
});
