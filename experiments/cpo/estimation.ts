/**
 * How the error of each estimator depends on the size of the log, on overlap, and on clipping; and whether its
 * interval covers.
 *
 * @module
 */
import { bootstrapIntervals, type EstimatorId, estimators, type Rounds } from "../../lib/estimators/mod.ts";
import type { Rng } from "../../lib/random.ts";
import { question } from "../../lib/run/experiment.ts";
import { claim, statistic } from "../../lib/run/quantity.ts";
import { ofEach } from "../../lib/run/statistic.ts";
import { between } from "../../lib/statistics/claims.ts";
import { rootMeanSquare, standardDeviation } from "../../lib/statistics/summary.ts";
import { NOISE, syntheticWorld } from "../../lib/worlds/outcomes.ts";
import * as drawn from "./figures.ts";
import { crossFitted } from "./learning.ts";
import type { CpoOptions } from "./options.ts";
import { bestOverlap, error, highest, leastCoverage, lowest, poorest, rmseSlope } from "./terms.ts";
import { roundsOf, targetPolicy, usesModel } from "./valuation.ts";

/** One log of a fresh world with what an analyst would use: true propensities and a cross-fitted linear model. */
function freshLog(arm: EstimatorId, settings: { texts: number; overlap: number; n: number }, world: Rng, log: Rng) {
  const { texts, overlap } = settings;
  const drawn = syntheticWorld({ texts, confounding: 0, overlap, spread: NOISE }, world);
  const rows = drawn.randomised(settings.n, log);
  const target = targetPolicy(drawn);
  const model = usesModel(arm) ? crossFitted(drawn, rows, log.fork("folds")) : undefined;
  const rounds = roundsOf(drawn, rows, target, { logPropensity: drawn.logAssignment, model });
  return { rounds, truth: drawn.value(target) };
}

/** Errors of one estimator over fresh logs, with the diagnostics of its weights. */
function errorsOf(
  arm: EstimatorId,
  settings: { texts: number; overlap: number; n: number },
  options: { lambda?: number },
  streams: (name: string) => Rng[],
) {
  const logs = streams("log");
  return streams("world").map((rng, r) => {
    const { rounds, truth } = freshLog(arm, settings, rng, logs[r]);
    const estimate = estimators[arm].estimate(rounds, options);
    return {
      error: estimate.value - truth,
      "effective-sample-share": estimate.effectiveSampleSize / settings.n,
      "clipped-fraction": estimate.clippedFraction,
    };
  });
}

/** Logs whose estimates are held at once: at the largest n, each takes a megabyte. */
const BLOCK = 500;

const ARMS = ["outcome-only", "ipw", "snipw", "clipped", "dr", "sndr"] as const;

const PROTOCOL = "Every log comes from a world of its own; propensities are true, the outcome model is linear and " +
  "cross-fitted on the log.";

export const sampleSize = question({
  id: "sample-size",
  asks: "How fast does the error fall with the size of the log?",
  method:
    `${PROTOCOL} RMSE over logs at each size; the slope is that of log RMSE on log n over the larger half of the sizes.`,
  arms: ARMS,
  conditions: ({ sizes }: CpoOptions) => sizes.map((n) => ({ n })),
  block: BLOCK,
  seeds: ({ replicates }) => replicates,
  run: ({ options, arm, condition, streams }) =>
    errorsOf(arm, { texts: options.texts, overlap: 1, n: condition.n }, {}, streams),
  claims: [
    claim(
      "root-n",
      "The error of DR falls like n to a power between −0.6 and −0.4",
      rmseSlope("dr").between(-0.6, -0.4),
      { source: "V_DR is a mean of independent terms", paper: "root-n consistent" },
    ),
    claim(
      "outcome-only-plateau",
      "With a linear model of an outcome that is not, outcome-only improves slower than n to the power −0.4",
      rmseSlope("outcome-only").above(-0.4),
      { kind: "question", source: "bias of V_out", paper: "inconsistent when ĝ is wrong" },
    ),
  ],
  ...drawn.sampleSize,
});

export const overlap = question({
  id: "overlap",
  asks: "What does poor overlap cost?",
  method: `${PROTOCOL} The spread of log P^R moves logged texts away from those the target policy writes.`,
  arms: ARMS,
  conditions: ({ overlap }: CpoOptions) => overlap.map((spread) => ({ spread })),
  block: BLOCK,
  seeds: ({ replicates }) => replicates,
  run: ({ options, arm, condition, streams }) =>
    errorsOf(arm, { texts: options.texts, overlap: condition.spread, n: options.n }, {}, streams),
  claims: [
    claim(
      "overlap-hurts",
      "IPW's error grows as overlap gets poorer",
      statistic(
        "RMSE of IPW at the poorest over RMSE at the best overlap",
        [error.of("ipw", poorest), error.of("ipw", bestOverlap)],
        ofEach(rootMeanSquare, ([poorest, best]) => poorest / best),
        "spread",
      ).above(1),
      { source: "overlap assumption of V_IPW", paper: "needs overlap" },
    ),
  ],
  ...drawn.overlap,
});

const TRADE = { source: "clipping in the released code", paper: "trades bias for variance" };

export const clipping = question({
  id: "clipping",
  asks: "What does clipping the weights buy, and what does it cost?",
  method: `${PROTOCOL} Overlap is poor (spread 2), so that weights are heavy. IPW cuts weights at λ, switch-DR drops ` +
    "those above λ, DR-OS shrinks them.",
  arms: ["clipped", "switch-dr", "dros"],
  conditions: ({ lambda }: CpoOptions) => lambda.map((lambda) => ({ lambda })),
  block: BLOCK,
  seeds: ({ replicates }) => replicates,
  run: ({ options, arm, condition, streams }) =>
    errorsOf(arm, { texts: options.texts, overlap: 2, n: options.n }, { lambda: condition.lambda }, streams),
  claims: [
    claim("clipping-bias", "Clipping hard lowers IPW by 0.01 or more", error.of("clipped", lowest).below(-0.01), TRADE),
    claim(
      "clipping-variance",
      "Clipping hard lowers the spread of IPW",
      statistic(
        "sd of clipped IPW at the lowest over sd at the highest level",
        [error.of("clipped", lowest), error.of("clipped", highest)],
        ofEach(standardDeviation, ([low, high]) => low / high),
        "spread",
      ).below(1),
      TRADE,
    ),
  ],
  ...drawn.clipping,
});

/** Interval methods compared on coverage. */
const METHODS = ["wald", "bootstrap"] as const;
const RESAMPLES = 200;

function intervalOf(method: typeof METHODS[number], arm: EstimatorId, rounds: Rounds, rng: Rng) {
  return method === "wald"
    ? estimators[arm].estimate(rounds)
    : bootstrapIntervals([estimators[arm].terms(rounds)], { rng, resamples: RESAMPLES })[0];
}

const COVERS = between(0.9, 0.99);

export const coverage = question({
  id: "coverage",
  asks: "Do the 95% intervals cover?",
  method: `${PROTOCOL} Wald intervals come from influence functions (the ratio's, for self-normalised estimators); ` +
    `bootstrap intervals are percentiles of ${RESAMPLES} resamples that recompute every ratio.`,
  arms: ["ipw", "snipw", "clipped", "dr", "sndr"],
  conditions: ({ coverageSizes }: CpoOptions) =>
    METHODS.flatMap((interval) => coverageSizes.map((n) => ({ interval, n }))),
  block: BLOCK,
  seeds: ({ replicates }) => replicates,
  run({ options, arm, condition, streams }) {
    const logs = streams("log"), resampling = streams("bootstrap");
    const settings = { texts: options.texts, overlap: 1, n: condition.n };
    return streams("world").map((rng, r) => {
      const { rounds, truth } = freshLog(arm, settings, rng, logs[r]);
      const { lower, upper } = intervalOf(condition.interval, arm, rounds, resampling[r]);
      return { covered: lower <= truth && truth <= upper ? 1 : 0, width: upper - lower };
    });
  },
  claims: [
    claim(
      "dr-covers",
      "DR's Wald interval covers in 90 to 99% of logs at every size",
      leastCoverage("dr", COVERS).by(COVERS),
      { kind: "question", source: "influence function of V_DR" },
    ),
  ],
  ...drawn.coverage,
});
