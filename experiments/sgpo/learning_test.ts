/** The leader's step, the self-annotating loop and the game on a law. */
import { scoresOf } from "../../lib/exact/scores.ts";
import assert from "node:assert/strict";
import { sigmoid } from "../../lib/exact/logistic.ts";
import { Rng } from "../../lib/random.ts";
import type { PreferenceLaw } from "../../lib/worlds/preference_shifts.ts";
import { follower } from "../../lib/losses/follower.ts";
import { solvePieces, tangents } from "../../lib/losses/mod.ts";
import { bestInBall, freeMargins, games, gapDistance, play, regret, value, windowOf, worstValue } from "./games.ts";
import { fitPairs, lossAt, type LossSettings } from "./learner.ts";
import { dpoLoss } from "./pair_losses.ts";
import { methods, oriented, selfAnnotate, type Supply } from "./self_annotation.ts";

const d = 3, rng = Rng.seed(1);
const rows = (n: number, name: string) => rng.fork(name).normals(n * d);
const settings: LossSettings & { proximal: number } = {
  epsilon: 0.2,
  tau: 0.1,
  floor: 0.02,
  smoothing: 0.1,
  ipoTau: 0.25,
  refinedShare: 0.2,
  refinedSmoothing: 0.1,
  beta: 1,
  proximal: 0.05,
};
const near = (a: number, b: number, tolerance: number, label = "") =>
  assert.ok(Math.abs(a - b) <= tolerance, `${label}: ${a} and ${b}`);

Deno.test("a leader's step is where the objective's differences vanish, for every loss, weighted or not", () => {
  const differences = rows(30, "pairs"), start = Float64Array.of(0.5, 0, -0.5);
  const weights = Float64Array.from({ length: 30 }, (_, i) => 1 + i % 3);
  for (const kind of ["dpo", "robust", "ipo", "refined", "margin", "probability", "clamp"] as const) {
    for (const weight of [undefined, weights]) {
      const loss = lossAt(kind, scoresOf(differences, start), settings);
      const { theta } = fitPairs({ differences, weights: weight }, loss, { start, proximal: settings.proximal });
      const objective = (at: Float64Array) => {
        const out = new Float64Array(3);
        let sum = 0, total = 0;
        scoresOf(differences, at).forEach((xi, i) => {
          loss(xi, i, out);
          sum += (weight?.[i] ?? 1) * out[0];
          total += weight?.[i] ?? 1;
        });
        return sum / total + settings.proximal * at.reduce((s, v, k) => s + (v - start[k]) ** 2, 0) / 2;
      };
      for (let k = 0; k < d; k++) {
        // Central differences: h² times a third derivative below 100, and rounding of 1e-16 over h.
        const [right, left] = [1e-5, -1e-5].map((h) => objective(theta.with(k, theta[k] + h)));
        near((right - left) / 2e-5, 0, 1e-7, `${kind} ${k}`);
      }
    }
  }
});

Deno.test("pairs are turned by the judge, but where a human was asked", () => {
  const differences = Float64Array.of(1, 0, 0, -1, 0, 0, -2, 0, 0), judge = Float64Array.of(1, 0, 0);
  assert.deepEqual([...oriented({ differences }, judge)].filter((_, at) => at % 3 === 0), [1, 1, 2]);
  const rechecked = Int8Array.of(0, -1, 1);
  assert.deepEqual([...oriented({ differences, rechecked }, judge)].filter((_, at) => at % 3 === 0), [-1, 1, -2]);
});

function supply(overrides: Partial<Supply> = {}): Supply {
  return {
    dimensions: d,
    seed: { differences: rows(10, "seed"), weights: Float64Array.from({ length: 10 }, (_, i) => 1 + i) },
    all: () => ({ differences: rows(40, "all") }),
    rounds: 2,
    pool: (round) => ({ differences: rows(8 * round, `pool ${round}`) }),
    ranker: () => Float64Array.of(1, 1, 1),
    ...overrides,
  };
}

Deno.test("the loop by hand: seed, then the policy's own labels on all pairs so far, from where it stands", () => {
  const zero = new Float64Array(d), { proximal } = settings;
  const { thetas } = selfAnnotate(methods["self-dpo"], supply(), settings);
  const seed = rows(10, "seed"),
    fit = (differences: Float64Array, start: Float64Array) =>
      fitPairs({ differences }, dpoLoss, { start, proximal }).theta;
  const first = fit(seed, zero);
  const one = Float64Array.from([...seed, ...oriented({ differences: rows(8, "pool 1") }, first)]);
  const second = fit(one, first);
  const two = Float64Array.from([...one, ...oriented({ differences: rows(16, "pool 2") }, second)]);
  assert.deepEqual(thetas, [first, second, fit(two, second)]);
});

Deno.test("arms differ where they should, and an empty round changes no label", () => {
  const last = (arm: string, s = supply()) => selfAnnotate(methods[arm], s, settings).thetas.at(-1)!;
  const all = Object.keys(methods).map((arm) => last(arm).join());
  assert.equal(new Set(all).size, all.length, "each arm has a policy of its own");
  for (const arm of ["dpo-all", "dpo-seed"]) {
    const { thetas } = selfAnnotate(methods[arm], supply(), settings);
    assert.deepEqual(thetas, Array(3).fill(thetas[0]), `${arm} stands still`);
  }
  const plain = { ...supply().seed, weights: new Float64Array(10).fill(1) };
  assert.deepEqual(last("self-dpo-weighted", supply({ seed: plain })), last("self-dpo"), "weights of 1 are none");
});

const size = 12, gap = rng.fork("gap").normals(size);
const law: PreferenceLaw = { gap, chance: gap.map((g) => 0.1 + 0.8 * sigmoid(g)) };
const free = freeMargins(size), turns = { ...settings, alternations: 400, settled: 0.01 };

Deno.test("with free margins DPO's are the log-odds, robust DPO's those without flips, IPO's in closed form", () => {
  const margins = (arm: string) => play(games[arm], free, law, turns).margins;
  law.chance.forEach((p, i) => {
    // A ridge of 1e-9 on slopes of p(1 − p)/12 > 0.007 moves a margin of at most 2.2 by less than 1e-6.
    near(margins("dpo")[i], Math.log(p / (1 - p)), 1e-6, "dpo");
    near(margins("robust-dpo")[i], gap[i], 1e-4, "robust: slopes fall with the margin");
    near(margins("ipo")[i], (2 * p - 1) * 2, 1e-6, "ipo: the mean of ±1/(2τ)");
  });
});

Deno.test("regret is the mean relative entropy of labels with free margins, and 0 for the best", () => {
  const margins = Float64Array.from({ length: size }, (_, i) => i / 6 - 1);
  const kl = law.chance.map((p, i) => {
    const q = sigmoid(margins[i]);
    return p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
  });
  near(regret(margins, free, law), kl.reduce((a, b) => a + b) / size, 1e-9);
  near(regret(play(games["dpo"], free, law, turns).margins, free, law), 0, 1e-9);
});

Deno.test("without a window the worst value is the value less ε, and the game is DPO's", () => {
  const dpo = play(games["dpo"], free, law, turns).margins;
  near(worstValue(dpo, law, { radius: 0, lo: -50 }), value(dpo, law), 1e-12);
  near(worstValue(dpo, law, { radius: 0.2, lo: -1e6 }), value(dpo, law) - 0.2, 1e-5);
  const game = play(games["sgpo-free"], free, law, turns).margins;
  game.forEach((xi, i) => near(xi, dpo[i], 1e-4));
  const bounded = play(games["ssapo-margin"], free, law, turns).margins;
  assert.ok(bounded.some((xi, i) => Math.abs(xi - dpo[i]) > 1e-3), "a window makes another game");
});

Deno.test("the distance of gap laws is that of sorted quantiles", () => {
  const margins = rng.fork("margins").normals(size), other = { gap, chance: law.chance.map((p) => 1 - p) };
  // Quantile by quantile, on a grid finer than any mass: each law as 12,000 equal atoms.
  const atoms = ({ chance }: PreferenceLaw) =>
    Float64Array.from([...chance].flatMap((p, i) => {
      const up = Math.round(1000 * p);
      return [...Array(up).fill(margins[i]), ...Array(1000 - up).fill(-margins[i])];
    })).sort();
  const [a, b] = [atoms(law), atoms(other)];
  const distance = a.reduce((sum, v, i) => sum + Math.abs(v - b[i]), 0) / a.length;
  // Rounding moves at most 1/2000 of a pair's mass by 2|ξ| < 6, for each of two laws.
  near(gapDistance(margins, law, other), distance, 2 * 6 / 2000);
});

Deno.test("games settle, with both sides having nothing left to gain; a cap of turns is kept", () => {
  for (const arm of ["ssapo-margin", "ssapo-probability"]) {
    const { turns: taken, movement, unanswered } = play(games[arm], free, law, turns);
    assert.ok(taken < 400 && movement <= 0.01 && unanswered <= 0.01, `${arm}: ${taken} ${movement} ${unanswered}`);
  }
  assert.equal(play(games["ssapo-margin"], free, law, { ...turns, alternations: 3, settled: 1e-9 }).turns, 3);
});

Deno.test("no policy loses more than ε in the worst case within ε", () => {
  for (let k = 0; k < 20; k++) {
    const margins = rng.fork("any").fork(k).normals(size).map((z) => 3 * z), lo = windowOf(margins, 0.1);
    for (const radius of [0.05, 0.5]) {
      const drop = value(margins, law) - worstValue(margins, law, { radius, lo });
      assert.ok(drop >= 0 && drop <= radius + 1e-12, `${drop} at ${radius}`);
    }
  }
});

Deno.test("the best policy in the ball is no worse than any neighbour, than DPO, or than where turns end", () => {
  const differences = rows(size, "features"), policies = { differences, dimensions: d };
  const { margins: dpo, theta } = play(games.dpo, policies, law, turns), radius = settings.epsilon;
  const lo = windowOf(dpo, settings.tau), best = bestInBall(policies, law, { radius, lo, start: theta });
  near(worstValue(best.margins, law, { radius, lo }), best.worst, 1e-12);
  const others = [dpo, play(games["ssapo-margin"], policies, law, turns).margins];
  for (let k = 0; k < 200; k++) {
    const move = scoresOf(differences, rng.fork("moves").fork(k).normals(d).map((z) => z * 0.2));
    others.push(best.margins.map((xi, i) => xi + move[i]));
  }
  // Smooth maxima leave 10⁻⁴ log 2 nats, the search over γ a little more.
  for (const other of others) assert.ok(worstValue(other, law, { radius, lo }) < best.worst + 2e-4);
});

Deno.test("an exact follower's answer does not depend on the number of pieces", () => {
  const points = rng.fork("points").normals(30).map(sigmoid), ball = { radius: 0.1, lo: 0.02 };
  const high = points.map((v) => Math.max(v, 0.02)), { moved, distance } = follower(high, ball);
  for (const K of [5, 6, 7]) {
    const knots = Array.from({ length: K }, (_, k) => (k + 1) / K);
    const { displacements } = solvePieces(high, tangents((v) => -Math.log(v), (v) => -1 / v, knots), ball);
    for (let i = 0; i < 30; i++) {
      const q = displacements.subarray(i * K, (i + 1) * K).reduce((a, b) => a + b, 0);
      near(q, moved[i] * distance[i], 1e-9, `${K} pieces, pair ${i}`);
    }
  }
});

Deno.test("the program's worst case rises with nested pieces, towards the exact one", () => {
  const points = rng.fork("nested").normals(40), lo = Math.min(...points) - 0.1, hi = Math.max(...points), radius = 0.2;
  const loss = (xi: number) => Math.log1p(Math.exp(-xi));
  const exact = follower(points, { radius, lo });
  const limit = points.reduce((sum, xi, i) => sum + (1 - exact.moved[i]) * loss(xi) + exact.moved[i] * loss(lo), 0) /
    40;
  let last = -Infinity;
  for (const K of [2, 3, 5, 9, 17, 33]) {
    const knots = Array.from({ length: K }, (_, k) => lo + (hi - lo) * k / (K - 1));
    const { value } = solvePieces(points, tangents(loss, (xi) => -sigmoid(-xi), knots), { radius, lo });
    assert.ok(value > last && value <= limit + 1e-12, `${K} pieces: ${value} after ${last}`);
    last = value;
  }
  near(last, limit, 0.005);
});
