/**
 * What the questions on made worlds show: figures, tables and notes, each spread into its question.
 *
 * @module
 */
import { mutualInformation } from "../../lib/losses/mutual_information.ts";
import { labelOf } from "../../lib/report/methods.ts";
import { formatFixed, formatInterval, formatNumber, formatPercent } from "../../lib/report/numbers.ts";
import { against, curve, dots, type Knob, range, ranging, valueText } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { type Measure, measuresTable } from "../../lib/run/measures_table.ts";
import type { Place } from "../../lib/run/place.ts";
import type { Metric } from "../../lib/run/quantity.ts";
import { centre, summaryDots, summaryLines, type View } from "../../lib/run/view.ts";
import { contrastTerms } from "../../lib/worlds/principles.ts";
import type { SyntheticOptions } from "./options.ts";
import * as terms from "./terms.ts";
import { fewest, here, kl, last, most, start, wins } from "./terms.ts";

type At = Place<SyntheticOptions>;

const MEASURES = [terms.information, wins, terms.alignment, terms.junk, kl, terms.logBase];
const EVEN = [{ value: 0.5, label: "even" }];
const ITERATION: Knob = { x: "iteration", xLabel: "iteration" };
const MULTIPLE: Knob = { x: "multiple", xScale: "log", xLabel: "multiple of the steps" };
const LINK: Knob = { x: "link", xLabel: "initial link, nats per sd of alignment" };
const NOISE: Knob = { x: "noise", xLabel: "chance that a principle is turned round" };

/** A table of exact measures, one row a value of the knob and arm. */
const measured = (view: View, id: string, caption: string, knob?: Knob, measures: readonly Measure[] = MEASURES) =>
  measuresTable(view, {
    id,
    caption,
    conditions: knob === undefined ? [] : [{ key: knob.x, label: knob.x }],
    measures,
  });

/** Those of some arms that have rows, each with its number. */
const each = (view: View, o: SyntheticOptions, metric: Metric, at: At, arms: readonly string[] = view.arms) =>
  arms.filter((arm) => view.arms.includes(arm)).map((arm) => valueText(view, o, metric, arm, at)).join(", ");

/** The base policy's number as a line across a figure. */
const baseLine = (view: View, o: SyntheticOptions, metric: Metric) => [{
  value: centre(view, view.arms[0], metric.name, fewest.of(o)),
  label: "base policy",
}];

const times = (o: SyntheticOptions) => `${most.of(o).multiple} times the steps`;

/** One row a condition for each of several metrics of one arm, each with a look of its own. */
const looks = (view: View, arm: string, metrics: readonly (readonly [Metric, look: string])[]) =>
  metrics.flatMap(([metric, look]) => view.summary(metric, { arms: [arm] }).map((row) => ({ ...row, arm: look })));

const CONSTITUTION = "constitution-term", RESPONSE = "response-term";

export const information: Drawn<SyntheticOptions> = {
  figures(view, o) {
    if (!view.arms.includes("sami")) return [];
    const at = (metric: Metric, place: At) => {
      const { estimate, lower, upper } = view.mean("sami", metric, place.of(o));
      return formatInterval(estimate, lower, upper);
    };
    return [{
      id: "information",
      ...summaryLines,
      ...ITERATION,
      xLabel: "iteration (0 is the base policy)",
      yLabel: "nats",
      data: looks(view, "sami", [
        [terms.information, "exact-information"],
        [terms.constitutionTerm, CONSTITUTION],
        [terms.responseTerm, RESPONSE],
      ]),
      caption: `I(Y;C|X) of SAMI goes from ${at(terms.information, start)} to ${
        at(terms.information, last)
      } nats; the constitution contrast ends at ${at(terms.constitutionTerm, last)}, the response contrast at ${
        at(terms.responseTerm, last)
      }.`,
      alt: "Exact mutual information and both InfoNCE terms against SAMI's iterations.",
    }];
  },
  tables: (view) => [measured(view, "information", "Exact measures of the policy after each iteration.", ITERATION)],
  notes(view, o) {
    const gaps = view.arms.flatMap((arm) =>
      [0, ...o.steps].flatMap((_, iteration) => {
        const exact = view.series(arm, terms.information.name, { iteration }).values;
        return [...view.series(arm, terms.constitutionTerm.name, { iteration }).values].map((v, r) => exact[r] - v);
      })
    );
    return [
      "The constitution contrast is a lower bound of the mutual information, a test of the code and no claim: at its " +
      `nearest it is ${
        formatNumber(Math.min(...gaps))
      } nats below. With two of four constitutions in a batch it lies ` +
      "well below; with all of them it is the mutual information.",
    ];
  },
};

/**
 * Two constitutions whose responses are told apart only now and then, though each finds the other's likely responses
 * unlikely: the response contrast exceeds what there is to know.
 */
const COUNTER_EXAMPLE = [[0.65, 0.05, 0.25, 0.05], [0.05, 0.65, 0.05, 0.25]];

export const responseTerm: Drawn<SyntheticOptions> = {
  figures(view, o) {
    const metric = terms.responseExceeds, share = view.summary(metric).toSorted((a, b) => b.value - a.value)[0];
    const { spread } = terms.widest.of(o),
      constitution = centre(view, "random-laws", "constitution-exceeds", { spread });
    return [{
      id: "response-term",
      ...summaryLines,
      data: looks(view, "random-laws", [[terms.constitutionExceeds, CONSTITUTION], [terms.responseExceeds, RESPONSE]]),
      x: "spread",
      xScale: "log",
      xLabel: "standard deviation of logits",
      yLabel: "share of laws where the term exceeds I(Y;C)",
      caption:
        `The response contrast exceeds the mutual information in up to ${formatPercent(share.value)} of laws, at ` +
        `a spread of ${share.spread}; the constitution contrast does in ${formatPercent(constitution)} at ${spread}.`,
      alt:
        "Share of random pairs of laws whose InfoNCE term exceeds the mutual information, against the spread of logits.",
    }];
  },
  tables: (view) => [measuresTable(view, {
    id: "response-term",
    caption: `Random laws over ${terms.LAW_WIDTH} responses: means in nats, and shares of laws.`,
    conditions: [{ key: "spread", label: "sd of logits" }],
    measures: [
      terms.responseTerm,
      terms.sequenceInformation,
      { ...terms.responseExceeds, label: "it exceeds I(Y;C)" },
      { ...terms.responseNegative, label: "it is below 0" },
    ],
  })],
  notes(view, o) {
    const logs = COUNTER_EXAMPLE.map((law) => law.map(Math.log)), { response } = contrastTerms(logs);
    const laws = COUNTER_EXAMPLE.map((law) => `(${law.join(", ")})`).join(" and ");
    const exceeds = centre(view, "random-laws", terms.constitutionExceeds.name, terms.widest.of(o));
    return [
      `A counter-example by hand: the laws ${laws} have a mutual information of ${
        formatNumber(mutualInformation(logs))
      } and a response term of ${formatNumber(response)} nats.`,
      "With both constitutions in the batch the constitution contrast never exceeds I(Y;C), a test of the code and no " +
      `claim: here it does in ${formatPercent(exceeds)} of laws.`,
    ];
  },
};

/** Whether mutual information and win rate part ways as training goes on. */
function warning(view: View, { longer }: SyntheticOptions): string {
  if (!view.arms.includes("sami")) return "";
  const steps = longer.toSorted((a, b) => a - b);
  const along = ({ name }: Metric) => steps.map((multiple) => centre(view, "sami", name, { multiple }));
  const won = along(wins), known = along(terms.information), best = won.indexOf(Math.max(...won));
  const after = known.slice(best + 1), peak = `${steps[best]} times the steps`;
  return after.length > 0 && after.every((nats) => nats > known[best])
    ? `It does not warn: it still rises after the win rate of SAMI has peaked, at ${peak}. `
    : `The win rate of SAMI peaks at ${peak}. `;
}

export const overOptimisation: Drawn<SyntheticOptions> = {
  figures: (view, o) => [
    curve(view, terms.junk, {
      id: "over-optimisation-junk",
      knob: MULTIPLE,
      references: baseLine(view, o, terms.baseJunk),
      caption: ranging(view, o, terms.junk, most),
    }),
    curve(view, wins, {
      id: "over-optimisation-wins",
      knob: MULTIPLE,
      references: EVEN,
      caption: ranging(view, o, wins, most),
    }),
    curve(view, kl, { id: "over-optimisation-kl", knob: MULTIPLE, yScale: "log", caption: ranging(view, o, kl, most) }),
    curve(view, terms.information, {
      id: "over-optimisation-information",
      knob: MULTIPLE,
      references: baseLine(view, o, terms.baseInformation),
      caption: `${ranging(view, o, terms.information, most)} ${warning(view, o)}`.trim(),
    }),
  ],
  tables: (view) => [measured(view, "over-optimisation", "Exact measures where training ends.", MULTIPLE)],
};

export const sides: Drawn<SyntheticOptions> = {
  figures: (view, o) => [
    against(view, terms.junk, terms.information, { id: "sides", caption: ranging(view, o, terms.junk, most) }),
    curve(view, wins, { id: "sides-wins", knob: MULTIPLE, references: EVEN, caption: ranging(view, o, wins, most) }),
  ],
  tables: (view) => [measured(view, "sides", "Exact measures where training ends.", MULTIPLE)],
  notes(view, o) {
    const arm = "sami-drawn-constitution";
    if (!view.arms.includes(arm) || terms.someInformation(o) !== undefined) return [];
    const { estimate } = terms.information.of(arm, most).over(terms.baseInformation).evidence(view, o);
    return [
      "The constitution side is the log-loss of guessing the constitution of a response, a proper score: on its own " +
      "drawn samples a policy guesses best already, and the expected gradient is zero. What it learns of them is noise: " +
      `its mutual information at ${times(o)} is ${
        formatNumber(estimate)
      } times the base policy's. Greedy responses are ` +
      "no such sample.",
    ];
  },
};

export const restart: Drawn<SyntheticOptions> = {
  figures: (view, o) => [
    curve(view, terms.information, {
      id: "restart-information",
      knob: ITERATION,
      caption: ranging(view, o, terms.information, last),
    }),
    curve(view, kl, { id: "restart-kl", knob: ITERATION, caption: ranging(view, o, kl, last) }),
  ],
  tables: (view) => [measured(view, "restart", "Exact measures after each iteration.", ITERATION)],
};

export const link: Drawn<SyntheticOptions> = {
  figures(view, o) {
    const { weakest, strongest } = terms, both = o.links.length > 1 ? [weakest, strongest] : [weakest];
    return [
      curve(view, wins, {
        id: "link",
        knob: LINK,
        references: EVEN,
        caption: `Win rates ${
          both.map((at) => `at a link of ${at.of(o).link}: ${range(view, o, wins, at)}`).join("; ")
        }.`,
      }),
    ];
  },
  tables: (view) => [measured(view, "link", "Exact measures after training.", LINK)],
};

/** Arms that share weights, of which alone a caption has something to tell. */
function sharing({ arms }: View): readonly string[] {
  const some = arms.filter((arm) => arm !== "sami-separate");
  return some.length > 0 ? some : arms;
}

export const generalisation: Drawn<SyntheticOptions> = {
  figures: (view, o) => [{
    id: "generalisation",
    ...summaryLines,
    data: [
      ...view.summary(terms.trainedWins).map((row) => ({ ...row, constitutions: "trained" })),
      ...view.summary(terms.heldWins).map((row) => ({ ...row, constitutions: "held-out" })),
    ],
    x: "training",
    panel: "constitutions",
    xLabel: "combinations trained on",
    yLabel: wins.axis,
    references: EVEN,
    caption: ranging(view, o, terms.heldWins, terms.mostTrained, sharing(view)),
    alt: "Win rate against the base policy on trained and held-out combinations of principles.",
  }],
  tables: (view) => [
    measuresTable(view, {
      id: "generalisation",
      caption: "Win rates and gains in true alignment, on combinations trained on and held out.",
      conditions: [{ key: "training", label: "trained on" }],
      measures: [terms.heldWins, terms.trainedWins, terms.heldGain, terms.trainedGain, terms.heldJunk],
    }),
  ],
  notes: (view, o) =>
    view.arms.includes("sami-separate")
      ? [
        "With nothing shared, training cannot reach a held-out constitution: that its win rate is one half is a test of " +
        "the code and no claim; here it is " +
        `${formatFixed(centre(view, "sami-separate", terms.heldWins.name, terms.mostTrained.of(o)), 4)}.`,
      ]
      : [],
};

/** Those of the levels that claims are about that were run; the first of the list where none was. */
function levels(o: SyntheticOptions): readonly At[] {
  const known = [terms.clean, terms.careless, terms.blind].filter(({ needs }) => needs?.(o) === undefined);
  return known.length > 0 ? known : [{ words: "", of: ({ writerNoise: [noise] }) => ({ noise }) }];
}

export const writer: Drawn<SyntheticOptions> = {
  figures(view, o) {
    const shown = view.arms.includes("sami") ? "sami" : view.arms[0];
    const percent = (at: At) => formatPercent(Number(at.of(o).noise), 0);
    return [
      curve(view, wins, {
        id: "writer",
        knob: NOISE,
        references: EVEN,
        caption: `Win rates ${
          levels(o).map((at) => `with ${percent(at)} turned round: ${valueText(view, o, wins, shown, at)}`).join("; ")
        }.`,
      }),
      curve(view, terms.information, {
        id: "writer-information",
        knob: NOISE,
        caption: `Mutual information on clean constitutions ${
          levels(o).slice(0, 2).map((at) => `at ${percent(at)}: ${range(view, o, terms.information, at)}`).join("; ")
        }.`,
      }),
    ];
  },
  notes: () => [
    "A share of the gain below 0 means that alignment ends below the base policy's: noise then does not only dilute the gain, it " +
    "takes some of the initial link away.",
  ],
  tables: (view) => [measured(view, "writer", "Exact measures on clean constitutions.", NOISE)],
};

export const length: Drawn<SyntheticOptions> = {
  figures: (view, o) => [
    curve(view, terms.length, {
      id: "length",
      knob: MULTIPLE,
      references: baseLine(view, o, terms.baseLength),
      caption: ranging(view, o, terms.length, most),
    }),
    curve(view, terms.sequenceInformation, {
      id: "length-information",
      knob: MULTIPLE,
      references: baseLine(view, o, terms.baseInformation),
      caption: ranging(view, o, terms.sequenceInformation, most),
    }),
  ],
  tables: (view) => [
    measured(view, "length", "Exact measures of the autoregressive policies.", MULTIPLE, [
      terms.length,
      terms.longest,
      terms.sequenceInformation,
    ]),
  ],
  notes(view, o) {
    if (!view.arms.includes("sami-drawn")) return [];
    const { estimate, lower, upper } = terms.length.of("sami-drawn", fewest).minus(terms.baseLength).evidence(view, o);
    return [
      `After few steps ${labelOf("sami-drawn")} has changed the mean length by ${
        formatInterval(estimate, lower, upper)
      } tokens.`,
    ];
  },
};

const JUDGES = [
  [terms.fair, "judge-fair"],
  [terms.biased, "judge-biased"],
  [terms.balanced, "judge-balanced"],
  [terms.logistic, "judge-logistic"],
] as const;

export const labels: Drawn<SyntheticOptions> = {
  figures(view, o) {
    const shown = ["sami", "sami-drawn", "dpo"].filter((arm) => view.arms.includes(arm));
    const bias = (metric: Metric, arm: string) => {
      const { estimate, lower, upper } = metric.of(arm).minus(terms.fair).evidence(view, o);
      return formatInterval(estimate, lower, upper);
    };
    const judged = shown.slice(0, 1).map((arm) =>
      `The judge that likes length errs by ${bias(terms.biased, arm)} on ${labelOf(arm)}, balanced by ${
        bias(terms.balanced, arm)
      }, by logistic regression by ${bias(terms.logistic, arm)}.`
    );
    return [
      dots(view, wins, {
        id: "labels",
        references: EVEN,
        caption: `Win rate under true alignment: ${
          each(view, o, wins, here, shown.length > 0 ? shown : view.arms)
        }. n of best-of-n is ${o.bestOf}.`,
      }),
      ...judged.map((caption) => ({
        id: "judges",
        ...summaryDots,
        data: shown.flatMap((arm) => looks(view, arm, JUDGES).map((row) => ({ ...row, policy: labelOf(arm) }))),
        panel: "policy",
        xLabel: wins.axis,
        references: EVEN,
        caption,
        alt: "Win rates by a fair judge, by a judge that likes length, and by two length corrections.",
      })),
      against(view, wins, kl, {
        id: "labels-kl",
        xScale: "log",
        references: EVEN,
        caption: ranging(view, o, kl, here),
      }),
    ];
  },
  tables: (view) => [
    measured(
      view,
      "labels",
      "Exact measures under the positive constitution; mutual information over all.",
      undefined,
      [wins, terms.alignment, terms.junk, kl, terms.information, { name: "length", label: "length", digits: 2 }],
    ),
    measured(view, "judges", "Win rates against the base policy by judge.", undefined, [
      terms.fair,
      terms.antithesisWins,
      terms.biased,
      terms.balanced,
      terms.logistic,
    ]),
  ],
};
