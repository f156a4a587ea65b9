/**
 * Logs in which readers chose their texts, and what is on record of the readers' type.
 *
 * @module
 */
import type { Rng } from "../../lib/random.ts";
import type { OutcomeWorld, TypedLog } from "../../lib/worlds/outcomes.ts";

/** Their names, from no record to the type itself. */
export const recordNames = ["unrecorded", "partly recorded", "recorded"] as const;
/** Name of a record. */
export type RecordName = typeof recordNames[number];
/** How often the record of a reader's type is right: a coin tells nothing, 1 everything. */
export const RECORDS: Readonly<Record<RecordName, number>> = {
  "unrecorded": 0.5,
  "partly recorded": 0.8,
  "recorded": 1,
};

/** What is on record of each reader `[n]`: the type, or by mistake the other. */
export function recordOf({ type }: TypedLog, accuracy: number, rng: Rng): Int8Array {
  return type.map((c) => rng.bernoulli(accuracy) ? c : -c);
}

/** What a record tells of its readers. */
export interface RecordLaw {
  /** log P(x | record) `[X]`: the propensity that an analyst of the record can have at best. */
  readonly logLaw: Float64Array;
  /** E[Y | x, record] `[X]`. */
  readonly meanOutcome: Float64Array;
}

/** The laws of the records −1 and +1, which are equally frequent. */
export function recordLaws(world: OutcomeWorld, accuracy: number): readonly [RecordLaw, RecordLaw] {
  const [minus, plus] = world.logChosen.map((logs) => logs.map(Math.exp));
  const given = (right: Float64Array, wrong: Float64Array, type: number): RecordLaw => {
    const law = right.map((p, x) => accuracy * p + (1 - accuracy) * wrong[x]);
    return {
      logLaw: law.map(Math.log),
      meanOutcome: law.map((p, x) =>
        world.outcome[x] + world.shift * type * (accuracy * right[x] - (1 - accuracy) * wrong[x]) / p
      ),
    };
  };
  return [given(minus, plus, -1), given(plus, minus, +1)];
}

/** log P(x_i | record_i) of each row `[n]`. */
export function propensitiesGiven(
  laws: readonly [RecordLaw, RecordLaw],
  text: Uint32Array,
  record: Int8Array,
): Float64Array {
  return Float64Array.from(text, (x, i) => laws[record[i] > 0 ? 1 : 0].logLaw[x]);
}

/**
 * The most by which the type moves the odds of a text against those on record where it is unrecorded: Γ of the marginal
 * sensitivity model.
 */
export function oddsFactor(world: OutcomeWorld): number {
  let most = 0;
  const logOdds = (log: number) => log - Math.log1p(-Math.exp(log));
  for (const given of world.logChosen) {
    given.forEach((log, x) => most = Math.max(most, Math.abs(logOdds(log) - logOdds(world.logObserved[x]))));
  }
  return Math.exp(most);
}
