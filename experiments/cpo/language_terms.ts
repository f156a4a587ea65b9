/**
 * What is measured of a language model, and where.
 *
 * @module
 */
import { reaching } from "../../lib/run/needs.ts";
import { type Place, place } from "../../lib/run/place.ts";
import { Metric, type Reading } from "../../lib/run/quantity.ts";
import type { CpoOptions } from "./options.ts";

/** At equal KL, of what is written after openings that nobody learned from. */
export const value = new Metric("value", "value", 3, "value of generated text, over the untrained model's");
export const klSpent = Metric.amount("kl-spent", "KL met", 2, "KL(f ‖ f0), nats a text");
export const fluency = new Metric("fluency", "log-prob a token", 2, "log-prob of a token under f0, nats");
/** As trained. */
export const valueAsTrained = new Metric("value-as-trained", "value", 3);
export const klAsTrained = Metric.amount("kl-as-trained", "KL(f ‖ f0)", 2, "KL(f ‖ f0) as trained, nats a text");
/** Weights f/f0 of texts that were learned from, and of texts of f0 that were not. */
export const meanWeight = new Metric("mean-log-weight", "log mean", 2, "log of the mean weight, nats");
export const essShare = Metric.share("ess-share", "ESS / n", 2);
export const largestWeight = new Metric("largest-log-weight", "log largest", 1, "log of the largest weight, nats");
export const tailIndex = new Metric("tail-index", "k", 2, "tail index k of the weights");
export const cleanEssShare = Metric.share(
  "clean-ess-share",
  "ESS / n",
  2,
  "effective share of weights on unseen texts",
);
export const cleanTailIndex = new Metric("clean-tail-index", "k", 2, "tail index k of the weights on unseen texts");
/** Judged without the truth, as trained, and how far that is from it. */
export const byModel = new Metric("judged-by-model", "by a model", 2);
export const byLog = new Metric("judged-by-log", "by the clean log", 2);
export const modelMiss = Metric.amount("model-miss", "off", 2, "distance of the model's judgement from the truth");
export const logMiss = Metric.amount("log-miss", "off", 2, "distance of the clean log's judgement from the truth");

/** What is confounded in a condition. */
type Confounded = "nothing" | "predictions" | "log";

const NOTHING = { confounded: "nothing" as Confounded, confounding: 0 };
const of = (confounded: Confounded, confounding: number) => confounding > 0 ? { confounded, confounding } : NOTHING;

/** Nothing, then each strength of a confounded log, and of predictions by a model of such a log. */
export function languageConditions({ languageLog, languagePredictions }: CpoOptions) {
  const all = [
    ...languageLog.map((confounding) => of("log", confounding)),
    ...languagePredictions.map((confounding) => of("predictions", confounding)),
  ];
  return [NOTHING, ...all.filter((at) => at !== NOTHING)];
}

export const nothing: Place<CpoOptions> = place("nothing confounded", () => NOTHING);
/** A model of others' log at its strongest; nothing where no strength is above 0, as with the log. */
export const predictions: Place<CpoOptions> = place(
  "predictions confounded",
  ({ languagePredictions }) => of("predictions", Math.max(...languagePredictions)),
  reaching("languagePredictions", 1),
);
/** The log itself at its strongest. */
export const log: Place<CpoOptions> = place(
  "log confounded",
  ({ languageLog }) => of("log", Math.max(...languageLog)),
);

/** Value at equal KL that an arm loses. */
export const lostTo = (arm: string, at: Place<CpoOptions>): Reading<CpoOptions> => value.of(arm, nothing).minus(at);
