/**
 * What is measured of a language model's stories under constitutions.
 *
 * @module
 */
import { Metric } from "../../lib/run/quantity.ts";

export const information = Metric.amount("information", "I(Y;C|X)", 3, "I(Y;C|X) on the base model's answers, nats");
export const bound = new Metric("bound", "bound on own answers", 3);
export const follows = new Metric("follows", "following", 3, "following of constitutions, standard deviations");
export const cheer = new Metric("cheer", "happy or sad", 3);
export const loudness = new Metric("loudness", "loud or quiet", 3);
export const fluency = new Metric("fluency", "log-prob a token", 2, "log-prob of a token under the base model, nats");
export const klOfStories = Metric.amount("kl-of-stories", "KL(π ‖ base)", 2);
export const different = Metric.share("different", "different tokens", 2);
/** Of a principle that nobody learned. */
export const followsUnlearned = new Metric(
  "follows-unlearned",
  "following, unlearned",
  3,
  "following of a principle that was not learned, standard deviations",
);
export const informationUnlearned = Metric.amount("information-unlearned", "I(Y;C|X), unlearned", 3);
export const characters = Metric.amount("characters", "characters", 1);
