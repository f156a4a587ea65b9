/**
 * What the question on a language model shows.
 *
 * @module
 */
import { labelOf } from "../../lib/report/methods.ts";
import { formatFixed } from "../../lib/report/numbers.ts";
import type { Row, TableSpec, TextSample } from "../../lib/report/types.ts";
import { against, curve, dots, shown } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { detectable } from "../../lib/run/notes.ts";
import { rowCountNote } from "../../lib/run/row_counts.ts";
import { centre, type View } from "../../lib/run/view.ts";
import { named } from "./figures.ts";
import { languageArms, ON_DATA_OF_THE_PAPER, ON_REVISIONS, WITH_ERRORS } from "./language_arms.ts";
import * as terms from "./language_terms.ts";
import { last, value } from "./language_terms.ts";
import type { BenchmarkOptions } from "./options.ts";
import { storyData } from "./story_pairs.ts";
import { chosen, jaccard, levenshtein, rejected, rightOrder } from "./terms.ts";

const nats = ({ languageBudget: n }: BenchmarkOptions): string => `${n} ${n === 1 ? "nat" : "nats"}`;
const atEnd = (o: BenchmarkOptions) => ({
  where: ({ epoch }: { readonly epoch?: string | number }) => epoch === o.languageEpochs,
});

/** What the pairs of each kind are like, of the first arm that learned from them. */
function pairsTable(view: View, o: BenchmarkOptions): TableSpec {
  const measures = [
    jaccard,
    terms.tokenEdits,
    levenshtein,
    terms.qualityDifference,
    terms.winnerAboveModel,
    rightOrder,
    terms.worse,
  ];
  return {
    id: "language-pairs",
    caption: "Pairs that models wrote: how much winner and loser differ, and what winners are worth.",
    columns: [
      { key: "data", label: "data", method: true },
      ...measures.map(({ name, label, digits }, i) => ({
        ...{ key: name, label, digits },
        ...(i === 0 && { lower: "lower", upper: "upper" }),
      })),
    ],
    rows: storyData.flatMap((data): Row[] => {
      const arm = view.arms.find((arm) => languageArms[arm].data === data);
      if (arm === undefined) return [];
      const { lower, upper } = view.mean(arm, jaccard, last.of(o));
      const means = measures.map(({ name }) => [name, centre(view, arm, name, last.of(o))]);
      return [{ data, ...Object.fromEntries(means), lower, upper }];
    }),
  };
}

export const language: Drawn<BenchmarkOptions> = {
  figures(view, o) {
    const worth = (arm: string, metric = value) => centre(view, arm, metric.name, last.of(o));
    const sorted = view.arms.toSorted((a, b) => worth(b) - worth(a)),
      best = sorted[0],
      worst = sorted[sorted.length - 1];
    const revised = shown(view, ON_REVISIONS), hasCurve = revised.every((arm) => ON_REVISIONS.includes(arm));
    const moved = shown(view, ON_DATA_OF_THE_PAPER),
      up = moved.filter((arm) => view.mean(arm, chosen, last.of(o)).lower > 0);
    const erring = shown(view, WITH_ERRORS);
    return [
      {
        ...dots(view, value, {
          id: "language-value",
          arms: sorted,
          ...atEnd(o),
          references: [{ value: 0, label: "Untrained model" }],
          caption: `At ${nats(o)} a text, stories are worth most after ${labelOf(best)} (${
            formatFixed(worth(best), 2)
          }), least after ${labelOf(worst)} (${formatFixed(worth(worst), 2)}). Pairs are CLAIR's where none are named.`,
          alt: "Value of generated stories at equal KL, one row per objective and kind of pairs.",
        }),
        xLabel: `value of generated text at ${nats(o)} of KL(π ‖ π0)`,
      },
      ...(hasCurve
        ? [curve(view, terms.valueAsTrained, {
          id: "language-epochs",
          arms: revised,
          knob: { x: "epoch", xLabel: "epochs on CLAIR pairs" },
          references: [{ value: 0, label: "Untrained model" }],
          caption: `On CLAIR pairs as trained, stories are worth more than the untrained model's at the end after ${
            named(revised.filter((arm) => view.mean(arm, terms.valueAsTrained, last.of(o)).lower > 0))
          }.`,
        })]
        : []),
      against(view, rejected, chosen, {
        id: "language-movement",
        ...atEnd(o),
        arms: moved,
        caption: `Winners end likelier than before under ${up.length} of ${moved.length} arms${
          view.arms.includes("apo-down")
            ? `, and under APO-down on CLAIR pairs by ${formatFixed(worth("apo-down", chosen), 1)} nats`
            : ""
        }.`,
      }),
      against(view, value, terms.worse, {
        id: "language-errors",
        ...atEnd(o),
        arms: erring,
        references: [{ value: 0, label: "Untrained model" }],
        caption: view.arms.includes("apo-zero-unchecked") && view.arms.includes("apo-zero")
          ? `Of revisions that nobody checks ${
            formatFixed(100 * worth("apo-zero-unchecked", terms.worse), 0)
          }% are worse than the answer; with APO-zero they teach ${
            formatFixed(worth("apo-zero-unchecked"), 2)
          }, and CLAIR's ${formatFixed(worth("apo-zero"), 2)}.`
          : `Winners are worth less than losers in ${
            formatFixed(100 * Math.max(...erring.map((arm) => worth(arm, terms.worse))), 0)
          }% of pairs at the most.`,
      }),
    ];
  },
  tables: (view, o) => [
    measuresTable(view, {
      id: "language",
      caption:
        "Pairs are CLAIR's where none are named. Generated text at equal KL: value above the untrained model, the KL that was met, how likely a token of it is under " +
        "the untrained model, win rates against it, length; as trained: value and KL; and how log-probs moved on the data and off them, in nats.",
      conditions: [],
      ...atEnd(o),
      measures: [
        { ...value, better: "higher" },
        terms.klSpent,
        terms.fluency,
        terms.winRate,
        { ...terms.controlled, label: "length-controlled" },
        terms.longer,
        terms.valueAsTrained,
        terms.klAsTrained,
        { ...chosen, label: "winners" },
        { ...rejected, label: "losers" },
        { ...terms.fresh, label: "fresh answers" },
      ],
    }),
    pairsTable(view, o),
  ],
  texts(view, o) {
    const kept = view.arms.map((arm) => ({ arm, texts: view.texts(arm, last.of(o)) })), [{ texts }] = kept;
    const half = texts.length / 2;
    return texts.slice(0, half).map(({ prompt, text }, i): TextSample => ({
      prompt,
      answers: [{ arm: "reference", text }, ...kept.map(({ arm, texts }) => ({ arm, text: texts[half + i].text }))],
    }));
  },
  notes: (view, o) => [
    `${rowCountNote(view, "weights", {})} ` +
    `Value is judged by ${o.languageTexts} held-out openings a seed, with the same random numbers before and after training.`,
    "So small a model writes for small children, every text has 24 tokens, and readers' liking counts words: what is shown is " +
    "how objectives react to pairs, not how good any of them makes a large model. The quality and the stronger writer are " +
    "the same for all seeds, so that intervals are over openings, answers and labels.",
    "CLAIR's reviser is checked by who knows the quality, while judges err; part of what separates CLAIR from judged pairs is " +
    "that. The reviser whom nobody checks errs as the table of pairs says, and the judge beside it as often.",
    ...detectable(view, o, value.of("apo-zero", last).minus("dpo")),
  ],
};
