import assert from "node:assert/strict";
import fc from "fast-check";
import { Rng } from "../random.ts";
import { assignFolds, crossFit } from "./cross_fit.ts";
import { dr } from "./dr.ts";
import { fitRidge } from "./outcome_models.ts";

fc.configureGlobal({ seed: 20260404 });

Deno.test("folds are disjoint, complete, even to one unit, and nobody is predicted by a model that saw them", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 2, max: 40 }), fc.integer({ min: 2, max: 8 }), (seed, n, folds) => {
      fc.pre(folds <= n);
      const tested: number[] = [], sizes: number[] = [];
      const out = crossFit({ n, folds, rng: Rng.seed(seed) }, (train) => (test) => {
        assert.deepEqual([...train, ...test].sort((a, b) => a - b), Array.from({ length: n }, (_, i) => i));
        tested.push(...test);
        sizes.push(test.length);
        return Float64Array.from(test, (i) => i);
      });
      assert.equal(sizes.length, folds);
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
      assert.deepEqual(tested.sort((a, b) => a - b), [...out]);
      assert.deepEqual(
        [...out],
        Array.from({ length: n }, (_, i) => i),
        "predictions come back in the order of the units",
      );
    }),
  );
});

Deno.test("groups are never split and no fold is empty", () => {
  const groupsOf = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 2, maxLength: 40 });
  fc.assert(fc.property(fc.integer(), groupsOf, fc.integer({ min: 2, max: 5 }), (seed, groups, folds) => {
    fc.pre(new Set(groups).size >= folds);
    const fold = assignFolds({ n: groups.length, folds, rng: Rng.seed(seed), groups });
    const of = new Map<number, number>();
    groups.forEach((group, i) => {
      assert.equal(of.get(group) ?? fold[i], fold[i]);
      of.set(group, fold[i]);
    });
    assert.equal(new Set(fold).size, folds);
  }));
});

Deno.test("a large group is dealt first, so that small ones can even the folds out", () => {
  const groups = [0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6];
  for (let seed = 0; seed < 20; seed++) {
    const fold = assignFolds({ n: 12, folds: 2, rng: Rng.seed(seed), groups });
    assert.equal(fold.filter((k) => k === 0).length, 6);
  }
});

Deno.test("folds follow from the stream alone, and differ between streams", () => {
  const folds = (seed: number) => [...assignFolds({ n: 30, rng: Rng.seed(seed) })];
  assert.deepEqual(folds(1), folds(1));
  assert.notDeepEqual(folds(1), folds(2));
});

Deno.test("several values a unit come back row by row", () => {
  const out = crossFit(
    { n: 6, folds: 3, rng: Rng.seed(1) },
    () => (test) => Float64Array.from({ length: test.length * 2 }, (_, k) => 10 * test[k >> 1] + k % 2),
  );
  assert.deepEqual([...out], [0, 1, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51]);
});

Deno.test("impossible folds and bad predictions are refused by name", () => {
  const rng = Rng.seed(1);
  const constant = () => (test: Uint32Array) => new Float64Array(test.length);
  const refuse = (make: () => unknown, name: string, message: string) => assert.throws(make, { name, message });
  const range = "folds must be a whole number from 2 to the number of";
  refuse(() => crossFit({ n: 4, folds: 5, rng }, constant), "RangeError", `${range} units (4), got 5`);
  refuse(() => crossFit({ n: 4, folds: 1, rng }, constant), "RangeError", `${range} units (4), got 1`);
  refuse(
    () => assignFolds({ n: 3, folds: 3, rng, groups: ["a", "a", "b"] }),
    "RangeError",
    `${range} groups (2), got 3`,
  );
  refuse(() => assignFolds({ n: 3, folds: 2, rng, groups: ["a"] }), "TypeError", "groups must have length 3, got 1");
  refuse(
    () => crossFit({ n: 4, folds: 2, rng }, () => () => new Float64Array(3)),
    "TypeError",
    "predictions of fold 0 must be a multiple of its 2 units, got 3",
  );
  refuse(
    () => crossFit({ n: 4, folds: 2, rng }, () => () => Float64Array.of(0, NaN)),
    "RangeError",
    "predictions of fold 0[1] must be a finite number, got NaN",
  );
});

Deno.test("on pure noise a greedy policy looks good to a model that saw the data, and is worth 1/2 to a cross-fitted one", () => {
  // Rewards are fair coins whatever the action, so every policy is worth 1/2. With the other folds' model the greedy
  // action and g are constants of the training folds: E[direct + w (r - g)] = g + (1/2 - g) = 1/2 exactly. In-sample, the
  // greedy action's residuals sum to about 0 and DR is the largest of ten noisy means.
  const logs = 1500, n = 100, actions = 10;
  const inSample: number[] = [], crossFitted: number[] = [];
  const root = Rng.seed(10);
  for (let k = 0; k < logs; k++) {
    const rng = root.fork(k);
    const action = Uint32Array.from({ length: n }, () => rng.integer(actions));
    const reward = Float64Array.from({ length: n }, () => rng.bernoulli(0.5) ? 1 : 0);
    const oneHot = (which: ArrayLike<number>) => {
      const features = new Float64Array(which.length * actions);
      for (let i = 0; i < which.length; i++) features[i * actions + which[i]] = 1;
      return features;
    };
    const everyAction = oneHot(Array.from({ length: actions }, (_, a) => a));
    const model = (train: Uint32Array) =>
      fitRidge(oneHot(Array.from(train, (i) => action[i])), Float64Array.from(train, (i) => reward[i]), {
        penalty: 0.1,
      })
        .predict(everyAction);
    /** DR value of the policy greedy on g, row-major [n, actions]. */
    const greedyValue = (g: Float64Array) => {
      const best = Array.from(reward, (_, i) => {
        const own = g.subarray(i * actions, (i + 1) * actions);
        return own.indexOf(Math.max(...own));
      });
      return dr({
        reward,
        weight: Float64Array.from(best, (a, i) => a === action[i] ? actions : 0),
        prediction: Float64Array.from(action, (a, i) => g[i * actions + a]),
        direct: Float64Array.from(best, (a, i) => g[i * actions + a]),
      }).value;
    };
    const repeated = (g: Float64Array, times: number) =>
      Float64Array.from({ length: times * actions }, (_, j) => g[j % actions]);
    inSample.push(greedyValue(repeated(model(Uint32Array.from({ length: n }, (_, i) => i)), n)));
    crossFitted.push(greedyValue(crossFit({ n, rng: rng.fork("folds") }, (train) => {
      const g = model(train);
      return (test) => repeated(g, test.length);
    })));
  }
  const summary = (values: number[]) => {
    const mean = values.reduce((sum, v) => sum + v, 0) / logs;
    return { mean, se: Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (logs - 1) / logs) };
  };
  const biased = summary(inSample), honest = summary(crossFitted);
  assert.ok(biased.mean - 0.5 > 4 * biased.se && biased.mean > 0.6, `in-sample ${biased.mean} (se ${biased.se})`);
  assert.ok(Math.abs(honest.mean - 0.5) < 4 * honest.se, `cross-fitted ${honest.mean} (se ${honest.se})`);
});

Deno.test("units without groups are dealt as groups of one are", () => {
  for (const [n, folds] of [[2, 2], [7, 3], [100, 5], [101, 100]]) {
    const groups = Array.from({ length: n }, (_, i) => i);
    assert.deepEqual(
      assignFolds({ n, folds, rng: Rng.seed(n) }),
      assignFolds({ n, folds, rng: Rng.seed(n), groups }),
      `${n} units, ${folds} folds`,
    );
  }
});
