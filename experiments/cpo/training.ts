/**
 * Training of a log-linear policy on an exact objective, and the choice of its settings by a rule that a user could apply.
 *
 * @module
 */
import { adam } from "../../lib/exact/descent.ts";
import { lawsWith } from "../../lib/exact/law_descent.ts";
import { expectedCost, type Term } from "../../lib/exact/law_terms.ts";
import { dimensionsOf, lawAt, type LawClass } from "../../lib/exact/laws.ts";
import type { OutcomeWorld } from "../../lib/worlds/outcomes.ts";
import { type Estimate, restOf } from "./exact.ts";

/** How one policy is trained. */
interface Settings {
  /** λ: weight of KL(f ‖ f0), in units of the outcome per nat. */
  readonly penalty: number;
  /** Adam's step size. */
  readonly rate: number;
  /** Adam's steps; 0 is f0. */
  readonly steps: number;
}

/** Settings to choose from: every penalty with every rate, stopped at each count of steps. */
interface Grid {
  readonly penalties: readonly number[];
  readonly rates: readonly number[];
  /** Ascending. */
  readonly steps: readonly number[];
}

/** Where a run stops early: a tenth and a third of its steps. */
export function checkpoints(steps: number): number[] {
  return [...new Set([10, 3, 1].map((part) => Math.ceil(steps / part)))];
}

/** What an arm learns with: steps up an estimate less the penalty, or, for a reward linear in the features, its optimum. */
export type Learner =
  | { readonly kind: "trained"; readonly estimate: Estimate }
  | { readonly kind: "optimum"; readonly weights: Float64Array };

/** θ of the policy `[D]` at each count of steps, in their order. */
export function train(
  learner: Learner,
  world: OutcomeWorld,
  { penalty, rate, steps }: { readonly penalty: number; readonly rate: number; readonly steps: readonly number[] },
): Float64Array[] {
  // f ∝ f0 exp(r/λ) maximises E_f[r] − λ KL, and is log-linear where r is linear: there is nothing to train.
  if (learner.kind === "optimum") {
    return steps.map((count) => learner.weights.map((w) => count === 0 ? 0 : w / penalty));
  }
  const space = spaceOf(world), theta = new Float64Array(dimensionsOf(space)), gradient = theta.slice();
  const [laws, addSlopes] = lawsWith(space, objective(learner.estimate, world, penalty)), move = adam(theta, rate);
  const found = new Map<number, Float64Array>([[0, theta.slice()]]);
  const most = Math.max(...steps);
  for (let step = 0; step < most; step++) {
    laws.at(theta);
    addSlopes(step);
    move(laws.gradient(gradient));
    if (steps.includes(step + 1)) found.set(step + 1, theta.slice());
  }
  laws.close();
  return steps.map((count) => found.get(count)!);
}

/** What is minimised: the estimate with its sign turned, and the price of KL. */
function objective(estimate: Estimate, { texts }: OutcomeWorld, price: number): Term[] {
  const { coefficients = new Float64Array(texts) } = estimate, rest = restOf(estimate);
  const known = expectedCost({ cost: coefficients.map((u) => -u), price });
  if (!rest) return [known];
  const slope = new Float64Array(texts);
  return [known, () => ({ chances, logp, slopes }) => (step) => {
    slope.fill(0);
    rest(chances, logp, slope, step);
    for (let x = 0; x < texts; x++) slopes[x] -= slope[x];
  }];
}

/** The class of the policies: one law over the pool. */
export function spaceOf({ logStart, features, texts }: OutcomeWorld): LawClass {
  return { logStart, features, responses: texts };
}

/** log f of every text `[X]`. */
export function policyAt(world: OutcomeWorld, theta: Float64Array): Float64Array {
  return lawAt(spaceOf(world), theta);
}

/** Settings that a rule chose. */
export interface Choice {
  readonly settings: Settings;
  /** Held-out estimate of what was maximised, less that of f0. */
  readonly gain: number;
}

/** What the held-out rows chose. */
interface Choices {
  /** For the largest estimate of V(f). */
  readonly value: Choice;
  /** For the largest estimate of V(f) − λ0 KL(f ‖ f0). */
  readonly objective: Choice;
  /** The same among policies that moved. */
  readonly moved: Choice;
}

/**
 * Tries every setting on one part of the log and chooses by an estimate of V(f) on the other. f0 is among the choices.
 *
 * @param heldOut u with Σ f(x) u(x) the estimate `[X]`
 * @param price λ0, what a nat of KL costs where it counts
 */
export function choose(
  learner: Learner,
  world: OutcomeWorld,
  grid: Grid,
  heldOut: Float64Array,
  price: number,
): Choices {
  const estimated = (logF: Float64Array) => logF.reduce((sum, l, x) => sum + Math.exp(l) * heldOut[x], 0);
  const start = estimated(world.logStart);
  const stay: Choice = { settings: { penalty: grid.penalties[0], rate: grid.rates[0], steps: 0 }, gain: 0 };
  let value = stay, objective = stay, moved: Choice = { ...stay, gain: -Infinity };
  for (const penalty of grid.penalties) {
    for (const rate of learner.kind === "optimum" ? grid.rates.slice(0, 1) : grid.rates) {
      const counts = learner.kind === "optimum" ? grid.steps.slice(-1) : grid.steps;
      train(learner, world, { penalty, rate, steps: counts }).forEach((theta, i) => {
        const logF = policyAt(world, theta), settings = { penalty, rate, steps: counts[i] };
        const gain = estimated(logF) - start, net = gain - price * world.kl(logF);
        if (gain > value.gain) value = { settings, gain };
        if (net > objective.gain) objective = { settings, gain: net };
        if (net > moved.gain) moved = { settings, gain: net };
      });
    }
  }
  return { value, objective, moved };
}
