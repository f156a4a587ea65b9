/**
 * What the questions on real texts show: figures, tables and notes, each spread into its question.
 *
 * @module
 */
import { formatNumber, formatPercent } from "../../lib/report/numbers.ts";
import { against, dots, type Knob, ranging } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { converged, detectable } from "../../lib/run/notes.ts";
import { everywhere, type Place } from "../../lib/run/place.ts";
import type { Metric } from "../../lib/run/quantity.ts";
import { rowCountNote } from "../../lib/run/row_counts.ts";
import { centre, type View } from "../../lib/run/view.ts";
import { klCurve, lines, valueText } from "./figures.ts";
import type { BenchmarkOptions } from "./options.ts";
import * as terms from "./text_terms.ts";
import { accuracy, entropy, fewest, heldEntropy, kl, most } from "./text_terms.ts";

const N: Knob = { x: "n", xLabel: "labelled comparisons n", xScale: "log" };

/** What a metric says of the laws themselves, which is the same for all arms. */
const ofLaws = (view: View, o: BenchmarkOptions, { name }: Metric, at: Place<BenchmarkOptions>) =>
  centre(view, view.arms[0], name, at.of(o));

export const sentences: Drawn<BenchmarkOptions> = {
  figures(view, o) {
    const limit = ofLaws(view, o, terms.limit, most), target = ofLaws(view, o, terms.targetEntropy, fewest);
    return [
      klCurve(view, kl, {
        id: "sentences",
        knob: N,
        references: [{ value: limit, label: "π0 π*" }, { value: ofLaws(view, o, terms.startKl, most), label: "π0" }],
        caption: valueText(view, o, kl, most),
      }),
      lines(view, entropy, {
        id: "sentences-entropy",
        knob: N,
        references: [{ value: target, label: "target" }],
        caption: valueText(view, o, entropy, fewest),
      }),
    ];
  },
  tables: (view) => [measuresTable(view, {
    id: "sentences",
    caption: "Policies over sentences: KL from the target, both ways, KL to π0, entropy, mass on favourable sentences.",
    conditions: [{ key: "n", label: "n" }],
    measures: [kl, terms.reverseKl, terms.klToStart, entropy, terms.favourable, terms.gradient],
  })],
  notes(view, o) {
    const share = (metric: Metric) => formatPercent(ofLaws(view, o, metric, most));
    return [
      rowCountNote(view, "sentences", { undrawn: "that chance drew neither for the pool nor to learn features from" }),
      `On the pool, the direction of sentiment is on the side of the label for ${share(terms.sentimentRight)} of ` +
      `sentences; mass on favourable ones is ${share(terms.startFavourable)} under π0 and ` +
      `${share(terms.targetFavourable)} under π*.`,
      "Seeds redraw π0, π* and comparisons; pool and features are the same for all seeds, so intervals do not cover the " +
      "choice of sentences.",
      "APO-zero is not convex and not consistent; with separable comparisons (n below the number of features) PMLE and " +
      "DPO have no optimum, and where they end depends on the number of steps.",
      converged(
        { ...view, conditions: [most.of(o)] },
        `At n = ${most.of(o).n} policies are where Adam's steps have taken them`,
        terms.gradient,
      ),
      ...detectable(view, o, kl.of("distill-labelled", fewest).minus("distill-fresh")),
    ];
  },
};

export const politeness: Drawn<BenchmarkOptions> = {
  figures: (view, o) => [
    dots(view, accuracy, { id: "politeness", caption: ranging(view, o, accuracy, everywhere) }),
    against(view, terms.margin, heldEntropy, {
      id: "politeness-margin-entropy",
      caption: ranging(view, o, heldEntropy, everywhere),
    }),
  ],
  tables: (view) => [measuresTable(view, {
    id: "politeness",
    caption: "Held-out pairs: implicit reward (accuracy, margin, log-loss), policy (accuracy, entropy, KL to π0).",
    conditions: [],
    measures: [
      accuracy,
      terms.trainingAccuracy,
      terms.margin,
      terms.logLoss,
      terms.policyAccuracy,
      heldEntropy,
      terms.heldKl,
      terms.gradient,
    ],
  })],
  notes(view, o) {
    const margin = (arm: string) => formatNumber(centre(view, arm, terms.margin.name));
    return [
      rowCountNote(view, "pairs", { equal: "whose two answers are equal, which holds no preference" }),
      "Splits reuse the same pairs: intervals are widened as Nadeau and Bengio propose, and still say nothing about other " +
      "sets of pairs.",
      "REBEL and RLHF can rank exactly as the reward model does, since they tilt π0. PMLE, distillation and reverse KL " +
      "must undo π0 in order to do so, which their features allow only in part.",
      ...view.arms.includes("rebel") && view.arms.includes("rlhf-fixed")
        ? [
          "REBEL and RLHF have the same optimum, but the slope of an enumerated objective fades where a policy is nearly " +
          `certain: in as many steps their margins reach ${margin("rebel")} and ${margin("rlhf-fixed")}. Differences ` +
          "between arms that share a reward model are in part differences of optimisation.",
        ]
        : [],
      ...detectable(view, o, accuracy.of("pmle").minus("dpo")),
    ];
  },
};
