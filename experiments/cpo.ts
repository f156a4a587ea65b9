/**
 * CPO: causal preference optimisation (Lin, Ben-Michael and Morency, UAI 2024, arXiv 2402.14979).
 *
 * Readers' outcomes are logged for randomised texts; a policy over texts is valued, or learned, by weighing them. Here is
 * when each estimate of a value is right (`valuation.ts`); what each arm learns where the outcome model is confounded, where
 * predictions are, and where the log itself is, stands in `policy_questions.ts`. Questions that need something of their own
 * stand in files beside it: errors of estimates, minibatches, and four sets of real data.
 *
 * @module
 */
import { estimators, fitRidge } from "../lib/estimators/mod.ts";
import { type Experiment, question } from "../lib/run/experiment.ts";
import { main } from "../lib/run/main.ts";
import { claim, statistic } from "../lib/run/quantity.ts";
import { ofEach } from "../lib/run/statistic.ts";
import { standardDeviation } from "../lib/statistics/summary.ts";
import { FULL_SHIFT, NOISE, POOL, syntheticWorld } from "../lib/worlds/outcomes.ts";
import { batches } from "./cpo/batches.ts";
import { emoBank } from "./cpo/emobank.ts";
import { clipping, coverage, overlap, sampleSize } from "./cpo/estimation.ts";
import * as drawn from "./cpo/figures.ts";
import { hongKongPolicy, hongKongValue } from "./cpo/hong_kong.ts";
import { language } from "./cpo/language.ts";
import { logConfounding } from "./cpo/log_confounding.ts";
import { openBandit } from "./cpo/open_bandit.ts";
import { type CpoOptions, options } from "./cpo/options.ts";
import { logPoliciesOn, policiesOn, predictionsOn } from "./cpo/policy_questions.ts";
import * as terms from "./cpo/terms.ts";
import { corner, error } from "./cpo/terms.ts";
import { upworthy } from "./cpo/upworthy.ts";
import { wrongRecord } from "./cpo/wrong_record.ts";
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

/** The world that experiments have in common. */
const builtIn = () => POOL;

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
    policiesOn(builtIn),
    predictionsOn(builtIn),
    logConfounding,
    logPoliciesOn(builtIn),
    wrongRecord,
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
