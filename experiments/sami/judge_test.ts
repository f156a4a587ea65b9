import assert from "node:assert/strict";
import { constitutionPolicy } from "../../lib/exact/constitution_policy.ts";
import { Rng } from "../../lib/random.ts";
import { principleWorld, winRate } from "../../lib/worlds/principles.ts";
import { type Contest, judge } from "./judge.ts";
import { bestOf } from "./labels.ts";

const law = (rng: Rng, n: number) => {
  const e = rng.normals(n).map(Math.exp), total = e.reduce((a, b) => a + b);
  return e.map((v) => v / total);
};
const contest = (seed: number, A = 9): Contest => {
  const rng = Rng.seed(seed);
  return { alignment: rng.normals(A), logLength: rng.normals(A), policy: law(rng, A), other: law(rng, A) };
};

Deno.test("a judge without bias is fair, and a policy is even with itself by every count", () => {
  const { fair, biased } = judge([contest(1), contest(2)], 0);
  assert.equal(biased, fair);
  const { policy, ...rest } = contest(3);
  // Sums of 81 terms whose pairs cancel; the regression ends within 1e-12 of its optimum.
  for (const rate of Object.values(judge([{ ...rest, policy, other: policy }], 1))) {
    assert.ok(Math.abs(rate - 0.5) < 1e-11, `${rate}`);
  }
});

Deno.test("where alignment is all the same, regression takes the whole bias away", () => {
  const { alignment, ...rest } = contest(4);
  const { fair, biased, logistic } = judge([{ alignment: alignment.fill(0), ...rest }], 1.5);
  assert.ok(Math.abs(fair - 0.5) < 1e-14);
  assert.ok(Math.abs(biased - 0.5) > 0.01);
  assert.ok(Math.abs(logistic - 0.5) < 1e-9);
});

Deno.test("equal lengths leave nothing to correct", () => {
  const { logLength, ...rest } = contest(5);
  const { biased, balanced, logistic } = judge([{ logLength: logLength.fill(2), ...rest }], 1);
  assert.equal(balanced, biased);
  assert.ok(Math.abs(logistic - biased) < 1e-11);
});

Deno.test("best-of-n is the law of the best of n draws, and never loses to the base policy", () => {
  const world = principleWorld(
    { queries: 3, principles: 1, responses: 7, junk: 2, link: 0.4, junkLink: 1 },
    Rng.seed(6),
  );
  const logBase = constitutionPolicy(world.pool, world.start).all(), A = 7;
  const best = bestOf({ world, logBase }, 2).map(Math.exp), base = logBase.map(Math.exp);
  for (let at = 0; at < base.length; at += A) {
    const brute = new Float64Array(A);
    for (let y = 0; y < A; y++) {
      for (let z = 0; z < A; z++) {
        brute[world.alignment[at + z] > world.alignment[at + y] ? z : y] += base[at + y] * base[at + z];
      }
    }
    // Ties of junk go to the first draw. Differences of squares of numbers below 1.
    brute.forEach((v, y) => assert.ok(Math.abs(v - best[at + y]) < 1e-14, `${at} ${y}`));
  }
  const rates = [1, 2, 8].map((n) =>
    winRate(world.pool, world.alignment, bestOf({ world, logBase }, n), logBase, [0, 1])
  );
  assert.ok(Math.abs(rates[0] - 0.5) < 1e-14 && rates[1] > rates[0] && rates[2] > rates[1], rates.join(", "));
});
