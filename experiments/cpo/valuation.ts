/**
 * Shared by the questions that value one fixed policy from logs.
 *
 * @module
 */
import { type EstimatorId, estimators, fitLogistic, type Rounds } from "../../lib/estimators/mod.ts";
import type { OutcomeLog, OutcomeWorld } from "../../lib/worlds/outcomes.ts";

/** Arms of the valuation questions, in the order of legends. */
export const valueArms: readonly EstimatorId[] = [
  "naive",
  "outcome-only",
  "ipw",
  "snipw",
  "clipped",
  "dr",
  "sndr",
  "switch-dr",
  "dros",
];

/** Temperature of the target policy: it prefers good texts, and stays well inside the logs' support. */
const TARGET_TEMPERATURE = 0.2;

/** The policy whose value is estimated: f0·exp(g / 0.2), normalised; its log `[X]`. */
export function targetPolicy(world: OutcomeWorld): Float64Array {
  return world.optimum(TARGET_TEMPERATURE);
}

/** What the estimators are told. */
interface Nuisances {
  /** log of the propensities they use `[X]`. */
  readonly logPropensity: Float64Array;
  /** Predicted outcome of each logged text `[n]`, and of the pool `[X]`; absent for arms that use no model. */
  readonly model?: { readonly logged: Float64Array; readonly pool: Float64Array };
  /** Texts drawn from f0 for the outcome term; without them it is enumerated. */
  readonly generated?: Uint32Array;
}

/** Rounds of a log under the target policy. */
export function roundsOf(
  world: OutcomeWorld,
  { text, outcome }: OutcomeLog,
  logF: Float64Array,
  { logPropensity, model, generated }: Nuisances,
): Rounds {
  const at = (texts: Uint32Array, value: Float64Array) => {
    const out = new Float64Array(texts.length);
    for (let i = 0; i < texts.length; i++) out[i] = value[texts[i]];
    return out;
  };
  const rounds = { reward: outcome, weight: at(text, logF.map((l, x) => Math.exp(l - logPropensity[x]))) };
  if (!model) return rounds;
  if (!generated) {
    const direct = new Float64Array(text.length).fill(enumerate(logF, model.pool));
    return { ...rounds, prediction: model.logged, direct };
  }
  return {
    ...rounds,
    prediction: model.logged,
    generated: {
      weight: at(generated, logF.map((l, x) => Math.exp(l - world.logStart[x]))),
      prediction: at(generated, model.pool),
    },
  };
}

/** Σ_x f(x) h(x). */
export function enumerate(logF: Float64Array, h: Float64Array): number {
  let total = 0;
  for (let x = 0; x < h.length; x++) total += Math.exp(logF[x]) * h[x];
  return total;
}

/** Whether an arm uses an outcome model. */
export function usesModel(arm: EstimatorId): boolean {
  return estimators[arm].needs.includes("prediction");
}

/** Whether an arm looks at a propensity. */
export function usesWeights(arm: EstimatorId): boolean {
  return estimators[arm].needs.includes("weight");
}

/** Ridge penalty of the propensity model: seven coefficients and thousands of rows hardly need one. */
const PROPENSITY_PENALTY = 1;

/**
 * log P^R estimated without knowing the law: a logistic regression tells logged texts from texts of f0 by their
 * attributes, and its odds are P^R/P^f0 up to a constant. `[X]`
 */
export function estimatedAssignment(world: OutcomeWorld, logged: Uint32Array, generated: Uint32Array): Float64Array {
  // One row a text, weighted by how often it occurs, has the likelihood of one row an occurrence at a tenth of the cost.
  const counts = new Float64Array(world.texts), weights = new Float64Array(world.texts);
  for (const x of logged) counts[x]++;
  for (const x of generated) weights[x]++;
  for (let x = 0; x < world.texts; x++) weights[x] += counts[x];
  const share = counts.map((count, x) => weights[x] === 0 ? 0.5 : count / weights[x]);
  const odds = fitLogistic(world.modelFeatures, share, { penalty: PROPENSITY_PENALTY, weights })
    .predict(world.modelFeatures)
    .map((p, x) => Math.log(p) - Math.log1p(-p) + world.logStart[x]);
  const total = Math.log(odds.reduce((sum, l) => sum + Math.exp(l), 0));
  return odds.map((l) => l - total);
}

/**
 * What an estimator converges to, by enumeration: P^R is the true assignment, P̂ the one it is told. For DR the
 * difference to V(f) is the product of errors Σ P^R (P^f/P̂ − P^f/P^R)(g − ĝ).
 *
 * A second statement of each estimator, independent of `lib/estimators`.
 */
export function limitOf(
  arm: EstimatorId,
  world: OutcomeWorld,
  logF: Float64Array,
  logPropensity: Float64Array,
  model: Float64Array,
  lambda: number,
): number {
  const { outcome: g, logAssignment } = world;
  const expectation = (h: (x: number, w: number) => number) => {
    let total = 0;
    for (let x = 0; x < g.length; x++) total += Math.exp(logAssignment[x]) * h(x, Math.exp(logF[x] - logPropensity[x]));
    return total;
  };
  const direct = enumerate(logF, model);
  switch (arm) {
    case "naive":
      return expectation((x) => g[x]);
    case "outcome-only":
      return direct;
    case "ipw":
      return expectation((x, w) => w * g[x]);
    case "snipw":
      return expectation((x, w) => w * g[x]) / expectation((_, w) => w);
    case "clipped":
      return expectation((x, w) => Math.min(w, lambda) * g[x]);
    case "dr":
      return direct + expectation((x, w) => w * (g[x] - model[x]));
    case "sndr":
      return direct + expectation((x, w) => w * (g[x] - model[x])) / expectation((_, w) => w);
    case "switch-dr":
      return direct + expectation((x, w) => (w <= lambda ? w : 0) * (g[x] - model[x]));
    case "dros":
      return direct + expectation((x, w) => lambda * w / (w * w + lambda) * (g[x] - model[x]));
  }
}
