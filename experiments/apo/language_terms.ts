/**
 * What is measured of language models, and where.
 *
 * @module
 */
import { over } from "../../lib/run/needs.ts";
import { place } from "../../lib/run/place.ts";
import { Metric } from "../../lib/run/quantity.ts";
import type { BenchmarkOptions } from "./options.ts";

export const value = new Metric(
  "value",
  "value at equal KL",
  2,
  "value of generated text at equal KL, standard deviations above the untrained model",
);
export const klSpent = Metric.amount("kl-spent", "KL next to it", 2);
export const fluency = new Metric("fluency", "log π0 of a token", 2);
export const winRate = Metric.share("win-rate", "win rate", 2);
export const controlled = Metric.share(
  "win-rate-controlled",
  "length-controlled win rate",
  2,
  "length-controlled win rate over the untrained model",
);
export const longer = new Metric("characters", "characters more than untrained", 1);
export const valueAsTrained = new Metric(
  "value-as-trained",
  "value as trained",
  2,
  "value of generated text as trained",
);
export const klAsTrained = Metric.amount("kl-as-trained", "KL as trained", 2);
export const fresh = new Metric(
  "fresh",
  "mean change of log π of fresh answers",
  2,
  "mean change of log π of the untrained model's answers to held-out openings, nats",
);
export const tokenEdits = Metric.amount("token-edits", "edit distance in tokens", 1);
export const qualityDifference = new Metric("quality-difference", "winner − loser in known quality", 2);
export const winnerAboveModel = new Metric("winner-above-model", "winner − untrained model in known quality", 2);
export const worse = Metric.share(
  "worse",
  "winner worth less",
  2,
  "share of pairs whose winner is worth less than its loser",
);

/** The end of training, where everything is measured. */
export const last = place("last epoch", ({ languageEpochs }: BenchmarkOptions) => ({ epoch: languageEpochs }));
/** After one epoch, where there is more than one. */
export const first = place("first epoch", (_: BenchmarkOptions) => ({ epoch: 1 }), over("languageEpochs", 1));
