/**
 * What the question on a language model shows.
 *
 * @module
 */
import { labelOf } from "../../lib/report/methods.ts";
import { formatFixed } from "../../lib/report/numbers.ts";
import type { FigureSpec } from "../../lib/report/types.ts";
import { against, curve, dots, range, shown } from "../../lib/run/default_figures.ts";
import type { Condition, Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import type { Metric } from "../../lib/run/quantity.ts";
import { rowCountNote } from "../../lib/run/row_counts.ts";
import { sideBySide } from "../../lib/run/side_by_side.ts";
import { centre, type View } from "../../lib/run/view.ts";
import { LINES } from "./learned_figures.ts";
import * as terms from "./language_terms.ts";
import { nothing, value } from "./language_terms.ts";
import type { CpoOptions } from "./options.ts";

const BOUNDS = ["oracle", "reference"];
/** The control, which a caption about learning leaves out. */
const SHUFFLED = "sndr-cpo-shuffled";
/** Arms that learn from data; where a run has bounds alone, those. */
const learners = ({ arms }: View) =>
  arms.some((arm) => !BOUNDS.includes(arm)) ? arms.filter((arm) => !BOUNDS.includes(arm)) : arms;

const nats = ({ languageBudget: n }: CpoOptions): string => `${n} ${n === 1 ? "nat" : "nats"}`;
/** Conditions at the strongest of each kind, and where nothing is confounded. */
const atEnds = (o: CpoOptions) => {
  const ends = [nothing, terms.log, terms.predictions].map((place) => JSON.stringify(place.of(o)));
  return (condition: Condition) => ends.includes(JSON.stringify(condition));
};

/** Where most is confounded: predictions, else the log, else nothing. */
const worstPlace = ({ languagePredictions, languageLog }: CpoOptions) =>
  Math.max(...languagePredictions) > 0 ? terms.predictions : Math.max(...languageLog) > 0 ? terms.log : nothing;

/** Value against the strength of what is confounded: a panel for the log and one for predictions, which begin at the same place. */
function byStrength(view: View, o: CpoOptions): FigureSpec {
  const arms = shown(view, LINES), place = worstPlace(o), most = place.of(o);
  const lost = (arm: string, at: Condition) =>
    centre(view, arm, value.name, nothing.of(o)) - centre(view, arm, value.name, at);
  const worst = arms.reduce((a, b) => lost(b, most) > lost(a, most) ? b : a);
  const figure = curve(view, value, {
    id: "language-strength",
    arms,
    knob: { x: "confounding", xLabel: "strength of the hidden reader type" },
    references: [{ value: 0, label: "f0, untrained" }],
    caption: `Of the arms drawn, with ${place.words} at strength ${most.confounding}, ${labelOf(worst)} loses most: ${
      formatFixed(lost(worst, most), 2)
    }.`,
  });
  const panels = ["log", "predictions"].filter((what) => view.conditions.some(({ confounded }) => confounded === what));
  const named = (what: unknown) => what === "log" ? "the log is confounded" : "predictions are confounded";
  const data = figure.data.flatMap((row) =>
    (row.confounded === "nothing" ? panels : [row.confounded]).map((what) => ({ ...row, what: named(what) }))
  );
  return { ...figure, data, panel: "what" };
}

export const language: Drawn<CpoOptions> = {
  figures(view, o) {
    const arms = learners(view), clean = nothing.of(o), place = worstPlace(o);
    const at = (metric: Metric, arm: string, condition: Condition) => centre(view, arm, metric.name, condition);
    const sorted = arms.toSorted((a, b) => at(value, b, clean) - at(value, a, clean));
    const oracle = view.arms.includes("oracle")
      ? [{ value: at(value, "oracle", clean), label: "Trained on the truth" }]
      : [];
    const told = arms.some((arm) => arm !== SHUFFLED) ? arms.filter((arm) => arm !== SHUFFLED) : arms;
    const moved = view.arms.length > 1 ? view.arms.filter((arm) => arm !== "reference") : view.arms; // its weights are 1
    const thin = told.toSorted((a, b) => at(terms.cleanEssShare, a, clean) - at(terms.cleanEssShare, b, clean))[0];
    return [
      {
        ...dots(view, value, {
          id: "language",
          arms: sorted,
          where: atEnds(o),
          marks: {
            key: "confounded",
            names: {
              "predictions": "predictions confounded",
              "log": "log confounded",
              "nothing": "nothing confounded",
            },
          },
          references: [{ value: 0, label: "f0, untrained" }, ...oracle],
          caption: `At ${nats(o)} a text, with ${place.words}, generated stories are worth ${
            range(view, o, value, place, told)
          }.`,
          alt: "Value of generated stories of every arm at equal KL, with nothing, predictions or the log confounded.",
        }),
        xLabel: `value of generated text at ${nats(o)} of KL(f ‖ f0)`,
      },
      // A line needs more than its ends.
      ...Math.max(o.languageLog.length, o.languagePredictions.length) > 1 ? [byStrength(view, o)] : [],
      against(view, terms.cleanEssShare, terms.klAsTrained, {
        id: "language-weights",
        arms: moved,
        where: ({ confounded }) => confounded === "nothing",
        caption: `Weights f/f0 of texts that were not learned from, as trained: with ${labelOf(thin)} an effective ${
          formatFixed(100 * at(terms.cleanEssShare, thin, clean), 0)
        }% of them are left.`,
      }),
    ];
  },
  texts: (view, o) => sideBySide(view, ["reference", ...learners(view), "oracle"], worstPlace(o).of(o)),
  tables: (view) => {
    const conditions = [{ key: "confounded", label: "confounded" }, { key: "confounding", label: "strength" }];
    return [
      measuresTable(view, {
        id: "language",
        caption:
          "Generated stories at equal KL: value over f0, KL that was met, log-prob of a token under f0. As trained: value and KL.",
        conditions,
        measures: [
          { ...value, better: "higher" },
          terms.klSpent,
          terms.fluency,
          terms.valueAsTrained,
          terms.klAsTrained,
        ],
      }),
      measuresTable(view, {
        id: "language-weights",
        caption:
          "Weights f/f0 as trained: of texts that were learned from (mean, effective share, largest, tail index), and of texts of " +
          "f0 that were not.",
        conditions,
        measures: [
          { ...terms.meanWeight, label: "mean, learned" },
          { ...terms.essShare, label: "ESS / n, learned" },
          { ...terms.largestWeight, label: "largest, learned" },
          { ...terms.tailIndex, label: "k, learned" },
          { ...terms.cleanEssShare, label: "ESS / n, unseen" },
          { ...terms.cleanTailIndex, label: "k, unseen" },
        ],
      }),
      measuresTable(view, {
        id: "language-judged",
        caption:
          "Value over f0 as trained, judged by the truth, by an outcome model of the clean log, and doubly robust by both; how far " +
          "off each is on average over seeds.",
        conditions,
        measures: [
          { ...terms.valueAsTrained, label: "true value" },
          terms.byModel,
          { ...terms.modelMiss, label: "model is off" },
          terms.byLog,
          { ...terms.logMiss, label: "clean log is off" },
        ],
      }),
    ];
  },
  notes: (view, o) => [
    `${
      rowCountNote(view, "weights", {})
    } So small a model writes for small children: what is shown is how estimates and what ` +
    "they teach depend on what is confounded, not how good any of them makes a large model; readers are made, and their " +
    "liking is linear in what the outcome model sees, which is kind to outcome-only learning.",
    `Judged by ${o.languageTexts} openings a seed. Texts that are learned from are few, and a model learns them by heart: while it ` +
    "is a nat from f0 in what it writes, one of them takes nearly all weight, e to the power of the numbers in the table. Their " +
    "mean should be 1; the estimate that was maximised promises as much too much. Weights of unseen texts have a mean of 1 but for " +
    "noise, and k above 0.7 says that no estimate by them can be relied on.",
    "The policy gradient of the reward model, and of the truth for the oracle, is of texts that the model writes anew every two " +
    "steps; all other arms have the texts of f0 alone. Who is ahead of them may owe it to that.",
    "Departures from the paper: outcomes less the log's mean (a constant would be most of what weights multiply), readers who are " +
    "made, an outcome model that is no language model, texts of f0 for the outcome term that readers were shown from, no choice " +
    "among checkpoints and no price of KL. Fine-tuning, DPO's pairs (of one opening, the better outcome preferred) and the reward " +
    "model's pairs (of any two rows, with margins) use the same log. Steps and step size are the same for all arms.",
  ],
};
