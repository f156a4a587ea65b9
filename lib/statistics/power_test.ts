import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { minimumDetectableEffect } from "./power.ts";

Deno.test("known multiples of the standard error", () => {
  // z(0.975) + z(0.8) and z(0.995) + z(0.9) from tables.
  assert.ok(Math.abs(minimumDetectableEffect(1) - (1.9599639845400542 + 0.8416212335729142)) < 1e-8);
  const strict = minimumDetectableEffect(2, { power: 0.9, level: 0.01 });
  assert.ok(Math.abs(strict - 2 * (2.5758293035489008 + 1.2815515655446004)) < 1e-8);
  assert.equal(minimumDetectableEffect(0), 0);
});

Deno.test("a test finds the effect as often as promised", () => {
  const rng = Rng.seed(11), effect = minimumDetectableEffect(1), tests = 20000;
  let found = 0;
  for (let i = 0; i < tests; i++) if (Math.abs(effect + rng.normal()) > 1.959963984540054) found++;
  // 4 binomial sd; the wrong side adds a probability of 1e-6.
  assert.ok(Math.abs(found / tests - 0.8) < 4 * Math.sqrt(0.8 * 0.2 / tests));
});

Deno.test("arguments out of range are named", () => {
  assert.throws(() => minimumDetectableEffect(-1), {
    name: "RangeError",
    message: "standardError must be finite and >= 0, got -1",
  });
  assert.throws(() => minimumDetectableEffect(1, { power: 0.01 }), {
    name: "RangeError",
    message: "power must be in (0.05, 1), got 0.01",
  });
  assert.throws(() => minimumDetectableEffect(1, { level: 5 }), {
    name: "RangeError",
    message: "level must be in (0, 1), got 5",
  });
});
