/**
 * What the questions about learned policies share: their worlds with the control beside them, and how an arm learns and is
 * measured.
 *
 * @module
 */
import { scaledTo } from "../../lib/exact/kl_budget.ts";
import { dimensionsOf } from "../../lib/exact/laws.ts";
import { once } from "../../lib/made_once.ts";
import type { Rng } from "../../lib/random.ts";
import type { UnitContext } from "../../lib/run/experiment.ts";
import { Kept } from "./kept.ts";
import { type LearnerId, learners, type Learning } from "./learners.ts";
import { type Sample, type Split, splitLog } from "./learning.ts";
import type { LearningOptions } from "./options.ts";
import { checkpoints, type Choice, choose, policyAt, spaceOf, train } from "./training.ts";

/** How every learned policy comes about, for the methods of the questions. */
export const PROTOCOL =
  "A log-linear policy over the pool maximises each arm's estimate of V(f) − λ KL(f ‖ f0). λ, step " +
  "size and number of steps are chosen alike for all arms, without the truth: every setting is trained on two thirds of " +
  "the log, a DR estimate on the rest picks one or f0 itself, and that is trained on the whole log. This is done once " +
  "for the value and once for the objective, which takes the price of KL off the value; value, objective and KL are " +
  "then exact. Every seed is a new world, shared by all arms.";

/** All strengths of the hidden type, and beside each above 0 the same type as noise alone: outcomes without exposure. */
export function withControl({ confounding }: LearningOptions) {
  return [
    ...confounding.map((confounding) => ({ type: "confounds" as const, confounding })),
    ...confounding.filter((c) => c > 0).map((confounding) => ({ type: "adds noise" as const, confounding })),
  ];
}

/** What an arm learns with settings that held-out rows chose. */
interface Learned {
  /** θ `[D]` of the policy for its value, and for the objective. */
  readonly value: Float64Array;
  readonly objective: Float64Array;
  /** θ of the best policy that moved, for comparison at equal KL. */
  readonly moved: Float64Array;
  /** The settings and what they promised, as metrics. */
  readonly chosen: Readonly<Record<string, number>>;
}

/** What arms learn from in one replicate. */
export interface Lesson {
  readonly sample: Sample;
  /** Its log in two parts, made when settings are first chosen. */
  readonly split: () => Split;
}

/** Lessons that arms share. */
export type Lessons = Kept<string | number, Lesson>;
/** `prepare` of every question whose arms learn. */
export const noLessons = (): Promise<Lessons> => Promise.resolve(new Kept());

/** A sample as a lesson. @param rng that of the replicate's learning */
export function lessonOf(sample: Sample, rng: Rng): Lesson {
  return { sample, split: once(() => splitLog(sample, rng.fork("split"))) };
}

/**
 * Chooses an arm's settings by a DR estimate on held-out rows, and trains with them on the whole sample.
 *
 * @param scale outcomes over those of the made worlds: λ and the price of KL keep their size beside the outcome
 */
export function learnChosen(
  learning: Learning,
  { sample, split }: Lesson,
  { penalties, rates, steps, klWeight }: LearningOptions,
  rng: Rng,
  scale = 1,
): Learned {
  const { world } = sample, { training, heldOut } = split();
  const grid = { penalties: penalties.map((penalty) => scale * penalty), rates, steps: checkpoints(steps) };
  const chosen = choose(learning(training, rng.fork("training")), world, grid, heldOut, scale * klWeight);
  const learner = learning(sample, rng.fork("final"));
  const thetaOf = ({ settings }: Choice) => train(learner, world, { ...settings, steps: [settings.steps] })[0];
  const told = (name: string, { settings: { penalty, rate, steps }, gain }: Choice) => ({
    [`${name}-steps`]: steps,
    [`${name}-penalty`]: penalty,
    [`${name}-rate`]: rate,
    [`${name}-gain-estimated`]: gain,
  });
  return {
    value: thetaOf(chosen.value),
    objective: thetaOf(chosen.objective),
    moved: thetaOf(chosen.moved),
    chosen: { ...told("value", chosen.value), ...told("objective", chosen.objective) },
  };
}

/** Metrics of an arm on one sample. */
function learnOne(learning: Learning, lesson: Lesson, options: LearningOptions, rng: Rng): Record<string, number> {
  const { sample } = lesson, { world } = sample, price = options.klWeight;
  const learned = learnChosen(learning, lesson, options, rng);
  const forValue = policyAt(world, learned.value), forObjective = policyAt(world, learned.objective);
  const net = (logF: Float64Array) => world.value(logF) - price * world.kl(logF);
  const space = spaceOf(world);
  return {
    value: world.value(forValue),
    "value-kl": world.kl(forValue),
    ...learned.chosen,
    objective: net(forObjective),
    "objective-kl": world.kl(forObjective),
    "value-at-kl": world.value(scaledTo(space, learned.moved, options.klBudget).logp),
    "value-of-f0": world.value(policyAt(world, new Float64Array(dimensionsOf(space)))),
    regret: net(world.optimum(price)) - net(forObjective),
    "effective-sample-size": effectiveSize(sample, forObjective),
  };
}

/** Kish's effective size of the logged rows under a policy. */
function effectiveSize({ log, logPropensity }: Sample, logF: Float64Array): number {
  let total = 0, squares = 0;
  const logW = Float64Array.from(log.text, (x, i) => logF[x] - logPropensity[i]);
  const highest = logW.reduce((a, b) => Math.max(a, b)); // a policy may have left every logged text
  logW.forEach((l) => {
    const w = Math.exp(l - highest);
    total += w;
    squares += w * w;
  });
  return total * total / squares;
}

type Context = UnitContext<LearningOptions, Lessons, LearnerId>;

/** Runs an arm on each lesson of a unit; as it learns in all questions unless another way is given. */
export function learnAll(
  { arm, options, streams }: Context,
  lessons: readonly Lesson[],
  learning: Learning = learners[arm],
) {
  const rngs = streams("learning");
  return lessons.map((lesson, r) => learnOne(learning, lesson, options, rngs[r]));
}

/**
 * One lesson a replicate, in a world of its own; all arms share them.
 *
 * @param key all of the condition that decides them
 */
export function lessonsOf(
  { seeds, streams, prepared }: Context,
  key: string | number,
  make: (world: Rng, log: Rng) => Sample,
): Lesson[] {
  const logs = streams("log"), worlds = streams("world"), rngs = streams("learning");
  return seeds.map((seed, r) => prepared.of(key, seed, () => lessonOf(make(worlds[r], logs[r]), rngs[r])));
}
