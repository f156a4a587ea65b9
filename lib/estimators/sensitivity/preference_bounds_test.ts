/** Bounds of win rates and coefficients against every assignment tried, and simulation-free checks of their spread. */
import assert from "node:assert/strict";
import { sigmoid } from "../../exact/logistic.ts";
import { Rng } from "../../random.ts";
import { adversary } from "./adversary.ts";
import { bradleyTerryBounds } from "./bradley_terry_bounds.ts";
import { type HiddenIn, winRateBounds } from "./preference_bounds.ts";

const close = (actual: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected}`);

Deno.test("win rates under hidden exposure are those of the worst weights of mean one", () => {
  const rng = Rng.seed(1);
  for (const share of [0.1, 0.45, 0.8]) {
    const preference = Float64Array.from({ length: 200 }, () => rng.bernoulli(share) ? 1 : 0), n = preference.length;
    // Odds of propensity 1/2 are 1, so that the shift is V - 1 times the label.
    const half = new Float64Array(n).fill(0.5), ones = new Float64Array(n).fill(1);
    const { moved } = adversary({ outcome: preference, action: new Uint8Array(n), propensity: half, contrast: ones });
    const mean = preference.reduce((sum, y) => sum + y, 0) / n;
    for (const gamma of [1, 1.5, 4]) {
      const [{ lower, upper }] = winRateBounds({ preference }, [gamma], "exposure");
      // A threshold at a label leaves less than one pair's weight undecided.
      close(upper.value, mean + moved(gamma, "upper") / n, 1e-12);
      close(lower.value, mean + moved(gamma, "lower") / n, 1e-12);
    }
  }
});

Deno.test("strata are moved each by itself, sides mirror, groups count as one", () => {
  const preference = [1, 1, 0, 1, 0, 0, 0.5, 1], stratum = ["a", "a", "a", "a", "b", "b", "b", "b"];
  const [{ lower, upper }] = winRateBounds({ preference, stratum }, [2], "labels");
  // Shares 3/4 and 3/8: odds 3 and 3/5, doubled and halved.
  close(upper.value, (6 / 7 + 6 / 11) / 2);
  close(lower.value, (3 / 5 + 3 / 13) / 2);
  const [mirrored] = winRateBounds({ preference: preference.map((y) => 1 - y), stratum }, [2], "labels");
  close(mirrored.lower.value, 1 - upper.value);
  close(mirrored.lower.standardError, upper.standardError);
  const twice = { preference: [...preference, ...preference], stratum: [...stratum, ...stratum] };
  const groups = [...preference.keys(), ...preference.keys()];
  close(winRateBounds({ ...twice, groups }, [2], "labels")[0].upper.standardError, upper.standardError);
});

const tinyPairs = (rng: Rng, n: number) => ({
  differences: rng.normals(2 * n),
  preference: Float64Array.from({ length: n }, () => rng.bernoulli(0.5) ? 1 : 0),
});

/** Fit of labels in plain steps of Newton, two coefficients. */
function fitted(x: Float64Array, label: ArrayLike<number>): [number, number] {
  let [a, b] = [0, 0];
  for (let step = 0; step < 60; step++) {
    let [ga, gb, aa, ab, bb] = [0, 0, 1e-300, 0, 1e-300];
    for (let i = 0; i < label.length; i++) {
      const [u, v] = [x[2 * i], x[2 * i + 1]], p = sigmoid(a * u + b * v), w = p * (1 - p);
      [ga, gb, aa, ab, bb] = [
        ga + u * (p - label[i]),
        gb + v * (p - label[i]),
        aa + w * u * u,
        ab + w * u * v,
        bb + w * v * v,
      ];
    }
    const det = aa * bb - ab * ab;
    [a, b] = [a - 0.7 * (bb * ga - ab * gb) / det, b - 0.7 * (aa * gb - ab * ga) / det];
  }
  return [a, b];
}

Deno.test("a coefficient's ends are the extremes over all assignments of ends to pairs", () => {
  const n = 8;
  for (const [seed, gamma] of [[4, 1.3], [8, 2]]) {
    const { differences, preference } = tinyPairs(Rng.seed(seed), n), [a, b] = fitted(differences, preference);
    const chance = Array.from({ length: n }, (_, i) => sigmoid(a * differences[2 * i] + b * differences[2 * i + 1]));
    for (const hidden of ["labels", "exposure"] as HiddenIn[]) {
      const most = (p: number) =>
        hidden === "labels" ? gamma * p / (gamma * p + 1 - p) : Math.min(gamma * p, 1 - (1 - p) / gamma);
      let [least, largest] = [Infinity, -Infinity];
      for (let ends = 0; ends < 2 ** n; ends++) {
        const label = chance.map((p, i) => preference[i] - p + ((ends >> i) & 1 ? most(p) : 1 - most(1 - p)));
        const [, second] = fitted(differences, label);
        [least, largest] = [Math.min(least, second), Math.max(largest, second)];
      }
      const [{ lower, upper }] = bradleyTerryBounds({ differences, preference }, 1, [gamma], hidden);
      close(lower.value, least, 1e-7);
      close(upper.value, largest, 1e-7);
    }
  }
});

Deno.test("standard errors of a coefficient's ends are those of leaving pairs out", () => {
  // The jackknife and the sandwich agree to first order: within a few parts in n.
  const n = 300, { differences } = tinyPairs(Rng.seed(9), n), rng = Rng.seed(10);
  const preference = Float64Array.from({ length: n }, (_, i) => rng.bernoulli(sigmoid(differences[2 * i])) ? 1 : 0);
  for (const hidden of ["labels", "exposure"] as HiddenIn[]) {
    const of = (left: number) => {
      const kept = [...preference.keys()].filter((i) => i !== left);
      return bradleyTerryBounds(
        {
          differences: Float64Array.from(kept.flatMap((i) => [differences[2 * i], differences[2 * i + 1]])),
          preference: kept.map((i) => preference[i]),
        },
        0,
        [1.5],
        hidden,
      )[0].upper;
    };
    const all = of(-1), some = Array.from({ length: n }, (_, i) => of(i).value - all.value);
    const mean = some.reduce((sum, v) => sum + v, 0) / n;
    const jackknife = Math.sqrt(some.reduce((sum, v) => sum + (v - mean) ** 2, 0) * (n - 1) / n);
    assert.ok(Math.abs(all.standardError / jackknife - 1) < 0.06, `${hidden}: ${all.standardError}, ${jackknife}`);
  }
});

Deno.test("pairs that cannot be bounded are refused in one line", () => {
  const pairs = { differences: Float64Array.of(1, 2), preference: [1, 1] };
  assert.throws(() => bradleyTerryBounds(pairs, 0, [1], "labels"), /no largest value/);
  assert.throws(() => bradleyTerryBounds({ ...pairs, preference: [1, 0] }, 1, [1], "labels"), {
    message: "coefficient must be a whole number from 0 to 0, got 1",
  });
  assert.throws(() => winRateBounds({ preference: [1, 0] }, [0.5], "labels"), /gamma must be finite and at least 1/);
  assert.throws(() => winRateBounds({ preference: [1, 3] }, [1], "labels"), /preference\[1\] must be in \[0, 1\]/);
});
