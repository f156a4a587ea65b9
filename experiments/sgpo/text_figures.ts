/**
 * What the questions on real pairs show: figures, a table and notes, spread into the question of a data set.
 *
 * @module
 */
import type { FigureSpec } from "../../lib/report/types.ts";
import { range, sentence } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { converged, detectable } from "../../lib/run/notes.ts";
import { rowCountNote } from "../../lib/run/row_counts.ts";
import { LINES, NOISE, roundsFigure } from "./figures.ts";
import type { SgpoOptions } from "./options.ts";
import { confidence, gradient, noisy, type RoundMetric } from "./terms.ts";
import { heldAccuracy, heldOverconfidence, logLoss } from "./text_terms.ts";

const SSAPO = "ssapo-probability";

/** The figures of a data set, by its id and its name in sentences. */
export const onTexts = (set: string, name: string): Drawn<SgpoOptions> => ({
  figures(view, o) {
    const flipped = noisy.of(o).noise;
    const ofNoisy = (metric: RoundMetric, figure: Pick<FigureSpec, "id" | "caption" | "references">, lead: string) => {
      const drawn = roundsFigure(view, metric, {
        ...figure,
        panels: NOISE,
        arms: LINES,
        axis: `${metric.axis}, ${flipped} of seed labels flipped`,
      });
      return { ...drawn, data: drawn.data.filter(({ noise }) => noise === flipped), facet: { panel: name, lead } };
    };
    return [
      ofNoisy(heldAccuracy, {
        id: "texts-accuracy",
        caption: sentence(view, o, heldAccuracy.of("dpo-all", noisy).minus(SSAPO), (by) => by) ||
          range(view, o, heldAccuracy, noisy),
      }, "Held-out accuracy of DPO on all labels less that of SSAPO in probability space"),
      ofNoisy(heldOverconfidence, {
        id: "texts-calibration",
        references: [{ value: 0, label: "calibrated" }],
        caption: sentence(view, o, heldOverconfidence.of("self-dpo", noisy).minus(heldOverconfidence.seed), (by) =>
          by) ||
          range(view, o, heldOverconfidence, noisy),
      }, "Change of self-DPO's overconfidence by its rounds"),
    ];
  },
  tables: (view) => [measuresTable(view, {
    id: set,
    caption: `Held-out ${name} after the last round.`,
    conditions: [{ key: NOISE.key, label: "flipped" }],
    measures: [
      { name: heldAccuracy.name, label: "accuracy", digits: 3 },
      { name: heldAccuracy.seed.name, label: "accuracy after the seed", digits: 3 },
      logLoss,
      { name: confidence.name, label: "confidence", digits: 3 },
      { name: heldOverconfidence.name, label: "too sure by", digits: 3 },
      { name: gradient.name, label: gradient.label, largest: true },
    ],
  })],
  notes: (view, o) => [
    rowCountNote(view, "pairs", {
      parted: "whose dialogues part before the last reply",
      equal: "whose two texts are equal, which holds no preference",
      sampled: "beyond --text-pairs, by chance",
    }),
    converged(view, "Leader's steps end at their optima", gradient),
    "Splits reuse the same pairs: intervals are widened as Nadeau and Bengio propose, and say nothing about other sets " +
    "of pairs. Both texts of a pair are given, so that a policy labels pairs that it did not write.",
    ...detectable(view, o, heldAccuracy.of(SSAPO, noisy).minus("self-dpo")),
  ],
});
