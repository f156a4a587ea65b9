/**
 * Win rates against the base policy under the true alignment score and under a judge that likes length; what labels buy.
 *
 * @module
 */
import { question } from "../../lib/run/experiment.ts";
import { over } from "../../lib/run/needs.ts";
import { claim, combined } from "../../lib/run/quantity.ts";
import * as drawn from "./figures.ts";
import { type Contest, judge } from "./judge.ts";
import type { SyntheticOptions } from "./options.ts";
import { antithesisWins, biased, fair, here, logistic, wins } from "./terms.ts";
import { methods } from "./training.ts";
import { antithesisOf, endOf, measure, PROTOCOL, type Sample, samplesOf } from "./world.ts";

/** The constitution that takes every principle by its definition, as in the paper's evaluation. */
const POSITIVE = 0;

/** log-probs of the best of n draws from the base policy by true alignment; ties go to the draw that came first. */
export function bestOf(
  { world: { pool, alignment }, logBase }: Pick<Sample, "world" | "logBase">,
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
function contests({ world, logBase }: Sample, logPolicy: Float64Array): Contest[] {
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

const COMPARISON = { source: "comparison, not in the paper" };

export const labels = question({
  id: "labels",
  asks: "How often does SAMI win against the base policy, and what would labels buy?",
  method:
    `${PROTOCOL}Policies are asked to follow every principle. DPO gets as many pairs as SAMI has examples, both responses ` +
    "to one constitution, labelled by true alignment; SFT imitates the samples that SAMI contrasts, the likeliest " +
    "responses as in the paper; drawn, they are drawn; with antitheses written, each response is written under the antithesis " +
    "of every principle of the constitution that it is said to be of, a control; best-of-n knows the " +
    "true alignment of the base policy's samples when it answers. Responses that follow the last principle are longer, and " +
    "a judge that likes length is corrected as in the paper: averaged over longer and shorter responses, and by logistic " +
    "regression on the difference in log length.",
  arms: ["sami", "sami-drawn", "sami-antithesis", "sami-kl", "dpo", "sft", "best-of-n"],
  conditions: (_: SyntheticOptions) => [{}],
  run(context) {
    const { arm, options } = context;
    return samplesOf(context).map((each) => {
      const other = antithesisOf(each.world);
      const logPolicy = arm === "best-of-n"
        ? bestOf(each, options.bestOf)
        : arm === "sami-antithesis"
        ? endOf(each, methods.sami, options, { written: other })
        : endOf(each, methods[arm], options);
      return {
        ...measure(each, logPolicy, [POSITIVE]),
        "antithesis-win-rate": measure(each, logPolicy, [other(POSITIVE)])["win-rate"],
        information: measure(each, logPolicy).information,
        "base-length": measure(each, each.logBase, [POSITIVE]).length,
        ...judge(contests(each, logPolicy), options.lengthBias),
      };
    });
  },
  claims: [
    claim("sami-wins", "SAMI wins against the base policy, 51% or more", wins.of("sami").above(0.51), {
      source: "results, iteration 3, mistral-7b",
      paper: "66% helpful, 77% harmless; TL;DR 70.8% and 70.0%",
    }),
    claim(
      "sami-antitheses",
      "Asked to follow the antitheses SAMI wins as well, 51% or more",
      antithesisWins.of("sami").above(0.51),
      {
        kind: "control",
        source: "constitutions of definitions and antitheses, tables 10 to 12",
        paper: "both are in training; win rates are of the definitions",
        note: "Were a gain only that of better responses in general, it would be lost here.",
      },
    ),
    claim(
      "antithesis-written",
      "Trained on responses written under the antitheses, SAMI loses: 49% or less",
      wins.of("sami-antithesis").below(0.49),
      { kind: "control", source: "what the gain hangs on: which constitution a response was written under" },
    ),
    claim("sami-wins-drawn", "With drawn responses SAMI wins as well, 51% or more", wins.of("sami-drawn").above(0.51), {
      kind: "question",
      source: "the bound, which is for drawn responses",
      paper: "not reported: responses at temperature 0",
    }),
    claim("sami-sft", "SAMI wins more often than SFT on own samples", wins.of("sami").minus("sft").above(0), {
      ...COMPARISON,
      kind: "question",
    }),
    claim(
      "labels-buy",
      "Labels on the same budget buy a point or more: DPO over SAMI",
      wins.of("dpo").minus("sami").above(0.01),
      { ...COMPARISON, kind: "question" },
    ),
    claim(
      "length-control",
      "Length control by logistic regression brings the biased judge nearer the fair one",
      combined(
        "distance from the fair win rate, biased − logistic, SAMI",
        [biased, logistic, fair].map((rate) => rate.of("sami", here)),
        ([liking, corrected, rate]) => Math.abs(liking - rate) - Math.abs(corrected - rate),
      ).above(0),
      {
        source: "length-corrected win rates",
        paper: "67.5% and 74.8% corrected, 66% and 77% balanced",
        note: "Where good responses are long, length control takes some of their merit with it.",
        needs: over("lengthBias"),
      },
    ),
  ],
  ...drawn.labels,
});
