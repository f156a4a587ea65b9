/**
 * Averaged or summed log-probs: what either does to the length of responses.
 *
 * @module
 */
import { mutualInformation } from "../../lib/losses/mutual_information.ts";
import { question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { baseSequences, listSequences, nextTokens } from "../../lib/worlds/sequences.ts";
import * as drawn from "./figures.ts";
import type { SyntheticOptions } from "./options.ts";
import { CONSTITUTIONS, type Score, type SequenceStudy, trainSequences } from "./sequence_training.ts";
import { baseLength, few, length as meanLength, many, sequenceInformation } from "./terms.ts";

/** What the loss reads of a response, by arm. */
const scores = {
  /** The released code: averaged over tokens, the end not counted. */
  "sami-drawn": { averaged: true, end: false },
  "sami-sum": { averaged: false, end: false },
  /** The log-prob of the response, about which the bound speaks. */
  "sami-sum-end": { averaged: false, end: true },
} as const satisfies Record<string, Score>;

/** Standard deviation of the base policy's link in nats, and its logit of the end. */
const LINK = 0.3, END = 0.7;

function measureSequences({ settings }: SequenceStudy, logits: Float64Array) {
  const { logps, lengths } = listSequences(settings, nextTokens(logits, settings.vocabulary));
  const expected = (of: (length: number) => number) =>
    mean(logps.map((law) => law.reduce((sum, v, s) => sum + Math.exp(v) * of(lengths[s]), 0)));
  return {
    length: expected((length) => length),
    longest: expected((length) => length === settings.longest ? 1 : 0),
    information: mutualInformation(logps),
  };
}

export const length = question({
  id: "length",
  asks: "Does averaging log-probs over tokens keep SAMI from writing at length?",
  method:
    "Responses are written token by token, each depending on the one before, until an end token; all responses can be " +
    "listed, so lengths and mutual information are exact. Constitutions differ in their tokens and not in length to begin " +
    "with. Responses are drawn. The released code averages log-probs over tokens and leaves the end out; summed with the end they are the " +
    "log-probs that the bound is about. Every seed is a new base policy, which all arms share.",
  arms: ["sami-drawn", "sami-sum", "sami-sum-end"],
  conditions: ({ longer }: SyntheticOptions) => longer.map((multiple) => ({ multiple })),
  run({ arm, condition: { multiple }, options, streams, seeds }) {
    const { vocabulary, longest, batch } = options, draws = streams("training");
    const steps = options.steps.map((count) => count * multiple);
    return streams("base").map((rng, r) => {
      const settings = { vocabulary, longest, constitutions: CONSTITUTIONS };
      const study = { settings, base: baseSequences({ ...settings, link: LINK, endLogit: END }, rng) };
      const logits = trainSequences(study, scores[arm], { steps, batch, run: { arm, seed: seeds[r] } }, draws[r]);
      const base = measureSequences(study, study.base);
      return { ...measureSequences(study, logits), "base-length": base.length, "base-information": base.information };
    });
  },
  claims: [
    claim(
      "summed-longer",
      "Summed log-probs make responses longer than averaged ones",
      meanLength.of("sami-sum", many).minus("sami-drawn").above(0),
      { source: "length normalisation of log-probs", paper: "averaged over tokens, against length bias" },
    ),
    claim(
      "averaged-still-longer",
      "Averaged, responses still grow, by 0.05 tokens or more",
      meanLength.of("sami-drawn", many).minus(baseLength).above(0.05),
      { source: "remark on length normalisation", paper: "still rewards long responses" },
    ),
    claim(
      "true-log-probs-information",
      "Log-probs of whole responses raise the mutual information more than averaged ones",
      sequenceInformation.of("sami-sum-end", few).minus("sami-drawn").above(0),
      { kind: "question", source: "equation 4 speaks of whole responses", paper: "averaged log-probs used" },
    ),
  ],
  ...drawn.length,
});
