/**
 * How fast each arm nears the target, where the others stop, and which policies degenerate on few comparisons.
 *
 * @module
 */
import { labels } from "../../lib/report/captions.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatFixed } from "../../lib/report/numbers.ts";
import { type Claim, question } from "../../lib/run/experiment.ts";
import { several } from "../../lib/run/needs.ts";
import { ends, summaryLines } from "../../lib/run/view.ts";
import { familyPanels, inFamilies } from "./families.ts";
import { above, below, between, type ClaimKind } from "../../lib/statistics/claims.ts";
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
  SPREAD,
  tasksOf,
} from "./study.ts";
import { FOLDS } from "./tuning.ts";

const label = (arm: string) => methodStyle(arm).label;
const widest = (o: SyntheticOptions) => Math.max(...o.spreads);
const far = (o: SyntheticOptions) => ({ spread: widest(o), n: Math.max(...o.sizes) });
/** The narrowest logits are those of the paper's toy. */
const toyFar = (o: SyntheticOptions) => ({ spread: Math.min(...o.spreads), n: Math.max(...o.sizes) });
const toyNear = (o: SyntheticOptions) => ({ spread: Math.min(...o.spreads), n: Math.min(...o.sizes) });

function slopeClaim(arm: string): Claim<SyntheticOptions> {
  return {
    id: `rate-${arm}`,
    statement: `${label(arm)} nears the target like 1/n: the exponent is −1 within 0.15`,
    source: "theorems 4, 6, 7 and 14",
    paper: "O(1/n)",
    quantity: "slope of log KL(π* ‖ π) on log n, larger half of sizes, widest logits",
    rule: between(-1.15, -0.85),
    unit: "seeds",
    arms: [arm],
    needs: several("sizes"),
    evidence: (view, o) => klSlope(view, arm, o.sizes, { spread: widest(o) }),
  };
}

function plateauClaim(arm: string, law: string, source: string, kind: ClaimKind): Claim<SyntheticOptions> {
  return {
    id: `plateau-${arm}`,
    kind,
    statement: `${label(arm)} stops where ${law} lies, within 10% in KL`,
    source,
    paper: kind === "paper" ? "saturates (figure 1)" : "not reported",
    quantity: "KL at the largest n over KL of that law, minus 1, widest logits",
    rule: between(-0.1, 0.1),
    unit: "seeds",
    arms: [arm],
    evidence: (view, o) =>
      view.statistic(
        ["forward-kl", "limit-kl"].map((metric) => view.series(arm, metric, far(o))),
        ([kl, limit]) => mean(kl) / mean(limit) - 1,
      ),
  };
}

export const rates = question({
  id: "rates",
  asks: "Which objectives find the target as comparisons accumulate?",
  part: "synthetic",
  method:
    `${PROTOCOL}Pairs come from π0. At b = 0 and in a tabular class PMLE, distillation and reverse KL have one and ` +
    "the same optimum once every response was compared. DPO has β = γ and the limit π0 π*. RLHF at fixed β has the limit π0 π*^(γ/β) and " +
    "REBEL π0 π*^(γη); theory leaves β and η free, and both are 1 unless a flag says otherwise (1 is the paper's η on " +
    "TL;DR), so the two share a limit that is not DPO's. The weight b of RLHF's and reverse KL's KL term is tuned for both " +
    `by one rule: the likelihood that the preference model gives held-out comparisons, over ${FOLDS} folds; then the ` +
    "reward model is fitted to all of them. By truth says that b minimises the true KL, which no rule can know; reverse KL " +
    "without further word has b = 0, as in the theorems.",
  arms: armIds,
  conditions: (o: SyntheticOptions) => o.spreads.flatMap((spread) => o.sizes.map((n) => ({ spread, n }))),
  seeds: ({ seeds }) => seeds,
  prepare: nothingDrawn,
  run: (context) =>
    learnAndMeasure(
      context.arm,
      tasksOf(context, { spread: Number(context.condition.spread), n: Number(context.condition.n) }),
    ),
  claims: [
    ...["pmle", "distill-labelled", "distill-fresh", "reverse-kl"].map(slopeClaim),
    plateauClaim("dpo", "π0 π*", "its optimum on all comparisons; papers: DPO at n = ∞ is p0 p*", "question"),
    plateauClaim("rlhf-fixed", "π0 π*^(γ/β)", "closed form of RLHF at R = γ log π*", "question"),
    plateauClaim("rlhf-tuned", "the tuned π0 π*^s", "closed form of RLHF at R = γ log π*", "paper"),
    pairedClaim(["rlhf-tuned", "reverse-kl-tuned"], far, {
      id: "tuned-rlhf-stays-away",
      statement:
        "With b tuned for both on held-out comparisons, RLHF stays away from the target and reverse KL does not",
      source: "figure 1 of the paper, appendix D.1",
      paper: "RLHF saturates, reverse KL goes to 0, b tuned for each n",
      quantity: "KL of RLHF − reverse KL, both tuned, largest n, widest logits",
      rule: above(0),
    }),
    pairedClaim(["rlhf-tuned", "reverse-kl-tuned"], toyFar, {
      id: "toy-gap",
      statement: "In the paper's toy, with b tuned for both, reverse KL is nearer the target on many comparisons",
      source: "figure 1 of the paper, appendix D.1",
      paper: "reverse KL below RLHF",
      quantity: "KL of RLHF − reverse KL, both tuned, largest n, narrowest logits",
      rule: above(0),
    }),
    pairedClaim(["rlhf-tuned", "reverse-kl-tuned"], toyNear, {
      kind: "question",
      id: "toy-gap-on-few",
      statement:
        "In the paper's toy, with b tuned for both, reverse KL is nearer the target on few comparisons as well",
      source: "figure 1 of the paper, where the curves part with n",
      paper: "not reported",
      quantity: "KL of RLHF − reverse KL, both tuned, smallest n, narrowest logits",
      rule: above(0),
    }),
    pairedClaim(["rlhf-best", "reverse-kl-best"], toyFar, {
      kind: "control",
      id: "toy-gap-by-truth",
      statement:
        "The gap on many comparisons in the toy is not one of tuning: it is there with both tuned on the truth",
      source: "bound on any rule for b",
      paper: "not reported",
      quantity: "KL of RLHF − reverse KL, both by truth, largest n, narrowest logits",
      rule: above(0),
    }),
    pairedClaim(["rlhf-best", "reverse-kl"], toyNear, {
      kind: "question",
      id: "toy-untuned-on-few",
      statement: "Reverse KL without a KL term beats RLHF tuned on the truth, in the toy on few comparisons",
      source: "theorem 7, whose b is 0, against the best that RLHF can do",
      paper: "not reported",
      quantity: "KL of RLHF by truth − reverse KL at b = 0, smallest n, narrowest logits",
      rule: above(0),
      note:
        "Not figure 1 of the paper, which tunes b for both: RLHF knows the truth here and reverse KL has no KL term.",
    }),
  ],
  figures(view, o) {
    const wide = widest(o);
    const slopes = o.sizes.length > 1
      ? view.arms.map((arm) => ({ arm, ...klSlope(view, arm, o.sizes, { spread: wide }) }))
      : [];
    const going = slopes.filter(({ upper }) => upper < -0.5), stopped = slopes.filter(({ upper }) => upper >= -0.5);
    const told: string[] = [];
    if (going.length > 0) {
      const [least, most] = [Math.min, Math.max].map((end) => end(...going.map(({ estimate }) => estimate)));
      const names = labels(going.map(({ arm }) => arm)), range = `${formatFixed(least, 2)} to ${formatFixed(most, 2)}`;
      told.push(`${names} keep nearing the target (slopes of log KL on log n ${range})`);
    }
    if (stopped.length > 0) told.push(going.length > 0 ? "the others stop on the way" : "every arm stops on the way");
    const reverse = ends(view, "reverse-kl", far(o));
    return [
      klFigure(view, {
        id: "rates",
        x: "n",
        xScale: "log",
        where: ({ spread }) => spread === wide,
        xLabel: "comparisons (n)",
        caption: told.length > 0
          ? `At sd ${wide} of the logits, over the larger half of sizes, ${told.join("; ")}.`
          : `At sd ${wide} of the logits and n = ${far(o).n}: ${ends(view, "forward-kl", far(o))}.`,
      }),
      ...o.spreads.filter((spread) => spread !== wide).map((spread) =>
        klFigure(view, {
          id: `rates-${String(spread).replace(".", "-")}`,
          x: "n",
          xScale: "log",
          where: (condition) => condition.spread === spread,
          xLabel: "comparisons (n)",
          caption: `At sd ${spread} of the logits and n = ${far(o).n}: ${
            ends(view, "forward-kl", { ...far(o), spread })
          }.`,
        })
      ),
      {
        id: "rates-reverse",
        ...summaryLines,
        ...familyPanels,
        data: inFamilies(view.summary("reverse-kl", { where: ({ spread }) => spread === wide })).map((row) => ({
          ...row,
          lower: Math.max(row.lower, row.value / 10),
        })),
        x: "n",
        xScale: "log",
        yScale: "log",
        xLabel: "comparisons (n)",
        yLabel: "KL(π ‖ π*), nats",
        caption: `The same in reverse KL: at n = ${far(o).n} and sd ${wide}, ${reverse}.`,
        alt: "Reverse KL to the target against the number of comparisons, one line per arm, one panel per family.",
      },
    ];
  },
  tables: (view) => [
    measureTable(view, "rates", "Exact measures of each learned policy; gradients are the largest over seeds.", [
      { key: "spread", label: "sd" },
      { key: "n", label: "n" },
    ]),
  ],
  notes: (view, o) => [convergedNote(view), ...detectable(view, ["rlhf-tuned", "reverse-kl-tuned"], far(o))],
});

const few = (o: SyntheticOptions) => ({
  n: o.smallSizes.toSorted((a, b) => a - b)[Math.min(1, o.smallSizes.length - 1)],
});
const some = (o: SyntheticOptions) => ({ n: Math.max(...o.smallSizes) });

export const degeneracy = question({
  id: "degeneracy",
  asks: "Which policies collapse onto single responses when comparisons are few?",
  part: "synthetic",
  method:
    `${PROTOCOL}Logits have an sd of ${SPREAD}. A context counts as degenerate when its likeliest response has a ` +
    "probability above 0.99. Where labels separate, the ridge of a thousandth of a comparison decides how far.",
  arms: armIds,
  conditions: ({ smallSizes }: SyntheticOptions) => smallSizes.map((n) => ({ n })),
  seeds: ({ seeds }) => seeds,
  prepare: nothingDrawn,
  run: (context) => learnAndMeasure(context.arm, tasksOf(context, { n: Number(context.condition.n) })),
  claims: [
    pairedClaim(["dpo", "pmle"], few, {
      id: "pmle-not-degenerate",
      statement: "PMLE without KL term is less degenerate than DPO on few comparisons",
      source: "abstract and section 3: DPO degenerates",
      paper: "PMLE avoids the degeneracy of DPO",
      quantity: "share of contexts with max p > 0.99, DPO − PMLE, second smallest n",
      needs: several("smallSizes"),
      rule: above(0),
      note: "A known negative: without KL term both fit the same separable labels.",
    }, "peaked"),
    {
      kind: "question",
      id: "pmle-degenerates",
      statement: "PMLE without KL term degenerates on few comparisons: it loses 0.5 nats of entropy or more",
      source: "likelihood of separable labels; not stated in the paper",
      paper: "bounded policy classes exclude it",
      quantity: "entropy of PMLE − entropy of the target, second smallest n",
      rule: below(-0.5),
      unit: "seeds",
      arms: ["pmle"],
      needs: several("smallSizes"),
      evidence: (view, o) =>
        view.statistic(
          ["entropy", "target-entropy"].map((metric) => view.series("pmle", metric, few(o))),
          ([policy, target]) => mean(policy) - mean(target),
        ),
    },
    pairedClaim(["pmle-kl", "pmle"], few, {
      id: "kl-term-prevents",
      statement: "A KL term keeps PMLE from degenerating",
      source: "equation 5",
      paper: "PMLE with KL regularisation",
      quantity: "entropy of PMLE with KL − PMLE, second smallest n",
      needs: several("smallSizes"),
      rule: above(0),
    }, "entropy"),
    pairedClaim(["pmle", "pmle-kl"], some, {
      kind: "question",
      id: "kl-term-costs-nothing",
      statement: "And it is nearer the target at the largest of these sizes",
      source: "equation 5 with b = c/√n",
      paper: "not reported",
      quantity: "KL of PMLE − PMLE with KL, largest of these n",
      rule: above(0),
    }),
  ],
  figures(view, o) {
    const target = mean(view.series(view.arms[0], "target-entropy", few(o)).values);
    return [{
      id: "degeneracy-share",
      ...summaryLines,
      ...familyPanels,
      data: inFamilies(view.summary("peaked")),
      x: "n",
      xScale: "log",
      xLabel: "comparisons (n)",
      yLabel: "share of contexts with max p > 0.99",
      caption: `Share of contexts that have collapsed at n = ${few(o).n}: ${ends(view, "peaked", few(o))}.`,
      alt: "Share of degenerate contexts against the number of comparisons, one line per arm.",
    }, {
      id: "degeneracy-entropy",
      ...summaryLines,
      ...familyPanels,
      data: inFamilies(view.summary("entropy")),
      x: "n",
      xScale: "log",
      xLabel: "comparisons (n)",
      yLabel: "entropy of the policy, nats",
      references: [{
        value: target,
        label: "target",
      }],
      caption: `Entropy at n = ${few(o).n}: ${ends(view, "entropy", few(o))} nats; the target has ${
        formatFixed(target, 2)
      }.`,
      alt: "Entropy of each learned policy against the number of comparisons, with that of the target.",
    }];
  },
  tables: (view) => [
    measureTable(view, "degeneracy", "Exact measures of policies learned from few comparisons.", [
      { key: "n", label: "n" },
    ]),
  ],
  notes: (view) => [convergedNote(view)],
});
