/**
 * How far methods with a reward model lead when rewards are simpler than policies.
 *
 * @module
 */
import { methodStyle } from "../../lib/report/methods.ts";
import { formatInterval } from "../../lib/report/numbers.ts";
import { question } from "../../lib/run/experiment.ts";
import { several } from "../../lib/run/needs.ts";
import { ends, type View } from "../../lib/run/view.ts";
import { above, between } from "../../lib/statistics/claims.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { armIds } from "./arms.ts";
import type { SyntheticOptions } from "./options.ts";
import {
  convergedNote,
  detectable,
  klFigure,
  klSlope,
  learnAndMeasure,
  measureTable,
  nothingDrawn,
  pairedClaim,
  PROTOCOL,
  ratioOfMeans,
  SPREAD,
  tasksOf,
} from "./study.ts";

const least = (o: SyntheticOptions) => ({ n: Math.min(...o.sizes) });
const middle = (o: SyntheticOptions) => ({
  n: o.sizes.toSorted((a, b) => a - b)[Math.floor((o.sizes.length - 1) / 2)],
});

/** By how much labelled distillation is farther from the target than fresh, at each n where that is decided. */
function freshLead(view: View): string[] {
  if (!["distill-labelled", "distill-fresh"].every((arm) => view.arms.includes(arm))) return [];
  const decided = view.conditions.flatMap((condition) => {
    const { estimate, lower, upper } = view.paired("distill-labelled", "distill-fresh", "forward-kl", condition);
    return lower > 0 || upper < 0 ? [`${formatInterval(estimate, lower, upper)} at n = ${condition.n}`] : [];
  });
  return [`KL of labelled − fresh distillation, where its interval leaves out 0: ${decided.join(", ") || "nowhere"}.`];
}

export const rewardClass = question({
  id: "reward-class",
  asks: "How far do methods with a reward model lead when rewards are simpler than policies?",
  part: "synthetic",
  method:
    `${PROTOCOL}log π* is linear in a few features of a response (logit sd ${SPREAD}); reward models are linear ` +
    "too, policies are tables. Labelled distillation sees the pairs that were compared, fresh distillation several " +
    "times as many from the same law without labels.",
  arms: armIds,
  conditions: (o: SyntheticOptions) => o.sizes.map((n) => ({ n })),
  seeds: ({ seeds }) => seeds,
  prepare: nothingDrawn,
  run: (context) =>
    learnAndMeasure(
      context.arm,
      tasksOf(context, { n: Number(context.condition.n), features: context.options.features }),
    ),
  claims: [
    ...["distill-fresh", "reverse-kl"].map((arm) => ({
      id: `linear-reward-${arm}`,
      statement: `${methodStyle(arm).label} with a linear reward is nearer the target than PMLE`,
      source: "theorems 4, 7 and 14: C_R against C_Π",
      paper: "reward-model methods win (TL;DR: 73.8 and 73.0 against 49.1)",
      quantity: `KL of PMLE over that of ${methodStyle(arm).label}, middle n`,
      rule: above(1),
      unit: "seeds",
      arms: [arm, "pmle"],
      evidence: (view: View, o: SyntheticOptions) =>
        view.statistic(
          ["pmle", arm].map((id) => view.series(id, "forward-kl", middle(o))),
          ([pmle, other]) => mean(pmle) / mean(other),
        ),
    })),
    pairedClaim(["distill-labelled", "distill-fresh"], least, {
      id: "fresh-beats-labelled",
      statement: "Distillation on fresh pairs beats distillation on labelled ones when comparisons are few",
      source: "theorem 14 and algorithm 1",
      paper: "unlabelled pairs suffice, and there can be more of them",
      quantity: "KL of labelled − fresh distillation, smallest n",
      rule: above(0),
      note: "A response that no pair shows stays at indifference, which pulls a policy towards the uniform one.",
    }),
    {
      id: "linear-reward-rate",
      statement: "Reverse KL with a linear reward still nears the target like 1/n: the exponent is −1 within 0.15",
      source: "theorem 7",
      paper: "O(1/n)",
      quantity: "slope of log KL(π* ‖ π) on log n, larger half of sizes",
      rule: between(-1.15, -0.85),
      unit: "seeds",
      arms: ["reverse-kl"],
      needs: several("sizes"),
      evidence: (view, o) => klSlope(view, "reverse-kl", o.sizes),
    },
    {
      kind: "question",
      id: "linear-reward-rlhf",
      statement: "RLHF at the best β gains no more than a fifth of its KL from data once the reward is right",
      source: "closed form of RLHF",
      paper: "RLHF dilemma: underfits or degenerates",
      quantity: "KL of RLHF by truth at the largest n over that at the middle n",
      rule: between(0.8, 1.25),
      unit: "seeds",
      arms: ["rlhf-best"],
      needs: several("sizes"),
      evidence: (view, o) => ratioOfMeans(view, "rlhf-best", "forward-kl", { n: Math.max(...o.sizes) }, middle(o)),
    },
  ],
  figures: (view, o) => [klFigure(view, {
    id: "reward-class",
    x: "n",
    xScale: "log",
    xLabel: "comparisons (n)",
    caption: `A reward of ${o.features} features in a policy of ${o.contexts * o.actions} logits. At n = ` +
      `${middle(o).n}: ${ends(view, "forward-kl", middle(o))}.`,
  })],
  tables: (view) => [
    measureTable(view, "reward-class", "Exact measures of each policy, linear rewards.", [{ key: "n", label: "n" }]),
  ],
  notes: (
    view,
    o,
  ) => [convergedNote(view), ...freshLead(view), ...detectable(view, ["distill-labelled", "distill-fresh"], least(o))],
});
