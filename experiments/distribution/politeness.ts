/**
 * Politeness pairs: two answers to an instruction, the polite one preferred, on held-out instructions.
 *
 * @module
 */
import { loadPoliteness, semanticFeatures, tokenize, unigramLogProb } from "../../lib/datasets/mod.ts";
import { whitenDifferences } from "../../lib/datasets/semantic_features.ts";
import { fromTo } from "../../lib/report/captions.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatInterval, formatNumber, formatPercent } from "../../lib/report/numbers.ts";
import { type Claim, question } from "../../lib/run/experiment.ts";
import { rowCountMetrics, rowCountNote, type RowCounts } from "../../lib/run/row_counts.ts";
import { summaryDots, type View } from "../../lib/run/view.ts";
import { above } from "../../lib/statistics/claims.ts";
import { minimumDetectableEffect } from "../../lib/statistics/power.ts";
import { overSplits } from "../../lib/statistics/splits.ts";
import { mean, standardDeviation } from "../../lib/statistics/summary.ts";
import {
  anchored,
  BLOCK,
  type Comparisons,
  direct,
  fitReward,
  fitting,
  GAMMA,
  KL_SCALE,
  learnFromComparisons,
  normalised,
  scores,
  type TextArm,
  textArms,
} from "./benchmark_arms.ts";
import { type BenchmarkOptions, benchmarkOptions } from "./benchmark_options.ts";

const DIMENSIONS = 64;
/** Share of instructions to learn from. */
const TRAINING = 0.8;

/** Both answers of each instruction, the polite one first: text 2i and text 2i + 1. */
interface Prepared {
  readonly pairs: number;
  /** `[2 * pairs, DIMENSIONS]`, differences within pairs whitened. */
  readonly features: Float64Array;
  /** log π0 of each answer within its pair `[2 * pairs]`. */
  readonly logStart: Float64Array;
  readonly counts: RowCounts;
}

/** Second answers taken off first ones. */
const differences = (values: Float64Array) =>
  Float64Array.from({ length: values.length / 2 }, (_, i) => values[2 * i] - values[2 * i + 1]);

/** The values of both answers of some pairs. */
const answersOf = (pairs: Uint32Array, values: Float64Array) =>
  Float64Array.from({ length: 2 * pairs.length }, (_, x) => values[2 * pairs[x >> 1] + (x & 1)]);

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
/** Share above 0; a tie is half right. */
const share = (margins: Float64Array) => mean(margins.map((m) => m > 0 ? 1 : m === 0 ? 0.5 : 0));

/** What a policy with tilt θ·φ does on some pairs. */
function measures(arm: string, tilt: Float64Array, logStart: Float64Array) {
  const policy = normalised(logStart.map((l, x) => l + tilt[x]), 2);
  // Within a pair, normalisation cancels from differences of log-probs.
  const implicit = anchored.includes(arm) ? differences(tilt) : differences(policy);
  const perPair = (term: (x: number) => number) => policy.reduce((sum, _, x) => sum + term(x), 0) / implicit.length;
  return {
    accuracy: share(implicit),
    "policy-accuracy": share(differences(policy)),
    margin: GAMMA * mean(implicit),
    "log-loss": mean(implicit.map((m) => softplus(-GAMMA * m))),
    entropy: -perPair((x) => Math.exp(policy[x]) * policy[x]),
    kl: perPair((x) => Math.exp(policy[x]) * (policy[x] - logStart[x])),
    "start-accuracy": share(differences(logStart)),
  };
}

const label = (arm: string) => methodStyle(arm).label;

function pairedClaim(
  id: string,
  statement: string,
  [arm, other]: readonly [TextArm, TextArm],
  paper: string,
  metric = "accuracy",
  quantity = "held-out accuracy of the implicit reward",
): Claim<BenchmarkOptions> {
  return {
    // What the paper compares is not how they rank given texts.
    kind: metric === "accuracy" ? "question" : "paper",
    id: `politeness-${id}`,
    statement,
    source: "tables of TL;DR, Pythia-2.8B",
    paper,
    quantity: `${quantity}, ${label(arm)} − ${label(other)}`,
    rule: above(0),
    unit: "paired splits",
    arms: [arm, other],
    evidence: (view) => overSplits(view.paired(arm, other, metric), TRAINING),
    ...metric === "accuracy" && { note: "The paper compares generated texts by win rate, not rankings of given ones." },
  };
}

/** One row an arm, with intervals over splits. */
function rowsOf(view: View, metric: string) {
  return view.arms.map((arm) => {
    const { estimate: value, lower, upper, n } = overSplits(view.mean(arm, metric), TRAINING);
    return { arm, value, lower, upper, splits: n };
  });
}

export const politeness = question({
  id: "politeness",
  asks: "And with real preferences, whose law nobody knows?",
  part: "benchmark",
  dataset: "politeness",
  method:
    "Each instruction has a polite and an impolite answer, a context with two candidates. π0 is a unigram model " +
    "of all answers, tempered so that log-ratios within pairs have standard deviation 1; it knows no politeness and " +
    `prefers short answers. Policies tilt it along ${DIMENSIONS} dimensions of latent semantic analysis, learned from ` +
    `the answers without their labels; the reward model reads the same. Each seed is a split: ${100 * TRAINING}% of ` +
    "instructions to learn from, the rest held out. The implicit reward is β (log π − log π0) for the losses with a " +
    `reference inside and γ log π for the others, all at ${GAMMA}, with the scales of the question on sentences. ` +
    `${fitting(benchmarkOptions.answerLearningRate.values.quick)}There are no fresh pairs of a training instruction; ` +
    "REBEL compares the labelled ones.",
  arms: Object.keys(textArms).filter((arm) => arm !== "distill-fresh"),
  tensors: true,
  block: BLOCK,
  seeds: ({ seeds }: BenchmarkOptions) => seeds,
  conditions: () => [{}],
  async prepare({ store, rng }): Promise<Prepared> {
    // Two equal answers hold no preference.
    const all = await loadPoliteness(store), pairs = all.filter(({ chosen, rejected }) => chosen !== rejected);
    const answers = pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);
    const [features] = semanticFeatures(answers, [], DIMENSIONS, rng.fork("svd"));
    const start = unigramLogProb(answers.map(tokenize)), spread = standardDeviation(differences(start));
    return {
      pairs: pairs.length,
      features: whitenDifferences(features, DIMENSIONS),
      logStart: normalised(start.map((l) => l / spread), 2),
      counts: { read: all.length, leftOut: { equal: all.length - pairs.length } },
    };
  },
  run({ options, arm, seeds, streams, prepared: { pairs, features, logStart, counts } }) {
    const many = Math.round(TRAINING * pairs);
    const splits = streams("split").map((rng) => {
      const order = rng.permutation(pairs);
      return { training: order.slice(0, many), held: order.slice(many) };
    });
    const samples = splits.map(({ training }): Comparisons => {
      const labelled = { first: training.map((pair) => 2 * pair), second: training.map((pair) => 2 * pair + 1) };
      const contexts = new Float64Array(pairs);
      for (const pair of training) contexts[pair] = pairs / many;
      const reward = direct.includes(arm)
        ? new Float64Array(2 * pairs)
        : scores(fitReward(labelled, features, DIMENSIONS, DIMENSIONS), features, DIMENSIONS);
      return { logStart, labelled, fresh: labelled, reward, contexts };
    });
    const { theta, end } = learnFromComparisons(samples, {
      steps: options.textSteps,
      learningRate: options.answerLearningRate,
      arm: arm as TextArm,
      seeds,
      features,
      dimensions: DIMENSIONS,
      groupSize: 2,
    });
    const on = (which: "training" | "held") =>
      theta.map((t, r) => {
        const tilt = scores(t, features, DIMENSIONS);
        return measures(arm, answersOf(splits[r][which], tilt), answersOf(splits[r][which], logStart));
      });
    const held = on("held");
    const names = Object.keys(held[0]) as (keyof typeof held[0])[];
    return {
      ...Object.fromEntries(names.map((name) => [name, held.map((of) => of[name])])),
      "training-accuracy": on("training").map(({ accuracy }) => accuracy),
      "gradient-norm": end.gradientNorm,
      ...rowCountMetrics(counts, seeds.length),
    };
  },
  claims: [
    pairedClaim(
      "pmle-dpo",
      "On politeness pairs, PMLE ranks better than DPO",
      ["pmle", "dpo"],
      "win rate 49.1 over 47.3",
    ),
    pairedClaim(
      "distill-dpo",
      "On politeness pairs, distillation ranks better than DPO",
      ["distill-labelled", "dpo"],
      "win rate 73.8 over 47.3",
    ),
    pairedClaim(
      "distill-rebel",
      "On politeness pairs, distillation ranks better than REBEL",
      ["distill-labelled", "rebel"],
      "win rate 73.8 over 71.0",
    ),
    pairedClaim(
      "reverse-kl-rlhf",
      "On politeness pairs, reverse KL ranks better than RLHF",
      ["reverse-kl", "rlhf-fixed"],
      "win rate 73.0 over 72.0",
    ),
    pairedClaim(
      "kl",
      "On politeness pairs, PMLE stays closer to π0 than DPO",
      ["dpo", "pmle"],
      "KL 64.35 against 31.42",
      "kl",
      "held-out KL(π ‖ π0) in nats",
    ),
    {
      ...pairedClaim(
        "entropy",
        "On politeness pairs, the KL term keeps PMLE's policy less certain, by 0.05 nats or more",
        ["pmle-kl", "pmle"],
        "avoids degeneracy",
        "entropy",
        "held-out entropy in nats",
      ),
      kind: "question",
      source: "eq. 5; motivation",
      rule: above(0.05),
      note: `b = ${KL_SCALE}/√n, as in the made worlds.`,
    },
  ],
  figures(view) {
    const accuracy = rowsOf(view, "accuracy"), start = mean(view.series(view.arms[0], "start-accuracy").values);
    const margins = rowsOf(view, "margin");
    const surest = rowsOf(view, "entropy").toSorted((a, b) => a.value - b.value)[0];
    return [
      {
        id: "politeness",
        ...summaryDots,
        data: accuracy,
        xLabel: "share of held-out pairs ranked right by the implicit reward",
        caption:
          `Held-out accuracy: ${fromTo(accuracy)}. π0 itself ranks ${formatPercent(start)} right. Bars are 95% ` +
          "intervals over splits, corrected for the pairs that splits share.",
        alt: "Held-out preference accuracy of each arm's implicit reward, with intervals over splits.",
      },
      {
        id: "politeness-margin-entropy",
        kind: "scatter" as const,
        data: rowsOf(view, "entropy").map((row, i) => ({
          ...row,
          margin: margins[i].value,
          marginLower: margins[i].lower,
          marginUpper: margins[i].upper,
        })),
        x: "value",
        xLower: "lower",
        xUpper: "upper",
        y: "margin",
        yLower: "marginLower",
        yUpper: "marginUpper",
        by: "arm",
        xLabel: "held-out entropy of the policy in nats (at most log 2 = 0.693)",
        yLabel: "held-out margin of the implicit reward",
        caption: `How sure the policies are of held-out answers: the least entropy has ${label(surest.arm)} with ` +
          `${
            formatInterval(surest.value, surest.lower, surest.upper)
          } nats. The mean margin is in units of the reward.`,
        alt: "Mean held-out margin of the implicit reward against held-out entropy of the policy, one point per arm.",
      },
    ];
  },
  tables: (view) => [{
    id: "politeness",
    caption: "Held-out pairs: implicit reward (accuracy, margin, log-loss), policy (accuracy, entropy, KL to π0).",
    columns: [
      { key: "arm", label: "arm", method: true },
      { key: "value", label: "accuracy", digits: 3, lower: "lower", upper: "upper" },
      { key: "training", label: "in training", digits: 3 },
      { key: "margin", label: "margin", digits: 3 },
      { key: "loss", label: "log-loss", digits: 3 },
      { key: "policy", label: "accuracy of π", digits: 3 },
      { key: "entropy", label: "entropy", digits: 3 },
      { key: "kl", label: "KL(π ‖ π0)", digits: 3 },
      { key: "gradient", label: "final gradient", digits: 6 },
    ],
    rows: rowsOf(view, "accuracy").map((row) => {
      const average = (metric: string) => mean(view.series(row.arm, metric).values);
      return {
        ...row,
        training: average("training-accuracy"),
        margin: average("margin"),
        loss: average("log-loss"),
        policy: average("policy-accuracy"),
        entropy: average("entropy"),
        kl: average("kl"),
        gradient: average("gradient-norm"),
      };
    }),
  }],
  notes(view) {
    const told = [
      rowCountNote(view, "pairs", { equal: "whose two answers are equal, which holds no preference" }),
      "Splits reuse the same pairs: intervals are widened as Nadeau and Bengio propose, and still say nothing about other " +
      "sets of pairs.",
      "REBEL and RLHF can rank exactly as the reward model does, since they tilt π0. PMLE, distillation and reverse KL " +
      "must undo π0 in order to do so, which their features allow only in part.",
      ...view.arms.includes("rebel") && view.arms.includes("rlhf-fixed")
        ? [
          "REBEL and RLHF have the same optimum, but the slope of an enumerated objective fades where a policy is nearly " +
          `certain: in as many steps their margins reach ${formatNumber(view.mean("rebel", "margin").estimate)} and ` +
          `${formatNumber(view.mean("rlhf-fixed", "margin").estimate)}. Differences between arms that share a reward ` +
          "model are in part differences of optimisation.",
        ]
        : [],
    ];
    if (!view.arms.includes("pmle") || !view.arms.includes("dpo")) return told;
    const dpo = view.series("dpo", "accuracy").values;
    const gained = view.series("pmle", "accuracy").values.map((v, i) => v - dpo[i]);
    const spread = standardDeviation(gained) * Math.sqrt(1 / gained.length + (1 - TRAINING) / TRAINING);
    return [
      ...told,
      `Minimum detectable difference in accuracy between PMLE and DPO over ${gained.length} splits (80% power): ` +
      `${formatNumber(minimumDetectableEffect(spread))}; seen: ${formatNumber(mean(gained))}.`,
    ];
  },
});
