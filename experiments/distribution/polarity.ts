/**
 * Sentences of film reviews: a known target law over a pool, tilted towards favourable ones, learned from comparisons.
 *
 * @module
 */
import { loadPolarity, semanticFeatures, standardiseColumns } from "../../lib/datasets/mod.ts";
import { fitLogistic } from "../../lib/estimators/outcome_models.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatNumber, formatPercent } from "../../lib/report/numbers.ts";
import { type Claim, question } from "../../lib/run/experiment.ts";
import { several } from "../../lib/run/needs.ts";
import { rowCountMetrics, rowCountNote, type RowCounts } from "../../lib/run/row_counts.ts";
import { ends, summaryLines, type View } from "../../lib/run/view.ts";
import { familyPanels, inFamilies } from "./families.ts";
import { above, between, type Evidence } from "../../lib/statistics/claims.ts";
import { minimumDetectableEffect } from "../../lib/statistics/power.ts";
import { logLogSlope } from "../../lib/statistics/regression.ts";
import { mean, standardDeviation } from "../../lib/statistics/summary.ts";
import type { Rng } from "../../lib/random.ts";
import {
  BLOCK,
  type Comparisons,
  direct,
  fitReward,
  fitting,
  GAMMA,
  learnFromComparisons,
  normalised,
  type Pairs,
  scores,
  type TextArm,
  textArms,
} from "./benchmark_arms.ts";
import { type BenchmarkOptions, benchmarkOptions } from "./benchmark_options.ts";

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
  readonly counts: RowCounts;
}

/** The laws of one replicate, as log-probs `[POOL]`. */
interface Laws {
  readonly start: Float64Array;
  readonly target: Float64Array;
  /** π0 π*: what DPO at β = γ, REBEL at η = 1/γ and RLHF at b = γ learn from infinitely many comparisons. */
  readonly product: Float64Array;
}

const kl = (p: Float64Array, q: Float64Array) => p.reduce((sum, l, x) => sum + Math.exp(l) * (l - q[x]), 0);
const entropy = (p: Float64Array) => -p.reduce((sum, l) => sum + Math.exp(l) * l, 0);

function lawsOf(features: Float64Array, rng: Rng): Laws {
  const raw = scores(rng.normals(REWARD_DIMENSIONS), features, DIMENSIONS);
  const logits = standardiseColumns(raw, 1);
  const start = normalised(logits);
  const target = normalised(logits.map((l, x) => l + TILT * features[x * DIMENSIONS]));
  return { start, target, product: normalised(start.map((l, x) => l + target[x])) };
}

function drawPairs(law: Float64Array, n: number, rng: Rng): Pairs {
  const drawn = rng.categorical(law.map(Math.exp), 2 * n);
  return { first: drawn.slice(0, n), second: drawn.slice(n) };
}

/** The preferred text of each pair first. */
function labelled({ first, second }: Pairs, target: Float64Array, rng: Rng): Pairs {
  const won = { first: first.slice(), second: second.slice() };
  for (let i = 0; i < first.length; i++) {
    if (rng.bernoulli(1 / (1 + Math.exp(-GAMMA * (target[first[i]] - target[second[i]]))))) continue;
    won.first[i] = second[i];
    won.second[i] = first[i];
  }
  return won;
}

const least = (o: BenchmarkOptions) => ({ n: Math.min(...o.textSizes) });
const most = (o: BenchmarkOptions) => ({ n: Math.max(...o.textSizes) });
const label = (arm: string) => methodStyle(arm).label;

/** Exponent of n in the mean KL, over the last two sizes. */
function slope(view: View, arm: string, o: BenchmarkOptions): Evidence {
  const sizes = o.textSizes.toSorted((a, b) => a - b).slice(-2);
  const series = sizes.map((n) => view.series(arm, "forward-kl", { n }));
  return view.statistic(series, (values) => logLogSlope(sizes, values.map((v) => mean(v))));
}

function slopeClaim(arm: TextArm, name: string, paper: string): Claim<BenchmarkOptions> {
  return {
    id: `sentences-slope-${arm}`,
    statement: `On real sentences, ${name} learns the target at rate 1/n: the exponent is −1 within 0.15`,
    source: paper,
    paper: "−1",
    quantity: "slope of log mean KL(π* ‖ π) on log n, last two sizes",
    rule: between(-1.15, -0.85),
    unit: "seeds",
    arms: [arm],
    needs: several("textSizes"),
    evidence: (view, o) => slope(view, arm, o),
  };
}

/** Relative distance of an arm's KL at the largest n from that of π0 π*. */
function plateauClaim(arm: TextArm, name: string): Claim<BenchmarkOptions> {
  return {
    kind: "question",
    id: `sentences-plateau-${arm}`,
    statement: `On real sentences, ${name} stops at π0 π*, within 15% in KL`,
    source: "closed form at n = ∞",
    paper: "inconsistent unless π0 is uniform",
    quantity: "KL(π* ‖ π) at the largest n over KL(π* ‖ π0 π*), minus 1",
    rule: between(-0.15, 0.15),
    unit: "seeds",
    arms: [arm],
    evidence: (view, o) =>
      view.statistic(
        [view.series(arm, "forward-kl", most(o)), view.series(arm, "limit", most(o))],
        ([reached, limit]) => mean(reached) / mean(limit) - 1,
      ),
  };
}

export const sentences = question({
  id: "sentences",
  asks: "Is a known target law over real sentences learned?",
  part: "benchmark",
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
  arms: Object.keys(textArms),
  tensors: true,
  block: BLOCK,
  seeds: ({ seeds }: BenchmarkOptions) => seeds,
  conditions: ({ textSizes }) => textSizes.map((n) => ({ n })),
  async prepare({ store, rng }): Promise<Prepared> {
    const data = await loadPolarity(store);
    const order = rng.fork("halves").permutation(data.n);
    const training = order.slice(0, TRAINING), pool = order.slice(-POOL);
    const texts = (rows: Uint32Array) => Array.from(rows, (i) => data.texts[i]);
    const [learned, projected] = semanticFeatures(texts(training), texts(pool), DIMENSIONS, rng.fork("svd"));
    const { coefficients } = fitLogistic(learned, Float64Array.from(training, (i) => data.positive[i]), { penalty: 1 });
    // The direction takes the place of the last dimension, so that the features still span what they spanned.
    const sentiment = scores(coefficients, projected, DIMENSIONS);
    const features = standardiseColumns(
      projected.map((_, i) => i % DIMENSIONS === 0 ? sentiment[i / DIMENSIONS] : projected[i - 1]),
      DIMENSIONS,
    );
    const positive = Uint8Array.from(pool, (i) => data.positive[i]);
    const right = positive.reduce((sum, y, x) => sum + Number(features[x * DIMENSIONS] > 0 === (y === 1)), 0);
    const counts = { read: data.n, leftOut: { undrawn: data.n - training.length - pool.length } };
    return { features, positive, accuracy: right / POOL, counts };
  },
  run({ options, arm, condition, seeds, streams, prepared: { features, positive, accuracy, counts } }) {
    const n = Number(condition.n);
    const laws = streams("laws").map((rng) => lawsOf(features, rng));
    const labels = streams("labels"), fresh = streams("fresh");
    const samples = streams("pairs").map((rng, r): Comparisons => {
      const { start, target } = laws[r];
      const pairs = labelled(drawPairs(start, n, rng), target, labels[r]);
      return {
        logStart: start,
        labelled: pairs,
        fresh: drawPairs(start, FRESH, fresh[r]),
        reward: direct.includes(arm)
          ? new Float64Array(POOL)
          : scores(fitReward(pairs, features, DIMENSIONS, REWARD_DIMENSIONS), features, DIMENSIONS),
      };
    });
    const { theta, end } = learnFromComparisons(samples, {
      steps: options.textSteps,
      learningRate: options.textLearningRate,
      arm: arm as TextArm,
      seeds,
      features,
      dimensions: DIMENSIONS,
    });
    const policies = theta.map((t, r) => {
      const tilt = scores(t, features, DIMENSIONS);
      return normalised(laws[r].start.map((l, x) => l + tilt[x]));
    });
    const favourable = (law: Float64Array) => law.reduce((sum, l, x) => sum + Math.exp(l) * positive[x], 0);
    return {
      "forward-kl": policies.map((p, r) => kl(laws[r].target, p)),
      "reverse-kl": policies.map((p, r) => kl(p, laws[r].target)),
      "kl-to-start": policies.map((p, r) => kl(p, laws[r].start)),
      entropy: policies.map(entropy),
      positive: policies.map(favourable),
      limit: laws.map(({ target, product }) => kl(target, product)),
      "start-kl": laws.map(({ target, start }) => kl(target, start)),
      "target-entropy": laws.map(({ target }) => entropy(target)),
      "target-positive": laws.map(({ target }) => favourable(target)),
      "start-positive": laws.map(({ start }) => favourable(start)),
      accuracy: seeds.map(() => accuracy),
      "gradient-norm": end.gradientNorm,
      ...rowCountMetrics(counts, seeds.length),
    };
  },
  claims: [
    slopeClaim("pmle", "PMLE", "theorem 4"),
    slopeClaim("distill-fresh", "preference distillation", "theorem 6"),
    slopeClaim("reverse-kl", "reverse KL", "theorem 7"),
    plateauClaim("dpo", "DPO"),
    plateauClaim("rlhf-fixed", "RLHF"),
    {
      id: "sentences-pmle-degenerates",
      statement: "On real sentences, PMLE without KL term keeps half of the target's entropy on few comparisons",
      source: "motivation: degeneracy of DPO",
      paper: "PMLE avoids degeneracy",
      quantity: "entropy of PMLE − half the target's, smallest n, in nats",
      rule: above(0),
      unit: "paired seeds",
      arms: ["pmle"],
      evidence: (view, o) =>
        view.statistic(
          [view.series("pmle", "entropy", least(o)), view.series("pmle", "target-entropy", least(o))],
          ([reached, target]) => mean(reached) - mean(target) / 2,
        ),
      note: "On separable comparisons its optimum is degenerate; how far it gets depends on the number of steps.",
    },
    {
      id: "sentences-fresh-pairs",
      statement: "On real sentences, distilling on fresh pairs beats distilling on few labelled ones",
      source: "theorem 14; algorithm 1",
      paper: "unlabelled pairs suffice and help",
      quantity: "KL(π* ‖ π) of labelled − fresh pairs, smallest n",
      rule: above(0),
      unit: "paired seeds",
      arms: ["distill-labelled", "distill-fresh"],
      evidence: (view, o) => view.paired("distill-labelled", "distill-fresh", "forward-kl", least(o)),
      note:
        "With more comparisons than features, labelled pairs already determine a log-linear policy; with fewer, they " +
        "leave it near π0 where fresh pairs spread the reward model's errors.",
    },
    {
      id: "sentences-reward-model-leads",
      statement: "On real sentences, a reward model of few features beats likelihood at every n but the largest",
      source: "theorems 4 and 7",
      paper: "the reward class counts, not the policy class",
      quantity: "smallest over n of the ratio of mean KL(π* ‖ π), PMLE over reverse KL",
      rule: above(1),
      unit: "paired seeds",
      arms: ["pmle", "reverse-kl"],
      needs: several("textSizes"),
      evidence(view, o) {
        const series = o.textSizes.toSorted((a, b) => a - b).slice(0, -1).flatMap((n) =>
          ["pmle", "reverse-kl"].map((arm) => view.series(arm, "forward-kl", { n }))
        );
        return view.statistic(series, (values) => {
          const ratios = values.flatMap((v, k) => k % 2 === 0 ? [mean(v) / mean(values[k + 1])] : []);
          return Math.min(...ratios);
        });
      },
    },
  ],
  figures(view, o) {
    const [first] = view.arms;
    const limit = mean(view.series(first, "limit", most(o)).values);
    const start = mean(view.series(first, "start-kl", most(o)).values);
    const target = mean(view.series(first, "target-entropy", least(o)).values);
    return [
      {
        id: "sentences",
        ...summaryLines,
        ...familyPanels,
        data: inFamilies(view.summary("forward-kl")),
        x: "n",
        xScale: "log",
        yScale: "log",
        xLabel: "labelled comparisons n",
        yLabel: "KL(π* ‖ π) in nats",
        references: [{ value: limit, label: "π0 π*" }, { value: start, label: "π0" }],
        caption:
          `KL from the target at n = ${most(o).n}: ${
            ends(view, "forward-kl", most(o))
          }. π0 π*, the limit of DPO, is at ` +
          `${formatNumber(limit)}. Intervals are 95% over seeds.`,
        alt: "Forward KL of each learned policy from the target law against the number of comparisons, on log axes.",
      },
      {
        id: "sentences-entropy",
        ...summaryLines,
        ...familyPanels,
        data: inFamilies(view.summary("entropy")),
        x: "n",
        xScale: "log",
        xLabel: "labelled comparisons n",
        yLabel: "entropy of the policy in nats",
        references: [{ value: target, label: "target" }],
        caption: `Entropy in nats at n = ${least(o).n}: ${ends(view, "entropy", least(o))}; the target has ${
          formatNumber(target)
        }.`,
        alt: "Entropy of each learned policy against the number of comparisons, with that of the target.",
      },
    ];
  },
  tables: (view) => [{
    id: "sentences",
    caption: "Policies over sentences: KL from the target, both ways, KL to π0, entropy, mass on favourable sentences.",
    columns: [
      { key: "n", label: "n", digits: 0 },
      { key: "arm", label: "arm", method: true },
      { key: "value", label: "KL(π* ‖ π)", digits: 4, lower: "lower", upper: "upper" },
      { key: "reverse", label: "KL(π ‖ π*)", digits: 4 },
      { key: "start", label: "KL(π ‖ π0)", digits: 3 },
      { key: "entropy", label: "entropy", digits: 3 },
      { key: "positive", label: "favourable", digits: 3 },
      { key: "gradient", label: "final gradient", digits: 6 },
    ],
    rows: view.summary("forward-kl").map((row) => {
      const average = (metric: string) => mean(view.series(row.arm, metric, { n: row.n }).values);
      return {
        ...row,
        reverse: average("reverse-kl"),
        start: average("kl-to-start"),
        entropy: average("entropy"),
        positive: average("positive"),
        gradient: average("gradient-norm"),
      };
    }),
  }],
  notes(view, o) {
    const [first] = view.arms;
    const average = (metric: string) => mean(view.series(first, metric, most(o)).values);
    const told = [
      rowCountNote(view, "sentences", {
        undrawn: "that chance drew neither for the pool nor to learn features from",
      }),
      `On the pool, the direction of sentiment is on the side of the label for ${formatPercent(average("accuracy"))} ` +
      `of sentences; mass on favourable ones is ${formatPercent(average("start-positive"))} under π0 and ` +
      `${formatPercent(average("target-positive"))} under π*.`,
      "Seeds redraw π0, π* and comparisons; pool and features are the same for all seeds, so intervals do not cover the " +
      "choice of sentences.",
      "APO-zero is not convex and not consistent; with separable comparisons (n below the number of features) PMLE and " +
      "DPO have no optimum, and where they end depends on the number of steps.",
      `Largest final gradient norm at n = ${most(o).n}: ${
        view.arms.map((arm) => ({ arm, norm: Math.max(...view.series(arm, "gradient-norm", most(o)).values) }))
          .toSorted((a, b) => b.norm - a.norm).slice(0, 1).map(({ arm, norm }) => `${label(arm)} ${formatNumber(norm)}`)
      }.`,
    ];
    if (!view.arms.includes("distill-labelled") || !view.arms.includes("distill-fresh")) return told;
    const at = (arm: string) => view.series(arm, "forward-kl", least(o)).values;
    const fresh = at("distill-fresh"), differences = at("distill-labelled").map((v, i) => v - fresh[i]);
    const smallest = minimumDetectableEffect(standardDeviation(differences) / Math.sqrt(differences.length));
    return [
      ...told,
      `Minimum detectable difference in KL between distillation on labelled and on fresh pairs at n = ${least(o).n} ` +
      `over ${differences.length} seeds (80% power): ${formatNumber(smallest)} nats; seen: ` +
      `${formatNumber(mean(differences))}.`,
    ];
  },
});
