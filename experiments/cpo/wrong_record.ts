/**
 * When does learning for the worst case beat DR-CPO: if recorded propensities are wrong by a known factor.
 *
 * @module
 */
import { madeOnce } from "../../lib/made_once.ts";
import type { Rng } from "../../lib/random.ts";
import { question } from "../../lib/run/experiment.ts";
import { place } from "../../lib/run/place.ts";
import { claim } from "../../lib/run/quantity.ts";
import { type OutcomeWorld, outcomeWorld, syntheticWorld } from "../../lib/worlds/outcomes.ts";
import { each, MEASURES } from "./comparisons.ts";
import { learnAll, lessonsOf, noLessons, PROTOCOL } from "./learned.ts";
import { type Learning, robustTo } from "./learners.ts";
import { crossFitted, observationalModel, sampleOf } from "./learning.ts";
import type { LearningOptions } from "./options.ts";
import { oddsFactor } from "./records.ts";
import { OVERLAP, valueOfStart } from "./terms.ts";
import { wrongRecord as drawn } from "./wrong_record_figures.ts";

/** By how much recorded odds are wrong at the most, and by how much the robust arm allows for. */
const WRONG = [1, 1.5, 2, 4], ASSUMED = [1.5, 2, 4];
/** What robustness may cost where nothing is hidden, in units of the outcome. */
const ROOM = 0.02;
/** At equal KL there is no f0 to compare with. */
const AGAINST_F0 = MEASURES.slice(0, 2);
/** Rows for one of the other questions: what is asked is what bias does, and chance is to be small beside it. */
const LONGER = 10;
/** Log-odds of a choice beyond any factor of the question. */
const STRONGEST = 5;

/**
 * The world in which odds on record are off by a factor at most. One attribute decides who reads a text, so that nearly all
 * are off by the whole factor: the one that splits the texts most evenly.
 */
export function worldOff(factor: number, texts: number, rng: Rng): OutcomeWorld {
  const world = syntheticWorld({ texts, confounding: 1, overlap: OVERLAP }, rng), { features } = world;
  const columns = Array.from(
    { length: features.length / texts },
    (_, k) => Float64Array.from({ length: texts }, (_, x) => features[x * features.length / texts + k]),
  );
  const unevenness = (column: Float64Array) => Math.abs(column.reduce((a, b) => a + b, 0));
  const exposure = columns.reduce((best, column) => unevenness(column) < unevenness(best) ? column : best);
  const choosing = (choice: number) => outcomeWorld({ ...world, exposure, choice });
  let low = 0, high = STRONGEST;
  // Halvings of log-odds: to rounding.
  for (let k = 0; k < 50; k++) {
    const middle = (low + high) / 2;
    if (oddsFactor(choosing(middle)) < factor) low = middle;
    else high = middle;
  }
  return choosing(factor === 1 ? 0 : high);
}

/** Where what is assumed is what is true. */
const known = (gamma: number) =>
  place(`odds off by ${gamma} and known to be`, () => ({ wrong: gamma, assumed: gamma }));
const right = (assumed: number) => place(`odds right, Γ = ${assumed} allowed for`, () => ({ wrong: 1, assumed }));
const OURS = { kind: "question", source: "Kallus & Zhou, NeurIPS 2018: improvement in the worst case" } as const;

export const wrongRecord = question({
  id: "wrong-record",
  asks: "Where does learning for the worst case beat DR-CPO?",
  method:
    `${PROTOCOL} A type that is not on record moves outcomes by 0.5 either way, and the odds of a text by at most a known ` +
    "factor: recorded propensities are right on average over types and wrong for each. The robust arm maximises the least " +
    "improvement over f0 that odds off by Γ leave of DR-CPO's. Where the factor is 1 the type is noise.",
  module: import.meta.url,
  arms: ["dr-cpo-cross-fitted", "robust-dr-cpo", "oracle"],
  block: 20,
  conditions: (_: LearningOptions) => ASSUMED.flatMap((assumed) => WRONG.map((wrong) => ({ wrong, assumed }))),
  shares: ({ wrong }) => `${wrong}`,
  prepare: async () => ({ lessons: await noLessons(), learned: new Map<string, ReturnType<typeof learnAll>>() }),
  run(context) {
    const { arm, options: { texts, n, generated, observed }, condition: { wrong, assumed }, seeds } = context;
    const { lessons, learned } = context.prepared, own = { ...context, prepared: lessons };
    const learn = (learning?: Learning) =>
      learnAll(
        own,
        lessonsOf(own, wrong, (rng, stream) => {
          const world = worldOff(wrong, texts, rng), log = world.observational(LONGER * n, stream.fork("log"));
          return sampleOf({
            world,
            log,
            logPropensity: Float64Array.from(log.text, (x) => world.logObserved[x]),
            generated: stream.fork("generated").categorical(world.logStart.map(Math.exp), generated),
          }, {
            outside: () => observationalModel(world, observed, stream.fork("outside")),
            crossFitted: () => crossFitted(world, log, stream.fork("folds")),
          });
        }),
        learning,
      );
    if (arm === "robust-dr-cpo") return learn(robustTo(assumed));
    // The others assume nothing.
    return madeOnce(learned, [arm, wrong, seeds].join(), learn);
  },
  claims: [
    ...([["robust-beats-dr-off-by-2", 2], ["robust-beats-dr-off-by-4", 4]] as const).flatMap(([id, gamma]) =>
      each(
        id,
        `Where odds are off by ${gamma}, learning for that Γ beats DR-CPO`,
        (measure) => measure.of("robust-dr-cpo", known(gamma)).minus("dr-cpo-cross-fitted"),
        OURS,
      )
    ),
    ...MEASURES.map(([measure, suffix, said]) =>
      claim(
        `robustness-costs${suffix}`,
        `Where odds are right, allowing for Γ = 2 costs ${ROOM} or more, ${said}`,
        measure.of("dr-cpo-cross-fitted", right(2)).minus("robust-dr-cpo").above(ROOM),
        OURS,
      )
    ),
    ...AGAINST_F0.flatMap(([measure, suffix, said]) => [
      claim(
        `dr-beats-f0-off-by-4${suffix}`,
        `Where odds are off by 4, DR-CPO beats the untrained f0, ${said}`,
        measure.of("dr-cpo-cross-fitted", known(4)).minus(valueOfStart).above(0),
        OURS,
      ),
      claim(
        `robust-harmless${suffix}`,
        `Where odds are off by 4 and that is allowed for, the robust policy is not ${ROOM} or more below f0, ${said}`,
        measure.of("robust-dr-cpo", known(4)).minus(valueOfStart).above(-ROOM),
        OURS,
      ),
    ]),
  ],
  ...drawn,
});
