/**
 * Questions about learned policies, of any pool of texts that is described: the built-in one, or a reader's own.
 *
 * @module
 */
import type { Rng } from "../../lib/random.ts";
import { labelOf } from "../../lib/report/methods.ts";
import { type Drawn, question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { type PoolDescription, syntheticWorld } from "../../lib/worlds/outcomes.ts";
import { beats, beatsF0, each, losesMore, MEASURES } from "./comparisons.ts";
import { byCondition } from "./kept.ts";
import { learnAll, lessonsOf, noLessons, PROTOCOL, withControl } from "./learned.ts";
import * as drawnLearned from "./learned_figures.ts";
import { type LearnerId, randomisedIds } from "./learners.ts";
import { crossFitted, observationalModel, sampleFrom, sampleOf, shiftedModel } from "./learning.ts";
import type { LearningOptions } from "./options.ts";
import { propensitiesGiven, recordLaws, type RecordName, recordNames, recordOf, RECORDS } from "./records.ts";
import { full, lostToConfounding, recordedAs, without } from "./terms.ts";

/** A world as described; of as many texts as are listed, or else as options say. */
function worldOf(
  made: PoolDescription,
  { texts }: LearningOptions,
  strength: { readonly confounding: number; readonly moves?: "both" | "reading" | "outcome" },
  rng: Rng,
) {
  return syntheticWorld({ ...strength, texts: made.texts?.length ?? texts, overlap: made.overlap, made }, rng);
}

const CONTROL = { kind: "control", source: "not in the paper" } as const;
const ROBUST = {
  source: "abstract and confounding study of the paper",
  paper: "DR-CPO robust under difficult confounding",
};
const REWARD = "DR-CPO often has the highest expected reward";

type Made<O> = (options: O) => PoolDescription;
/** What reads the options of learning shows a question that has more of them. */
const showing = <O extends LearningOptions>(drawn: Drawn<LearningOptions>): Drawn<O> => drawn;

/** Policies learned beside a confounded outcome model, in worlds that are made as described. */
export const policiesOn = <O extends LearningOptions>(made: Made<O>) =>
  question({
    id: "policies",
    asks: "Which learned policy survives confounding?",
    method: `${PROTOCOL} The log is randomised. What is confounded is the outcome model that outcome-only and DR-CPO ` +
      "take from observational rows, where a hidden type moves both what readers choose and how they answer. In the " +
      "control the type moves outcomes alone.",
    arms: randomisedIds,
    block: 20,
    conditions: (options: O) => withControl(options),
    shares: byCondition,
    prepare: noLessons,
    run(context) {
      const { options, condition: { type, confounding } } = context, moves = type === "confounds" ? "both" : "outcome";
      return learnAll(
        context,
        lessonsOf(context, `${type} ${confounding}`, (rng, log) => {
          const world = worldOf(made(options), options, { confounding, moves }, rng);
          const outside = () => observationalModel(world, options.observed, log.fork("outside"));
          return sampleFrom(world, options, outside, log);
        }),
      );
    },
    claims: [
      ...losesMore(
        "outcome-only-collapses",
        "Outcome-only learning loses more to confounding than DR-CPO",
        ["outcome-only", "dr-cpo"],
        ROBUST,
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
        full,
        { source: "abstract", paper: REWARD },
      ),
      ...beats("dr-beats-cpo", "DR-CPO beats CPO without confounding", ["dr-cpo", "cpo"], without, {
        source: "motivation of DR-CPO: lower variance",
        paper: REWARD,
      }),
      ...beats("dr-beats-cpo-confounded", "DR-CPO still beats CPO under full confounding", ["dr-cpo", "cpo"], full, {
        source: "abstract",
        paper: "robust under confounding",
        note: "CPO uses no outcome model, so confounding cannot hurt it through one.",
      }),
      ...beats("dr-beats-fine-tuning", "DR-CPO beats fine-tuning on the best outcomes", ["dr-cpo", "sft-best"], full, {
        source: "abstract",
        paper: "DR-CPO beats plain fine-tuning",
      }),
      ...beats("dr-beats-reward-model", "DR-CPO beats a reward model of pairs", ["dr-cpo", "reward-model"], full, {
        source: "abstract: RLHF",
        paper: REWARD,
        note: "Pairs come from the randomised log, so that confounding cannot hurt the reward model.",
      }),
      ...beats(
        "more-than-a-baseline",
        "Without normalising, DR-CPO beats CPO with a constant baseline, no confounding",
        ["dr-cpo", "cpo-baseline"],
        without,
        { ...CONTROL, note: "A constant subtracted from the outcome already removes much of CPO's variance." },
      ),
      ...beats(
        "more-than-a-baseline-confounded",
        "Without normalising, DR-CPO beats CPO with a constant baseline, full confounding",
        ["dr-cpo", "cpo-baseline"],
        full,
        CONTROL,
      ),
      ...beats(
        "normalised-dr-beats-snipw",
        "With normalised weights, DR-CPO beats CPO, no confounding",
        ["sndr-cpo", "snipw"],
        without,
        CONTROL,
      ),
      ...beats(
        "normalised-dr-beats-snipw-confounded",
        "With normalised weights, DR-CPO beats CPO, full confounding",
        ["sndr-cpo", "snipw"],
        full,
        CONTROL,
      ),
      ...beats(
        "released-loses",
        "DR-CPO normalised over the log beats the released form, normalised in batches of four",
        ["sndr-cpo", "released"],
        full,
        { kind: "question", source: "trainer of the released code" },
      ),
      ...beats(
        "cross-fitting-helps",
        "Fitting the model on the log itself, with cross-fitting, beats a confounded one",
        ["dr-cpo-cross-fitted", "dr-cpo"],
        full,
        { kind: "question", source: "not in the paper" },
      ),
      ...randomisedIds.filter((arm) => arm !== "oracle").flatMap(beatsF0),
    ],
    ...showing<O>(drawnLearned.policies),
  });

/** What "does not degrade" leaves room for, in units of the outcome. */
const ROOM = 0.02;
const SHIFTED = { source: "confounding study of the paper", paper: "DR-CPO robust, OO-RLHF not" };

/** The same where the predictions alone are confounded. */
export const predictionsOn = <O extends LearningOptions>(made: Made<O>) =>
  question({
    id: "predictions",
    asks: "And when only the predictions are confounded, as in the released code?",
    method:
      `${PROTOCOL} Outcomes are clean. The outcome model is fitted on clean rows; then every prediction is shifted ` +
      "by the reader type its text attracts, as the released simulation does. In the control the type that shifts a " +
      "prediction has nothing to do with its text.",
    arms: ["outcome-only", "outcome-only-normalised", "cpo", "cpo-baseline", "dr-cpo", "sndr-cpo", "oracle"],
    block: 20,
    conditions: (options: O) => withControl(options),
    shares: byCondition,
    prepare: noLessons,
    run(context) {
      const { options, condition: { type, confounding: strength } } = context, pool = made(options);
      const confounding = type === "confounds" ? strength : 0;
      return learnAll(
        context,
        lessonsOf(context, `${type} ${strength}`, (rng, log) => {
          const world = worldOf(pool, options, { confounding, moves: "reading" }, rng);
          const outside = () => shiftedModel(world, options.observed, pool.shift * strength, log.fork("outside"));
          return sampleFrom(world, options, outside, log);
        }),
      );
    },
    claims: [
      ...beats(
        "dr-beats-outcome-only-shifted",
        "DR-CPO beats outcome-only when predictions are fully confounded",
        ["dr-cpo", "outcome-only"],
        full,
        SHIFTED,
      ),
      ...losesMore(
        "outcome-only-loses-more-shifted",
        "Outcome-only loses more to confounded predictions than DR-CPO",
        ["outcome-only", "dr-cpo"],
        SHIFTED,
      ),
      ...MEASURES.slice(0, 2).map(([measure, suffix, said]) =>
        claim(
          `dr-degrades${suffix}`,
          `DR-CPO loses less than ${ROOM} to confounded predictions, ${said}`,
          lostToConfounding(measure, "dr-cpo").below(ROOM),
          {
            source: "abstract: robust",
            paper: "robust",
            note:
              "Its estimate stays unbiased, but its variance grows with the errors of the model, confounded or not.",
          },
        )
      ),
    ],
    ...showing<O>(drawnLearned.predictions),
  });

/** A better record against a worse one, for one arm. */
const pays = (id: string, arm: LearnerId, better: RecordName, worse: RecordName) =>
  each(
    id,
    `${labelOf(arm)} learns better with the type ${better} than ${worse}`,
    (measure) => measure.of(arm, recordedAs(better)).minus(recordedAs(worse)),
    { kind: "question", source: "assumption of a randomised log", paper: "needs randomisation" },
  );

/** The same from a log that is confounded itself. */
export const logPoliciesOn = <O extends LearningOptions>(made: Made<O>) =>
  question({
    id: "log-policies",
    asks: "And what is learned from such a log?",
    method: `${PROTOCOL} Readers of a type of strength 1 chose the logged texts; arms and held-out estimates use the ` +
      "propensities of what is on record. The cross-fitted model is fitted on the log, the other on further such rows; " +
      "neither sees the type. The robust arm allows for odds that are off by 2.",
    arms: ["naive", "cpo-baseline", "snipw", "dr-cpo-cross-fitted", "sndr-cpo", "robust-dr-cpo", "oracle"],
    block: 20,
    conditions: (_: O) => recordNames.map((record) => ({ record })),
    shares: byCondition,
    prepare: noLessons,
    run(context) {
      const { options, options: { n, generated, observed }, condition: { record: name } } = context,
        pool = made(options);
      const accuracy = name === "partly recorded" ? pool.record : RECORDS[name];
      return learnAll(
        context,
        lessonsOf(context, name, (rng, stream) => {
          const world = worldOf(pool, options, { confounding: 1 }, rng);
          const log = world.observational(n, stream.fork("log")),
            record = recordOf(log, accuracy, stream.fork("record"));
          return sampleOf({
            world,
            log,
            logPropensity: propensitiesGiven(recordLaws(world, accuracy), log.text, record),
            generated: stream.fork("generated").categorical(world.logStart.map(Math.exp), generated),
          }, {
            outside: () => observationalModel(world, observed, stream.fork("outside")),
            crossFitted: () => crossFitted(world, log, stream.fork("folds")),
          });
        }),
      );
    },
    claims: [
      ...pays("recording-pays", "dr-cpo-cross-fitted", "recorded", "unrecorded"),
      ...pays("recording-pays-cpo", "cpo-baseline", "recorded", "unrecorded"),
      ...pays("noisy-record-falls-short", "dr-cpo-cross-fitted", "recorded", "partly recorded"),
    ],
    ...showing<O>(drawnLearned.logPolicies),
  });
