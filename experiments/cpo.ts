/**
 * CPO: causal preference optimisation (Lin, Ben-Michael and Morency, UAI 2024, arXiv 2402.14979).
 *
 * Readers' outcomes are logged for randomised texts; a policy over texts is valued, or learned, by weighing them. Here is
 * when each estimate of a value is right (`valuation.ts`), and what each arm learns (`learners.ts`, with settings chosen as
 * in `learned.ts`) where the outcome model is confounded, where predictions are, and where the log itself is. Questions that
 * need something of their own stand in files beside it: errors of estimates, minibatches, and four sets of real data.
 *
 * @module
 */
import { estimators, fitRidge } from "../lib/estimators/mod.ts";
import { labelOf } from "../lib/report/methods.ts";
import { type Experiment, question } from "../lib/run/experiment.ts";
import { main } from "../lib/run/main.ts";
import { claim, statistic } from "../lib/run/quantity.ts";
import { ofEach } from "../lib/run/statistic.ts";
import { standardDeviation } from "../lib/statistics/summary.ts";
import { FULL_SHIFT, NOISE, syntheticWorld } from "../lib/worlds/outcomes.ts";
import { batches } from "./cpo/batches.ts";
import { beats, beatsF0, each, losesMore, MEASURES } from "./cpo/comparisons.ts";
import { emoBank } from "./cpo/emobank.ts";
import { clipping, coverage, overlap, sampleSize } from "./cpo/estimation.ts";
import * as drawn from "./cpo/figures.ts";
import { hongKongPolicy, hongKongValue } from "./cpo/hong_kong.ts";
import { learnAll, PROTOCOL, samplesOf, withControl } from "./cpo/learned.ts";
import * as drawnLearned from "./cpo/learned_figures.ts";
import { type LearnerId, learnerIds } from "./cpo/learners.ts";
import { crossFitted, observationalModel, sampleFrom, shiftedModel } from "./cpo/learning.ts";
import { language } from "./cpo/language.ts";
import { logConfounding } from "./cpo/log_confounding.ts";
import { openBandit } from "./cpo/open_bandit.ts";
import { type CpoOptions, options } from "./cpo/options.ts";
import { propensitiesGiven, recordLaws, type RecordName, recordNames, recordOf, RECORDS } from "./cpo/records.ts";
import * as terms from "./cpo/terms.ts";
import { corner, error, full, lostToConfounding, OVERLAP, recordedAs, without } from "./cpo/terms.ts";
import { upworthy } from "./cpo/upworthy.ts";
import {
  estimatedAssignment,
  limitOf,
  roundsOf,
  targetPolicy,
  usesModel,
  usesWeights,
  valueArms,
} from "./cpo/valuation.ts";

/** A bias this small does not matter beside an outcome that spreads by 0.2 over the texts. */
const NEGLIGIBLE = 0.01;
/** Where clipping, switching and shrinking set in: low enough to bite on a target whose largest weights are near 10. */
const LAMBDA = 5;
const CONFOUNDING = 0.5;
/** Of an outcome given its text: what a type of that strength has beside little noise, so that small biases show. */
const SPREAD = Math.hypot(CONFOUNDING * FULL_SHIFT, NOISE);
const AGAINST = corner("right", "confounded");

const corners = question({
  id: "corners",
  asks: "When is each estimator right?",
  method: "One world, many randomised logs. The value of one fixed policy, f0·exp(g/0.2), is estimated from each log " +
    "with true propensities, with ones estimated by telling logged texts from texts of f0, or with the law of f0 in " +
    "their place; and with an outcome model that is exact, the best linear one, or off by what a hidden reader type of " +
    "strength 0.5 adds. The bias each estimator must have is known by enumeration.",
  arms: valueArms,
  conditions: () =>
    terms.PROPENSITIES.flatMap((propensities) => terms.MODELS.map((model) => ({ propensities, model }))),
  block: 500,
  seeds: ({ replicates }: CpoOptions) => replicates,
  prepare({ options, rng }) {
    const world = syntheticWorld({ texts: options.texts, confounding: CONFOUNDING, overlap: 1, spread: SPREAD }, rng);
    const linear = fitRidge(world.modelFeatures, world.outcome, {
      penalty: 0,
      weights: world.logAssignment.map(Math.exp),
    }).predict(world.modelFeatures);
    const confounded = world.outcome.map((g, x) => g + world.shift * world.expectedType[x]);
    return Promise.resolve({
      world,
      target: targetPolicy(world),
      models: { right: world.outcome, linear, confounded },
    });
  },
  run({ options, arm, condition, streams, prepared: { world, target, models } }) {
    const pool = models[condition.model], right = world.logAssignment, truth = world.value(target);
    const known = { right, wrong: world.logStart, estimated: undefined }[condition.propensities];
    // The propensity model can express the true law, so that estimates of it converge to what the truth gives.
    const limit = limitOf(arm, world, target, known ?? right, pool, LAMBDA) - truth;
    const f0 = world.logStart.map(Math.exp), texts = streams("generated");
    const settings = "lambda" in estimators[arm].options && arm !== "dr" ? { lambda: LAMBDA } : {};
    return streams("log").map((rng, r) => {
      const log = world.randomised(options.n, rng);
      const drawn = texts[r].categorical(f0, options.generated);
      const estimate = estimators[arm].estimate(
        roundsOf(world, log, target, {
          logPropensity: known ?? (usesWeights(arm) ? estimatedAssignment(world, log.text, drawn) : right),
          ...usesModel(arm) && {
            model: { pool, logged: Float64Array.from(log.text, (x) => pool[x]) },
            generated: drawn,
          },
        }),
        settings,
      );
      return {
        error: estimate.value - truth,
        limit,
        "effective-sample-size": estimate.effectiveSampleSize,
        "largest-weight": estimate.largestWeight,
        "clipped-fraction": estimate.clippedFraction,
      };
    });
  },
  claims: [
    claim(
      "dr-estimated-propensities",
      `With propensities estimated from the log, DR stays biased by less than ${NEGLIGIBLE}`,
      error.of("dr", corner("estimated", "confounded")).between(-NEGLIGIBLE, NEGLIGIBLE),
      {
        kind: "question",
        source: "the released code estimates P^R by a fine-tuned model",
        paper: "estimated propensities are used",
      },
    ),
    claim(
      "both-wrong",
      `With both wrong, DR is biased by ${NEGLIGIBLE} or more`,
      terms.towardsLimit("dr", corner("wrong", "confounded")).above(NEGLIGIBLE),
      { source: "bias identity of V_DR", paper: "biased" },
    ),
    claim(
      "lower-variance",
      "DR varies less than CPO's IPW estimate, even with a confounded outcome model",
      statistic(
        `sd of DR over sd of IPW, ${AGAINST.words}`,
        [error.of("dr", AGAINST), error.of("ipw", AGAINST)],
        ofEach(standardDeviation, ([dr, ipw]) => dr / ipw),
        "spread",
      ).below(1),
      { source: "motivation of DR-CPO", paper: "lower variance" },
    ),
    claim(
      "naive-misleads",
      `The mean outcome of the log is off the value of the policy by ${NEGLIGIBLE} or more`,
      terms.towardsLimit("naive", corner("right", "right")).above(NEGLIGIBLE),
      { source: "§ naive estimator", paper: "biased" },
    ),
  ],
  ...drawn.corners,
});

const CONTROL = { kind: "control", source: "not in the paper" } as const;
const ROBUST = {
  source: "abstract and confounding study of the paper",
  paper: "DR-CPO robust under difficult confounding",
};
const REWARD = "DR-CPO often has the highest expected reward";

const policies = question({
  id: "policies",
  asks: "Which learned policy survives confounding?",
  method: `${PROTOCOL} The log is randomised. What is confounded is the outcome model that outcome-only and DR-CPO ` +
    "take from observational rows, where a hidden type moves both what readers choose and how they answer. In the " +
    "control the type moves outcomes alone.",
  arms: learnerIds,
  block: 20,
  conditions: withControl,
  run(context) {
    const { options, condition: { type, confounding } } = context, moves = type === "confounds" ? "both" : "outcome";
    return learnAll(
      context,
      samplesOf(context, (rng, log) => {
        const world = syntheticWorld({ texts: options.texts, confounding, overlap: OVERLAP, moves }, rng);
        return sampleFrom(world, options, observationalModel(world, options.observed, log.fork("outside")), log);
      }),
    );
  },
  claims: [
    ...losesMore(
      "outcome-only-collapses",
      "Outcome-only learning loses more to confounding than DR-CPO",
      ["outcome-only", "dr-cpo"],
      ROBUST,
    ),
    ...losesMore(
      "normalised-outcome-only-collapses",
      "With normalised weights, outcome-only learning loses more to confounding than DR-CPO",
      ["outcome-only-normalised", "sndr-cpo"],
      { ...CONTROL, note: "Like for like: both normalise their weights." },
    ),
    ...beats(
      "dr-beats-outcome-only",
      "DR-CPO beats outcome-only under full confounding",
      ["dr-cpo", "outcome-only"],
      full,
      { source: "abstract", paper: REWARD },
    ),
    ...beats("dr-beats-cpo", "DR-CPO beats CPO without confounding", ["dr-cpo", "cpo"], without, {
      source: "motivation of DR-CPO: lower variance",
      paper: REWARD,
    }),
    ...beats("dr-beats-cpo-confounded", "DR-CPO still beats CPO under full confounding", ["dr-cpo", "cpo"], full, {
      source: "abstract",
      paper: "robust under confounding",
      note: "CPO uses no outcome model, so confounding cannot hurt it through one.",
    }),
    ...beats("dr-beats-fine-tuning", "DR-CPO beats fine-tuning on the best outcomes", ["dr-cpo", "sft-best"], full, {
      source: "abstract",
      paper: "DR-CPO beats plain fine-tuning",
    }),
    ...beats("dr-beats-reward-model", "DR-CPO beats a reward model of pairs", ["dr-cpo", "reward-model"], full, {
      source: "abstract: RLHF",
      paper: REWARD,
      note: "Pairs come from the randomised log, so that confounding cannot hurt the reward model.",
    }),
    ...beats(
      "more-than-a-baseline",
      "Without normalising, DR-CPO beats CPO with a constant baseline, no confounding",
      ["dr-cpo", "cpo-baseline"],
      without,
      { ...CONTROL, note: "A constant subtracted from the outcome already removes much of CPO's variance." },
    ),
    ...beats(
      "more-than-a-baseline-confounded",
      "Without normalising, DR-CPO beats CPO with a constant baseline, full confounding",
      ["dr-cpo", "cpo-baseline"],
      full,
      CONTROL,
    ),
    ...beats(
      "normalised-dr-beats-snipw",
      "With normalised weights, DR-CPO beats CPO, no confounding",
      ["sndr-cpo", "snipw"],
      without,
      CONTROL,
    ),
    ...beats(
      "normalised-dr-beats-snipw-confounded",
      "With normalised weights, DR-CPO beats CPO, full confounding",
      ["sndr-cpo", "snipw"],
      full,
      CONTROL,
    ),
    ...beats(
      "released-loses",
      "DR-CPO normalised over the log beats the released form, normalised in batches of four",
      ["sndr-cpo", "released"],
      full,
      { kind: "question", source: "trainer of the released code" },
    ),
    ...beats(
      "cross-fitting-helps",
      "Fitting the model on the log itself, with cross-fitting, beats a confounded one",
      ["dr-cpo-cross-fitted", "dr-cpo"],
      full,
      { kind: "question", source: "not in the paper" },
    ),
    ...learnerIds.filter((arm) => arm !== "oracle").flatMap(beatsF0),
  ],
  ...drawnLearned.policies,
});

/** What "does not degrade" leaves room for, in units of the outcome. */
const ROOM = 0.02;
const SHIFTED = { source: "confounding study of the paper", paper: "DR-CPO robust, OO-RLHF not" };

const predictions = question({
  id: "predictions",
  asks: "And when only the predictions are confounded, as in the released code?",
  method:
    `${PROTOCOL} Outcomes are clean. The outcome model is fitted on clean rows; then every prediction is shifted ` +
    "by the reader type its text attracts, as the released simulation does. In the control the type that shifts a " +
    "prediction has nothing to do with its text.",
  arms: ["outcome-only", "outcome-only-normalised", "cpo", "cpo-baseline", "dr-cpo", "sndr-cpo", "oracle"],
  block: 20,
  conditions: withControl,
  run(context) {
    const { options: { texts, n, generated, observed }, condition: { type, confounding: strength } } = context;
    const confounding = type === "confounds" ? strength : 0;
    return learnAll(
      context,
      samplesOf(context, (rng, log) => {
        const world = syntheticWorld({ texts, confounding, overlap: OVERLAP, moves: "reading" }, rng);
        const model = shiftedModel(world, observed, FULL_SHIFT * strength, log.fork("outside"));
        return sampleFrom(world, { n, generated }, model, log);
      }),
    );
  },
  claims: [
    ...beats(
      "dr-beats-outcome-only-shifted",
      "DR-CPO beats outcome-only when predictions are fully confounded",
      ["dr-cpo", "outcome-only"],
      full,
      SHIFTED,
    ),
    ...losesMore(
      "outcome-only-loses-more-shifted",
      "Outcome-only loses more to confounded predictions than DR-CPO",
      ["outcome-only", "dr-cpo"],
      SHIFTED,
    ),
    ...MEASURES.slice(0, 2).map(([measure, suffix, said]) =>
      claim(
        `dr-degrades${suffix}`,
        `DR-CPO loses less than ${ROOM} to confounded predictions, ${said}`,
        lostToConfounding(measure, "dr-cpo").below(ROOM),
        {
          source: "abstract: robust",
          paper: "robust",
          note: "Its estimate stays unbiased, but its variance grows with the errors of the model, confounded or not.",
        },
      )
    ),
  ],
  ...drawnLearned.predictions,
});

/** A better record against a worse one, for one arm. */
const pays = (id: string, arm: LearnerId, better: RecordName, worse: RecordName) =>
  each(
    id,
    `${labelOf(arm)} learns better with the type ${better} than ${worse}`,
    (measure) => measure.of(arm, recordedAs(better)).minus(recordedAs(worse)),
    { kind: "question", source: "assumption of a randomised log", paper: "needs randomisation" },
  );

const logPolicies = question({
  id: "log-policies",
  asks: "And what is learned from such a log?",
  method: `${PROTOCOL} Readers of a type of strength 1 chose the logged texts; arms and held-out estimates use the ` +
    "propensities of what is on record. The cross-fitted model is fitted on the log, the other on further such rows; " +
    "neither sees the type.",
  arms: ["naive", "cpo-baseline", "snipw", "dr-cpo-cross-fitted", "sndr-cpo", "oracle"],
  block: 20,
  conditions: () => recordNames.map((record) => ({ record })),
  run(context) {
    const { texts, n, generated, observed } = context.options, accuracy = RECORDS[context.condition.record];
    return learnAll(
      context,
      samplesOf(context, (rng, stream) => {
        const world = syntheticWorld({ texts, confounding: 1, overlap: OVERLAP }, rng);
        const log = world.observational(n, stream.fork("log")), record = recordOf(log, accuracy, stream.fork("record"));
        return {
          world,
          log,
          logPropensity: propensitiesGiven(recordLaws(world, accuracy), log.text, record),
          generated: stream.fork("generated").categorical(world.logStart.map(Math.exp), generated),
          outside: observationalModel(world, observed, stream.fork("outside")),
          crossFitted: crossFitted(world, log, stream.fork("folds")),
        };
      }),
    );
  },
  claims: [
    ...pays("recording-pays", "dr-cpo-cross-fitted", "recorded", "unrecorded"),
    ...pays("recording-pays-cpo", "cpo-baseline", "recorded", "unrecorded"),
    ...pays("noisy-record-falls-short", "dr-cpo-cross-fitted", "recorded", "partly recorded"),
  ],
  ...drawnLearned.logPolicies,
});

const cpo: Experiment<typeof options> = {
  name: "cpo",
  title: "Causal preference optimisation on confounded data",
  paper: "Victoria Lin, Eli Ben-Michael and Louis-Philippe Morency: Optimizing Language Models for Human Preferences " +
    "is a Causal Inference Problem. UAI 2024, arXiv 2402.14979.",
  lead: "Which text makes readers react how is a causal question: readers who chose what they read are not a random " +
    "sample. CPO weights randomised outcomes by inverse propensities; DR-CPO adds an outcome model and stays unbiased " +
    "if either is right. Here both, and what people use instead, learn from one and the same randomised log; what is " +
    "confounded is the outcome model, and in questions of their own the log itself.",
  formulas: [
    { label: "value", tex: String.raw`V(f)=\mathbb E_{X\sim P^f}[g(X)],\qquad g(x)=\mathbb E[Y(x)]` },
    { label: "CPO", tex: String.raw`\hat V_{\mathrm{IPW}}(f)=\frac1n\sum_{i=1}^n\frac{P^f(X_i)}{P^R(X_i)}\,Y_i` },
    {
      label: "outcome only",
      tex: String
        .raw`\hat V_{\mathrm{out}}(f)=\frac1m\sum_{j=1}^m\frac{P^f(\tilde X_j)}{P^{f_0}(\tilde X_j)}\,\hat g(\tilde X_j)`,
    },
    {
      label: "DR-CPO",
      tex: String
        .raw`\hat V_{\mathrm{DR}}(f)=\frac1n\sum_{i=1}^n\frac{P^f(X_i)}{\hat P^R(X_i)}\,(Y_i-\hat g(X_i))+\hat V_{\mathrm{out}}(f)`,
    },
    {
      label: "normalised",
      tex: String.raw`\tilde V(f)=\frac{\sum_i w_i A_i}{\sum_i w_i},\quad w_i=\frac{P^f(X_i)}{P^R(X_i)};\qquad` +
        String.raw`\text{released: the same within batches of four}`,
    },
    {
      label: "its bias",
      tex: String
        .raw`\mathbb E[\hat V_{\mathrm{DR}}]-V=\sum_x P^R(x)\Bigl(\frac{P^f}{\hat P^R}-\frac{P^f}{P^R}\Bigr)(x)\,(g-\hat g)(x)`,
    },
  ],
  options,
  headline: [
    "outcome-only-collapses",
    "dr-beats-outcome-only",
    "dr-beats-cpo",
    "dr-beats-cpo-confounded",
    "dr-beats-fine-tuning",
    "dr-beats-reward-model",
    "both-wrong",
    "recording-pays",
  ],
  hero: "policies",
  questions: [
    corners,
    policies,
    predictions,
    logConfounding,
    logPolicies,
    batches,
    sampleSize,
    overlap,
    clipping,
    coverage,
    hongKongValue,
    hongKongPolicy,
    emoBank,
    upworthy,
    openBandit,
    language,
  ],
};

export default cpo;

if (import.meta.main) await main(cpo, import.meta.url);
