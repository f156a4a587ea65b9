/**
 * What the question on a language model shows.
 *
 * @module
 */
import { labelOf } from "../../lib/report/methods.ts";
import { formatFixed, formatNumber } from "../../lib/report/numbers.ts";
import type { FigureSpec } from "../../lib/report/types.ts";
import { dots, range } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { rowCountNote } from "../../lib/run/row_counts.ts";
import { sideBySide } from "../../lib/run/side_by_side.ts";
import { centre, type View } from "../../lib/run/view.ts";
import { learners } from "./collection.ts";
import { isSami, OPPOSED } from "./language_sami.ts";
import type { CompareOptions } from "./options.ts";
import { languagePricesOf } from "./settings.ts";
import * as terms from "./terms.ts";
import { budgetsOf, confounded, noiseOnly, value, valueAt } from "./terms.ts";

const nats = ({ languageBudget: n }: CompareOptions): string => `${n} ${n === 1 ? "nat" : "nats"}`;

/** Methods that stand in their own colours: the others are read in the table. */
const COLOURED = 5;

/** Value of generated text against its KL, every method, without and with confounding. */
function frontier(view: View, o: CompareOptions, sorted: readonly string[]): FigureSpec {
  const budgets = budgetsOf(o),
    most = budgets.at(-1)!,
    worlds = { "noise only": noiseOnly.of({}), "confounded": confounded.of(o) };
  const data = Object.entries(worlds).flatMap(([readers, at]) =>
    sorted.flatMap((arm) =>
      budgets.map((kl) => {
        const { estimate, lower, upper, n } = view.mean(arm, valueAt(kl, o), at);
        return { readers, kl, arm, value: estimate, lower, upper, seeds: n };
      })
    )
  );
  const top = data.filter(({ readers, kl }) => readers === "confounded" && kl === most).toSorted((a, b) =>
    b.value - a.value
  );
  const [best] = top, worst = top.at(-1)!;
  return {
    id: "language-frontier",
    kind: "lines",
    data,
    x: "kl",
    y: "value",
    lower: "lower",
    upper: "upper",
    by: "arm",
    panel: "readers",
    highlight: sorted.slice(0, COLOURED),
    xScale: "log",
    xLabel: "KL(π ‖ π0) of generated text, nats",
    yLabel: "value of generated text",
    caption: `With confounding, ${most} nats buy between ${formatFixed(worst.value, 2)} (${labelOf(worst.arm)}) and ${
      formatFixed(best.value, 2)
    } (${labelOf(best.arm)}).`,
    alt:
      "Reward against KL: value of generated stories of every method at several budgets, a panel without and one with confounding.",
  };
}

/**
 * Value against KL where the price of KL was swept, as trained, beside the budgets that are read along the change of the
 * weights; none where there is one price.
 */
function byPrice(view: View, o: CompareOptions, sorted: readonly string[]): FigureSpec[] {
  const others = languagePricesOf(o),
    [swept, scaled] = ["price of KL swept, as trained", "change of the weights scaled"];
  if (others.length === 0) return [];
  const base = confounded.of(o), prices = [...others, { ...base, price: 1 }].toSorted((a, b) => a.price - b.price);
  const data = sorted.flatMap((arm) => [
    ...prices.map(({ price }) => {
      const at = price === 1 ? base : { ...base, price };
      const { estimate: value, lower, upper, n } = view.mean(arm, terms.valueAsTrained, at);
      return {
        how: swept,
        price,
        arm,
        kl: centre(view, arm, terms.klAsTrained.name, at),
        value,
        lower,
        upper,
        seeds: n,
      };
    }),
    ...budgetsOf(o).map((kl) => {
      const { estimate: value, lower, upper, n } = view.mean(arm, valueAt(kl, o), base);
      return { how: scaled, price: 1, arm, kl, value, lower, upper, seeds: n };
    }),
  ]);
  const trained = data.filter(({ how }) => how === swept), best = trained.reduce((a, b) => b.value > a.value ? b : a);
  return [{
    id: "language-prices",
    kind: "scatter",
    data,
    x: "kl",
    y: "value",
    yLower: "lower",
    yUpper: "upper",
    by: "arm",
    panel: "how",
    xLabel: "KL(π ‖ π0) of generated text, nats",
    yLabel: "value of generated text",
    caption: `With confounding and the price of KL swept over ${
      prices.map(({ price }) => formatNumber(price)).join(", ")
    }, ` +
      `${labelOf(best.arm)} reaches most as trained: ${formatFixed(best.value, 2)} at ${formatNumber(best.kl)} nats.`,
    alt:
      "Value against KL of generated stories: a point per price of KL as trained, and per budget as the change is scaled.",
  }];
}

/** Times the largest budget beyond which weights as trained say little of the way to it. */
const FAR = 10;

/** That a model was trained far beyond the budgets that it is read at, where one was. */
function beyondBudget(view: View, o: CompareOptions): string[] {
  const most = budgetsOf(o).at(-1)!;
  const [furthest] = learners(view).flatMap((arm) =>
    view.conditions.map((at) => ({ arm, kl: centre(view, arm, terms.klAsTrained.name, at) }))
  ).toSorted((a, b) => b.kl - a.kl);
  if (furthest === undefined || furthest.kl <= FAR * most) return [];
  return [
    `As trained, ${labelOf(furthest.arm)} is ${
      formatNumber(furthest.kl)
    } nats a text from the untrained model, and value ` +
    `is read off at ${
      formatNumber(most)
    } at most: a small part of the way to weights that may write nothing of use. Take a ` +
    "smaller --language-rate, or fewer --language-steps.",
  ];
}

export const language: Drawn<CompareOptions> = {
  figures(view, o) {
    const last = confounded.of(o), arms = learners(view);
    const sorted = arms.toSorted((a, b) => centre(view, b, value.name, last) - centre(view, a, value.name, last));
    const losses = sorted.map((arm) => ({
      arm,
      loss: centre(view, arm, value.name, noiseOnly.of({})) - centre(view, arm, value.name, last),
    })).sort((a, b) => b.loss - a.loss);
    const [worst] = losses, atBudgets = sorted.filter((arm) => arm !== OPPOSED);
    const oracle = view.arms.includes("oracle")
      ? [{ value: centre(view, "oracle", value.name, last), label: "Trained on the truth" }]
      : [];
    return [
      {
        ...dots(view, value, {
          id: "language",
          arms: sorted,
          where: ({ price }) => price === undefined,
          marks: {
            key: "world",
            names: {
              "confounded": "confounded",
              "noise only": "not confounded: noise only",
              "unlinked": "not confounded: as much overlap, unlinked",
            },
          },
          references: [{ value: 0, label: "Untrained model" }, ...oracle],
          caption: `At ${nats(o)} a text, what is generated is worth ${
            range(view, o, value, confounded, arms)
          } with confounding; ${labelOf(worst.arm)} loses most to it (${formatFixed(worst.loss, 2)}).`,
          alt: "Value of generated stories of every method at equal KL, with confounding and in the controls.",
        }),
        xLabel: `value of generated text at ${nats(o)} of KL(π ‖ π0)`,
      },
      ...atBudgets.length > 0 ? [frontier(view, o, atBudgets), ...byPrice(view, o, atBudgets)] : [],
    ];
  },
  texts: (view, o) => sideBySide(view, ["reference", ...learners(view), "oracle"], confounded.of(o)),
  tables: (view) => [
    measuresTable(view, {
      id: "language",
      caption:
        "Generated text at equal KL: value above the untrained model, the KL that was met, and how likely a token of it is under " +
        "the untrained model; as trained: value and KL of generated text, and both on the candidates that were learned from.",
      conditions: [{ key: "world", label: "readers" }],
      where: ({ price }) => price === undefined,
      measures: [
        { ...value, better: "higher" },
        terms.klSpent,
        terms.fluency,
        terms.valueAsTrained,
        terms.klAsTrained,
        terms.candidateValue,
        terms.candidateKl,
      ],
    }),
  ],
  notes: (view, o) => [
    ...beyondBudget(view, o),
    `${rowCountNote(view, "weights", {})} ` +
    "So small a model writes for small children: what is shown here is how methods react to who was shown " +
    "what, not how good any of them makes a large model.",
    ...view.arms.some(isSami)
      ? [
        "SAMI's principles say something of two of the eight features that readers like, cheer and noise, and whoever asks it knows " +
        "which side of each they like: no other method is told. Its value and KL are above and from the untrained model behind the " +
        "same sentences, which its samples leave out. It reads no reaction, so that no reader's type can move it.",
      ]
      : [],
    "What is learned from is a law on a few candidates a prompt, weighed by p/p0 of the whole text; its KL is bounded by the " +
    "logarithm of their number, while that of what is generated is not. The table has both.",
  ],
};
