/**
 * What each objective learns from real revisions, and from the same texts paired otherwise.
 *
 * @module
 */
import { semanticFeatures, standardiseColumns, tokenize, unigramLogProb } from "../../lib/datasets/mod.ts";
import { fitLogistic } from "../../lib/estimators/outcome_models.ts";
import { type Claim, question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { resampleRows } from "../../lib/run/resamples.ts";
import type { RowCounts } from "../../lib/run/row_counts.ts";
import { mean, standardDeviation } from "../../lib/statistics/summary.ts";
import type { Rng } from "../../lib/random.ts";
import { DivergenceError } from "../../lib/user_error.ts";
import { firstAtKl } from "../../lib/exact/kl_budget.ts";
import { klsAlong } from "../../lib/exact/path_kl.ts";
import { emptyLaw, type LawClass, lawOf, score } from "../../lib/exact/laws.ts";
import { logSoftmaxRows } from "../../lib/exact/log_space.ts";
import { descend, type Pairs } from "./descent.ts";
import { objectiveIds, objectives } from "./objectives.ts";
import { type BenchmarkOptions, resamplesOf } from "./options.ts";
import { drawPairs, type RevisionData } from "./revision_data.ts";
import * as terms from "./terms.ts";
import { accuracy, EQUAL_KL, matched, mismatched } from "./terms.ts";
import { learningOf } from "./text_figures.ts";

const DIMENSIONS = 64;
/** Penalty of the classifier that judges drift: features have variance one. */
const PENALTY = 1;

/** Steps between checkpoints that are looked at for it. */
const EVERY = 10;

/**
 * Prompts whose texts the law of a prompt is over: its own, and those of the next ones of its part. Their texts are what a
 * model could say beside the point.
 */
const PROMPTS = 4;
/** Texts of a prompt's law. */
const SIZE = 2 * PROMPTS;

/** Candidate of a prompt: the winner of its own pair, or of the pair that is `behind` it. */
const winner = (pair: number, behind = 0): number => SIZE * pair + 2 * behind;
/** Candidate of a prompt: the loser of its own pair, or of the pair that is `behind` it. */
const loser = (pair: number, behind = 0): number => SIZE * pair + 2 * behind + 1;

/** The text, winners at 2i and losers at 2i + 1, of each candidate of every prompt. */
export function textsOfPrompts(third: number): Uint32Array {
  return Uint32Array.from({ length: 3 * third * SIZE }, (_, candidate) => {
    const pair = Math.floor(candidate / SIZE), part = Math.floor(pair / third), place = candidate % SIZE;
    return 2 * (part * third + (pair % third + (place >> 1)) % third) + place % 2;
  });
}

interface Prepared {
  /** A group of candidates for each pair, its prompt. */
  readonly candidates: LawClass;
  /** Pairs of each third. */
  readonly third: number;
  /** Drift judges by seed, which arms and pairings share. */
  readonly judges: Map<number, Judge>;
  /** Pairs read, and left out: those of {@linkcode drawPairs}, and what is over when thirds are equal. */
  readonly counts: RowCounts;
}

/** What separates winners from losers, learned from texts that no policy saw. */
interface Judge {
  /** Direction in the features that tells a winner from a loser, each text by itself. */
  readonly texts: Float64Array;
  /** Direction that tells them apart within their pairs. */
  readonly pairs: Float64Array;
}

/** Pairs of the part with this number: 0 to learn from, 1 held out, 2 for the judge; resampled within the part. */
function partOf(part: 0 | 1 | 2, third: number, seed: number, rng: Rng): Uint32Array {
  return resampleRows(third, seed, rng.fork(`part-${part}`)).map((row) => part * third + row);
}

function judgeOf({ candidates: { features } }: Prepared, pairs: Uint32Array): Judge {
  const d = DIMENSIONS;
  const row = (text: number) => features.subarray(text * d, (text + 1) * d);
  const n = pairs.length, texts = new Float64Array(2 * n * d), differences = new Float64Array(2 * n * d);
  const outcome = Float64Array.from({ length: 2 * n }, (_, i) => i < n ? 1 : 0);
  pairs.forEach((pair, i) => {
    const [w, l] = [row(winner(pair)), row(loser(pair))], gap = w.map((v, k) => v - l[k]);
    texts.set(w, i * d);
    texts.set(l, (n + i) * d);
    differences.set(gap, i * d);
    differences.set(gap.map((v) => -v), (n + i) * d);
  });
  const weights = new Float64Array(2 * n).fill(0.5);
  return {
    texts: fitLogistic(texts, outcome, { penalty: PENALTY }).coefficients,
    // Each pair stands both ways round with half a weight: then the intercept is 0, as a comparison has none.
    pairs: fitLogistic(differences, outcome, { penalty: PENALTY, weights }).coefficients,
  };
}

/** Share of the variance of one score over some texts that a linear map of another leaves over. */
export function unexplained(of: Float64Array, by: Float64Array): number {
  const a = mean(of), b = mean(by);
  let products = 0, ofSquares = 0, bySquares = 0;
  for (let i = 0; i < of.length; i++) {
    products += (of[i] - a) * (by[i] - b);
    ofSquares += (of[i] - a) ** 2;
    bySquares += (by[i] - b) ** 2;
  }
  return 1 - products * products / (ofSquares * bySquares);
}

/** What a policy does on held-out texts. */
function measures(
  { candidates }: Prepared,
  theta: Float64Array,
  held: Uint32Array,
  { judge, beta }: { judge: Judge; beta: number },
) {
  const law = emptyLaw(candidates),
    standings = Array.from(held, (pair) => {
      const { logNormaliser, kl } = lawOf(candidates, theta, pair, law);
      const ratio = (text: number) => score(candidates, theta, text) - logNormaliser;
      return { chosen: ratio(winner(pair)), rejected: ratio(loser(pair)), kl };
    });
  const own = (direction: Float64Array, text: number) => score(candidates, direction, text);
  const average = (of: (standing: typeof standings[0]) => number) => mean(standings.map(of));
  const texts = Array.from(held).flatMap((pair) => [winner(pair), loser(pair)]);
  const scores = (direction: Float64Array) => Float64Array.from(texts, (text) => own(direction, text));
  const right = (direction: Float64Array) =>
    mean(Array.from(held, (pair) => {
      const margin = own(direction, winner(pair)) - own(direction, loser(pair));
      return margin > 0 ? 1 : margin === 0 ? 0.5 : 0;
    }));
  return {
    accuracy: right(theta),
    margin: beta * average(({ chosen, rejected }) => chosen - rejected),
    chosen: average(({ chosen }) => chosen),
    rejected: average(({ rejected }) => rejected),
    drift: unexplained(scores(theta), scores(judge.texts)),
    "drift-in-pairs": unexplained(scores(theta), scores(judge.pairs)),
    "judge-accuracy": right(judge.texts),
    "judge-in-pairs-accuracy": right(judge.pairs),
    kl: average(({ kl }) => kl),
  };
}

const UNDERSPECIFIED = {
  source: "section 3: underspecification",
  paper: "uncontrastive pairs teach spurious differences",
};
const SUM = {
  kind: "question",
  source: "eq. 7 is a sum over winners and losers, which prompts tie together",
  paper: "contrastive pairs teach more; not reported by objective",
} as const;
const GRADIENTS = { source: "section 4: gradients" };
const SPURIOUS = "Mismatched pairs make DPO drift more along what does not separate winners from losers";

/** What is claimed of one data set. */
const claimsOf = ({ id, name }: RevisionData): Claim<BenchmarkOptions>[] => [
  claim(
    `${id}-accuracy`,
    `DPO ranks held-out pairs better after revisions than after mismatched pairs: ${name}`,
    accuracy.of("dpo", matched).minus(mismatched).above(0),
    { source: "section 3: contrastive pairs", paper: "contrastive pairs teach more" },
  ),
  claim(
    `${id}-drift`,
    `${SPURIOUS}: ${name}`,
    terms.drift.of("dpo", mismatched).minus(matched).above(0),
    UNDERSPECIFIED,
  ),
  claim(
    `${id}-equal-kl-drift`,
    `${SPURIOUS}, at ${EQUAL_KL} nat from π0: ${name}`,
    terms.onceReached(
      terms.equalDrift.of("dpo", mismatched),
      matched,
      terms.equalReached,
      () => `this needs runs that get ${EQUAL_KL} nat from π0 by themselves: some ended before`,
    ).above(0),
    { ...UNDERSPECIFIED, kind: "question" },
  ),
  ...([["apo-zero", "APO-zero"], ["kto", "KTO"]] as const).map(([arm, objective]) =>
    claim(
      `${id}-${arm}-sees-pairs`,
      `${objective} ranks held-out pairs better after revisions than after mismatched pairs: ${name}`,
      accuracy.of(arm, matched).minus(mismatched).above(0),
      SUM,
    )
  ),
  claim(
    `${id}-zero-beats-dpo`,
    `APO-zero ranks held-out pairs better than DPO: ${name}`,
    accuracy.of("apo-zero", matched).minus("dpo").above(0),
    { source: "results of the paper", paper: "APO best on every data set" },
  ),
  claim(
    `${id}-zero-raises-winners`,
    `APO-zero raises held-out winners: ${name}`,
    terms.heldChosen.of("apo-zero", matched).above(0),
    { ...GRADIENTS, paper: "up" },
  ),
  claim(
    `${id}-zero-lowers-losers`,
    `APO-zero lowers held-out losers: ${name}`,
    terms.heldRejected.of("apo-zero", matched).below(0),
    { ...GRADIENTS, paper: "down" },
  ),
];

/** The question for one data set. */
export function texts(data: RevisionData) {
  return question({
    id: data.id,
    asks: `What is learned from ${data.name}, and what is drift?`,
    dataset: data.id,
    method:
      `${data.preferred} ${data.prompt} A prompt's law is over ${SIZE} texts, those of its own pair and of ${
        PROMPTS - 1
      } ` +
      `others: π ∝ π0 exp(θ·φ) with ${DIMENSIONS} standardised dimensions of latent semantic analysis, π0 a tempered unigram ` +
      "model. A mismatched pair puts the winner of a prompt above the loser of the next, in the prompt's law. A third of the pairs is learned from, with full batches; a third " +
      "is held out; on the rest a classifier learns what separates winners from losers, text by text. Drift is the share " +
      "of the variance of log π/π0 over held-out texts that the classifier's score does not explain, overstated as far " +
      "as the classifier errs. Pairs are resampled within thirds.",
    arms: objectiveIds,
    seeds: resamplesOf,
    replicates: "resamples",
    conditions: () => terms.pairings.map((pairs) => ({ pairs })),
    async prepare({ options, store, rng }): Promise<Prepared> {
      const { pairs, counts } = await drawPairs(data, store, options.textPairs, rng.fork("pairs"));
      const third = Math.floor(pairs.length / 3);
      const all = pairs.slice(0, 3 * third).flatMap(({ chosen, rejected }) => [chosen, rejected]);
      const [features] = semanticFeatures(all, [], DIMENSIONS, rng.fork("svd"));
      const start = unigramLogProb(all.map(tokenize)), spread = standardDeviation(start);
      const standard = standardiseColumns(features, DIMENSIONS), places = textsOfPrompts(third);
      const spreadOut = new Float64Array(places.length * DIMENSIONS);
      places.forEach((text, at) => {
        spreadOut.set(standard.subarray(text * DIMENSIONS, (text + 1) * DIMENSIONS), at * DIMENSIONS);
      });
      return {
        candidates: {
          features: spreadOut,
          logStart: logSoftmaxRows(Float64Array.from(places, (text) => start[text] / spread), SIZE),
          responses: SIZE,
        },
        third,
        judges: new Map(),
        counts: { ...counts, leftOut: { ...counts.leftOut, over: pairs.length - 3 * third } },
      };
    },
    counts: ({ counts }) => counts,
    run({ options, arm, seeds, streams, condition, prepared }) {
      const { candidates, third, judges } = prepared, orders = streams("order");
      return streams("thirds").map((rng, r) => {
        const seed = seeds[r],
          [training, held, judging] = ([0, 1, 2] as const).map((p) => partOf(p, third, seed, rng));
        const pairs: Pairs = {
          group: training,
          chosen: training.map((pair) => winner(pair)),
          // The next prompt's texts come second among a prompt's candidates.
          rejected: training.map((pair) => loser(pair, condition.pairs === "matched" ? 0 : 1)),
        };
        const { checkpoints, gradientNorm } = descend(
          candidates,
          pairs,
          objectives[arm](options.textBeta),
          {
            optimiser: "Adam",
            learningRate: options.textRate,
            epochs: options.textSteps,
            batch: third,
            order: orders[r],
            run: { arm, seed, on: `${data.id}, ${condition.pairs}` },
          },
        );
        let judge = judges.get(seed);
        if (!judge) judges.set(seed, judge = judgeOf(prepared, judging));
        const theta = checkpoints[checkpoints.length - 1];
        const seen = measures(prepared, theta, training, { judge, beta: options.textBeta });
        const some = checkpoints.filter((_, step) => step % EVERY === 0 || step === options.textSteps);
        const groups = Array.from(held), kls = klsAlong(candidates, some, groups);
        const there = firstAtKl(candidates, { path: some, kls }, groups, EQUAL_KL);
        if (!there) {
          throw new DivergenceError(
            `${EQUAL_KL} nat is farther from π0 than training goes, however long (arm ${arm}, seed ${seed})`,
          );
        }
        const equal = measures(prepared, there.theta, held, { judge, beta: options.textBeta });
        return {
          ...measures(prepared, theta, held, { judge, beta: options.textBeta }),
          "training-chosen": seen.chosen,
          "training-rejected": seen.rejected,
          "equal-kl-accuracy": equal.accuracy,
          "equal-kl-drift": equal.drift,
          "equal-kl-reached": Number(there.reached),
          "gradient-norm": gradientNorm,
        };
      });
    },
    claims: claimsOf(data),
    ...learningOf(data),
  });
}
