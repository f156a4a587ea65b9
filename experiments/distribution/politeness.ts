/**
 * Politeness pairs: two answers to an instruction, the polite one preferred, on held-out instructions.
 *
 * @module
 */
import { groupsOf } from "../../lib/exact/laws.ts";
import { logSoftmaxRows } from "../../lib/exact/log_space.ts";
import { scoresOf } from "../../lib/exact/scores.ts";
import { softplus } from "../../lib/exact/logistic.ts";
import { loadPoliteness, semanticFeatures, tokenize, unigramLogProb } from "../../lib/datasets/mod.ts";
import { whitenDifferences } from "../../lib/datasets/semantic_features.ts";
import { madeOnce } from "../../lib/made_once.ts";
import { columns } from "../../lib/run/columns.ts";
import { question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import type { RowCounts } from "../../lib/run/row_counts.ts";
import { mean, standardDeviation } from "../../lib/statistics/summary.ts";
import {
  BLOCK,
  type Comparisons,
  fitReward,
  fitting,
  GAMMA,
  KL_SCALE,
  learnFromComparisons,
  type TextArm,
  textArmIds,
  textArms,
} from "./benchmark_arms.ts";
import { benchmarkOptions } from "./options.ts";
import * as drawn from "./text_figures.ts";
import { accuracy, heldEntropy, heldKl } from "./text_terms.ts";

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
  /** Reward models by seed: the arms that read one share it. */
  readonly rewards: Map<number, Float64Array>;
  readonly counts: RowCounts;
}

/** Second answers taken off first ones. */
const differences = (values: Float64Array) =>
  Float64Array.from({ length: values.length / 2 }, (_, i) => values[2 * i] - values[2 * i + 1]);

/** The values of both answers of some pairs. */
const answersOf = (pairs: Uint32Array, values: Float64Array) =>
  Float64Array.from({ length: 2 * pairs.length }, (_, x) => values[2 * pairs[x >> 1] + (x & 1)]);

/** Share above 0; a tie is half right. */
const share = (margins: Float64Array) => mean(margins.map((m) => m > 0 ? 1 : m === 0 ? 0.5 : 0));

/** What a policy with tilt θ·φ does on some pairs. */
function measures(arm: TextArm, tilt: Float64Array, logStart: Float64Array) {
  const policy = logSoftmaxRows(logStart.map((l, x) => l + tilt[x]), 2);
  // Within a pair, normalisation cancels from differences of log-probs.
  const implicit = differences(textArms[arm].implicit === "log-ratio" ? tilt : policy);
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

/** What the paper compares is not how they rank given texts. */
const RANKING = {
  kind: "question",
  source: "tables of TL;DR, Pythia-2.8B",
  note: "The paper compares generated texts by win rate, not rankings of given ones.",
} as const;

export const politeness = question({
  id: "politeness",
  asks: "And with real preferences, whose law nobody knows?",
  dataset: "politeness",
  replicates: { training: TRAINING, of: "pairs" },
  method:
    "Each instruction has a polite and an impolite answer, a context with two candidates. π0 is a unigram model " +
    "of all answers, tempered so that log-ratios within pairs have standard deviation 1; it knows no politeness and " +
    `prefers short answers. Policies tilt it along ${DIMENSIONS} dimensions of latent semantic analysis, learned from ` +
    `the answers without their labels; the reward model reads the same. Each seed is a split: ${100 * TRAINING}% of ` +
    "instructions to learn from, the rest held out. The implicit reward is β (log π − log π0) for the losses with a " +
    `reference inside and γ log π for the others, all at ${GAMMA}, with the scales of the question on sentences. ` +
    `${fitting(benchmarkOptions.answerLearningRate.values.quick)}There are no fresh pairs of a training instruction; ` +
    "REBEL compares the labelled ones.",
  arms: textArmIds.filter((arm) => arm !== "distill-fresh"),
  block: BLOCK,
  shares: () => "",
  async prepare({ store, rng }): Promise<Prepared> {
    // Two equal answers hold no preference.
    const all = await loadPoliteness(store), pairs = all.filter(({ chosen, rejected }) => chosen !== rejected);
    const answers = pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);
    const [features] = semanticFeatures(answers, [], DIMENSIONS, rng.fork("svd"));
    const start = unigramLogProb(answers.map(tokenize)), spread = standardDeviation(differences(start));
    return {
      pairs: pairs.length,
      features: whitenDifferences(features, DIMENSIONS),
      logStart: logSoftmaxRows(start.map((l) => l / spread), 2),
      rewards: new Map(),
      counts: { read: all.length, leftOut: { equal: all.length - pairs.length } },
    };
  },
  counts: ({ counts }) => counts,
  run({ options, arm, seeds, streams, prepared: { pairs, features, logStart, rewards } }) {
    const many = Math.round(TRAINING * pairs);
    const splits = streams("split").map((rng) => {
      const order = rng.permutation(pairs);
      return { training: order.slice(0, many), held: order.slice(many) };
    });
    const samples = splits.map(({ training }, r): Comparisons => {
      const space = groupsOf({ logStart, features, responses: 2 }, [...training]);
      const labelled = { first: training.map((_, i) => 2 * i), second: training.map((_, i) => 2 * i + 1) };
      const reward = () =>
        madeOnce(
          rewards,
          seeds[r],
          () => scoresOf(space.features, fitReward(labelled, space.features, DIMENSIONS, DIMENSIONS)),
        );
      return { space, labelled, fresh: labelled, reward };
    });
    const { theta, gradientNorm } = learnFromComparisons(samples, {
      steps: options.textSteps,
      learningRate: options.answerLearningRate,
      arm,
      seeds,
    });
    const on = (which: "training" | "held") =>
      theta.map((t, r) => {
        const tilt = scoresOf(features, t);
        return measures(arm, answersOf(splits[r][which], tilt), answersOf(splits[r][which], logStart));
      });
    return {
      ...columns(on("held")),
      "training-accuracy": on("training").map(({ accuracy }) => accuracy),
      "gradient-norm": gradientNorm,
    };
  },
  claims: [
    claim(
      "politeness-pmle-dpo",
      "On politeness pairs, PMLE ranks better than DPO",
      accuracy.of("pmle").minus("dpo").above(0),
      { ...RANKING, paper: "win rate 49.1 over 47.3" },
    ),
    claim(
      "politeness-distill-dpo",
      "On politeness pairs, distillation ranks better than DPO",
      accuracy.of("distill-labelled").minus("dpo").above(0),
      { ...RANKING, paper: "win rate 73.8 over 47.3" },
    ),
    claim(
      "politeness-distill-rebel",
      "On politeness pairs, distillation ranks better than REBEL",
      accuracy.of("distill-labelled").minus("rebel").above(0),
      { ...RANKING, paper: "win rate 73.8 over 71.0" },
    ),
    claim(
      "politeness-reverse-kl-rlhf",
      "On politeness pairs, reverse KL ranks better than RLHF",
      accuracy.of("reverse-kl").minus("rlhf-fixed").above(0),
      { ...RANKING, paper: "win rate 73.0 over 72.0" },
    ),
    claim(
      "politeness-kl",
      "On politeness pairs, PMLE stays closer to π0 than DPO",
      heldKl.of("dpo").minus("pmle").above(0),
      { source: RANKING.source, paper: "KL 64.35 against 31.42" },
    ),
    claim(
      "politeness-entropy",
      "On politeness pairs, the KL term keeps PMLE's policy less certain, by 0.05 nats or more",
      heldEntropy.of("pmle-kl").minus("pmle").above(0.05),
      {
        kind: "question",
        source: "eq. 5; motivation",
        paper: "avoids degeneracy",
        note: `b = ${KL_SCALE}/√n, as in the made worlds.`,
      },
    ),
  ],
  ...drawn.politeness,
});
