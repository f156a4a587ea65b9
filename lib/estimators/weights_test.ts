import assert from "node:assert/strict";
import fc from "fast-check";
import { checkPropensities, effectiveSampleSize, importanceWeights, importanceWeightsFromLogs } from "./weights.ts";

fc.configureGlobal({ seed: 20260404 });

Deno.test("the effective sample size lies between 1 and n, is n for equal weights only, and ignores scale", () => {
  const weights = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 30 });
  fc.assert(fc.property(weights, fc.double({ min: 1e-100, max: 1e100, noNaN: true }), (weight, scale) => {
    fc.pre(weight.some((w) => w > 1e-6));
    const size = effectiveSampleSize(weight);
    assert.ok(size > 1 - 1e-12 && size < weight.length * (1 + 1e-12));
    assert.ok(Math.abs(effectiveSampleSize(weight.map((w) => w * scale)) / size - 1) < 1e-12);
  }));
  assert.equal(effectiveSampleSize([3, 3, 3]), 3);
  assert.equal(effectiveSampleSize([0, 0]), 0);
  assert.equal(effectiveSampleSize([1e308, 1e308]), 2);
});

Deno.test("weights in log space are the weights, and hold where probabilities underflow", () => {
  const probability = fc.double({ min: 1e-6, max: 1, noNaN: true });
  fc.assert(fc.property(probability, probability, (target, propensity) => {
    const [plain] = importanceWeights([target], [propensity]);
    const [logs] = importanceWeightsFromLogs([Math.log(target)], [Math.log(propensity)]);
    assert.ok(Math.abs(logs / plain - 1) < 1e-13);
  }));
  assert.deepEqual([...importanceWeightsFromLogs([-2000, -Infinity], [-2000, -3])], [1, 0]);
});

Deno.test("impossible propensities and weights are refused by name", () => {
  const refuse = (make: () => unknown, name: string, message: string) => assert.throws(make, { name, message });
  refuse(
    () => importanceWeights([0.5, 0.5], [0.5, 0]),
    "RangeError",
    "propensity[1] must be in (0, 1], got 0: round 1 was logged, so its action cannot have probability 0",
  );
  refuse(() => checkPropensities([1.1], "pscore"), "RangeError", "pscore[0] must be in (0, 1], got 1.1");
  refuse(() => checkPropensities([NaN]), "RangeError", "propensity[0] must be in (0, 1], got NaN");
  refuse(() => importanceWeights([1.5], [0.5]), "RangeError", "target[0] must be in [0, 1], got 1.5");
  refuse(() => importanceWeights([1], [0.5, 0.5]), "TypeError", "propensity must have length 1, got 2");
  refuse(() => importanceWeights([1], [5e-324]), "RangeError", "weight 0 overflows: target 1 over propensity 5e-324");
  refuse(
    () => importanceWeightsFromLogs([0], [-Infinity]),
    "RangeError",
    "logPropensity[0] must be a finite number, got -Infinity",
  );
  refuse(() => importanceWeightsFromLogs([NaN], [0]), "RangeError", "logTarget[0] must be a log-probability, got NaN");
  refuse(() => importanceWeightsFromLogs([0], [-800]), "RangeError", "weight 0 overflows: its log is 800");
});
