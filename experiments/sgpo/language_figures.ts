/**
 * What the question on a language model shows.
 *
 * @module
 */
import { dots, finding, shown } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { detectable } from "../../lib/run/notes.ts";
import { rowCountNote } from "../../lib/run/row_counts.ts";
import { sideBySide } from "../../lib/run/side_by_side.ts";
import { LINES, NOISE, roundsFigure } from "./figures.ts";
import { cleanPairs, fluency, klAsTrained, klSpent, valueAsTrained, writtenValue } from "./language_terms.ts";
import type { SgpoOptions } from "./options.ts";
import { accuracy, confidence, overconfidence } from "./terms.ts";

const SSAPO = "ssapo-probability";

export const language: Drawn<SgpoOptions> = {
  figures: (view, o) => [
    {
      ...dots(view, writtenValue, {
        id: "language-value",
        panels: NOISE,
        references: [{ value: 0, label: "first model" }],
        caption: finding(
          view,
          o,
          writtenValue.of(SSAPO, cleanPairs).minus("dpo-seed"),
          writtenValue,
          cleanPairs,
          view.arms,
        ),
      }),
      xLabel: `value of generated stories at ${o.languageBudget} nats of KL(π ‖ π0)`,
    },
    roundsFigure(view, accuracy, {
      id: "language-ranking",
      panels: NOISE,
      arms: LINES,
      axis: "held-out pairs of stories ranked right",
      references: [{ value: 0.5, label: "chance" }],
      caption: finding(
        view,
        o,
        accuracy.of("dpo-all", cleanPairs).minus(SSAPO),
        accuracy,
        cleanPairs,
        shown(view, LINES),
      ),
    }),
  ],
  tables: (view) => [measuresTable(view, {
    id: "language",
    caption:
      "Generated stories at equal KL: value above the first model's; the KL that was met, and how likely a token is under the first " +
      "model; value and KL as trained; ranking and calibration of the implicit reward after the last round.",
    conditions: [{ key: NOISE.key, label: "flipped" }],
    measures: [
      { ...writtenValue, better: "higher" },
      ...[klSpent, fluency, valueAsTrained, klAsTrained],
      ...[accuracy, confidence, overconfidence].map(({ name, short, digits, range }) => ({
        name,
        label: short,
        digits,
        range,
      })),
    ],
  })],
  texts: (view, o) => sideBySide(view, view.arms, cleanPairs.of(o)),
  notes: (view, o) => [
    `${
      rowCountNote(view, "weights", {})
    } So small a model writes for small children, and so few labels teach it little: what is ` +
    "shown is what self-annotation does to what it knows, not how good it makes a large model.",
    ...detectable(view, o, writtenValue.of(SSAPO, cleanPairs).minus("dpo-seed")),
  ],
};
