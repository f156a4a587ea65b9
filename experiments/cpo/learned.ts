/**
 * What the questions about learned policies share: their worlds with the control beside them, how an arm learns and is
 * measured, and how two are compared.
 *
 * @module
 */
import { lawAt, scaledTo } from "../../lib/policies/laws.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import type { Claim, Condition, UnitContext } from "../../lib/run/experiment.ts";
import { reaching, zero } from "../../lib/run/needs.ts";
import type { View } from "../../lib/run/view.ts";
import { above, type ClaimKind } from "../../lib/statistics/claims.ts";
import type { Evidence } from "../../lib/statistics/claims.ts";
import { meanInterval } from "../../lib/statistics/intervals.ts";
import type { Rng } from "../../lib/random.ts";
import type { OutcomeWorld } from "../../lib/worlds/outcomes.ts";
import { type LearnerId, learners } from "./learners.ts";
import { type Sample, splitLog } from "./learning.ts";
import type { CpoOptions } from "./options.ts";
import { checkpoints, type Choice, choose, policyAt, train } from "./training.ts";

/** Mild: the weights of f0 stay below about 3, so that what is tested is confounding and not overlap. */
export const OVERLAP = 0.5;
/** Below this many nats on average a policy has not moved. */
const MOVED = 0.01;

/** How every learned policy comes about, for the methods of the questions. */
export const PROTOCOL =
  "A log-linear policy over the pool maximises each arm's estimate of V(f) − λ KL(f ‖ f0). λ, step " +
  "size and number of steps are chosen alike for all arms, without the truth: every setting is trained on two thirds of " +
  "the log, a DR estimate on the rest picks one or f0 itself, and that is trained on the whole log. This is done once " +
  "for the value and once for the objective, which takes the price of KL off the value; value, objective and KL are " +
  "then exact. Every seed is a new world, shared by all arms.";

/** What the type does in the control: outcomes, not exposure. */
export type TypeRole = "confounds" | "adds noise";

/** All strengths of the hidden type, and beside each above 0 the same type as noise alone. */
export function withControl({ confounding }: CpoOptions): Condition[] {
  return [
    ...confounding.map((confounding) => ({ type: "confounds", confounding })),
    ...confounding.filter((c) => c > 0).map((confounding) => ({ type: "adds noise", confounding })),
  ];
}

/** The least and the most confounding of a run, and the control at the most. */
export const least = (o: CpoOptions) => ({ type: "confounds", confounding: Math.min(...o.confounding) });
export const most = (o: CpoOptions) => ({ type: "confounds", confounding: Math.max(...o.confounding) });
export const noiseAtMost = (o: CpoOptions) => ({ ...most(o), type: "adds noise" });
const without = zero<CpoOptions>("confounding"), full = reaching<CpoOptions>("confounding", 1);
export { full };

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

/**
 * Chooses an arm's settings by a DR estimate on held-out rows, and trains with them on the whole sample.
 *
 * @param scale outcomes over those of the made worlds: λ and the price of KL keep their size beside the outcome
 */
export function learnChosen(
  arm: LearnerId,
  sample: Sample,
  { penalties, rates, steps, klWeight }: CpoOptions,
  rng: Rng,
  scale = 1,
): Learned {
  const { world } = sample, { training, heldOut } = splitLog(sample, rng.fork("split"));
  const grid = { penalties: penalties.map((penalty) => scale * penalty), rates, steps: checkpoints(steps) };
  const chosen = choose(learners[arm](training, rng.fork("training")), world, grid, heldOut, scale * klWeight);
  const learner = learners[arm](sample, rng.fork("final"));
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
function learnOne(arm: LearnerId, sample: Sample, options: CpoOptions, rng: Rng): Record<string, number> {
  const { world } = sample, price = options.klWeight;
  const learned = learnChosen(arm, sample, options, rng);
  const forValue = policyAt(world, learned.value), forObjective = policyAt(world, learned.objective);
  const net = (logF: Float64Array) => world.value(logF) - price * world.kl(logF);
  const space = { logStart: world.logStart, features: world.features, responses: world.texts };
  return {
    value: world.value(forValue),
    "value-kl": world.kl(forValue),
    ...learned.chosen,
    objective: net(forObjective),
    "objective-kl": world.kl(forObjective),
    "value-at-kl": world.value(scaledTo(space, learned.moved, options.klBudget).logp),
    "value-of-f0": world.value(lawAt(space, new Float64Array(space.features.length / world.texts))),
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

/** Runs an arm on each sample of a unit. */
export function learnAll({ arm, options, streams }: UnitContext<CpoOptions, unknown>, samples: readonly Sample[]) {
  const rngs = streams("learning");
  const rows = samples.map((sample, r) => learnOne(arm as LearnerId, sample, options, rngs[r]));
  return Object.fromEntries(Object.keys(rows[0]).map((name) => [name, rows.map((row) => row[name])]));
}

/** One sample a replicate, in a world of its own. */
export function samplesOf(
  { streams }: UnitContext<CpoOptions, unknown>,
  make: (world: Rng, log: Rng) => Sample,
): Sample[] {
  const logs = streams("log");
  return streams("world").map((rng, r) => make(rng, logs[r]));
}

/** The options a world and its log are made of. */
export function sizesOf({ texts, n, generated, observed }: CpoOptions) {
  return { texts, n, generated, observed };
}

/** What a comparison is about: the value, the value less the price of KL, or the value at equal KL. */
export type Measure = "value" | "objective" | "value-at-kl";
/** All measures, with how claims about each are told apart. */
export const MEASURES = [
  { measure: "value", suffix: "", said: "by value", number: "V" },
  { measure: "objective", suffix: "-net", said: "net of KL", number: "V − price · KL" },
  { measure: "value-at-kl", suffix: "-equal-kl", said: "at equal KL", number: "V at equal KL" },
] as const;

/** One claim for each measure: a verdict may depend on which. */
export function each(
  measures: readonly (typeof MEASURES)[number][],
  claim: Omit<Claim<CpoOptions>, "evidence" | "rule" | "unit">,
  evidence: (view: View, o: CpoOptions, measure: Measure) => Evidence,
): Claim<CpoOptions>[] {
  return measures.map(({ measure, suffix, said, number }) => ({
    ...claim,
    id: claim.id + suffix,
    statement: `${claim.statement}, ${said}`,
    quantity: `${number}: ${claim.quantity}`,
    rule: above(0),
    unit: "paired seeds",
    evidence: (view, o) => evidence(view, o, measure),
  }));
}

/** What is told beside a comparison. */
export interface Told {
  readonly kind?: ClaimKind;
  readonly source: string;
  readonly paper: string;
  readonly note?: string;
}

/** One arm against another at the least or the most confounding, by every measure. */
export function beats(
  id: string,
  statement: string,
  [arm, other]: readonly [LearnerId, LearnerId],
  at: typeof least,
  told: Told,
): Claim<CpoOptions>[] {
  const where = at === least ? "no confounding" : "full confounding";
  return each(MEASURES, {
    ...told,
    id,
    statement,
    quantity: `${methodStyle(arm).label} − ${methodStyle(other).label}, ${where}`,
    arms: [arm, other],
    needs: at === least ? without : full,
  }, (view, o, measure) => view.paired(arm, other, measure, at(o)));
}

/** Each arm against the policy it started from, at full confounding. */
export function beatF0(arms: readonly LearnerId[]): Claim<CpoOptions>[] {
  return arms.flatMap((arm) =>
    each(MEASURES.slice(0, 2), { // at equal KL, f0 has nothing to compare
      kind: "question",
      id: `${arm}-beats-f0`,
      statement: `${methodStyle(arm).label} beats the untrained f0 under full confounding`,
      source: "what training is for",
      paper: "not reported",
      quantity: `${methodStyle(arm).label} − f0, full confounding`,
      arms: [arm],
      needs: full,
    }, (view, o, measure) => {
      const start = view.series(arm, "value-of-f0", most(o)).values; // f0 pays no KL
      return meanInterval(view.series(arm, measure, most(o)).values.map((v, i) => v - start[i]));
    })
  );
}

/** What full confounding takes from an arm beyond what its noise alone takes, one value a seed. */
function lostTo(view: View, arm: string, measure: Measure, o: CpoOptions): Float64Array {
  const confounded = view.series(arm, measure, most(o)).values;
  return view.series(arm, measure, noiseAtMost(o)).values.map((v, i) => v - confounded[i]);
}

/** One arm loses more to confounding than another, each against its own noise-only control. */
export function losesMore(
  id: string,
  statement: string,
  [arm, other]: readonly [LearnerId, LearnerId],
  told: Told,
): Claim<CpoOptions>[] {
  return each(MEASURES, {
    ...told,
    id,
    statement,
    quantity: `(noise only − confounded) of ${methodStyle(arm).label} − the same of ${methodStyle(other).label}`,
    arms: [arm, other],
    needs: full,
  }, (view, o, measure) => {
    const others = lostTo(view, other, measure, o);
    return meanInterval(lostTo(view, arm, measure, o).map((v, i) => v - others[i]));
  });
}

/** What full confounding takes from one arm beyond its noise. */
export function lossToConfounding(view: View, arm: string, measure: Measure, o: CpoOptions): Evidence {
  return meanInterval(lostTo(view, arm, measure, o));
}

/** Arms that moved: the others are f0, whatever they are called. */
export function movedArms(
  view: View,
  condition: Condition,
  measure: "value" | "objective",
  arms = view.arms,
): string[] {
  return arms.filter((arm) => view.mean(arm, `${measure}-kl`, condition).estimate >= MOVED);
}

/** A world's outcome model from other rows. */
export type OutsideModel = (world: OutcomeWorld, rng: Rng) => Float64Array;
