/**
 * What each objective learns from real revisions, and from the same texts paired otherwise.
 *
 * @module
 */
import { semanticFeatures, standardiseColumns, tokenize, unigramLogProb } from "../../lib/datasets/mod.ts";
import { fitLogistic } from "../../lib/estimators/outcome_models.ts";
import { formatFixed, formatInterval } from "../../lib/report/numbers.ts";
import { question } from "../../lib/run/experiment.ts";
import { onData, powerNote, resampleRows, summaryOnData } from "../../lib/run/resamples.ts";
import { rowCountMetrics, rowCountNote, type RowCounts } from "../../lib/run/row_counts.ts";
import { summaryDots, type View } from "../../lib/run/view.ts";
import { mean, standardDeviation } from "../../lib/statistics/summary.ts";
import type { Rng } from "../../lib/random.ts";
import { DivergenceError } from "../../lib/user_error.ts";
import { logSoftmaxRows } from "../../lib/worlds/preferences.ts";
import { resamplesOf } from "./benchmark_options.ts";
import { descend, type Pairs } from "./descent.ts";
import { atKl } from "./equal_kl.ts";
import { type Objective, objectiveIds, objectives } from "./objectives.ts";
import { type Candidates, emptyLaw, lawOf, score } from "./policy.ts";
import { drawPairs, LEFT_OUT, pairings, type RevisionData } from "./revision_data.ts";
import { label } from "./study.ts";
import { claimsOf, EQUAL_KL, on } from "./text_claims.ts";

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
  readonly candidates: Candidates;
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

function judgeOf({ candidates: { features, dimensions: d } }: Prepared, pairs: Uint32Array): Judge {
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

function textFigure(
  view: View,
  data: RevisionData,
  [id, metric]: readonly [string, string],
  xLabel: string,
  more: string,
) {
  const rows = summaryOnData(view, metric);
  const told = pairings.map((pairing) => {
    const [best] = rows.filter((row) => row.pairs === pairing).toSorted((a, b) =>
      metric === "drift" ? a.value - b.value : b.value - a.value
    );
    return `${label(pairing)}: ${label(best.arm)} ${formatInterval(best.value, best.lower, best.upper)}`;
  });
  return {
    id: `${data.id}-${id}`,
    ...summaryDots,
    data: rows.map((row) => ({ ...row, panel: label(String(row.pairs)) })),
    panel: "panel",
    xLabel,
    caption: `${metric === "drift" ? "Least drift" : "Highest accuracy"}, by pairing: ${told.join("; ")}. ${more}`,
    alt: `${xLabel}, one row per objective, one panel per way of pairing.`,
  };
}

/** Share of the runs of each objective that got to the KL at which drift is compared, in words. */
function reachedTold(view: View): string {
  return pairings.map((pairs) =>
    `${label(pairs)}: ${
      view.arms.map((arm) =>
        `${label(arm)} ${formatFixed(mean(view.series(arm, "equal-kl-reached", on(pairs)).values), 2)}`
      )
        .join(", ")
    }`
  ).join("; ");
}

/** Winners against losers: how far each objective moves both. */
function movementFigure(view: View, data: RevisionData) {
  const rows = summaryOnData(view, "chosen").map((row) => {
    const { estimate, lower, upper } = onData(view, row.arm, "rejected", { pairs: row.pairs });
    return { ...row, panel: label(String(row.pairs)), loser: estimate, loserLower: lower, loserUpper: upper };
  });
  const up = rows.filter((row) => row.panel === label("matched") && row.lower > 0).map(({ arm }) => label(arm));
  return {
    id: `${data.id}-movement`,
    kind: "scatter" as const,
    data: rows,
    panel: "panel",
    x: "value",
    xLower: "lower",
    xUpper: "upper",
    y: "loser",
    yLower: "loserLower",
    yUpper: "loserUpper",
    by: "arm",
    xLabel: "mean change of log π of held-out winners, nats",
    yLabel: "mean change of log π of held-out losers, nats",
    caption: `After revisions, held-out winners are likelier than before under ${up.join(", ") || "no objective"}. ` +
      "Bars are 95% bootstrap intervals.",
    alt: "Change of the log-likelihood of held-out losers against that of winners, one point per objective.",
  };
}

/** The question for one data set. */
export function texts(data: RevisionData) {
  return question({
    id: data.id,
    asks: `What is learned from ${data.name}, and what is drift?`,
    part: "benchmark",
    dataset: data.id,
    replicates: "resamples",
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
    conditions: () => pairings.map(on),
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
          logReference: logSoftmaxRows(Float64Array.from(places, (text) => start[text] / spread), SIZE),
          size: SIZE,
          dimensions: DIMENSIONS,
        },
        third,
        judges: new Map(),
        counts: { ...counts, leftOut: { ...counts.leftOut, over: pairs.length - 3 * third } },
      };
    },
    run({ options, arm, seeds, streams, condition, prepared }) {
      const { candidates, third, judges } = prepared, orders = streams("order");
      const rows = streams("thirds").map((rng, r) => {
        const seed = seeds[r], [training, held, judging] = ([0, 1, 2] as const).map((p) => partOf(p, third, seed, rng));
        const pairs: Pairs = {
          group: training,
          chosen: training.map((pair) => winner(pair)),
          // The next prompt's texts come second among a prompt's candidates.
          rejected: training.map((pair) => loser(pair, condition.pairs === "matched" ? 0 : 1)),
        };
        const { checkpoints, gradientNorm } = descend(
          candidates,
          pairs,
          objectives[arm as Objective](options.textBeta),
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
        const there = atKl(candidates, some, Array.from(held), EQUAL_KL);
        if (!there) {
          throw new DivergenceError(
            `${EQUAL_KL} nat is farther from π0 than training goes, however long (arm ${arm}, seed ${seed})`,
          );
        }
        const equal = measures(prepared, there.theta, held, {
          judge,
          beta: options.textBeta,
        });
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
      const names = Object.keys(rows[0]) as (keyof typeof rows[0])[];
      return {
        ...Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])])),
        ...rowCountMetrics(prepared.counts, rows.length),
      };
    },
    claims: claimsOf(data),
    figures: (view) => [
      textFigure(
        view,
        data,
        ["accuracy", "accuracy"],
        "share of held-out pairs ranked right by the implicit reward",
        "Bars are 95% bootstrap intervals.",
      ),
      textFigure(
        view,
        data,
        ["drift", "drift"],
        "share of the policy's change that does not separate winners from losers",
        "Bars are 95% bootstrap intervals.",
      ),
      movementFigure(view, data),
    ],
    tables: (view) => [{
      id: `texts-${data.id}`,
      caption:
        "Held-out pairs and texts after training: accuracy and margin, changes of log π in nats, drift, distance.",
      columns: [
        { key: "pairing", label: "pairs", method: true },
        { key: "arm", label: "objective", method: true },
        { key: "value", label: "accuracy", digits: 3, lower: "lower", upper: "upper" },
        { key: "margin", label: "margin", digits: 2 },
        { key: "chosen", label: "winners", digits: 2 },
        { key: "rejected", label: "losers", digits: 2 },
        { key: "seenChosen", label: "training winners", digits: 2 },
        { key: "seenRejected", label: "training losers", digits: 2 },
        { key: "drift", label: "drift", digits: 3 },
        { key: "equalDrift", label: `drift at ${EQUAL_KL} nat`, digits: 3 },
        { key: "reached", label: "got there", digits: 2 },
        { key: "driftPairs", label: "drift, classifier of pairs", digits: 3 },
        { key: "kl", label: "KL(π ‖ π0)", digits: 2 },
        { key: "gradient", label: "last gradient", digits: 4 },
      ],
      rows: summaryOnData(view, "accuracy").map((row) => {
        const at = (metric: string) => onData(view, row.arm, metric, { pairs: row.pairs }).estimate;
        return {
          ...row,
          pairing: row.pairs,
          margin: at("margin"),
          chosen: at("chosen"),
          rejected: at("rejected"),
          seenChosen: at("training-chosen"),
          seenRejected: at("training-rejected"),
          drift: at("drift"),
          equalDrift: at("equal-kl-drift"),
          reached: mean(view.series(row.arm, "equal-kl-reached", { pairs: row.pairs }).values),
          driftPairs: at("drift-in-pairs"),
          kl: at("kl"),
          gradient: at("gradient-norm"),
        };
      }),
    }],
    notes(view) {
      const judge = (metric: string) => {
        const { estimate, lower, upper } = onData(view, view.arms[0], metric, on("matched"));
        return formatInterval(estimate, lower, upper);
      };
      return [
        rowCountNote(view, "pairs", { ...LEFT_OUT, over: "over when the rest is cut into equal thirds" }),
        "SFT reads winners alone, so that it learns the same however they are paired. KTO and APO-zero are sums over winners and " +
        "losers, and see pairing through the prompt in whose law a loser stands.",
        `A run that ends before ${EQUAL_KL} nat is prolonged along the ray from π0, and what it shows there is no claim and no ` +
        `first place. Share of runs that got there: ${reachedTold(view)}.`,
        `The classifier that judges drift ranks ${
          judge("judge-accuracy")
        } of held-out pairs right, the one that learns ` +
        `from pairs ${judge("judge-in-pairs-accuracy")}.`,
        ...["apo-zero", "dpo"].every((arm) => view.arms.includes(arm))
          ? [powerNote(view, ["apo-zero", "dpo"], "accuracy", "of held-out pairs", on("matched"))]
          : [],
      ];
    },
  });
}
