/**
 * What if the log itself is confounded: readers chose what they read, and their type is on record or not?
 *
 * @module
 */
import { type EstimatorId, estimators, fitRidge, type Rounds } from "../../lib/estimators/mod.ts";
import { question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { type OutcomeWorld, syntheticWorld } from "../../lib/worlds/outcomes.ts";
import { logConfounding as drawn } from "./figures.ts";
import { modelRows } from "./learning.ts";
import type { CpoOptions } from "./options.ts";
import {
  propensitiesGiven,
  type RecordLaw,
  recordLaws,
  type RecordName,
  recordNames,
  recordOf,
  RECORDS,
} from "./records.ts";
import { OVERLAP, recordedAs, towardsLimit } from "./terms.ts";
import { enumerate, targetPolicy, usesModel } from "./valuation.ts";

/** A bias that matters beside an outcome that spreads by 0.2 over the texts. */
const NOTABLE = 0.01;
/** The hidden type is as strong as it gets. */
const CONFOUNDING = 1;

/** What an analyst of a record knows at best: its laws, and the best linear model of the outcome given text and record. */
interface Known {
  readonly laws: readonly [RecordLaw, RecordLaw];
  /** Predictions for the records −1 and +1, each `[X]`. */
  readonly model: readonly [Float64Array, Float64Array];
}

/** The best linear model of E[Y | x, record] under the law of the log, by enumeration. */
function knownOf(world: OutcomeWorld, accuracy: number): Known {
  const laws = recordLaws(world, accuracy);
  const every = modelRows(world, Uint32Array.from({ length: world.texts }, (_, x) => x));
  const width = every.length / world.texts;
  const withRecord = (record: number) =>
    Array.from({ length: world.texts }, (_, x) => [...every.subarray(x * width, (x + 1) * width), record]).flat();
  const join = (of: (law: RecordLaw) => Float64Array) => Float64Array.from(laws.flatMap((law) => [...of(law)]));
  const fitted = fitRidge([...withRecord(-1), ...withRecord(+1)], join((law) => law.meanOutcome), {
    penalty: 0,
    weights: join((law) => law.logLaw.map(Math.exp)),
  });
  return { laws, model: [fitted.predict(withRecord(-1)), fitted.predict(withRecord(+1))] };
}

/** What an estimator converges to, by enumeration. */
export function limitOnRecord(arm: string, { laws, model }: Known, target: Float64Array): number {
  const even = (of: (record: 0 | 1) => number) => (of(0) + of(1)) / 2;
  switch (arm) {
    case "naive":
      return even((r) => enumerate(laws[r].logLaw, laws[r].meanOutcome));
    case "outcome-only":
      return even((r) => enumerate(target, model[r]));
    default: // weights P^f(x) / P(x | record) turn the law of a record into the target's; a model then cancels
      return even((r) => enumerate(target, laws[r].meanOutcome));
  }
}

interface Prepared {
  readonly world: OutcomeWorld;
  readonly target: Float64Array;
  readonly known: Readonly<Record<RecordName, Known>>;
}

/** The world of the question, with what each record tells. */
export function prepareRecords(world: OutcomeWorld): Prepared {
  const of = (name: RecordName) => knownOf(world, RECORDS[name]);
  const known = {
    "unrecorded": of("unrecorded"),
    "partly recorded": of("partly recorded"),
    "recorded": of("recorded"),
  };
  return { world, target: targetPolicy(world), known };
}

const biased = (id: string, arm: EstimatorId, record: RecordName, statement: string) =>
  claim(id, `${statement} by ${NOTABLE} or more`, towardsLimit(arm, recordedAs(record)).above(NOTABLE), {
    kind: "question",
    source: "assumption of a randomised log",
    paper: "needs randomisation",
  });

export const logConfounding = question({
  id: "log-confounding",
  asks: "What if the log itself is confounded?",
  method: "One world, many logs in which readers of a hidden type of strength 1 chose what they read. The value of " +
    "f0·exp(g/0.2) is estimated with the propensities of what is on record of the type: nothing (marginal " +
    `propensities), a record that is right with probability ${RECORDS["partly recorded"]}, or the type itself; the ` +
    "outcome model is the best linear one given text and record. What each estimator converges to is enumerated.",
  arms: ["naive", "outcome-only", "ipw", "snipw", "dr", "sndr"],
  conditions: () => recordNames.map((record) => ({ record })),
  block: 500,
  seeds: ({ replicates }: CpoOptions) => replicates,
  prepare: ({ options, rng }) =>
    Promise.resolve(
      prepareRecords(syntheticWorld({ texts: options.texts, confounding: CONFOUNDING, overlap: OVERLAP }, rng)),
    ),
  run({ options, arm, condition, streams, prepared: { world, target, known } }) {
    const { record: name } = condition, { laws, model } = known[name];
    const truth = world.value(target), limit = limitOnRecord(arm, known[name], target) - truth;
    const direct = model.map((predictions) => enumerate(target, predictions)), n = options.n;
    const records = streams("record");
    const error = streams("log").map((rng, r) => {
      const log = world.observational(n, rng), record = recordOf(log, RECORDS[name], records[r]);
      const propensity = propensitiesGiven(laws, log.text, record);
      const rounds: Rounds = {
        reward: log.outcome,
        weight: Float64Array.from(log.text, (x, i) => Math.exp(target[x] - propensity[i])),
        ...usesModel(arm) && {
          prediction: Float64Array.from(log.text, (x, i) => model[record[i] > 0 ? 1 : 0][x]),
          direct: new Float64Array(n).fill((direct[0] + direct[1]) / 2),
        },
      };
      return estimators[arm].estimate(rounds).value - truth;
    });
    return { error, limit: error.map(() => limit) };
  },
  claims: [
    biased("unrecorded-ipw", "ipw", "unrecorded", "With the type unrecorded, IPW is biased"),
    biased("unrecorded-dr", "dr", "unrecorded", "With the type unrecorded, DR is biased"),
    biased("partly-recorded-dr", "dr", "partly recorded", "With a record right four times in five, DR is biased"),
  ],
  ...drawn,
});
