/** Bounds against linear programs solved by trying every vertex, and against the estimates that they start from. */
import assert from "node:assert/strict";
import { Rng } from "../../random.ts";
import { importanceWeights } from "../weights.ts";
import { differenceBounds, differenceOfValues, dr, naive, policyBounds, snipw, turningGamma } from "../mod.ts";

const close = (actual: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected}`);

/** A log in which each of some different rounds occurs as often, so that its programs have few variables. */
function smallLog(rng: Rng, { actions, distinct, copies }: { actions: number; distinct: number; copies: number }) {
  const n = actions * distinct;
  const draw = (low: number, high: number) =>
    Float64Array.from({ length: n }, () => low + (high - low) * rng.uniform());
  const once = { reward: rng.normals(n), propensity: draw(0.1, 0.9), target: draw(0, 1), other: draw(0, 1) };
  const prediction = draw(-1, 1), direct = draw(-1, 1), action = Uint32Array.from({ length: n }, (_, i) => i % actions);
  const repeat = (values: ArrayLike<number>) =>
    Float64Array.from({ length: n * copies }, (_, i) => values[Math.floor(i / copies)]);
  return {
    n,
    once: { ...once, prediction, direct, action },
    log: { reward: repeat(once.reward), action: repeat(action), propensity: repeat(once.propensity) },
    policy: { target: repeat(once.target) },
    rival: { target: repeat(once.other) },
    model: { prediction: repeat(prediction), direct: repeat(direct) },
  };
}

/** The most of Σ c_i W_i z_i over W_i = 1 + V_i (1/e_i - 1), V in [1/Γ, Γ], Σ c_i W_i = Σ c_i/e_i: at a vertex all V but one are at an end. */
function mostByVertices(c: number[], e: number[], z: number[], gamma: number): number {
  let most = -Infinity;
  for (let free = 0; free < c.length; free++) {
    for (let ends = 0; ends < 2 ** c.length; ends++) {
      const v = c.map((_, i) => (ends >> i) & 1 ? gamma : 1 / gamma);
      const rest = c.reduce((sum, u, i) => i === free ? sum : sum + u * (1 / e[i] - 1) * (v[i] - 1), 0);
      v[free] = 1 - rest / (c[free] * (1 / e[free] - 1));
      if (v[free] < 1 / gamma - 1e-12 || v[free] > gamma + 1e-12) continue;
      most = Math.max(most, c.reduce((sum, u, i) => sum + u * (1 + v[i] * (1 / e[i] - 1)) * z[i], 0));
    }
  }
  return most;
}

Deno.test("ends are those of the linear program, an action with 30 rounds balanced by itself and rare ones together", () => {
  for (const [seed, copies] of [[1, 1], [2, 1], [3, 5], [4, 5]]) {
    const { n, once, log, policy } = smallLog(Rng.seed(seed), { actions: 2, distinct: 6, copies });
    const cells = copies === 1
      ? [[...Array(n).keys()]]
      : [0, 1].map((a) => [...Array(n).keys()].filter((i) => i % 2 === a));
    const total = once.target.reduce((sum, p, i) => sum + p / once.propensity[i], 0);
    for (const gamma of [1.3, 4]) {
      const [{ lower, upper }] = policyBounds(log, policy, [gamma]);
      for (const [sign, end] of [[1, upper], [-1, lower]] as const) {
        const program = cells.reduce((sum, cell) => {
          const of = (values: Float64Array) => cell.map((i) => values[i]);
          return sum +
            mostByVertices(of(once.target), of(once.propensity), of(once.reward).map((r) => sign * r), gamma);
        }, 0);
        close(end.value, sign * program / total, 1e-11);
      }
    }
  }
});

Deno.test("with an outcome model, ends are the program's of residuals around the model's term", () => {
  const { n, once, log, policy, model } = smallLog(Rng.seed(5), { actions: 1, distinct: 8, copies: 1 });
  const residual = [...once.reward].map((r, i) => r - once.prediction[i]);
  const [{ upper }] = policyBounds({ ...log, prediction: model.prediction }, { ...policy, direct: model.direct }, [2]);
  const direct = once.direct.reduce((sum, d) => sum + d, 0) / n;
  close(upper.value, direct + mostByVertices([...once.target], [...once.propensity], residual, 2) / n, 1e-11);
});

Deno.test("differences of either sign are balanced among their like", () => {
  const { n, once, log, policy, rival } = smallLog(Rng.seed(6), { actions: 1, distinct: 9, copies: 1 });
  const mass = (target: Float64Array) => target.reduce((sum, p, i) => sum + p / once.propensity[i], 0);
  const contrast = [...once.target].map((p, i) => p / mass(once.target) - once.other[i] / mass(once.other));
  const cells = [1, -1].map((sign) => [...Array(n).keys()].filter((i) => Math.sign(contrast[i]) === sign));
  assert.ok(cells.every((cell) => cell.length > 1));
  const [{ upper, lower }] = differenceBounds(log, policy, rival, [3]);
  for (const [side, end] of [[1, upper], [-1, lower]] as const) {
    const program = cells.reduce((sum, cell, k) => {
      const z = cell.map((i) => side * (k === 0 ? 1 : -1) * once.reward[i]);
      return sum + mostByVertices(cell.map((i) => Math.abs(contrast[i])), cell.map((i) => once.propensity[i]), z, 3);
    }, 0);
    close(end.value, side * program, 1e-11);
  }
});

const rounds = (seed = 7) => {
  const { log, policy, rival, model } = smallLog(Rng.seed(seed), { actions: 3, distinct: 40, copies: 1 });
  return { log, policy, rival, model, weight: importanceWeights(policy.target, log.propensity) };
};

Deno.test("without hidden confounding both ends are snipw, or dr, to the bit, with their intervals", () => {
  const { log, policy, model, weight } = rounds(), readers = Array.from(weight, (_, i) => i % 20);
  for (const groups of [undefined, readers]) {
    const plain = snipw({ reward: log.reward, weight, groups });
    const robust = dr({ reward: log.reward, weight, ...model, groups });
    const [{ lower, upper }] = policyBounds({ ...log, groups }, policy, [1]);
    const withModel = policyBounds(
      { ...log, groups, prediction: model.prediction },
      { ...policy, direct: model.direct },
      [1],
    )[0];
    const told = ({ value, standardError, lower, upper }: typeof plain) => ({ value, standardError, lower, upper });
    for (const end of [lower, upper]) assert.deepEqual(end, told(plain));
    for (const end of [withModel.lower, withModel.upper]) assert.deepEqual(end, told(robust));
  }
});

Deno.test("bounds widen with gamma, are turned over with the sign of rewards, and scale with them", () => {
  const { log, policy } = rounds(), gammas = [1, 1.1, 1.5, 2, 5, 50];
  const ends = policyBounds(log, policy, gammas);
  for (let k = 1; k < gammas.length; k++) {
    assert.ok(ends[k].lower.value < ends[k - 1].lower.value && ends[k].upper.value > ends[k - 1].upper.value);
  }
  const turned = policyBounds({ ...log, reward: log.reward.map((r) => 3 - 2 * r) }, policy, gammas);
  turned.forEach(({ lower, upper }, k) => {
    close(lower.value, 3 - 2 * ends[k].upper.value, 1e-11);
    close(upper.value, 3 - 2 * ends[k].lower.value, 1e-11);
    close(lower.standardError, 2 * ends[k].upper.standardError, 1e-11);
  });
  // Weights are those of rounds in any order, and outcomes seen leave no room beyond them.
  assert.ok(ends.at(-1)!.upper.value <= Math.max(...log.reward));
});

Deno.test("the policy that logged is known without weights", () => {
  const { log, policy, weight } = rounds();
  const [{ lower }] = differenceBounds(log, policy, "logged", [1]);
  const plain = differenceOfValues(snipw({ reward: log.reward, weight }), naive({ reward: log.reward, weight }));
  for (const name of ["value", "standardError", "lower", "upper"] as const) close(lower[name], plain[name], 1e-14);
  const [same] = differenceBounds(log, { target: log.propensity }, "logged", [3]);
  // Taking what was logged leaves only what the log's own weights would be off by.
  assert.ok(same.lower.value < 0 && same.upper.value > 0);
});

Deno.test("where a ranking turns over, the bound of the difference is zero, and its interval holds zero before", () => {
  const { log, policy, rival } = rounds(11);
  for (const [first, second] of [[policy, rival], [rival, policy]]) {
    const { gamma, intervalGamma, difference } = turningGamma(log, first, second);
    assert.ok(gamma > 1 && gamma < 1e6 && intervalGamma <= gamma);
    const [{ lower, upper }] = differenceBounds(log, first, second, [gamma]);
    close((difference > 0 ? lower : upper).value, 0, 1e-12);
  }
  const shifted = { ...log, reward: log.reward.map((r) => r + 100) };
  assert.equal(turningGamma(shifted, policy, { at: 0 }).gamma, Infinity);
  assert.equal(turningGamma(log, policy, policy).gamma, 1);
});

Deno.test("what cannot be is refused in one line", () => {
  const { log, policy } = rounds();
  for (const gamma of [0.99, NaN, Infinity]) {
    assert.throws(() => policyBounds(log, policy, [gamma]), {
      name: "RangeError",
      message: `gamma must be finite and at least 1, where 1 is no hidden confounding, got ${gamma}`,
    });
  }
  const reward = Float64Array.of(1, 2), action = [0, 1], propensity = [0.5, 0.5];
  assert.throws(() => policyBounds({ reward, action: [0], propensity }, { target: [1, 0] }, [1]), {
    message: "action must have length 2, got 1",
  });
  assert.throws(() => policyBounds({ reward, action, propensity: [0.5, -1] }, { target: [1, 0] }, [1]), {
    message: "propensity[1] must be in (0, 1], got -1",
  });
  assert.throws(() => policyBounds({ reward, action, propensity }, { target: [0, 0] }, [1]), /all 2 weights are 0/);
  assert.throws(
    () => policyBounds({ reward, action, propensity, prediction: reward }, { target: [1, 0] }, [1]),
    /rounds.direct/,
  );
});

Deno.test("an action that was certain cannot have been selected otherwise", () => {
  const [{ lower, upper }] = policyBounds(
    { reward: Float64Array.of(1, 2, 3), action: [0, 0, 0], propensity: [1, 1, 1] },
    { target: [1, 1, 1] },
    [10],
  );
  assert.deepEqual([lower.value, upper.value], [2, 2]);
});
