/**
 * What is measured on held-out pairs of real texts.
 *
 * @module
 */
import { Metric } from "../../lib/run/quantity.ts";
import { CORRELATION, SHARE } from "../../lib/statistics/range.ts";
import { LAST, RoundMetric } from "./terms.ts";

export const heldAccuracy = new RoundMetric("accuracy", "held-out accuracy", "held-out pairs ranked right", SHARE);
export const heldOverconfidence = new RoundMetric(
  "overconfidence",
  "held-out overconfidence",
  "confidence − accuracy",
  CORRELATION,
);
export const logLoss = Metric.amount(`log-loss-${LAST}`, "log-loss", 3);
