/**
 * How the error of each estimator depends on the size of the log, on overlap, and on clipping; and whether its
 * interval covers.
 *
 * @module
 */
import { bootstrapIntervals, type EstimatorId, estimators, type Rounds } from "../../lib/estimators/mod.ts";
import { once } from "../../lib/made_once.ts";
import type { Rng } from "../../lib/random.ts";
import { question, type UnitContext } from "../../lib/run/experiment.ts";
import { claim, statistic } from "../../lib/run/quantity.ts";
import { ofEach } from "../../lib/run/statistic.ts";
import { between } from "../../lib/statistics/claims.ts";
import { rootMeanSquare, standardDeviation } from "../../lib/statistics/summary.ts";
import { NOISE, syntheticWorld } from "../../lib/worlds/outcomes.ts";
import * as drawn from "./figures.ts";
import { byCondition, Kept } from "./kept.ts";
import { crossFitted } from "./learning.ts";
import type { CpoOptions } from "./options.ts";
import { bestOverlap, error, highest, leastCoverage, lowest, poorest, rmseSlope } from "./terms.ts";
import { roundsOf, targetPolicy, usesModel } from "./valuation.ts";

/** Rounds of a log as estimators read them, and the value that they estimate. */
interface FreshLog {
  readonly rounds: (arm: EstimatorId) => Rounds;
  readonly truth: number;
}

/** Logs by what decides them beside their seed. */
type Logs = Kept<string, FreshLog>;
const noLogs = (): Promise<Logs> => Promise.resolve(new Kept());

/** What decides a log and its world. */
interface LogSettings {
  readonly texts: number;
  readonly overlap: number;
  readonly n: number;
}

/** One log of a fresh world with what an analyst would use: true propensities and a cross-fitted linear model. */
function freshLog({ texts, overlap, n }: LogSettings, world: Rng, log: Rng): FreshLog {
  const drawn = syntheticWorld({ texts, confounding: 0, overlap, spread: NOISE }, world);
  const rows = drawn.randomised(n, log), target = targetPolicy(drawn), logPropensity = drawn.logAssignment;
  const plain = once(() => roundsOf(drawn, rows, target, { logPropensity }));
  const modelled = once(() =>
    roundsOf(drawn, rows, target, { logPropensity, model: crossFitted(drawn, rows, log.fork("folds")) })
  );
  return { rounds: (arm) => usesModel(arm) ? modelled() : plain(), truth: drawn.value(target) };
}

/** The logs of a unit, which estimators share. */
function logsOf(
  { seeds, streams, prepared }: Pick<UnitContext<unknown, Logs>, "seeds" | "streams" | "prepared">,
  settings: LogSettings,
): FreshLog[] {
  const logs = streams("log"), worlds = streams("world"), key = Object.values(settings).join();
  return seeds.map((seed, r) => prepared.of(key, seed, () => freshLog(settings, worlds[r], logs[r])));
}

/** Errors of one estimator over fresh logs, with the diagnostics of its weights. */
function errorsOf(arm: EstimatorId, logs: readonly FreshLog[], n: number, options: { lambda?: number } = {}) {
  return logs.map(({ rounds, truth }) => {
    const estimate = estimators[arm].estimate(rounds(arm), options);
    return {
      error: estimate.value - truth,
      "effective-sample-share": estimate.effectiveSampleSize / n,
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
  shares: byCondition,
  prepare: noLogs,
  run(context) {
    const { options: { texts }, arm, condition: { n } } = context;
    return errorsOf(arm, logsOf(context, { texts, overlap: 1, n }), n);
  },
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
  shares: byCondition,
  prepare: noLogs,
  run(context) {
    const { options: { texts, n }, arm, condition: { spread } } = context;
    return errorsOf(arm, logsOf(context, { texts, overlap: spread, n }), n);
  },
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
  shares: () => "",
  prepare: noLogs,
  run(context) {
    const { options: { texts, n }, arm, condition: { lambda } } = context;
    return errorsOf(arm, logsOf(context, { texts, overlap: 2, n }), n, { lambda });
  },
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
  shares: ({ n }) => `${n}`,
  prepare: noLogs,
  run(context) {
    const { options: { texts }, arm, condition: { interval, n } } = context;
    const resampling = context.streams("bootstrap");
    return logsOf(context, { texts, overlap: 1, n }).map(({ rounds, truth }, r) => {
      const { lower, upper } = intervalOf(interval, arm, rounds(arm), resampling[r]);
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
