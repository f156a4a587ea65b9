/**
 * What is learned from a log that is itself confounded, by what is on record of the readers' type?
 *
 * @module
 */
import { ends, summaryDots } from "../../lib/run/view.ts";
import { question } from "../../lib/run/experiment.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { pairedDifference } from "../../lib/statistics/intervals.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { syntheticWorld } from "../../lib/worlds/outcomes.ts";
import { each, learnAll, MEASURES, OVERLAP, PROTOCOL, samplesOf, sizesOf } from "./learned.ts";
import type { LearnerId } from "./learners.ts";
import { crossFitted, observationalModel } from "./learning.ts";
import type { CpoOptions } from "./options.ts";
import { propensitiesGiven, recordLaws, type RecordName, recordOf, RECORDS } from "./records.ts";

const NAMES = Object.keys(RECORDS) as RecordName[];
const ARMS: readonly LearnerId[] = ["naive", "cpo-baseline", "snipw", "dr-cpo-cross-fitted", "sndr-cpo", "oracle"];

/** A better record against a worse one, for one arm. */
function pays(id: string, arm: LearnerId, better: RecordName, worse: RecordName) {
  return each(MEASURES, {
    kind: "question",
    id,
    statement: `${methodStyle(arm).label} learns better with the type ${better} than ${worse}`,
    source: "assumption of a randomised log",
    paper: "needs randomisation",
    quantity: `type ${better} − ${worse}`,
    arms: [arm],
  }, (view, _, measure) =>
    pairedDifference(
      view.series(arm, measure, { record: better }).values,
      view.series(arm, measure, { record: worse }).values,
    ));
}

export const logPolicies = question({
  id: "log-policies",
  asks: "And what is learned from such a log?",
  part: "synthetic",
  method: `${PROTOCOL} Readers of a type of strength 1 chose the logged texts; arms and held-out estimates use the ` +
    "propensities of what is on record. The cross-fitted model is fitted on the log, the other on further such rows; " +
    "neither sees the type.",
  arms: ARMS,
  block: 20,
  seeds: ({ seeds }: CpoOptions) => seeds,
  conditions: () => NAMES.map((record) => ({ record })),
  run(context) {
    const { texts, n, generated, observed } = sizesOf(context.options);
    const accuracy = RECORDS[context.condition.record as RecordName];
    const samples = samplesOf(context, (rng, stream) => {
      const world = syntheticWorld({ texts, confounding: 1, overlap: OVERLAP }, rng);
      const log = world.observational(n, stream.fork("log")), record = recordOf(log, accuracy, stream.fork("record"));
      return {
        world,
        log,
        logPropensity: propensitiesGiven(recordLaws(world, accuracy), log.text, record),
        generated: stream.fork("generated").categorical(world.logStart.map(Math.exp), generated),
        outside: observationalModel(world, observed, stream.fork("outside")),
        crossFitted: crossFitted(world, log, stream.fork("folds")),
      };
    });
    return learnAll(context, samples);
  },
  claims: [
    ...pays("recording-pays", "dr-cpo-cross-fitted", "recorded", "unrecorded"),
    ...pays("recording-pays-cpo", "cpo-baseline", "recorded", "unrecorded"),
    ...pays("noisy-record-falls-short", "dr-cpo-cross-fitted", "recorded", "partly recorded"),
  ],
  figures(view) {
    const [first] = view.arms, f0 = mean(view.series(first, "value-of-f0", { record: NAMES[0] }).values);
    const learned = view.arms.filter((arm) => arm !== "oracle"), arms = learned.length > 0 ? learned : view.arms;
    return [{
      id: "log-policies",
      ...summaryDots,
      data: view.summary("value").map((row) => ({ ...row, panel: `type ${row.record}` })),
      panel: "panel",
      xLabel: "true value V(f)",
      references: [{ value: f0, label: "f0, untrained" }],
      caption: `${
        NAMES.map((name) => `With the type ${name}, value goes ${ends(view, "value", { record: name }, arms)}`).join(
          ". ",
        )
      }. Bars are 95% intervals over seeds.`,
      alt: "Value of each learned policy in three panels, by what is on record of the reader type.",
    }];
  },
  tables: (view) => [{
    id: "log-policies",
    caption: "Policies learned from a confounded log.",
    columns: [
      { key: "record", label: "the type is" },
      { key: "arm", label: "arm", method: true },
      { key: "value", label: "V(f)", digits: 3, lower: "lower", upper: "upper" },
      { key: "kl", label: "its KL", digits: 2 },
      { key: "objective", label: "objective", digits: 3 },
      { key: "equal", label: "V at equal KL", digits: 3 },
    ],
    rows: view.summary("value").map((row) => {
      const average = (metric: string) => mean(view.series(row.arm, metric, { record: row.record }).values);
      return { ...row, kl: average("value-kl"), objective: average("objective"), equal: average("value-at-kl") };
    }),
  }],
});
