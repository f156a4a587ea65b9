import assert from "node:assert/strict";
import { equalTo, solve } from "yalps";
import { Rng } from "../random.ts";
import { mixtureAt, turnedRound, wassersteinOfLabels, worstLabels } from "./preference_shifts.ts";

const rng = Rng.seed(1), size = 7;
const gap = rng.fork("gap").normals(size);
const law = { gap, chance: Float64Array.from({ length: size }, () => rng.uniform()) };
const other = { gap, chance: Float64Array.from({ length: size }, () => rng.uniform()) };
const margins = rng.fork("margins").normals(size);
const loss = (chance: Float64Array) => {
  const softplus = (z: number) => Math.log1p(Math.exp(z));
  return chance.reduce((sum, p, i) => sum + p * softplus(-margins[i]) + (1 - p) * softplus(margins[i]), 0) / size;
};
const near = (a: number, b: number, tolerance = 1e-12) => assert.ok(Math.abs(a - b) <= tolerance, `${a} and ${b}`);

Deno.test("the distance is that of optimal transport between both orders of every pair", () => {
  // All plans at once, as a linear program: mass from an order to an order, at no cost to itself, 2|gap| to its turn, and
  // 1e3 between different pairs, far above every gap.
  const orders = Array.from({ length: 2 * size }, (_, k) => k),
    mass = (of: typeof law, k: number) => (k < size ? of.chance[k] : 1 - of.chance[k - size]) / size;
  const cost = (a: number, b: number) => a === b ? 0 : a % size === b % size ? 2 * Math.abs(gap[a % size]) : 1e3;
  const constraints = new Map(orders.flatMap((k) => [
    [`from ${k}`, equalTo(mass(law, k))],
    [`to ${k}`, equalTo(mass(other, k))],
  ]));
  const variables = new Map(
    orders.flatMap((a) =>
      orders.map((b) => [`${a} ${b}`, new Map([["cost", cost(a, b)], [`from ${a}`, 1], [`to ${b}`, 1]])] as const)
    ),
  );
  const { result } = solve({ direction: "minimize", objective: "cost", constraints, variables }, { precision: 1e-12 });
  near(wassersteinOfLabels(law, other), result, 1e-9);
});

Deno.test("mixtures lie at the distance asked for, until the other law is reached", () => {
  const most = wassersteinOfLabels(law, other);
  for (const share of [0, 0.1, 0.7, 1]) {
    near(wassersteinOfLabels(law, mixtureAt(law, other, share * most)), share * most);
  }
  assert.deepEqual(mixtureAt(law, other, 2 * most).chance, other.chance);
  assert.deepEqual(mixtureAt(law, law, 0.5).chance, law.chance);
  assert.deepEqual(
    turnedRound(turnedRound({ gap, chance: Float64Array.of(0, 0.25, 1) })).chance,
    Float64Array.of(0, 0.25, 1),
  );
});

Deno.test("no law within the distance is worse for the policy: a linear program agrees", () => {
  for (const distance of [0, 0.05, 0.3, 5]) {
    const worst = worstLabels(law, margins, distance);
    assert.ok(wassersteinOfLabels(law, worst) <= distance + 1e-12);
    assert.ok(worst.chance.every((p) => p >= 0 && p <= 1));
    // Mass turned round from the believed order gains |margin| and costs 2|gap|; the other direction loses.
    const believed = (i: number) => margins[i] > 0 ? law.chance[i] : 1 - law.chance[i];
    const { result } = solve({
      direction: "maximize",
      objective: "gain",
      constraints: new Map([
        ["budget", { max: distance * size }],
        ...Array.from(gap, (_, i) => [`mass ${i}`, { max: believed(i) }] as const),
      ]),
      variables: new Map(Array.from(gap, (_, i) => [
        `turn ${i}`,
        new Map([["gain", Math.abs(margins[i])], ["budget", 2 * Math.abs(gap[i])], [`mass ${i}`, 1]]),
      ])),
    }, { precision: 1e-12 });
    near(loss(worst.chance) - loss(law.chance), result / size, 1e-9);
  }
});

Deno.test("mistakes are named", () => {
  assert.throws(() => wassersteinOfLabels(law, { gap: gap.map((g) => g + 1), chance: law.chance }), {
    name: "TypeError",
    message: "other: expected a law on the same pairs",
  });
  assert.throws(() => mixtureAt(law, other, -1), { name: "RangeError", message: "distance must be >= 0, got -1" });
  assert.throws(() => worstLabels(law, Float64Array.of(1), 1), {
    name: "TypeError",
    message: "margins: expected 7, got 1",
  });
});
