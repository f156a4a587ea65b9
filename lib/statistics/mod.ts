/**
 * Intervals, claims, and tests of many claims, for numbers over seeds or groups.
 *
 * @module
 */
export { calibrationError } from "./calibration.ts";
export { above, below, between, type Evidence, judge, type Rule, type Verdict } from "./claims.ts";
export { normalCdf, normalQuantile, studentQuantile, studentTwoSided } from "./distributions.ts";
export {
  bootstrap,
  bootstrapSummary,
  meanInterval,
  pairedDifference,
  percentileInterval,
  proportionInterval,
} from "./intervals.ts";
export { jackknifeInterval } from "./jackknife.ts";
export { adjustedVerdict, holm, pValueOf } from "./multiplicity.ts";
export { minimumDetectableEffect } from "./power.ts";
export { quantileInterval } from "./quantiles.ts";
export { rankCorrelation, ranks } from "./ranks.ts";
export { mean, median, quantile, standardDeviation, variance } from "./summary.ts";
