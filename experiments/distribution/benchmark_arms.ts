/**
 * The arms on real texts: log-linear policies trained on comparisons, in float64.
 *
 * @module
 */
import { descend } from "../../lib/exact/law_descent.ts";
import { expectedCost, marginTerm, responseTerm, type Term } from "../../lib/exact/law_terms.ts";
import type { LawClass } from "../../lib/exact/laws.ts";
import { sigmoid } from "../../lib/exact/logistic.ts";
import { fitLogistic } from "../../lib/estimators/outcome_models.ts";
import { exactLosses } from "../../lib/losses/exact.ts";
import type { Pairs } from "../../lib/training/pairs.ts";

/** γ of the preference model, and β of the losses that have one. */
export const GAMMA = 0.5;
/** The weight of PMLE's KL term is this over √n. */
export const KL_SCALE = 0.3;
/**
 * Penalty on the squared coefficients of the reward model, whatever n: the theory bounds rewards, and a few separable
 * comparisons would not.
 */
export const REWARD_PENALTY = 0.1;

/** Said in the method line of both questions: how policies and reward models are fitted. */
export const fitting = (learningRate: number): string =>
  `Policies start at π0 and take Adam steps of ${learningRate}, in the last third of training of a tenth of that, unless ` +
  `a flag says otherwise; the reward model's loss, summed over comparisons, has a penalty of ${REWARD_PENALTY}/2 times ` +
  "its squared coefficients at every n. ";

/** Replicates that are saved at once. */
export const BLOCK = 25;

/** What one replicate learns from. */
export interface Comparisons {
  /** The policies: one law a context, over its texts. */
  readonly space: LawClass;
  /** Labelled pairs; the first text won. */
  readonly labelled: Pairs;
  /** Pairs without labels, for the arms that can use them. */
  readonly fresh: Pairs;
  /** The reward model's value of every text `[X]`; asked for by the arms that read one. */
  readonly reward: () => Float64Array;
}

/** An arm: its implicit reward, up to γ or β, and what it minimises. */
interface Arm {
  readonly implicit: "log-ratio" | "log-prob";
  readonly terms: (sample: Comparisons) => readonly Term[];
}

/** Pairs of log-probs, each with its share. */
const logProbs = ({ first, second }: Pairs) => ({
  ...{ first, second },
  weight: new Float64Array(first.length).fill(1 / first.length),
});

/** Pairs of log-ratios to π0. */
const logRatios = ({ space }: Comparisons, pairs: Pairs) => ({ ...logProbs(pairs), reference: space.logStart });

/** Shares of pairs that each text won, and lost: what a loss of single responses, summed over pairs, reads. */
function judged({ space: { logStart }, labelled: { first, second } }: Comparisons) {
  const [desirable, undesirable] = [first, second].map((texts) => {
    const shares = new Float64Array(logStart.length);
    for (const text of texts) shares[text] += 1 / texts.length;
    return shares;
  });
  return { desirable, undesirable, reference: logStart };
}

/** R(first) − R(second) of each pair. */
function gapsOf({ reward }: Comparisons, { first, second }: Pairs): Float64Array {
  const values = reward();
  return Float64Array.from(first, (x, i) => values[x] - values[second[i]]);
}

/** A mean over contexts, as the weight of each. */
const each = ({ space: { logStart, responses } }: Comparisons): number => responses / logStart.length;

/** Minus the mean reward, and the price of a nat. */
const rewarded = (sample: Comparisons) => ({
  cost: sample.reward().map((value) => -value * each(sample)),
  price: GAMMA * each(sample),
});

const likelihood = ({ labelled }: Comparisons): Term =>
  marginTerm(logProbs(labelled), exactLosses.pmle.form({ gamma: GAMMA }));

const distillation = (sample: Comparisons, pairs: Pairs): Term =>
  marginTerm(
    logProbs(pairs),
    exactLosses["preference-distillation"].form({ gamma: GAMMA, chance: gapsOf(sample, pairs).map(sigmoid) }),
  );

/**
 * Those with a reference share one scale: DPO, REBEL and RLHF tend to π0 π*, IPO and APO-zero start along DPO's direction.
 */
export const textArms = {
  "dpo": {
    implicit: "log-ratio",
    terms: (s) => [marginTerm(logRatios(s, s.labelled), exactLosses.dpo.form({ beta: GAMMA }))],
  },
  "ipo": {
    implicit: "log-ratio",
    terms: (s) => [marginTerm(logRatios(s, s.labelled), exactLosses["ipo-sum"].form({ tau: GAMMA / 4 }))],
  },
  "apo-zero": {
    implicit: "log-ratio",
    terms: (s) => [responseTerm(judged(s), exactLosses["apo-zero-unpaired"].form({ beta: GAMMA }))],
  },
  "rlhf-fixed": { implicit: "log-ratio", terms: (s) => [expectedCost(rewarded(s))] },
  /** η = 1/γ. */
  "rebel": {
    implicit: "log-ratio",
    terms: (s) => [
      marginTerm(
        logRatios(s, s.fresh),
        exactLosses.rebel.form({ aim: gapsOf(s, s.fresh).map((gap) => gap / GAMMA) }),
      ),
    ],
  },
  "pmle": { implicit: "log-prob", terms: (s) => [likelihood(s)] },
  "pmle-kl": {
    implicit: "log-prob",
    terms: (s) => [
      likelihood(s),
      expectedCost({
        cost: new Float64Array(s.space.logStart.length),
        price: KL_SCALE / Math.sqrt(s.labelled.first.length) * each(s),
      }),
    ],
  },
  "distill-labelled": { implicit: "log-prob", terms: (s) => [distillation(s, s.labelled)] },
  "distill-fresh": { implicit: "log-prob", terms: (s) => [distillation(s, s.fresh)] },
  /** The price is that of negative entropy. */
  "reverse-kl": {
    implicit: "log-prob",
    terms: (s) => [expectedCost({ ...rewarded(s), base: new Float64Array(s.space.logStart.length) })],
  },
} as const satisfies Record<string, Arm>;

/** Id of an arm. */
export type TextArm = keyof typeof textArms;
/** Ids of all arms. */
export const textArmIds = Object.keys(textArms) as TextArm[];

/**
 * A linear reward model by maximum likelihood of the comparisons, with {@linkcode REWARD_PENALTY}.
 *
 * @param features `[X, D]` row-major
 * @param used leading features it reads
 * @returns its coefficients `[D]`, 0 for features that it does not read
 */
export function fitReward(
  { first, second }: Pairs,
  features: Float64Array,
  dimensions: number,
  used: number,
): Float64Array {
  const n = first.length, rows = new Float64Array(2 * n * used);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < used; k++) {
      const difference = features[first[i] * dimensions + k] - features[second[i] * dimensions + k];
      rows[i * used + k] = difference;
      rows[(n + i) * used + k] = -difference;
    }
  }
  // Each pair stands both ways round with half a weight: then the intercept is 0, as a comparison has none.
  const outcome = Float64Array.from({ length: 2 * n }, (_, i) => i < n ? 1 : 0);
  const weights = new Float64Array(2 * n).fill(0.5);
  const out = new Float64Array(dimensions);
  out.set(fitLogistic(rows, outcome, { penalty: REWARD_PENALTY, weights }).coefficients);
  return out;
}

/** How a policy over texts is trained. */
interface TextTraining {
  readonly arm: TextArm;
  readonly seeds: readonly number[];
  readonly steps: number;
  readonly learningRate: number;
}

/** What policies over texts learned. */
interface LearnedTexts {
  /** θ of each replicate `[R][D]`. */
  readonly theta: readonly Float64Array[];
  /** Euclidean norm of the last gradient `[R]`: how far from converged. */
  readonly gradientNorm: readonly number[];
}

/** Steps of a training, in phases: Adam's last steps are as long as its first, and a third at a tenth lets it settle. */
export function phasesOf({ steps, learningRate }: Pick<TextTraining, "steps" | "learningRate">) {
  const late = Math.floor(steps / 3);
  return [{ steps: steps - late, learningRate }, { steps: late, learningRate: learningRate / 10 }];
}

/** Trains one policy π ∝ π0 e^{θ·φ} per replicate from θ = 0. */
export function learnFromComparisons(samples: readonly Comparisons[], training: TextTraining): LearnedTexts {
  const { arm, seeds } = training, phases = phasesOf(training);
  const learned = samples.map((sample, r) =>
    descend(sample.space, textArms[arm].terms(sample), { arm, seed: seeds[r], phases })
  );
  return { theta: learned.map(({ theta }) => theta), gradientNorm: learned.map(({ gradientNorm }) => gradientNorm) };
}
