/**
 * What is measured of the paper's own summaries, of which models, and where.
 *
 * @module
 */
import { place } from "../../lib/run/place.ts";
import { Metric } from "../../lib/run/quantity.ts";

/** The model that SAMI starts from, and those after its first and last iteration, as arms. */
export const BASE = "mistral-base", FIRST = "sami-iteration-1", LAST = "sami-iteration-3";

export const words = Metric.amount("words", "mean words", 1, "mean words of a summary");
export const coverage = Metric.share("coverage", "coverage", 3, "coverage: rarity-weighed share of the post's words");
export const density = Metric.amount("density", "coverage per 100 words", 3);
export const copied = Metric.share("copied", "copied", 3);
export const repeated = Metric.share("repeated", "share of repeated runs of three words", 3);
export const echoed = Metric.share(
  "echoed",
  "share of borrowed words",
  3,
  "share of words that are the constitution's and not the post's",
);
export const information = new Metric(
  "information",
  "lower bound of the mutual information",
  3,
  "lower bound of the mutual information, nats (at most 0.693)",
);
export const accuracy = Metric.share("accuracy", "accuracy", 3);

export const opus = place("writer opus", () => ({ writer: "opus" }));
export const mistral = place("writer mistral", () => ({ writer: "mistral" }));
export const ofWriter = place("contrast of writers", () => ({ contrast: "writer" }));
export const ofOrder = place("contrast of orders", () => ({ contrast: "order" }));

/** The start of training over the pool of summaries, as an arm. */
export const REFERENCE = "reference";

export const conformity = Metric.share(
  "conformity",
  "conformity",
  3,
  "held-out probability of summaries of the own constitution",
);
export const conformityOfOthers = Metric.share("conformity-others", "not by the base model", 3);
export const poolInformation = new Metric("information", "held-out I(Y;C|X)", 3);
export const poolKl = Metric.amount("kl", "KL(π ‖ start)", 3);
export const poolWords = Metric.amount("words", "words", 1, "mean words of held-out summaries");

export const learned = place("link learned", () => ({ link: "learned" }));
export const shuffled = place("link shuffled", () => ({ link: "shuffled" }));
