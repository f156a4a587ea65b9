/**
 * Win rates against the base policy under the true alignment score and under a judge that likes length; what labels buy.
 *
 * @module
 */
import { methodStyle } from "../../lib/report/methods.ts";
import { formatInterval, formatNumber } from "../../lib/report/numbers.ts";
import { type Condition, question } from "../../lib/run/experiment.ts";
import { over } from "../../lib/run/needs.ts";
import { summaryDots, type View } from "../../lib/run/view.ts";
import { above, below } from "../../lib/statistics/claims.ts";
import { meanInterval } from "../../lib/statistics/intervals.ts";
import { type Contest, judge } from "./judge.ts";
import type { SyntheticOptions } from "./options.ts";
import {
  type Case,
  casesOf,
  columns,
  extremes,
  measure,
  measureTable,
  methodOf,
  pairedClaim,
  policyAt,
  PROTOCOL,
  told,
  trainingOf,
} from "./study.ts";
import { methods, train } from "./training.ts";

const BEST_OF = "best-of-n";
/** The constitution that takes every principle by its definition, as in the paper's evaluation. */
const POSITIVE = 0;
const ANTITHESIS = "sami-antithesis";

/** The constitution that takes every principle the other way. */
export const antithesisOf = ({ pool }: Case["world"]) => (c: number): number => pool.constitutions - 1 - c;

/** Metric and look of each win rate. */
const RATES = {
  "fair": "judge-fair",
  "biased": "judge-biased",
  "balanced": "judge-balanced",
  "logistic": "judge-logistic",
} as const;

/** log-probs of the best of n draws from the base policy by true alignment; ties go to the draw that came first. */
export function bestOf(
  { world: { pool, alignment }, logBase }: Pick<Case, "world" | "logBase">,
  n: number,
): Float64Array {
  const out = new Float64Array(logBase.length), A = pool.responses;
  for (let at = 0; at < out.length; at += A) {
    const order = Array.from({ length: A }, (_, y) => at + y).sort((a, b) => alignment[a] - alignment[b]);
    let below = 0;
    for (let i = 0; i < A;) {
      let mass = 0, j = i;
      while (j < A && alignment[order[j]] === alignment[order[i]]) mass += Math.exp(logBase[order[j++]]);
      const upTo = Math.min(1, below + mass);
      // All n at or below this score, less all n below it; the floor keeps what never comes up above 0, when it is spread
      // over equal scores and averaged over constitutions as well.
      const chance = Math.max(upTo ** n - below ** n, 1e-200);
      for (; i < j; i++) out[order[i]] = logBase[order[i]] - Math.log(mass) + Math.log(chance);
      below = upTo;
    }
  }
  return out;
}

/** Policy and base policy in contest under the positive constitution. */
function contests({ world, logBase }: Case, logPolicy: Float64Array): Contest[] {
  const { queries, constitutions, responses } = world.pool;
  return Array.from({ length: queries }, (_, x) => {
    const at = (x * constitutions + POSITIVE) * responses;
    const part = (values: Float64Array) => values.subarray(at, at + responses);
    return {
      alignment: part(world.alignment),
      logLength: world.lengths.subarray(x * responses, (x + 1) * responses).map(Math.log),
      policy: part(logPolicy).map(Math.exp),
      other: part(logBase).map(Math.exp),
    };
  });
}

/** Each seed's distance of a win rate from the fair one. */
const distance = (view: View, arm: string, rate: keyof typeof RATES, at: Condition) => {
  const fair = view.series(arm, "fair", at).values;
  return view.series(arm, rate, at).values.map((v, r) => Math.abs(v - fair[r]));
};

export const labels = question({
  id: "labels",
  asks: "How often does SAMI win against the base policy, and what would labels buy?",
  part: "synthetic",
  method:
    `${PROTOCOL}Policies are asked to follow every principle. DPO gets as many pairs as SAMI has examples, both responses ` +
    "to one constitution, labelled by true alignment; SFT imitates the samples that SAMI contrasts, the likeliest " +
    "responses as in the paper; drawn, they are drawn; with antitheses written, each response is written under the antithesis " +
    "of every principle of the constitution that it is said to be of, a control; best-of-n knows the " +
    "true alignment of the base policy's samples when it answers. Responses that follow the last principle are longer, and " +
    "a judge that likes length is corrected as in the paper: averaged over longer and shorter responses, and by logistic " +
    "regression on the difference in log length.",
  arms: ["sami", "sami-drawn", "sami-antithesis", "sami-kl", "dpo", "sft", BEST_OF],
  conditions: () => [{}],
  seeds: ({ seeds }: SyntheticOptions) => seeds,
  run(context) {
    const { arm, options } = context;
    return columns(
      casesOf(context).map((each) => {
        const logPolicy = arm === BEST_OF ? bestOf(each, options.bestOf) : policyAt(
          each,
          arm === ANTITHESIS
            ? train(methods.sami, { ...trainingOf(each, options), written: antithesisOf(each.world) }, each.rng).at(-1)!
            : train(methodOf(arm), trainingOf(each, options), each.rng).at(-1)!,
        );
        return {
          ...measure(each, logPolicy, [POSITIVE]),
          "antithesis-win-rate": measure(each, logPolicy, [antithesisOf(each.world)(POSITIVE)])["win-rate"],
          information: measure(each, logPolicy).information,
          "base-length": measure(each, each.logBase, [POSITIVE]).length,
          ...judge(contests(each, logPolicy), options.lengthBias),
        };
      }),
    );
  },
  claims: [
    {
      id: "sami-wins",
      statement: "SAMI wins against the base policy, 51% or more",
      source: "results, iteration 3, mistral-7b",
      paper: "66% helpful, 77% harmless; TL;DR 70.8% and 70.0%",
      quantity: "win rate under true alignment",
      rule: above(0.51),
      unit: "seeds",
      arms: ["sami"],
      evidence: (view) => view.mean("sami", "win-rate"),
    },
    {
      id: "sami-antitheses",
      statement: "Asked to follow the antitheses SAMI wins as well, 51% or more",
      source: "constitutions of definitions and antitheses, tables 10 to 12",
      paper: "both are in training; win rates are of the definitions",
      kind: "control",
      quantity: "win rate against the base policy, both asked for every antithesis, alignment to it",
      rule: above(0.51),
      unit: "seeds",
      arms: ["sami"],
      evidence: (view) => view.mean("sami", "antithesis-win-rate"),
      note: "Were a gain only that of better responses in general, it would be lost here.",
    },
    {
      kind: "control",
      id: "antithesis-written",
      statement: "Trained on responses written under the antitheses, SAMI loses: 49% or less",
      source: "what the gain hangs on: which constitution a response was written under",
      paper: "not reported",
      quantity: "win rate under true alignment, antitheses written",
      rule: below(0.49),
      unit: "seeds",
      arms: [ANTITHESIS],
      evidence: (view) => view.mean(ANTITHESIS, "win-rate"),
    },
    {
      kind: "question",
      id: "sami-wins-drawn",
      statement: "With drawn responses SAMI wins as well, 51% or more",
      source: "the bound, which is for drawn responses",
      paper: "not reported: responses at temperature 0",
      quantity: "win rate under true alignment, drawn responses",
      rule: above(0.51),
      unit: "seeds",
      arms: ["sami-drawn"],
      evidence: (view) => view.mean("sami-drawn", "win-rate"),
    },
    pairedClaim(["sami", "sft"], "win-rate", () => ({}), {
      kind: "question",
      id: "sami-sft",
      statement: "SAMI wins more often than SFT on own samples",
      source: "comparison, not in the paper",
      paper: "not reported",
      quantity: "win rate of SAMI − SFT",
      rule: above(0),
    }),
    pairedClaim(["dpo", "sami"], "win-rate", () => ({}), {
      kind: "question",
      id: "labels-buy",
      statement: "Labels on the same budget buy a point or more: DPO over SAMI",
      source: "comparison, not in the paper",
      paper: "not reported",
      quantity: "win rate of DPO − SAMI",
      rule: above(0.01),
    }),
    {
      id: "length-control",
      statement: "Length control by logistic regression brings the biased judge nearer the fair one",
      source: "length-corrected win rates",
      paper: "67.5% and 74.8% corrected, 66% and 77% balanced",
      quantity: "distance from the fair win rate, biased − logistic, SAMI",
      rule: above(0),
      needs: over("lengthBias"),
      unit: "seeds",
      arms: ["sami"],
      evidence(view) {
        const corrected = distance(view, "sami", "logistic", {});
        return meanInterval(distance(view, "sami", "biased", {}).map((v, r) => v - corrected[r]));
      },
      note: "Where good responses are long, length control takes some of their merit with it.",
    },
  ],
  figures(view, o) {
    const [any] = view.arms;
    const shown = ["sami", "sami-drawn", "dpo"].filter((arm) => view.arms.includes(arm));
    const judged = shown.flatMap((policy) =>
      Object.entries(RATES).map(([metric, look]) => ({
        ...view.summary(metric, { arms: [policy] })[0],
        policy: methodStyle(policy).label,
        arm: look,
      }))
    );
    const bias = (policy: string, metric: keyof typeof RATES) => {
      const fair = view.series(policy, "fair", {}).values;
      const { estimate, lower, upper } = meanInterval(
        view.series(policy, metric, {}).values.map((v, r) => v - fair[r]),
      );
      return formatInterval(estimate, lower, upper);
    };
    const length = (policy: string, metric: string) => formatNumber(view.mean(policy, metric, {}).estimate);
    const toldOf = (policy: string) =>
      `${methodStyle(policy).label} (${length(policy, "length")} tokens, the base policy ${
        length(policy, "base-length")
      }): ${bias(policy, "biased")} by the judge that likes length, ${bias(policy, "balanced")} balanced, ${
        bias(policy, "logistic")
      } logistic`;
    return [
      {
        id: "labels",
        ...summaryDots,
        data: view.summary("win-rate"),
        xLabel: "win rate against the base policy under true alignment",
        references: [{ value: 0.5, label: "even" }],
        caption: `Win rate: ${
          (shown.length > 0 ? shown : [any]).map((arm) => told(view, arm, "win-rate", {})).join(", ")
        }. n of best-of-n is ${o.bestOf}. Bars are 95% intervals over seeds.`,
        alt: "Win rate of each policy against the base policy under true alignment.",
      },
      ...shown.length === 0 ? [] : [{
        id: "judges",
        ...summaryDots,
        data: judged,
        panel: "policy",
        xLabel: "win rate against the base policy",
        references: [{ value: 0.5, label: "even" }],
        caption: `Distance from the fair judge. ${shown.map(toldOf).join(". ")}. Bars are 95% intervals ` +
          "over seeds.",
        alt: "Win rates by a fair judge, by a judge that likes length, and by two length corrections.",
      }],
      {
        id: "labels-kl",
        kind: "scatter" as const,
        data: view.summary("win-rate").map((row) => {
          const kl = view.mean(row.arm, "kl");
          return { ...row, kl: kl.estimate, left: kl.lower, right: kl.upper };
        }),
        x: "kl",
        xLower: "left",
        xUpper: "right",
        xScale: "log" as const,
        y: "value",
        yLower: "lower",
        yUpper: "upper",
        by: "arm",
        xLabel: "KL(π ‖ base), nats",
        yLabel: "win rate under true alignment",
        references: [{ value: 0.5, label: "even" }],
        caption:
          `What each win costs in distance from the base policy: ${extremes(view, "kl", {})} nats. Bars are 95% ` +
          "intervals over seeds.",
        alt: "Win rate of each policy against its distance from the base policy.",
      },
    ];
  },
  tables: (view) => [
    measureTable(
      view,
      "labels",
      "Exact measures under the positive constitution; mutual information over all.",
      [],
      ["win-rate", "alignment", "junk", "kl", "information", "length"],
    ),
    {
      id: "judges",
      caption: "Win rates against the base policy by judge.",
      columns: [
        { key: "arm", label: "arm", method: true },
        { key: "value", label: "fair", digits: 3, lower: "lower", upper: "upper" },
        { key: "antitheses", label: "fair, antitheses asked", digits: 3 },
        { key: "biased", label: "likes length", digits: 3 },
        { key: "balanced", label: "balanced", digits: 3 },
        { key: "logistic", label: "logistic", digits: 3 },
      ],
      rows: view.summary("fair").map((row) => {
        const average = (metric: string) => view.mean(row.arm, metric).estimate;
        return {
          ...row,
          antitheses: average("antithesis-win-rate"),
          biased: average("biased"),
          balanced: average("balanced"),
          logistic: average("logistic"),
        };
      }),
    },
  ],
});
