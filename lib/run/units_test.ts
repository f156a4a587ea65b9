import assert from "node:assert/strict";
import { experimentFlags, planRun } from "./plan.ts";
import { experimentOf, questionOf } from "./demo_test_helpers.ts";
import { unitsOf } from "./units.ts";

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
