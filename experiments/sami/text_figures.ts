/**
 * What the questions on the paper's own summaries show: figures, tables and notes, each spread into its question.
 *
 * @module
 */
import { dots, valueText } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import type { Place } from "../../lib/run/place.ts";
import type { Metric } from "../../lib/run/quantity.ts";
import { detectable } from "../../lib/run/notes.ts";
import { rowCountNote } from "../../lib/run/row_counts.ts";
import type { View } from "../../lib/run/view.ts";
import type { BenchmarkOptions } from "./options.ts";
import * as terms from "./text_terms.ts";
import { BASE, LAST, learned, mistral, ofOrder, ofWriter, opus, REFERENCE, shuffled } from "./text_terms.ts";

/** In words, where training starts and ends, or the one arm there is. */
function ends(view: View, metric: Metric, at: Place<unknown>, arms: readonly string[]): string {
  const known = arms.filter((arm) => view.arms.includes(arm));
  return (known.length > 0 ? known : view.arms.slice(0, 1)).map((arm) => valueText(view, {}, metric, arm, at)).join(
    ", ",
  );
}

export const summaries: Drawn<BenchmarkOptions> = {
  figures: (view) =>
    ([
      ["summaries-words", terms.words],
      ["summaries-coverage", terms.coverage],
      ["summaries-density", terms.density],
      ["summaries-echoed", terms.echoed],
    ] as const).map(([id, metric]) =>
      dots(view, metric, {
        id,
        panels: { key: "writer", label: "writer" },
        caption: `${metric.label[0].toUpperCase()}${metric.label.slice(1)} with the strong writer: ${
          ends(view, metric, opus, [BASE, LAST])
        }; with the weak one: ${ends(view, metric, mistral, [BASE, LAST])}.`,
      })
    ),
  tables: (view) => [
    measuresTable(view, {
      id: "summaries",
      caption: "Measures of the released summaries.",
      conditions: [{ key: "writer", label: "writer" }],
      measures: [terms.words, terms.coverage, terms.density, terms.copied, terms.repeated, terms.echoed],
    }),
  ],
  notes: (view) => [
    rowCountNote(view, "posts", {}),
    ...detectable(view, {}, terms.coverage.of(LAST, mistral).minus(BASE)),
  ],
};

export const summaryInformation: Drawn<BenchmarkOptions> = {
  figures: (view) => [
    dots(view, terms.information, {
      id: "summaries-information",
      panels: { key: "contrast", label: "contrast" },
      references: [{ value: 0, label: "nothing" }],
      caption: `Summaries tell of the writer: ${
        ends(view, terms.information, ofWriter, [BASE, LAST])
      } nats; of the order of principles: ${ends(view, terms.information, ofOrder, [BASE, LAST])}.`,
    }),
  ],
  tables: (view) => [
    measuresTable(view, {
      id: "summaries-information",
      caption: "What a cross-fitted logistic model tells of a summary's constitution, in nats.",
      conditions: [{ key: "contrast", label: "contrast" }],
      measures: [terms.information, terms.accuracy],
    }),
  ],
  notes: (view) => [
    rowCountNote(view, "posts", {}),
    "A model this small can show that summaries differ, by length, wording and what they take from the post. It cannot " +
    "show that they are better, it sees no meaning, and what it does not find may still be there: its numbers are lower " +
    "bounds. They cannot be compared with the paper's .10 and .19, which are about other pairs of constitutions and the " +
    "model's own log-probs.",
  ],
};

const LINK = { key: "link", label: "link" };

export const pool: Drawn<BenchmarkOptions> = {
  figures: (view) => [
    dots(view, terms.conformity, {
      id: "pool",
      panels: LINK,
      references: [{ value: 0.5, label: "chance" }],
      caption: `Conformity from the learned link: ${
        ends(view, terms.conformity, learned, [REFERENCE, "sami"])
      }; from a shuffled one: ${ends(view, terms.conformity, shuffled, [REFERENCE, "sami"])}.`,
    }),
    dots(view, terms.poolWords, {
      id: "pool-words",
      panels: LINK,
      caption: `Words of the summaries chosen from the learned link, over both constitutions: ${
        ends(view, terms.poolWords, learned, [REFERENCE, "sami"])
      }.`,
    }),
  ],
  tables: (view) => [
    measuresTable(view, {
      id: "pool",
      caption: "Policies over the released summaries, on held-out posts.",
      conditions: [LINK],
      measures: [
        terms.conformity,
        terms.conformityOfOthers,
        terms.poolInformation,
        terms.poolKl,
        terms.poolWords,
        terms.coverage,
      ],
    }),
  ],
  notes: (view) => [
    rowCountNote(view, "posts", {}),
    "Both writers ask for the same two principles: what a policy learns to tell apart here is the wording and length that " +
    "each writer's constitution brings about, not good summaries from bad ones. It chooses among eight given summaries and " +
    "writes none.",
    ...detectable(view, {}, terms.conformity.of("sami", learned).minus(REFERENCE)),
  ],
};
