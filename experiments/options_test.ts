import assert from "node:assert/strict";
import { flagName, type OptionSpecs, presetNames, rangeText } from "../lib/run/options.ts";
import { experimentFlags, helpText } from "../lib/run/plan.ts";
import { experiments } from "./all.ts";

for (const [name, load] of Object.entries(experiments)) {
  Deno.test(`${name}: no option has the name of another flag, and --help tells the range of each`, async () => {
    const { default: experiment } = await load();
    experimentFlags(experiment, []); // two flags of one name are a TypeError
    const lines = helpText(experiment).split("\n");
    for (const [key, { bounds }] of Object.entries(experiment.options as OptionSpecs)) {
      const found = lines.filter((line) => line.startsWith(`  --${flagName(key)} `));
      assert.equal(found.length, 1, key);
      assert.ok(found[0].includes(`, ${rangeText(bounds!)} (`), found[0]);
    }
  });

  Deno.test(`${name}: under every preset every claim has the values it needs`, async () => {
    const { default: experiment } = await load();
    for (const preset of presetNames) {
      const options = Object.fromEntries(
        Object.entries(experiment.options as OptionSpecs).map(([key, { values }]) => [key, values[preset]]),
      );
      for (const { claims } of experiment.questions) {
        for (const { id, needs } of claims) assert.equal(needs?.(options), undefined, `${preset} ${id}`);
      }
    }
  });
}
