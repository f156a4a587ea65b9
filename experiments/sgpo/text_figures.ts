/**
 * What the questions on real pairs show: figures, a table and notes, spread into the question of a data set.
 *
 * @module
 */
import { range, sentence, sentences } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { converged, detectable } from "../../lib/run/notes.ts";
import { rowCountNote } from "../../lib/run/row_counts.ts";
import { LINES, NOISE, roundsFigure } from "./figures.ts";
import type { SgpoOptions } from "./options.ts";
import { clean, confidence, gradient, noisy } from "./terms.ts";
import { heldAccuracy, heldOverconfidence, logLoss } from "./text_terms.ts";

const SSAPO = "ssapo-probability";

/** The figures of a data set, by its id and its name in sentences. */
export const onTexts = (set: string, name: string): Drawn<SgpoOptions> => ({
  figures(view, o) {
    const flipped = noisy.of(o).noise;
    return [
      roundsFigure(view, heldAccuracy.measure, {
        id: `${set}-accuracy`,
        panels: NOISE,
        arms: LINES,
        axis: heldAccuracy.axis,
        caption: sentences(
          sentence(
            view,
            o,
            heldAccuracy.of(SSAPO, clean).minus(heldAccuracy.seed),
            (by) => `With clean seeds, rounds of SSAPO in probability space change accuracy by ${by}.`,
          ),
          sentence(
            view,
            o,
            heldAccuracy.of("dpo-all", clean).minus(SSAPO),
            (by) => `That of DPO on all labels less that of SSAPO is ${by}.`,
          ),
        ) || `With ${flipped} of seed labels flipped: ${range(view, o, heldAccuracy, noisy)}.`,
      }),
      roundsFigure(view, heldOverconfidence.measure, {
        id: `${set}-calibration`,
        panels: NOISE,
        arms: LINES,
        axis: heldOverconfidence.axis,
        references: [{ value: 0, label: "calibrated" }],
        caption: sentences(
          sentence(
            view,
            o,
            heldOverconfidence.of("self-dpo", noisy).minus(heldOverconfidence.seed),
            (by) => `With ${flipped} flipped, rounds change self-DPO's overconfidence by ${by}.`,
          ),
          `After the last round: ${range(view, o, heldOverconfidence, noisy)}.`,
        ),
      }),
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
