/**
 * What the question on a language model shows.
 *
 * @module
 */
import { dots, valueText } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { detectable } from "../../lib/run/notes.ts";
import { everywhere } from "../../lib/run/place.ts";
import type { Metric } from "../../lib/run/quantity.ts";
import { rowCountNote } from "../../lib/run/row_counts.ts";
import { sideBySide } from "../../lib/run/side_by_side.ts";
import type { View } from "../../lib/run/view.ts";
import * as terms from "./language_terms.ts";
import type { BenchmarkOptions } from "./options.ts";

/** A metric of every arm in words. */
const told = (view: View, metric: Metric) =>
  `${metric.label[0].toUpperCase()}${metric.label.slice(1)}: ${
    view.arms.map((arm) => valueText(view, {}, metric, arm, everywhere)).join(", ")
  }.`;

export const language: Drawn<BenchmarkOptions> = {
  figures: (view) => [
    dots(view, terms.information, {
      id: "language-information",
      references: [{ value: 0, label: "nothing" }],
      caption: told(view, terms.information),
    }),
    dots(view, terms.follows, {
      id: "language-follows",
      references: [{ value: 0, label: "not at all" }],
      caption: told(view, terms.follows),
    }),
    dots(view, terms.fluency, { id: "language-fluency", caption: told(view, terms.fluency) }),
  ],
  tables: (view) => [measuresTable(view, {
    id: "language",
    caption:
      "Stories under constitutions: mutual information, following of each principle, both of a principle that nobody learned, and what is left of the base model's language.",
    conditions: [],
    measures: [
      { ...terms.follows, better: "higher" },
      ...[
        terms.cheer,
        terms.loudness,
        terms.information,
        terms.bound,
        terms.followsUnlearned,
        terms.informationUnlearned,
        terms.klOfStories,
        terms.fluency,
        terms.different,
        terms.characters,
      ],
    ],
  })],
  texts: (view) => sideBySide(view, view.arms, {}),
  notes: (view) => [
    `${
      rowCountNote(view, "weights", {})
    } A model of this size knows two hundred words and no instruction: what is shown is what the ` +
    "objective does to a link that is there, not how well a large model follows rules.",
    ...detectable(view, {}, terms.follows.of("sami").minus("reference")),
  ],
};
