/**
 * Mutual information over SAMI's iterations, and what its two InfoNCE terms have to do with it.
 *
 * @module
 */
import { mutualInformation } from "../../lib/losses/mutual_information.ts";
import { formatInterval, formatNumber, formatPercent } from "../../lib/report/numbers.ts";
import { type Condition, question } from "../../lib/run/experiment.ts";
import { summaryLines, type View } from "../../lib/run/view.ts";
import { above, below } from "../../lib/statistics/claims.ts";
import { meanInterval } from "../../lib/statistics/intervals.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { logSoftmaxRows } from "../../lib/worlds/preferences.ts";
import { contrastTerms } from "../../lib/worlds/principles.ts";
import { someInformation } from "./needs.ts";
import { checkResponses, type SyntheticOptions } from "./options.ts";
import {
  type Case,
  casesOf,
  columns,
  measure,
  measureTable,
  methodOf,
  policyAt,
  PROTOCOL,
  ratio,
  trainingOf,
} from "./study.ts";
import { train } from "./training.ts";

/** Metric and look of what the figures compare. */
const QUANTITIES = {
  "information": "exact-information",
  "constitution-term": "constitution-term",
  "response-term": "response-term",
} as const;

/** One line a quantity: rows of the view of one arm. */
function quantityRows(view: View, arm: string) {
  return Object.entries(QUANTITIES).flatMap(([metric, look]) =>
    view.summary(metric, { arms: [arm] }).map((row) => ({ ...row, arm: look }))
  );
}

const quantityLines = { ...summaryLines, yLabel: "nats" } as const;

/** Both terms at two constitutions a batch, averaged over queries. */
function terms({ world: { pool } }: Case, logPolicy: Float64Array) {
  const { queries, constitutions, responses } = pool;
  const each = Array.from({ length: queries }, (_, x) =>
    contrastTerms(Array.from({ length: constitutions }, (_, c) => {
      const at = (x * constitutions + c) * responses;
      return logPolicy.subarray(at, at + responses);
    })));
  return {
    "constitution-term": mean(each.map(({ constitution }) => constitution)),
    "response-term": mean(each.map(({ response }) => response)),
  };
}

const last = (o: SyntheticOptions): Condition => ({ iteration: o.steps.length });
const FIRST = { iteration: 0 };
const ARM = "sami", DRAWN = "sami-drawn";

/** By how much the constitution contrast lies below the mutual information, least over arms, iterations and seeds. */
function smallestGap(view: View, o: SyntheticOptions): number {
  return Math.min(...view.arms.flatMap((arm) =>
    [0, ...o.steps].flatMap((_, iteration) => {
      const exact = view.series(arm, "information", { iteration }).values;
      return [...view.series(arm, "constitution-term", { iteration }).values].map((v, r) => exact[r] - v);
    })
  ));
}

export const information = question({
  id: "information",
  asks: "Does each iteration raise the mutual information between constitutions and responses?",
  part: "synthetic",
  method:
    `${PROTOCOL}The policy is log-linear in features that queries and constitutions share. Each iteration starts from ` +
    "the base policy and learns from responses of the iteration before, two constitutions an example; both contrasts " +
    "are taken in expectation over all pairs of constitutions and all responses. Responses are the likeliest ones, as in " +
    "the paper; drawn, they are those that the bounds are about.",
  arms: [ARM, DRAWN],
  conditions(o: SyntheticOptions) {
    checkResponses(o);
    return [0, ...o.steps].map((_, iteration) => ({ iteration }));
  },
  seeds: ({ seeds }) => seeds,
  run(context) {
    const iteration = Number(context.condition.iteration), { options, arm } = context;
    return columns(
      casesOf(context).map((each) => {
        const training = trainingOf(each, options), steps = options.steps.slice(0, iteration);
        const logPolicy = policyAt(each, train(methodOf(arm), { ...training, steps }, each.rng).at(-1)!);
        return { ...measure(each, logPolicy), ...terms(each, logPolicy) };
      }),
    );
  },
  claims: [
    {
      kind: "question",
      id: "information-rises-drawn",
      statement: "With drawn responses SAMI raises the mutual information by a quarter or more",
      source: "objective, equation 2, whose bound is for drawn responses",
      paper: "not reported: responses at temperature 0",
      quantity: "I(Y;C|X) after the last iteration over that of the base policy, drawn responses",
      rule: above(1.25),
      needs: someInformation,
      unit: "seeds",
      arms: [DRAWN],
      evidence: (view, o) => ratio(view, "information", [DRAWN, last(o)], [DRAWN, FIRST]),
    },
    {
      id: "information-rises",
      statement: "SAMI raises the mutual information, by a quarter or more",
      source: "objective, equation 2; results of iterations 1 to 3",
      paper: "win rates rise from iteration to iteration",
      quantity: "I(Y;C|X) after the last iteration over that of the base policy",
      rule: above(1.25),
      needs: someInformation,
      unit: "seeds",
      arms: [ARM],
      evidence: (view, o) => ratio(view, "information", [ARM, last(o)], [ARM, FIRST]),
    },
    {
      id: "every-iteration",
      statement: "Every iteration raises it",
      source: "Algorithm 1",
      paper: "three iterations, each better in most settings",
      quantity: "smallest gain in I(Y;C|X) of an iteration over the one before, each seed's own, nats",
      rule: above(0),
      unit: "seeds",
      arms: [ARM],
      evidence(view, o) {
        const values = [0, ...o.steps].map((_, iteration) => view.series(ARM, "information", { iteration }).values);
        const gains = values.slice(1).map((now, i) => now.map((v, r) => v - values[i][r]));
        return meanInterval(gains[0].map((_, r) => Math.min(...gains.map((gain) => gain[r]))));
      },
    },
  ],
  figures(view, o) {
    if (!view.arms.includes(ARM)) return [];
    const rows = quantityRows(view, ARM);
    const at = (metric: string, condition: Condition) => {
      const { estimate, lower, upper } = view.mean(ARM, metric, condition);
      return formatInterval(estimate, lower, upper);
    };
    return [{
      id: "information",
      ...quantityLines,
      data: rows,
      x: "iteration",
      xLabel: "iteration (0 is the base policy)",
      caption:
        `I(Y;C|X) goes from ${at("information", FIRST)} to ${at("information", last(o))} nats; the constitution ` +
        `contrast ends at ${at("constitution-term", last(o))}, the response contrast at ${
          at("response-term", last(o))
        }. Bands are 95% intervals over seeds.`,
      alt: "Exact mutual information and both InfoNCE terms against SAMI's iterations.",
    }];
  },
  tables: (view) => [
    measureTable(view, "information", "Exact measures of the policy after each iteration.", [
      { key: "iteration", label: "iteration" },
    ]),
  ],
  notes: (view, o) => [
    `The constitution contrast is a lower bound of the mutual information, a test of the code and no claim: at its nearest it ` +
    `is ${
      formatNumber(smallestGap(view, o))
    } nats below. With two of four constitutions in a batch it lies well below; with ` +
    "all of them it is the mutual information.",
  ],
});

const LAWS = 200, WIDTH = 4;
const random = "random-laws";
const widest = (o: SyntheticOptions) => ({ spread: Math.max(...o.spreads) });
const narrowest = (o: SyntheticOptions) => ({ spread: Math.min(...o.spreads) });

/**
 * Two constitutions whose responses are told apart only now and then, though each finds the other's likely responses
 * unlikely: the response contrast exceeds what there is to know.
 */
export const counterExample = [[0.65, 0.05, 0.25, 0.05], [0.05, 0.65, 0.05, 0.25]].map((law) => law.map(Math.log));

export const responseTerm = question({
  id: "response-term",
  asks: "Is the response contrast a bound of the mutual information as well?",
  part: "synthetic",
  method:
    `Two constitutions answer from ${WIDTH} responses with independent normal logits: ${LAWS} such pairs of laws a ` +
    "seed and spread. Equation 8 takes the sampled responses to have equal marginal probabilities, which nothing enforces.",
  arms: [random],
  conditions: ({ spreads }: SyntheticOptions) => spreads.map((spread) => ({ spread })),
  seeds: ({ seeds }) => seeds,
  run({ streams, condition }) {
    const spread = Number(condition.spread);
    return columns(
      streams("laws").map((rng) => {
        const each = Array.from({ length: LAWS }, () => {
          const table = logSoftmaxRows(rng.normals(2 * WIDTH).map((z) => spread * z), WIDTH);
          const laws = [table.subarray(0, WIDTH), table.subarray(WIDTH)];
          return { information: mutualInformation(laws), ...contrastTerms(laws) };
        });
        // An excess of rounding size is none.
        const exceeds = (term: "constitution" | "response") =>
          mean(each.map((v) => v[term] > v.information + 1e-9 ? 1 : 0));
        return {
          "information": mean(each.map((v) => v.information)),
          "constitution-term": mean(each.map((v) => v.constitution)),
          "response-term": mean(each.map((v) => v.response)),
          "constitution-exceeds": exceeds("constitution"),
          "response-exceeds": exceeds("response"),
          "response-negative": mean(each.map((v) => v.response < -1e-9 ? 1 : 0)),
        };
      }),
    );
  },
  claims: [
    {
      id: "response-bound",
      statement: "The response contrast is a lower bound of the mutual information, in 99% of random laws or more",
      source: "equation 8",
      paper: "lower bound, where sampled responses have equal marginals",
      quantity: "share of random laws at the widest spread where it exceeds I(Y;C)",
      rule: below(0.01),
      unit: "seeds",
      arms: [random],
      evidence: (view, o) => view.mean(random, "response-exceeds", widest(o)),
      note: "A known negative: without equal marginals it is no bound.",
    },
  ],
  figures(view, o) {
    const share = view.summary("response-exceeds").toSorted((a, b) => b.value - a.value)[0];
    const rows = (["constitution", "response"] as const).flatMap((term) =>
      view.summary(`${term}-exceeds`).map((row) => ({ ...row, arm: QUANTITIES[`${term}-term`] }))
    );
    return [{
      id: "response-term",
      ...quantityLines,
      yLabel: "share of laws where the term exceeds I(Y;C)",
      data: rows,
      x: "spread",
      xScale: "log" as const,
      xLabel: "standard deviation of logits",
      caption:
        `The response contrast exceeds the mutual information in up to ${formatPercent(share.value)} of laws (at ` +
        `a spread of ${share.spread}), and is negative in ${
          formatPercent(view.mean(random, "response-negative", narrowest(o)).estimate)
        } of them at ${narrowest(o).spread}. The constitution contrast does so in ${
          formatPercent(view.mean(random, "constitution-exceeds", widest(o)).estimate)
        } at ${widest(o).spread}. Bands are 95% intervals over seeds.`,
      alt:
        "Share of random pairs of laws whose InfoNCE term exceeds the mutual information, against the spread of logits.",
    }];
  },
  tables: (view) => [{
    id: "response-term",
    caption: `Random laws over ${WIDTH} responses: means in nats, and shares of laws.`,
    columns: [
      { key: "spread", label: "sd of logits" },
      { key: "value", label: "response term", digits: 4, lower: "lower", upper: "upper" },
      { key: "information", label: "I(Y;C)", digits: 4 },
      { key: "exceeds", label: "response term exceeds", digits: 3 },
      { key: "negative", label: "response term < 0", digits: 3 },
    ],
    rows: view.summary("response-term").map((row) => {
      const average = (metric: string) => view.mean(row.arm, metric, { spread: row.spread }).estimate;
      return {
        ...row,
        information: average("information"),
        exceeds: average("response-exceeds"),
        negative: average("response-negative"),
      };
    }),
  }],
  notes(view, o) {
    const { response } = contrastTerms(counterExample);
    const laws = counterExample.map((law) => `(${law.map((v) => formatNumber(Math.exp(v))).join(", ")})`).join(" and ");
    return [
      `A counter-example by hand: the laws ${laws} have a mutual information of ${
        formatNumber(mutualInformation(counterExample))
      } and a response term of ${formatNumber(response)} nats.`,
      "With both constitutions in the batch the constitution contrast never exceeds I(Y;C), a test of the code and no claim: " +
      `here it does in ${formatPercent(mean(view.series(random, "constitution-exceeds", widest(o)).values))} of laws.`,
    ];
  },
});
