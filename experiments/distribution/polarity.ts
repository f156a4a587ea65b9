/**
 * Sentences of film reviews: a known target law over a pool, tilted towards favourable ones, learned from comparisons.
 *
 * @module
 */
import { lawAt } from "../../lib/exact/laws.ts";
import { logSoftmaxRows } from "../../lib/exact/log_space.ts";
import { sigmoid } from "../../lib/exact/logistic.ts";
import { scoresOf } from "../../lib/exact/scores.ts";
import { loadPolarity, semanticFeatures, standardiseColumns } from "../../lib/datasets/mod.ts";
import { fitLogistic } from "../../lib/estimators/outcome_models.ts";
import { madeOnce } from "../../lib/made_once.ts";
import { labelOf } from "../../lib/report/methods.ts";
import { question } from "../../lib/run/experiment.ts";
import { claim, statistic } from "../../lib/run/quantity.ts";
import type { RowCounts } from "../../lib/run/row_counts.ts";
import { mean } from "../../lib/statistics/summary.ts";
import type { Rng } from "../../lib/random.ts";
import type { Pairs } from "../../lib/training/pairs.ts";
import {
  BLOCK,
  type Comparisons,
  fitReward,
  fitting,
  GAMMA,
  learnFromComparisons,
  type TextArm,
  textArmIds,
} from "./benchmark_arms.ts";
import { benchmarkOptions } from "./options.ts";
import * as drawn from "./text_figures.ts";
import * as terms from "./text_terms.ts";
import { fewest, kl, most } from "./text_terms.ts";

/** Sentences of the pool, features of a policy, and how many of them, the leading ones, a reward model reads. */
const POOL = 400, DIMENSIONS = 64, REWARD_DIMENSIONS = 8;
/** Sentences that text features and the direction of sentiment are learned on. */
const TRAINING = 4000;
/** Pairs without labels, drawn from π0. */
const FRESH = 1000;
/** log π* − log π0 has this standard deviation over the pool, as the log of π0 itself has. */
const TILT = 1;

interface Prepared {
  /** `[POOL, DIMENSIONS]`, columns standardised; the first is the direction of sentiment. */
  readonly features: Float64Array;
  /** 1 where the review was favourable `[POOL]`. */
  readonly positive: Uint8Array;
  /** Share of pool sentences whose side of the direction is that of their label. */
  readonly accuracy: number;
  /** Reward models by number of comparisons and seed: the arms that read one share it. */
  readonly rewards: Map<string, Float64Array>;
  readonly counts: RowCounts;
}

/** The laws of one replicate, as log-probs `[POOL]`. */
interface Laws {
  readonly start: Float64Array;
  readonly target: Float64Array;
  /** π0 π*: what DPO at β = γ, REBEL at η = 1/γ and RLHF at b = γ learn from infinitely many comparisons. */
  readonly product: Float64Array;
}

const divergence = (p: Float64Array, q: Float64Array) => p.reduce((sum, l, x) => sum + Math.exp(l) * (l - q[x]), 0);
const entropyOf = (p: Float64Array) => -p.reduce((sum, l) => sum + Math.exp(l) * l, 0);

function lawsOf(features: Float64Array, rng: Rng): Laws {
  const theta = new Float64Array(DIMENSIONS);
  theta.set(rng.normals(REWARD_DIMENSIONS));
  const logits = standardiseColumns(scoresOf(features, theta), 1);
  const start = logSoftmaxRows(logits, POOL);
  const target = logSoftmaxRows(logits.map((l, x) => l + TILT * features[x * DIMENSIONS]), POOL);
  return { start, target, product: logSoftmaxRows(start.map((l, x) => l + target[x]), POOL) };
}

function drawPairs(law: Float64Array, n: number, rng: Rng): Pairs {
  const drawn = rng.categorical(law.map(Math.exp), 2 * n);
  return { first: drawn.slice(0, n), second: drawn.slice(n) };
}

/** The preferred text of each pair first. */
function labelled({ first, second }: Pairs, target: Float64Array, rng: Rng): Pairs {
  const won = { first: first.slice(), second: second.slice() };
  for (let i = 0; i < first.length; i++) {
    if (rng.bernoulli(sigmoid(GAMMA * (target[first[i]] - target[second[i]])))) continue;
    won.first[i] = second[i];
    won.second[i] = first[i];
  }
  return won;
}

const RATE = { paper: "−1" };
const PLATEAU = {
  kind: "question",
  source: "closed form at n = ∞",
  paper: "inconsistent unless π0 is uniform",
} as const;

/** Relative distance of an arm's KL at the largest n from that of π0 π*. */
const plateau = (arm: TextArm) =>
  statistic(
    `${kl.label} of ${labelOf(arm)} over ${terms.limit.label}, minus 1, ${most.words}`,
    [kl.of(arm, most), terms.limit.of(arm, most)],
    ([reached, limit]) => mean(reached) / mean(limit) - 1,
  );

export const sentences = question({
  id: "sentences",
  asks: "Is a known target law over real sentences learned?",
  dataset: "polarity",
  replicates: "seeds",
  method: `A law over ${POOL} sentences of film reviews is log-linear in ${DIMENSIONS} features: a direction of ` +
    "sentiment, fitted to labels of other sentences, and dimensions of latent semantic analysis. π0 is a random law in " +
    `the first ${REWARD_DIMENSIONS} of them (log-probs with standard deviation 1, new for each seed); the target π* is ` +
    `π0 tilted by the direction of sentiment. Pairs come from π0, labels from π* with γ = ${GAMMA}. Policies use all ` +
    `features, the reward model the first ${REWARD_DIMENSIONS}, which hold the truth. Distillation on fresh pairs and ` +
    `REBEL get ${FRESH} further pairs without labels; RLHF and reverse KL are computed by enumeration. The losses with a ` +
    "reference have one scale here (β = γ, η = 1/γ, τ = γ/4, b = γ): DPO, REBEL and RLHF then share the limit π0 π*, and " +
    "differ by how they get there. In the made worlds RLHF's β and η are 1, with the limit π0 π*^γ; the theory leaves " +
    `both free. ${fitting(benchmarkOptions.textLearningRate.values.quick)}KL is exact.`,
  arms: textArmIds,
  block: BLOCK,
  conditions: ({ textSizes }) => textSizes.map((n) => ({ n })),
  shares: ({ n }) => `${n}`,
  async prepare({ store, rng }): Promise<Prepared> {
    const data = await loadPolarity(store);
    const order = rng.fork("halves").permutation(data.n);
    const training = order.slice(0, TRAINING), pool = order.slice(-POOL);
    const texts = (rows: Uint32Array) => Array.from(rows, (i) => data.texts[i]);
    const [learned, projected] = semanticFeatures(texts(training), texts(pool), DIMENSIONS, rng.fork("svd"));
    const { coefficients } = fitLogistic(learned, Float64Array.from(training, (i) => data.positive[i]), { penalty: 1 });
    // The direction takes the place of the last dimension, so that the features still span what they spanned.
    const sentiment = scoresOf(projected, coefficients);
    const features = standardiseColumns(
      projected.map((_, i) => i % DIMENSIONS === 0 ? sentiment[i / DIMENSIONS] : projected[i - 1]),
      DIMENSIONS,
    );
    const positive = Uint8Array.from(pool, (i) => data.positive[i]);
    const right = positive.reduce((sum, y, x) => sum + Number(features[x * DIMENSIONS] > 0 === (y === 1)), 0);
    const counts = { read: data.n, leftOut: { undrawn: data.n - training.length - pool.length } };
    return { features, positive, accuracy: right / POOL, rewards: new Map(), counts };
  },
  counts: ({ counts }) => counts,
  run({ options, arm, condition: { n }, seeds, streams, prepared: { features, positive, accuracy, rewards } }) {
    const laws = streams("laws").map((rng) => lawsOf(features, rng));
    const labels = streams("labels"), fresh = streams("fresh");
    const samples = streams("pairs").map((rng, r): Comparisons => {
      const { start, target } = laws[r];
      const pairs = labelled(drawPairs(start, n, rng), target, labels[r]);
      return {
        space: { logStart: start, features, responses: POOL },
        labelled: pairs,
        fresh: drawPairs(start, FRESH, fresh[r]),
        reward: () =>
          madeOnce(
            rewards,
            `${n} ${seeds[r]}`,
            () => scoresOf(features, fitReward(pairs, features, DIMENSIONS, REWARD_DIMENSIONS)),
          ),
      };
    });
    const { theta, gradientNorm } = learnFromComparisons(samples, {
      steps: options.textSteps,
      learningRate: options.textLearningRate,
      arm,
      seeds,
    });
    const policies = theta.map((t, r) => lawAt(samples[r].space, t));
    const favourable = (law: Float64Array) => law.reduce((sum, l, x) => sum + Math.exp(l) * positive[x], 0);
    return {
      "forward-kl": policies.map((p, r) => divergence(laws[r].target, p)),
      "reverse-kl": policies.map((p, r) => divergence(p, laws[r].target)),
      "kl-to-start": policies.map((p, r) => divergence(p, laws[r].start)),
      entropy: policies.map(entropyOf),
      positive: policies.map(favourable),
      limit: laws.map(({ target, product }) => divergence(target, product)),
      "start-kl": laws.map(({ target, start }) => divergence(target, start)),
      "target-entropy": laws.map(({ target }) => entropyOf(target)),
      "target-positive": laws.map(({ target }) => favourable(target)),
      "start-positive": laws.map(({ start }) => favourable(start)),
      accuracy: seeds.map(() => accuracy),
      "gradient-norm": gradientNorm,
    };
  },
  claims: [
    claim(
      "sentences-slope-pmle",
      "On real sentences, PMLE learns the target at rate 1/n: the exponent is −1 within 0.15",
      terms.rate("pmle").between(-1.15, -0.85),
      { ...RATE, source: "theorem 4" },
    ),
    claim(
      "sentences-slope-distill-fresh",
      "On real sentences, preference distillation learns the target at rate 1/n: the exponent is −1 within 0.15",
      terms.rate("distill-fresh").between(-1.15, -0.85),
      { ...RATE, source: "theorem 6" },
    ),
    claim(
      "sentences-slope-reverse-kl",
      "On real sentences, reverse KL learns the target at rate 1/n: the exponent is −1 within 0.15",
      terms.rate("reverse-kl").between(-1.15, -0.85),
      { ...RATE, source: "theorem 7" },
    ),
    claim(
      "sentences-plateau-dpo",
      "On real sentences, DPO stops at π0 π*, within 15% in KL",
      plateau("dpo").between(-0.15, 0.15),
      PLATEAU,
    ),
    claim(
      "sentences-plateau-rlhf-fixed",
      "On real sentences, RLHF stops at π0 π*, within 15% in KL",
      plateau("rlhf-fixed").between(-0.15, 0.15),
      PLATEAU,
    ),
    claim(
      "sentences-pmle-degenerates",
      "On real sentences, PMLE without KL term keeps half of the target's entropy on few comparisons",
      terms.entropyLeft.above(0),
      {
        source: "motivation: degeneracy of DPO",
        paper: "PMLE avoids degeneracy",
        note: "On separable comparisons its optimum is degenerate; how far it gets depends on the number of steps.",
      },
    ),
    claim(
      "sentences-fresh-pairs",
      "On real sentences, distilling on fresh pairs beats distilling on few labelled ones",
      kl.of("distill-labelled", fewest).minus("distill-fresh").above(0),
      {
        source: "theorem 14; algorithm 1",
        paper: "unlabelled pairs suffice and help",
        note:
          "With more comparisons than features, labelled pairs already determine a log-linear policy; with fewer, they " +
          "leave it near π0 where fresh pairs spread the reward model's errors.",
      },
    ),
    claim(
      "sentences-reward-model-leads",
      "On real sentences, a reward model of few features beats likelihood at every n but the largest",
      terms.leastRatio("pmle", "reverse-kl").above(1),
      { source: "theorems 4 and 7", paper: "the reward class counts, not the policy class" },
    ),
  ],
  ...drawn.sentences,
});
