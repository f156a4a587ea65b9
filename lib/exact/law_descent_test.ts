import assert from "node:assert/strict";
import { exactDpo, exactIpo, exactSimpo } from "../losses/exact_margins.ts";
import { exactApoDown, exactOrpo } from "../losses/exact_pairs.ts";
import { exactKto } from "../losses/exact_responses.ts";
import { Rng } from "../random.ts";
import { DivergenceError } from "../user_error.ts";
import { descend, lawsWith } from "./law_descent.ts";
import { expectedCost, marginTerm, meanKlOf, pairTerm, responseTerm, type Term } from "./law_terms.ts";
import { lawAt, type LawClass } from "./laws.ts";
import { logSoftmaxRows } from "./log_space.ts";

const GROUPS = 4, RESPONSES = 5, D = 3, CELLS = GROUPS * RESPONSES, N = 11;
const rng = Rng.seed(7);
const space: LawClass = {
  logStart: logSoftmaxRows(rng.normals(CELLS), RESPONSES),
  features: rng.normals(CELLS * D),
  responses: RESPONSES,
};
const reference = logSoftmaxRows(rng.normals(CELLS), RESPONSES), weights = rng.normals(N).map(Math.abs);
weights[4] = 0;
const first = Uint32Array.from({ length: N }, () => rng.integer(CELLS));
const second = first.map((a) => a - a % RESPONSES + (a % RESPONSES + 1 + rng.integer(RESPONSES - 1)) % RESPONSES);
const cost = rng.normals(CELLS), desirable = rng.normals(CELLS).map(Math.abs), undesirable = desirable.toReversed();
const pairs = { first, second, weight: weights };

const sum = (n: number, of: (i: number) => number) =>
  Array.from({ length: n }, (_, i) => of(i)).reduce((a, b) => a + b);
const sigma = (x: number) => 1 / (1 + Math.exp(-x));
const z0 = 0.3;

/** Each term beside what it adds up, written out once more as a function of log π. */
const terms: Readonly<Record<string, readonly [Term, (logp: Float64Array) => number]>> = {
  "DPO to a law that is not π0": [
    marginTerm({ ...pairs, reference }, exactDpo({ beta: 0.7, labelSmoothing: 0.1 })),
    (l) =>
      sum(N, (i) => {
        const [a, b] = [first[i], second[i]], m = 0.7 * (l[a] - reference[a] - l[b] + reference[b]);
        return weights[i] * (-0.9 * Math.log(sigma(m)) - 0.1 * Math.log(sigma(-m)));
      }),
  ],
  "SimPO": [
    marginTerm(pairs, exactSimpo({ beta: 2, gamma: 0.5 })),
    (l) => sum(N, (i) => -weights[i] * Math.log(sigma(2 * (l[first[i]] - l[second[i]]) - 0.5))),
  ],
  "IPO": [
    marginTerm({ ...pairs, reference }, exactIpo({ tau: 0.5 })),
    (l) =>
      sum(N, (i) => {
        const [a, b] = [first[i], second[i]];
        return weights[i] * (l[a] - reference[a] - l[b] + reference[b] - 1) ** 2;
      }),
  ],
  "APO-down": [
    pairTerm({ ...pairs, reference }, exactApoDown({ beta: 0.6 })),
    (l) =>
      sum(N, (i) => {
        const [w, r] = [first[i], second[i]].map((a) => 0.6 * (l[a] - reference[a]));
        return weights[i] * (sigma(w) + sigma(r - w));
      }),
  ],
  "ORPO's odds": [
    pairTerm(pairs, exactOrpo({ lambda: 0.4 })),
    (l) =>
      sum(N, (i) => {
        const odds = [first[i], second[i]].map((a) => Math.log(Math.exp(l[a]) / (1 - Math.exp(l[a]))));
        return -0.4 * weights[i] * Math.log(sigma(odds[0] - odds[1]));
      }),
  ],
  "KTO at a fixed point": [
    responseTerm({ desirable, undesirable, reference }, exactKto({ beta: 1.5 }), () => z0),
    (l) =>
      sum(CELLS, (a) => {
        const x = 1.5 * (l[a] - reference[a] - z0);
        return desirable[a] * sigma(-x) + undesirable[a] * sigma(x);
      }),
  ],
  "a reward at a price of KL": [
    expectedCost({ cost, price: 0.3 }),
    (l) => sum(CELLS, (a) => Math.exp(l[a]) * (cost[a] + 0.3 * (l[a] - space.logStart[a]))),
  ],
  "a price of KL to another law": [
    expectedCost({ cost, price: 0.3, base: reference }),
    (l) => sum(CELLS, (a) => Math.exp(l[a]) * (cost[a] + 0.3 * (l[a] - reference[a]))),
  ],
};

for (const [name, [term, value]] of Object.entries(terms)) {
  Deno.test(`${name}: the gradient in θ is the differences of what is added up`, () => {
    const theta = rng.fork(name).normals(D),
      [laws, add] = lawsWith(space, [term]),
      found = new Float64Array(D),
      h = 1e-5;
    laws.at(theta);
    add(0);
    laws.gradient(found);
    for (let k = 0; k < D; k++) {
      const [up, down] = [h, -h].map((step) => value(lawAt(space, theta.map((v, j) => j === k ? v + step : v))));
      const right = (up - down) / (2 * h);
      // h²/6 times a third derivative of some tens, and rounding of sums of size 10 over h.
      assert.ok(Math.abs(found[k] - right) < 1e-8 * (1 + Math.abs(right)), `${found[k]} against ${right}`);
    }
  });
}

/** Adam with differences for slopes: nothing in it is shared with the engine. */
function plainly(value: (logp: Float64Array) => number, steps: number, rate: number): number[] {
  const theta: number[] = Array(D).fill(0), m = [...theta], v = [...theta], h = 1e-5;
  for (let t = 1; t <= steps; t++) {
    const slopes = theta.map((_, k) => {
      const at = (step: number) => value(lawAt(space, Float64Array.from(theta, (x, j) => j === k ? x + step : x)));
      return (at(h) - at(-h)) / (2 * h);
    });
    slopes.forEach((g, k) => {
      m[k] = 0.9 * m[k] + 0.1 * g;
      v[k] = 0.999 * v[k] + 0.001 * g * g;
      theta[k] -= rate * (m[k] / (1 - 0.9 ** t)) / (Math.sqrt(v[k] / (1 - 0.999 ** t)) + 1e-8);
    });
  }
  return theta;
}

Deno.test("terms add up, and a training is that of a plain loop over differences", () => {
  const [dpo, reward] = [terms["SimPO"], terms["a reward at a price of KL"]], steps = 40, learningRate = 0.05;
  const { theta } = descend(space, [dpo[0], reward[0]], { arm: "both", seed: 0, phases: [{ steps, learningRate }] });
  const right = plainly((l) => dpo[1](l) + reward[1](l), steps, learningRate);
  theta.forEach((v, k) => assert.ok(Math.abs(v - right[k]) < 1e-6, `${v} against ${right[k]}`));
});

Deno.test("phases begin anew, go on from a θ, and are seen along the way", () => {
  const [term] = terms["IPO"], about = { arm: "ipo", seed: 0 }, one = { steps: 5, learningRate: 0.1 };
  const seen: number[] = [];
  const both = descend(space, [term], {
    ...about,
    phases: [one, one],
    along: (theta, step) => seen.push(step, theta[0]),
  });
  const half = descend(space, [term], { ...about, phases: [one] });
  assert.deepEqual(descend(space, [term], { ...about, phases: [one], from: half.theta }), both);
  assert.deepEqual(seen.filter((_, i) => i % 2 === 0), Array.from({ length: 11 }, (_, step) => step));
  assert.deepEqual([seen[1], seen[11], seen[21]], [0, half.theta[0], both.theta[0]]);
  const none = descend(space, [term], { ...about, phases: [{ steps: 0, learningRate: 1 }] });
  assert.deepEqual([...none.theta], [0, 0, 0]);
  assert.ok(none.gradientNorm > 0);
});

Deno.test("a gradient that is not finite, and what a loss refuses later, name arm, seed and step", () => {
  const phases = [{ steps: 3, learningRate: 0.1 }];
  const bad = expectedCost({ cost: cost.map((c, i) => i === 2 ? NaN : c), price: 1 });
  assert.throws(
    () => descend(space, [bad], { arm: "cpo", seed: 5, phases }),
    (error) => error instanceof DivergenceError && /gradient is NaN \(arm cpo, seed 5, step 0\)/.test(error.message),
  );
  const refusing = (from: number): Term => () => () => (step) => {
    if (step >= from) throw new RangeError("chosen[0] is NaN");
  };
  assert.throws(
    () => descend(space, [refusing(2)], { arm: "dpo", seed: 1, phases }),
    /training stopped: chosen\[0\] is NaN \(arm dpo, seed 1, step 2\)/,
  );
  assert.throws(() => descend(space, [refusing(0)], { arm: "dpo", seed: 1, phases }), RangeError);
  assert.throws(
    () => descend(space, [], { arm: "dpo", seed: 1, phases: [{ steps: 1.5, learningRate: 1 }] }),
    /steps must be an integer >= 0, got 1.5/,
  );
});

Deno.test("the reference point is the mean KL over groups, and 0 at π0", () => {
  const [laws] = lawsWith(space, []), theta = rng.fork("z0").normals(D);
  laws.at(theta);
  const logp = lawAt(space, theta);
  const right = sum(CELLS, (a) => Math.exp(logp[a]) * (logp[a] - space.logStart[a])) / GROUPS;
  assert.ok(Math.abs(meanKlOf(laws, space.logStart, GROUPS) - right) < 1e-13);
  laws.at(new Float64Array(D));
  assert.ok(meanKlOf(laws, space.logStart, GROUPS) < 1e-15);
});

Deno.test("θ is that of JAX in float64, for pairs and for outcomes", async () => {
  const { problems } = JSON.parse(await Deno.readTextFile(new URL("testdata/jax.json", import.meta.url)));
  assert.equal(problems.length, 2);
  for (const { kind, responses, steps, rate, price, start, features, weights, found } of problems) {
    const own = { logStart: Float64Array.from(start), features: Float64Array.from(features), responses };
    const a = responses, weight = Float64Array.from(weights);
    const term = kind === "pairs"
      ? marginTerm({
        first: Uint32Array.from(weight, (_, i) => Math.floor(i / a)),
        second: Uint32Array.from(weight, (_, i) => Math.floor(i / (a * a)) * a + i % a),
        ...{ weight, reference: own.logStart },
      }, exactDpo({ beta: price }))
      : expectedCost({ cost: weight, price });
    const { theta } = descend(own, [term], { arm: kind, seed: 0, phases: [{ steps, learningRate: rate }] });
    // Hundreds of steps, each with a few rounding errors of 1e-16, some of which small gradients magnify.
    theta.forEach((v, k) => assert.ok(Math.abs(v - found[k]) < 1e-9, `${kind}: ${v} against ${found[k]}`));
  }
});
