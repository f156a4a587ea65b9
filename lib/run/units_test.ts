import assert from "node:assert/strict";
import { experimentFlags, planRun } from "./plan.ts";
import { experimentOf, questionOf } from "./demo_test_helpers.ts";
import { rowsOfUnit, unitsOf } from "./units.ts";

Deno.test("units: conditions, then arms, then blocks of seeds, each with a name of its own", async () => {
  const experiment = experimentOf(questionOf({ block: 2 }));
  const units = unitsOf(await planRun(experiment, experimentFlags(experiment, ["--seeds", "5"]), undefined));
  assert.deepEqual(units.slice(0, 4).map((unit) => unit.name), [
    "value cpo strength=0 seeds 0-1",
    "value cpo strength=0 seeds 2-3",
    "value cpo strength=0 seeds 4-4",
    "value dr-cpo strength=0 seeds 0-1",
  ]);
  assert.equal(units.length, 2 * 2 * 3);
  assert.equal(new Set(units.map((unit) => unit.name)).size, units.length);
});

Deno.test("rows of a unit: seed by seed, all metrics of each", () => {
  const unit = {
    question: questionOf(),
    arm: "cpo",
    condition: { n: 4 },
    seeds: [4, 5],
    name: "value cpo n=4 seeds 4-5",
  };
  const result = { metrics: ["kl", "value"], values: Float64Array.of(1, 2, 3, 4), reads: [], seconds: 0 };
  const rows = rowsOfUnit(unit, result);
  assert.deepEqual(rows.map(({ seed, metric, value }) => [seed, metric, value]), [
    [4, "kl", 1],
    [4, "value", 2],
    [5, "kl", 3],
    [5, "value", 4],
  ]);
  assert.deepEqual(rows[0], {
    part: "synthetic",
    question: "value",
    arm: "cpo",
    seed: 4,
    condition: { n: 4 },
    metric: "kl",
    value: 1,
  });
});
