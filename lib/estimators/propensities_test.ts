import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { fitLogistic, frequencyPropensities, importanceWeights, ipw, logisticPropensities } from "./mod.ts";

Deno.test("frequencies within strata, each a distribution", () => {
  const { probabilities, propensity } = frequencyPropensities([0, 1, 1, 2, 2, 2], {
    actions: 3,
    smoothing: 0.5,
    stratum: [0, 0, 0, 2, 2, 2],
  });
  // Stratum 0: counts 1, 2, 0 of 3; stratum 1 was never seen; stratum 2: 0, 0, 3. Each plus 0.5 over 3 + 1.5.
  const expected = [1.5, 2.5, 0.5, 0, 0, 0, 0.5, 0.5, 3.5].map((count) => count / 4.5);
  assert.deepEqual([...probabilities], expected);
  assert.deepEqual([...propensity], [1.5, 2.5, 2.5, 3.5, 3.5, 3.5].map((count) => count / 4.5));
});

Deno.test("with frequencies as propensities IPW of a uniform target is the mean of the actions' means", () => {
  // A classical identity: w = (1/A) / (n_a / n), so (1/n) sum w r = (1/A) sum_a mean of r within a.
  const action = [0, 0, 0, 1, 1, 2], reward = Float64Array.of(1, 2, 3, 5, 7, 10);
  const { propensity } = frequencyPropensities(action, { actions: 3 });
  const weight = importanceWeights(action.map(() => 1 / 3), propensity);
  assert.ok(Math.abs(ipw({ reward, weight }).value - (2 + 6 + 10) / 3) < 1e-12);
});

Deno.test("logistic propensities are those of the logged action and recover a known law", () => {
  const rng = Rng.seed(12), n = 20000;
  const features = rng.normals(n);
  const truth = features.map((x) => 1 / (1 + Math.exp(-(0.5 - x))));
  const action = Uint8Array.from(truth, (p) => rng.bernoulli(p) ? 1 : 0);
  const propensity = logisticPropensities(features, action, { penalty: 1e-6 });
  const fitted = fitLogistic(features, action, { penalty: 1e-6 });
  // Standard errors at this n are about sqrt(1 / (n * 0.2)) = 0.016 for either coefficient: 4 of them.
  assert.ok(Math.abs(fitted.intercept - 0.5) < 0.064 && Math.abs(fitted.coefficients[0] + 1) < 0.064);
  const p = fitted.predict(features);
  propensity.forEach((value, i) => assert.equal(value, action[i] === 1 ? p[i] : 1 - p[i]));
});

Deno.test("what has no propensity is refused by name", () => {
  const refuse = (make: () => unknown, name: string, message: string) => assert.throws(make, { name, message });
  refuse(() => frequencyPropensities([], { actions: 2 }), "RangeError", "there are no rounds (action has length 0)");
  refuse(
    () => frequencyPropensities([0, 2], { actions: 2 }),
    "RangeError",
    "action[1] must be a whole number from 0 to 1, got 2",
  );
  refuse(() => frequencyPropensities([0], { actions: 0 }), "RangeError", "actions must be a whole number >= 1, got 0");
  refuse(
    () => frequencyPropensities([0], { actions: 1, smoothing: -1 }),
    "RangeError",
    "smoothing must be finite and >= 0, got -1",
  );
  refuse(
    () => frequencyPropensities([0, 0], { actions: 1, stratum: [0] }),
    "TypeError",
    "stratum must have length 2, got 1",
  );
  refuse(
    () => frequencyPropensities([0], { actions: 1, stratum: [-1] }),
    "RangeError",
    "stratum[0] must be a whole number >= 0, got -1",
  );
  refuse(() => logisticPropensities([1, 2], [0, 2], { penalty: 1 }), "RangeError", "action[1] must be 0 or 1, got 2");
});
