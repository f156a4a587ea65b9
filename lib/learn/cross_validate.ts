/**
 * Methods on a user's data, fold by fold: settings chosen inside the folds, measured on what was held out.
 *
 * @module
 */
import { assignFolds } from "../estimators/cross_fit.ts";
import { fitRidgeGcv } from "../estimators/outcome_models.ts";
import { firstAtKl } from "../exact/kl_budget.ts";
import { klsAlong } from "../exact/path_kl.ts";
import { dimensionsOf, type LawClass } from "../exact/laws.ts";
import type { Rng } from "../random.ts";
import { mean, standardDeviation } from "../statistics/summary.ts";
import { groupCount } from "../statistics/groups.ts";
import { UserError } from "../user_error.ts";
import type { LearnData } from "./data.ts";
import { learnFeatures, nameFeatures, type TextMap } from "./features.ts";
import { type FoldPolicy, logMeasures, type Measures, pairMeasures } from "./held_out.ts";
import { type Method, type Outcomes, samplesOf } from "./method.ts";
import { type Candidates, candidatesOf, spaceOf } from "./space.ts";
import { trained } from "./training.ts";

/** Folds of the training part, one of which chooses settings. */
const INNER = 4;

/** How methods are compared. */
interface CrossValidation {
  readonly methods: readonly Method[];
  /** K. */
  readonly folds: number;
  /** Values that are tried, the same for every method. */
  readonly grid: readonly number[];
  /** KL from π0 at which policies are compared, in nats. */
  readonly budget: number;
  /** Features of a text at most. */
  readonly features: number;
  readonly seed: number;
  readonly rng: Rng;
  /** Told before each training. */
  readonly progress?: (done: number, of: number, what: string) => void;
}

/** What a method did. */
export interface MethodResult {
  readonly id: string;
  /** Measures of each row, by the policy of the fold that it was held out of `[n]`. */
  readonly rows: readonly Measures[];
  /** The value of the grid that each fold chose `[K]`; 1 where there is none to choose. */
  readonly betas: readonly number[];
  /** Folds whose policy could not be taken to the budget of KL. */
  readonly short: number;
}

/** What methods did on rows that were held out. */
export interface Compared {
  readonly results: readonly MethodResult[];
  /** Fold of each row `[n]`. */
  readonly fold: Uint32Array;
}

/** What comes of a comparison. */
interface CrossValidated extends Compared {
  /** The policy of each method that learned from all rows. */
  readonly policies: readonly { readonly theta: Float64Array; readonly beta: number }[];
  /** The class that the policies from all rows are of. */
  readonly map: TextMap;
  readonly space: LawClass;
  readonly candidates: Candidates;
}

/** A part of the data that methods learn from, with the class of their policies. */
interface Part {
  readonly train: readonly number[];
  readonly map: TextMap;
  readonly space: LawClass;
}

/**
 * Learns with every method on every fold, and once on all rows.
 *
 * Folds are of whole groups, as prompts or readers. In each, features are learned from its training texts; a quarter of
 * its training groups chooses β out of the grid, and the policy learns from all of them again. Of equal values the largest is
 * taken, which stays nearest to π0.
 *
 * @throws UserError for fewer groups than folds, and for texts without features; DivergenceError where a training runs away
 * @example
 * ```ts ignore
 * const { results } = crossValidate(pairsData(pairs), options);
 * ```
 */
export function crossValidate(data: LearnData, options: CrossValidation): CrossValidated {
  const { methods, folds, grid, rng } = options, n = data.rows.length;
  checkFolds(n, data.groups, folds);
  const fold = assignFolds({ n, folds, rng: rng.fork("folds"), groups: data.groups });
  const foldOfPrompt = new Uint32Array(data.prompts.length);
  data.rows.forEach(({ prompt }, i) => foldOfPrompt[prompt] = fold[i]);
  const candidates = candidatesOf(data, foldOfPrompt, rng.fork("candidates"));
  const all = Array.from({ length: n }, (_, i) => i);
  const parts = [...Array.from({ length: folds }, (_, k) => all.filter((i) => fold[i] !== k)), all];
  const results = methods.map(({ id }) => ({ id, rows: new Array<Measures>(n), betas: [] as number[], short: 0 }));
  const policies: { theta: Float64Array; beta: number }[] = [];
  let done = 0, last: Part;
  parts.forEach((train, k) => {
    const where = k < folds ? `fold ${k + 1} of ${folds}` : "all rows";
    const part = last = partOf(data, candidates, train, options.features, rng.fork(`features-${k}`));
    const chooser = chooserOf(data, candidates, part, rng.fork(`inner-${k}`));
    const outcomes = data.kind === "log" ? outcomesOf(data, candidates, part, train) : undefined;
    methods.forEach((method, m) => {
      options.progress?.(done++, parts.length * methods.length, `${method.id}, ${where}`);
      const run = { arm: method.id, seed: options.seed };
      const beta = method.tuned === undefined || grid.length === 1 ? grid[0] : chooser(method, grid, run);
      const objective = method.objective(beta);
      const samples = samplesOf(objective, data, candidates, train, outcomes?.scaled);
      if (samples.length === 0) throw new UserError(`${method.id}: ${where} has nothing that it learns from`);
      const theta = trained(objective, part.space, samples, run);
      if (k === folds) return void policies.push({ theta, beta });
      const equal = atBudget(part, theta, promptsOf(data, train), options.budget);
      results[m].betas.push(beta);
      results[m].short += Number(equal === undefined);
      const policy: FoldPolicy = { theta, equal: equal ?? theta, beta: method.tuned === "beta" ? beta : 1 };
      for (const i of all) {
        if (fold[i] !== k) continue;
        results[m].rows[i] = data.kind === "pairs"
          ? pairMeasures(data, i, part.space, policy)
          : logMeasures(data, i, part.space, policy, outcomes!);
      }
    });
  });
  return { results, policies, fold, candidates, ...last! };
}

/**
 * Checks that groups can be split into folds.
 *
 * @param n rows
 * @throws UserError for fewer groups than folds
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkFolds(3, ["a", "b", "b"], 5), /take --folds 2 or fewer$/);
 * ```
 */
export function checkFolds(n: number, groups: readonly string[], folds: number): void {
  const count = groupCount(groups);
  if (count >= Math.max(2, folds)) return;
  throw new UserError(
    `${n} rows are of ${count} ${count === 1 ? "group" : "groups"}, which cannot be split into ${folds} folds; ` +
      (count < 2 ? "give data of several prompts or groups" : `take --folds ${count} or fewer`),
  );
}

const promptsOf = (data: LearnData, rows: readonly number[]): number[] => [
  ...new Set(rows.map((i) => data.rows[i].prompt)),
];

function partOf(data: LearnData, candidates: Candidates, train: readonly number[], most: number, rng: Rng): Part {
  const texts = promptsOf(data, train).flatMap((prompt) => data.prompts[prompt].texts);
  const map = data.reads === "names" ? nameFeatures(texts) : learnFeatures(texts, most, rng);
  return { train, map, space: spaceOf(candidates, map) };
}

/** A policy at the budget of KL over some prompts; undefined where it never gets there. */
function atBudget({ space }: Part, theta: Float64Array, prompts: readonly number[], budget: number) {
  const path = [new Float64Array(theta.length), theta];
  return firstAtKl(space, { path, kls: klsAlong(space, path, prompts) }, prompts, budget)?.theta;
}

/** Outcomes of some rows predicted for all texts by ridge regression, and the same as losses of logs read them. */
function outcomesOf(
  data: LearnData,
  { width }: Candidates,
  { space }: Part,
  train: readonly number[],
): { readonly predicted: Float64Array; readonly scaled: Outcomes } {
  if (data.kind !== "log") throw new TypeError("expected a log");
  const d = dimensionsOf(space), phi = new Float64Array(train.length * d);
  train.forEach((i, at) => {
    const from = (data.rows[i].prompt * width + data.rows[i].text) * d;
    phi.set(space.features.subarray(from, from + d), at * d);
  });
  const seen = Float64Array.from(train, (i) => data.rows[i].outcome), centre = mean(seen);
  const spread = (seen.length > 1 ? standardDeviation(seen) : 0) || 1;
  const predicted = Float64Array.from(fitRidgeGcv(phi, seen).predict(space.features));
  return {
    predicted,
    scaled: {
      outcome: Float64Array.from(data.rows, ({ outcome }) => (outcome - centre) / spread),
      predicted: predicted.map((value) => (value - centre) / spread),
    },
  };
}

/** Chooses β by a quarter of the training groups: by accuracy of pairs, by doubly robust value of a log. */
function chooserOf(data: LearnData, candidates: Candidates, part: Part, rng: Rng) {
  const groups = part.train.map((i) => data.groups[i]), count = groupCount(groups);
  if (count < 2) {
    throw new UserError("a fold learns from one group alone, which leaves none to choose β by; give --beta");
  }
  const inner = assignFolds({ n: groups.length, folds: Math.min(INNER, count), rng, groups });
  const fit = part.train.filter((_, at) => inner[at] !== 0), judge = part.train.filter((_, at) => inner[at] === 0);
  const outcomes = data.kind === "log" ? outcomesOf(data, candidates, part, fit) : undefined;
  return (method: Method, grid: readonly number[], run: { readonly arm: string; readonly seed: number }): number => {
    let best = grid[0], most = -Infinity;
    for (const beta of grid.toSorted((a, b) => b - a)) {
      const objective = method.objective(beta);
      const samples = samplesOf(objective, data, candidates, fit, outcomes?.scaled);
      if (samples.length === 0) continue;
      const theta = trained(objective, part.space, samples, run), policy = { theta, equal: theta, beta };
      let sum = 0;
      for (const i of judge) {
        const measures = data.kind === "pairs"
          ? pairMeasures(data, i, part.space, policy)
          : logMeasures(data, i, part.space, policy, outcomes!);
        if (data.kind === "log") sum += measures.value;
        else if (!data.rows[i].tied) sum += data.rows[i].weight * measures.accuracy;
      }
      if (sum > most) [best, most] = [beta, sum];
    }
    return best;
  };
}
