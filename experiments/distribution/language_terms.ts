/**
 * What is measured of a language model that learns a known target, and where.
 *
 * @module
 */
import { place } from "../../lib/run/place.ts";
import { Metric } from "../../lib/run/quantity.ts";
import type { BenchmarkOptions } from "./options.ts";

type O = BenchmarkOptions;

export const kl = Metric.amount("forward-kl", "KL(π* ‖ π)", 3, "KL(π* ‖ π) of a text, nats");
export const klError = Metric.amount("forward-kl-error", "its standard error", 3);
export const reverseKl = Metric.amount("reverse-kl", "KL(π ‖ π*)", 3, "KL(π ‖ π*) of a text, nats");
export const reverseKlError = Metric.amount("reverse-kl-error", "its standard error", 3);
export const klToStart = Metric.amount("kl-start", "KL(π ‖ π0)", 3);
export const entropy = Metric.amount("entropy", "entropy a token", 3);
export const setKl = Metric.amount("set-kl", "KL(π* ‖ π) on sets", 3);
export const setReverseKl = Metric.amount("set-reverse-kl", "KL(π ‖ π*) on sets", 3);
export const agreement = Metric.share("agreement", "labels agreed with", 3);
export const labelLoss = Metric.amount("label-loss", "log-loss of labels", 3);

/** Who labels. */
export const TARGET = "π*", COIN = "a coin";

const most = ({ languageSizes }: O) => Math.max(...languageSizes);

/** All settings: numbers of labels, and the control at most of them. */
export const languageConditions = (o: O) => [
  ...o.languageSizes.toSorted((a, b) => a - b).map((labels) => ({ by: TARGET, labels })),
  { by: COIN, labels: most(o) },
];

export const many = place("most labels", (o: O) => ({ by: TARGET, labels: most(o) }));
export const few = place("fewest labels", (o: O) => ({ by: TARGET, labels: Math.min(...o.languageSizes) }));
export const random = place("labels of a coin", (o: O) => ({ by: COIN, labels: most(o) }));
