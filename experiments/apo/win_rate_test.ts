import assert from "node:assert/strict";
import { lengthControlledWinRate } from "../../lib/estimators/mod.ts";
import { Rng } from "../../lib/random.ts";
import { winRates } from "./win_rate.ts";

const texts = (count: number, rng: Rng, liking: number) =>
  Array.from({ length: count }, () => {
    const length = 40 + rng.integer(60);
    return { length, worth: rng.normal() + liking * length };
  });

Deno.test("the controlled rate is the estimator's, to what its penalty changes of 2000 texts", () => {
  for (const liking of [0, 0.03]) {
    const own = texts(2000, Rng.seed(1), liking).map(({ length, worth }) => ({ length: length + 10, worth }));
    const others = texts(2000, Rng.seed(2), liking);
    const { raw, controlled } = winRates(own, others);
    const found = lengthControlledWinRate({
      preference: own.map(({ worth }, i) => worth > others[i].worth ? 1 : 0),
      length: own.map(({ length }) => length),
      baselineLength: others.map(({ length }) => length),
    });
    assert.equal(raw, found.raw);
    assert.ok(Math.abs(controlled - found.winRate) < 2e-3, `${controlled} and ${found.winRate}`);
  }
});

Deno.test("the other side has one minus each rate; a model against itself has a half of both", () => {
  const [own, others] = [texts(30, Rng.seed(3), 0.02), texts(30, Rng.seed(4), 0)];
  const there = winRates(own, others), back = winRates(others, own);
  assert.ok(Math.abs(there.raw + back.raw - 1) < 1e-12 && Math.abs(there.controlled + back.controlled - 1) < 1e-9);
  assert.deepEqual(winRates(own, own), { raw: 0.5, controlled: 0.5 });
});

Deno.test("few texts whose lengths tell all, or nothing, have a rate", () => {
  const at = (...rows: readonly (readonly [worth: number, length: number])[]) =>
    rows.map(([worth, length]) => ({ worth, length }));
  const none = at([0, 5], [0, 5], [0, 5], [0, 5]);
  const apart = winRates(at([1, 9], [1, 8], [-1, 2], [-1, 1]), none);
  assert.equal(apart.raw, 0.5);
  assert.ok(Number.isFinite(apart.controlled));
  assert.deepEqual(winRates(at([1, 9], [1, 8], [1, 2], [1, 1]), none), { raw: 1, controlled: 1 });
  assert.deepEqual(winRates(at([1, 9], [-1, 9], [-1, 9], [-1, 9]), none), { raw: 0.25, controlled: 0.25 });
});
