/** Functions whose comparisons would make ordinary numbers of NaN refuse it, naming argument and row. */
import assert from "node:assert/strict";
import { clip, shrinkOptimistically, subGaussian, switchOff } from "./estimators/shrinkage.ts";
import { weightWarnings } from "./estimators/weights.ts";
import { above, below } from "./statistics/claims.ts";
import { Rng } from "./random.ts";
import { candidateWorld, drawLabels, drawPairs, gainAtKl, measureCandidates } from "./worlds/candidates.ts";
import { standardise } from "./worlds/outcomes.ts";
import { worstLabels } from "./worlds/preference_shifts.ts";
import { drawCounts, measurePolicy } from "./worlds/preferences.ts";

const BAD = Float64Array.of(0.5, NaN), GOOD = Float64Array.of(0.5, 0.5);
const rng = () => Rng.seed(1);
const world = candidateWorld({ prompts: 4, candidates: 3, features: 2, spread: 1 }, rng());
const lost = { theta: BAD, beta: 1 };

const calls: readonly [where: string, name: string, call: () => unknown][] = [
  ["weight[1]", "clip", () => clip(BAD, 2)],
  ["weight[1]", "switchOff", () => switchOff(BAD, 2)],
  ["weight[1]", "shrinkOptimistically", () => shrinkOptimistically(BAD, 2)],
  ["weight[1]", "subGaussian", () => subGaussian(BAD, 0.5)],
  ["meanWeight", "weightWarnings", () => weightWarnings(NaN, 0.1)],
  ["meanWeightError", "weightWarnings", () => weightWarnings(0.01, NaN)],
  ["bound[0]", "above", () => above(NaN)],
  ["bound[0]", "below", () => below(NaN)],
  ["logOdds[1]", "drawLabels", () => drawLabels(BAD, { flips: 0 }, rng())],
  ["theta[1]", "drawPairs", () => drawPairs(world, [0, 4], lost, { temperature: 1 }, rng())],
  ["theta[1]", "gainAtKl", () => gainAtKl(world, [0, 4], BAD, 0.2)],
  ["theta[1]", "measureCandidates", () => measureCandidates(world, [0, 4], lost)],
  ["values[1]", "standardise", () => standardise(BAD)],
  ["margins[1]", "worstLabels", () => worstLabels({ gap: GOOD, chance: GOOD }, BAD, 0.1)],
  ["chances[1]", "drawCounts", () => drawCounts(BAD, 10, rng())],
  ["logPolicy[1]", "measurePolicy", () => measurePolicy(BAD, GOOD, 2)],
  ["logLaw[1]", "measurePolicy", () => measurePolicy(GOOD, BAD, 2)],
];

for (const [where, name, call] of calls) {
  Deno.test(`${name} refuses NaN in ${where}`, () => {
    assert.throws(call, (error: Error) => {
      assert.equal(error.name, "RangeError");
      assert.ok(error.message.startsWith(`${where} must be a`) && error.message.endsWith("got NaN"), error.message);
      return true;
    });
  });
}
