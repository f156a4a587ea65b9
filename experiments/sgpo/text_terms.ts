/**
 * What is measured on held-out pairs of real texts.
 *
 * @module
 */
import { Metric } from "../../lib/run/quantity.ts";
import { LAST, RoundMetric } from "./terms.ts";

export const heldAccuracy = new RoundMetric("accuracy", "held-out accuracy", "held-out pairs ranked right");
export const heldOverconfidence = new RoundMetric("overconfidence", "held-out overconfidence", "confidence − accuracy");
export const logLoss = new Metric(`log-loss-${LAST}`, "log-loss", 3);
