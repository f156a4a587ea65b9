/**
 * Which learned policy survives confounding?
 *
 * @module
 */
import { question } from "../../lib/run/experiment.ts";
import { syntheticWorld } from "../../lib/worlds/outcomes.ts";
import {
  beatF0,
  beats,
  learnAll,
  least,
  losesMore,
  most,
  OVERLAP,
  PROTOCOL,
  samplesOf,
  sizesOf,
  withControl,
} from "./learned.ts";
import { learnedFigures, learnedNotes, learnedTables } from "./learned_figures.ts";
import { type LearnerId, learners } from "./learners.ts";
import { observationalModel, sampleFrom } from "./learning.ts";
import type { CpoOptions } from "./options.ts";

const ARMS = Object.keys(learners) as LearnerId[];
const CONTROL = { kind: "control", source: "control, not in the paper", paper: "not reported" } as const;

export const policies = question({
  id: "policies",
  asks: "Which learned policy survives confounding?",
  part: "synthetic",
  method: `${PROTOCOL} The log is randomised. What is confounded is the outcome model that outcome-only and DR-CPO ` +
    "take from observational rows, where a hidden type moves both what readers choose and how they answer. In the " +
    "control the type moves outcomes alone.",
  arms: ARMS,
  block: 20,
  seeds: ({ seeds }: CpoOptions) => seeds,
  conditions: withControl,
  run(context) {
    const { options, condition } = context, sizes = sizesOf(options);
    const moves = condition.type === "confounds" ? "both" : "outcome";
    const samples = samplesOf(context, (rng, log) => {
      const confounding = Number(condition.confounding);
      const world = syntheticWorld({ texts: sizes.texts, confounding, overlap: OVERLAP, moves }, rng);
      return sampleFrom(world, sizes, observationalModel(world, sizes.observed, log.fork("outside")), log);
    });
    return learnAll(context, samples);
  },
  claims: [
    ...losesMore(
      "outcome-only-collapses",
      "Outcome-only learning loses more to confounding than DR-CPO",
      ["outcome-only", "dr-cpo"],
      { source: "abstract and confounding study of the paper", paper: "DR-CPO robust under difficult confounding" },
    ),
    ...losesMore(
      "normalised-outcome-only-collapses",
      "With normalised weights, outcome-only learning loses more to confounding than DR-CPO",
      ["outcome-only-normalised", "sndr-cpo"],
      { ...CONTROL, note: "Like for like: both normalise their weights." },
    ),
    ...beats(
      "dr-beats-outcome-only",
      "DR-CPO beats outcome-only under full confounding",
      ["dr-cpo", "outcome-only"],
      most,
      { source: "abstract", paper: "DR-CPO often has the highest expected reward" },
    ),
    ...beats("dr-beats-cpo", "DR-CPO beats CPO without confounding", ["dr-cpo", "cpo"], least, {
      source: "motivation of DR-CPO: lower variance",
      paper: "DR-CPO often has the highest expected reward",
    }),
    ...beats("dr-beats-cpo-confounded", "DR-CPO still beats CPO under full confounding", ["dr-cpo", "cpo"], most, {
      source: "abstract",
      paper: "robust under confounding",
      note: "CPO uses no outcome model, so confounding cannot hurt it through one.",
    }),
    ...beats("dr-beats-fine-tuning", "DR-CPO beats fine-tuning on the best outcomes", ["dr-cpo", "sft-best"], most, {
      source: "abstract",
      paper: "DR-CPO beats plain fine-tuning",
    }),
    ...beats("dr-beats-reward-model", "DR-CPO beats a reward model of pairs", ["dr-cpo", "reward-model"], most, {
      source: "abstract: RLHF",
      paper: "DR-CPO often has the highest expected reward",
      note: "Pairs come from the randomised log, so that confounding cannot hurt the reward model.",
    }),
    ...beats(
      "more-than-a-baseline",
      "Without normalising, DR-CPO beats CPO with a constant baseline, no confounding",
      ["dr-cpo", "cpo-baseline"],
      least,
      { ...CONTROL, note: "A constant subtracted from the outcome already removes much of CPO's variance." },
    ),
    ...beats(
      "more-than-a-baseline-confounded",
      "Without normalising, DR-CPO beats CPO with a constant baseline, full confounding",
      ["dr-cpo", "cpo-baseline"],
      most,
      CONTROL,
    ),
    ...beats(
      "normalised-dr-beats-snipw",
      "With normalised weights, DR-CPO beats CPO, no confounding",
      ["sndr-cpo", "snipw"],
      least,
      CONTROL,
    ),
    ...beats(
      "normalised-dr-beats-snipw-confounded",
      "With normalised weights, DR-CPO beats CPO, full confounding",
      ["sndr-cpo", "snipw"],
      most,
      CONTROL,
    ),
    ...beats(
      "released-loses",
      "DR-CPO normalised over the log beats the released form, normalised in batches of four",
      ["sndr-cpo", "released"],
      most,
      { kind: "question", source: "trainer of the released code", paper: "not reported" },
    ),
    ...beats(
      "cross-fitting-helps",
      "Fitting the model on the log itself, with cross-fitting, beats a confounded one",
      ["dr-cpo-cross-fitted", "dr-cpo"],
      most,
      { kind: "question", source: "our addition", paper: "not reported" },
    ),
    ...beatF0(ARMS.filter((arm) => arm !== "oracle")),
  ],
  figures: (view, o) => learnedFigures(view, o, "policies", "in the control the type moves outcomes, not what is read"),
  tables: (view) => learnedTables(view, "policies"),
  notes: learnedNotes,
});
