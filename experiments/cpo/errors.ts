/**
 * How the error of each estimator depends on the size of the log, on overlap, and on clipping; and whether its
 * interval covers.
 *
 * @module
 */
import { bootstrapInterval, type EstimatorId, estimators, type Rounds } from "../../lib/estimators/mod.ts";
import { fromTo } from "../../lib/report/captions.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatFixed, formatNumber, formatPercent } from "../../lib/report/numbers.ts";
import { type Condition, question } from "../../lib/run/experiment.ts";
import { all, several, some } from "../../lib/run/needs.ts";
import { summaryLines, type SummaryRow, type View } from "../../lib/run/view.ts";
import { above, below, between, type Evidence, judge, type Rule, type Verdict } from "../../lib/statistics/claims.ts";
import { proportionInterval } from "../../lib/statistics/intervals.ts";
import { logLogSlope } from "../../lib/statistics/regression.ts";
import { mean, rootMeanSquare, standardDeviation } from "../../lib/statistics/summary.ts";
import type { Rng } from "../../lib/random.ts";
import { NOISE, syntheticWorld } from "../../lib/worlds/outcomes.ts";
import type { CpoOptions } from "./options.ts";
import { crossFitted } from "./learning.ts";
import { roundsOf, targetPolicy, usesModel } from "./valuation.ts";

/** One log of a fresh world with what an analyst would use: true propensities and a cross-fitted linear model. */
function freshLog(arm: string, settings: { texts: number; overlap: number; n: number }, world: Rng, log: Rng) {
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
  arm: string,
  settings: { texts: number; overlap: number; n: number },
  options: { lambda?: number },
  streams: (name: string) => Rng[],
) {
  const logs = streams("log");
  const all = streams("world").map((rng, r) => {
    const { rounds, truth } = freshLog(arm, settings, rng, logs[r]);
    const estimate = estimators[arm as EstimatorId].estimate(rounds, options);
    return { estimate, error: estimate.value - truth };
  });
  return {
    error: all.map(({ error }) => error),
    "effective-sample-share": all.map(({ estimate }) => estimate.effectiveSampleSize / settings.n),
    "clipped-fraction": all.map(({ estimate }) => estimate.clippedFraction),
  };
}

/** Logs whose estimates are held at once: at the largest n, each takes a megabyte. */
const BLOCK = 500;

const ERROR_ARMS = ["outcome-only", "ipw", "snipw", "clipped", "dr", "sndr"];

const PROTOCOL = "Every log comes from a world of its own; propensities are true, the outcome model is linear and " +
  "cross-fitted on the log.";

/**
 * Slope of log RMSE on log n, with a bootstrap interval over logs. A rate is about large logs: it is taken over the
 * larger half of the sizes.
 */
function rmseSlope(view: View, arm: string, sizes: readonly number[]) {
  const large = sizes.toSorted((a, b) => a - b).slice(Math.floor((sizes.length - 1) / 2));
  return view.statistic(
    large.map((n) => view.series(arm, "error", { n })),
    (errors) => logLogSlope(large, errors.map(rootMeanSquare)),
  );
}

export const sampleSize = question({
  id: "sample-size",
  asks: "How fast does the error fall with the size of the log?",
  part: "synthetic",
  method:
    `${PROTOCOL} RMSE over logs at each size; the slope is that of log RMSE on log n over the larger half of the sizes.`,
  arms: ERROR_ARMS,
  conditions: ({ sizes }: CpoOptions) => sizes.map((n) => ({ n })),
  block: BLOCK,
  seeds: ({ replicates }) => replicates,
  run: ({ options, arm, condition, streams }) =>
    errorsOf(arm, { texts: options.texts, overlap: 1, n: Number(condition.n) }, {}, streams),
  claims: [
    {
      id: "root-n",
      statement: "The error of DR falls like n to a power between −0.6 and −0.4",
      source: "V_DR is a mean of independent terms",
      paper: "root-n consistent",
      quantity: "slope of log RMSE on log n, larger half of sizes",
      rule: between(-0.6, -0.4),
      unit: "logs",
      arms: ["dr"],
      needs: several("sizes"),
      evidence: (view, { sizes }) => rmseSlope(view, "dr", sizes),
    },
    {
      kind: "question",
      id: "outcome-only-plateau",
      statement: "With a linear model of an outcome that is not, outcome-only improves slower than n to the power −0.4",
      source: "bias of V_out",
      paper: "inconsistent when ĝ is wrong",
      quantity: "slope of log RMSE on log n, larger half of sizes",
      rule: above(-0.4),
      unit: "logs",
      arms: ["outcome-only"],
      needs: several("sizes"),
      evidence: (view, { sizes }) => rmseSlope(view, "outcome-only", sizes),
    },
  ],
  figures(view, { sizes }) {
    const slopes = () =>
      view.arms.map((arm) => {
        const { estimate: value, lower, upper } = rmseSlope(view, arm, sizes);
        return { arm, value, lower, upper };
      });
    const [n] = sizes, at = () => view.summary("error", { of: rootMeanSquare, shape: "spread" });
    const told = sizes.length > 1
      ? `Slopes of log RMSE on log n: ${fromTo(slopes())}`
      : `RMSE at n = ${n}: ${fromTo(at())}`;
    return [{
      id: "sample-size",
      ...summaryLines,
      data: view.summary("error", { of: rootMeanSquare, shape: "spread" }),
      x: "n",
      xScale: "log",
      yScale: "log",
      xLabel: "texts in the log (n)",
      yLabel: "RMSE of the estimate",
      caption: `${told}. Bands are 95% bootstrap intervals over logs.`,
      alt: "RMSE against log size on logarithmic axes, one line per estimator.",
    }];
  },
  tables: (view) => [rmseTable(view, "sample-size", "n", "RMSE of each estimate by log size.")],
});

function rmseTable(view: View, id: string, condition: string, caption: string) {
  return {
    id,
    caption,
    columns: [
      { key: condition, label: condition },
      { key: "arm", label: "estimator", method: true },
      { key: "value", label: "RMSE", digits: 4, lower: "lower", upper: "upper" },
      { key: "share", label: "ESS / n", digits: 3 },
    ],
    rows: view.summary("error", { of: rootMeanSquare, shape: "spread" }).map((row) => ({
      ...row,
      share: mean(view.series(row.arm, "effective-sample-share", { [condition]: row[condition] }).values),
    })),
  };
}

export const overlapLoss = question({
  id: "overlap",
  asks: "What does poor overlap cost?",
  part: "synthetic",
  method: `${PROTOCOL} The spread of log P^R moves logged texts away from those the target policy writes.`,
  arms: ERROR_ARMS,
  conditions: ({ overlap }: CpoOptions) => overlap.map((spread) => ({ spread })),
  block: BLOCK,
  seeds: ({ replicates }) => replicates,
  run: ({ options, arm, condition, streams }) =>
    errorsOf(arm, { texts: options.texts, overlap: Number(condition.spread), n: options.n }, {}, streams),
  claims: [{
    id: "overlap-hurts",
    statement: "IPW's error grows as overlap gets poorer",
    source: "overlap assumption of V_IPW",
    paper: "needs overlap",
    quantity: "RMSE at the poorest over RMSE at the best overlap",
    rule: above(1),
    unit: "logs",
    arms: ["ipw"],
    needs: several("overlap"),
    evidence: (view, { overlap }) =>
      view.statistic(
        [Math.min(...overlap), Math.max(...overlap)].map((spread) => view.series("ipw", "error", { spread })),
        ([best, poorest]) => rootMeanSquare(poorest) / rootMeanSquare(best),
        "spread",
      ),
  }],
  figures(view, { overlap }) {
    const worst = Math.max(...overlap);
    const rmse = (arm: string) => rootMeanSquare(view.series(arm, "error", { spread: worst }).values);
    const ranked = view.arms.toSorted((a, b) => rmse(a) - rmse(b));
    const shareAt = (spread: number) =>
      weighted.length > 0 ? mean(view.series(weighted[0], "effective-sample-share", { spread }).values) : NaN;
    const weighted = view.arms.filter((arm) => estimators[arm as EstimatorId].needs.includes("weight"));
    const name = (arm: string) => methodStyle(arm).label;
    return [
      {
        id: "overlap",
        ...summaryLines,
        data: view.summary("error", { of: rootMeanSquare, shape: "spread" }),
        x: "spread",
        yScale: "log",
        xLabel: "spread of log P^R (0 is uniform)",
        yLabel: "RMSE of the estimate",
        caption: `At a spread of ${worst} the effective sample is ${formatPercent(shareAt(worst))} of the log; ` +
          `${name(ranked[0])} errs least (${formatNumber(rmse(ranked[0]))}), ${name(ranked.at(-1)!)} most ` +
          `(${formatNumber(rmse(ranked.at(-1)!))}). Bands are 95% bootstrap intervals over logs.`,
        alt: "RMSE against the spread of the assignment law, one line per estimator; errors grow to the right.",
      },
      {
        id: "effective-sample",
        ...summaryLines,
        data: view.summary("effective-sample-share", { arms: weighted.slice(0, 1) }),
        x: "spread",
        xLabel: "spread of log P^R (0 is uniform)",
        yLabel: "effective sample size / n",
        caption:
          "Kish's effective sample size of the weights, as a share of the log, the same for every estimator that " +
          `uses them: ${overlap.map((spread) => `${formatPercent(shareAt(spread))} at ${spread}`).join(", ")}.`,
        alt: "Effective sample share against the spread of the assignment law, falling.",
      },
    ];
  },
  tables: (view) => [rmseTable(view, "overlap", "spread", "RMSE of each estimate by overlap.")],
});

/** What is said of hard clipping needs a level that cuts most weights above their mean. */
const hard = some<CpoOptions>("lambda", (level) => level <= 1, "a value of --lambda of 1 or less");

export const clipping = question({
  id: "clipping",
  asks: "What does clipping the weights buy, and what does it cost?",
  part: "synthetic",
  method: `${PROTOCOL} Overlap is poor (spread 2), so that weights are heavy. IPW cuts weights at λ, switch-DR drops ` +
    "those above λ, DR-OS shrinks them.",
  arms: ["clipped", "switch-dr", "dros"],
  conditions: ({ lambda }: CpoOptions) => lambda.map((lambda) => ({ lambda })),
  block: BLOCK,
  seeds: ({ replicates }) => replicates,
  run: ({ options, arm, condition, streams }) =>
    errorsOf(
      arm,
      { texts: options.texts, overlap: 2, n: options.n },
      { lambda: Number(condition.lambda) },
      streams,
    ),
  claims: [
    {
      id: "clipping-bias",
      statement: "Clipping hard lowers IPW by 0.01 or more",
      source: "clipping in the released code",
      paper: "trades bias for variance",
      quantity: "bias of clipped IPW at the lowest level",
      rule: below(-0.01),
      unit: "logs",
      arms: ["clipped"],
      needs: hard,
      evidence: (view, { lambda }) => view.mean("clipped", "error", { lambda: Math.min(...lambda) }),
    },
    {
      id: "clipping-variance",
      statement: "Clipping hard lowers the spread of IPW",
      source: "clipping in the released code",
      paper: "trades bias for variance",
      quantity: "sd at the lowest over sd at the highest level",
      rule: below(1),
      unit: "logs",
      arms: ["clipped"],
      needs: all(hard, several<CpoOptions>("lambda")),
      evidence: (view, { lambda }) =>
        view.statistic(
          [Math.min(...lambda), Math.max(...lambda)].map((level) => view.series("clipped", "error", { lambda: level })),
          ([low, high]) => standardDeviation(low) / standardDeviation(high),
          "spread",
        ),
    },
  ],
  figures(view) {
    const rows = view.summary("error", { of: rootMeanSquare, shape: "spread" });
    const best = rows.reduce((a, b) => b.value < a.value ? b : a);
    const plane = view.summary("error").map((row) => {
      const errors = view.series(row.arm, "error", { lambda: row.lambda }).values;
      return { lambda: row.lambda, arm: row.arm, bias: Math.abs(mean(errors)), sd: standardDeviation(errors) };
    });
    const [widest] = plane.toSorted((a, b) => b.bias - a.bias);
    return [
      {
        id: "clipping",
        ...summaryLines,
        data: rows,
        x: "lambda",
        xScale: "log",
        yScale: "log",
        xLabel: "clipping level λ",
        yLabel: "RMSE of the estimate",
        caption: `The least error is that of ${methodStyle(best.arm).label} at λ = ${best.lambda} (RMSE ${
          formatNumber(best.value)
        }). Bands are 95% bootstrap intervals over logs.`,
        alt: "RMSE against the clipping level, one line per estimator.",
      },
      {
        id: "clipping-trade",
        kind: "scatter",
        data: plane,
        x: "bias",
        y: "sd",
        by: "arm",
        xScale: "log",
        yScale: "log",
        xLabel: "|bias|",
        yLabel: "standard deviation",
        caption: `One point a level. The most bias, ${formatFixed(widest.bias, 3)}, has ${
          methodStyle(widest.arm).label
        } at λ = ${widest.lambda}, with a standard deviation of ${formatFixed(widest.sd, 3)}.`,
        alt: "Standard deviation against absolute bias, one point per clipping level and estimator.",
      },
    ];
  },
  tables: (view) => [{
    id: "clipping",
    caption: "Bias, spread and share of altered weights by clipping level.",
    columns: [
      { key: "lambda", label: "λ" },
      { key: "arm", label: "estimator", method: true },
      { key: "value", label: "bias", digits: 4, lower: "lower", upper: "upper" },
      { key: "sd", label: "sd", digits: 4 },
      { key: "rmse", label: "RMSE", digits: 4 },
      { key: "altered", label: "weights altered", digits: 3 },
    ],
    rows: view.summary("error").map((row) => {
      const condition = { lambda: row.lambda };
      const errors = view.series(row.arm, "error", condition).values;
      return {
        ...row,
        sd: standardDeviation(errors),
        rmse: rootMeanSquare(errors),
        altered: mean(view.series(row.arm, "clipped-fraction", condition).values),
      };
    }),
  }],
});

/** Interval methods compared on coverage. */
const METHODS = ["wald", "bootstrap"];
const RESAMPLES = 200;

function intervalOf(method: string, arm: EstimatorId, rounds: Rounds, rng: Rng) {
  return method === "wald"
    ? estimators[arm].estimate(rounds)
    : bootstrapInterval(rounds, (r) => estimators[arm].estimate(r), { rng, resamples: RESAMPLES });
}

/** Share of logs whose interval covers, with a Wilson interval. */
function coverageAt(view: View, arm: string, condition: Condition) {
  const covered = view.series(arm, "covered", condition).values;
  return proportionInterval(covered.reduce((a, b) => a + b, 0), covered.length);
}

const COVERS = between(0.9, 0.99);

const SEVERITY: readonly Verdict[] = ["fails", "inconclusive", "holds"];

/**
 * The evidence that decides whether all of it lies between the bounds of a rule: one that fails if there is one, then one
 * that leaves it open; of these the one with the least room to a bound.
 */
export function leastInside(all: readonly Evidence[], rule: Rule): Evidence {
  const severity = (evidence: Evidence) => SEVERITY.indexOf(judge(evidence, rule));
  const room = ({ lower, upper }: Evidence) => Math.min(lower - rule.above, rule.below - upper);
  return all.toSorted((a, b) => severity(a) - severity(b) || room(a) - room(b))[0];
}

function coverageRows(view: View): (SummaryRow & { readonly width: number })[] {
  return view.conditions.flatMap((condition) =>
    view.arms.map((arm) => {
      const { estimate: value, lower, upper, n: seeds } = coverageAt(view, arm, condition);
      const width = mean(view.series(arm, "width", condition).values);
      return { ...condition, arm, value, lower, upper, seeds, width };
    })
  );
}

export const coverage = question({
  id: "coverage",
  asks: "Do the 95% intervals cover?",
  part: "synthetic",
  method: `${PROTOCOL} Wald intervals come from influence functions (the ratio's, for self-normalised estimators); ` +
    `bootstrap intervals are percentiles of ${RESAMPLES} resamples that recompute every ratio.`,
  arms: ["ipw", "snipw", "clipped", "dr", "sndr"],
  conditions: ({ coverageSizes }: CpoOptions) =>
    METHODS.flatMap((interval) => coverageSizes.map((n) => ({ interval, n }))),
  block: BLOCK,
  seeds: ({ replicates }) => replicates,
  run({ options, arm, condition, streams }) {
    const logs = streams("log"), resampling = streams("bootstrap");
    const settings = { texts: options.texts, overlap: 1, n: Number(condition.n) };
    const intervals = streams("world").map((rng, r) => {
      const { rounds, truth } = freshLog(arm, settings, rng, logs[r]);
      const { lower, upper } = intervalOf(String(condition.interval), arm as EstimatorId, rounds, resampling[r]);
      return { covered: lower <= truth && truth <= upper ? 1 : 0, width: upper - lower };
    });
    return { covered: intervals.map((i) => i.covered), width: intervals.map((i) => i.width) };
  },
  claims: [{
    id: "dr-covers",
    kind: "question",
    statement: "DR's Wald interval covers in 90 to 99% of logs at every size",
    source: "influence function of V_DR",
    paper: "not reported",
    quantity: "coverage of 95% intervals at the size that is beyond the bounds, or else nearest to one",
    rule: COVERS,
    unit: "logs",
    arms: ["dr"],
    evidence: (view, { coverageSizes }) =>
      leastInside(coverageSizes.map((n) => coverageAt(view, "dr", { interval: "wald", n })), COVERS),
  }],
  figures(view) {
    const rows = coverageRows(view);
    const least = rows.reduce((a, b) => b.value < a.value ? b : a);
    const dr = rows.filter((row) => row.arm === "dr" && row.interval === "wald");
    return [{
      id: "coverage",
      ...summaryLines,
      data: rows,
      x: "n",
      panel: "interval",
      xScale: "log",
      xLabel: "texts in the log (n)",
      yLabel: "share of intervals that cover",
      references: [{ value: 0.95, label: "95%" }],
      caption: `${
        dr.map((row) => `DR's Wald interval covers ${formatPercent(row.value)} at n = ${row.n}`).join(", ")
      }. ` +
        `Lowest is ${methodStyle(least.arm).label} with ${
          formatPercent(least.value)
        } (${least.interval}, n = ${least.n}). ` +
        `Bands are Wilson intervals over ${least.seeds} logs.`,
      alt: "Coverage of 95% intervals against log size, one line per estimator, in two panels by interval method.",
    }];
  },
  tables: (view) => [{
    id: "coverage",
    caption: "Coverage and mean width of 95% intervals.",
    columns: [
      { key: "interval", label: "interval" },
      { key: "n", label: "n" },
      { key: "arm", label: "estimator", method: true },
      { key: "value", label: "coverage", digits: 3, lower: "lower", upper: "upper" },
      { key: "width", label: "mean width", digits: 4 },
    ],
    rows: coverageRows(view),
  }],
});
