/** Every arm of every experiment run alone, on made worlds: its report has no gap where the others would stand. */
import assert from "node:assert/strict";
import { flagName } from "../lib/run/options.ts";
import { startBackend } from "../lib/tensor/backend.ts";
import { experiments } from "./all.ts";
import { withoutGaps } from "./drawn_test_helpers.ts";
import { reportOf, runInProcess } from "./in_process_test_helpers.ts";
import { small } from "./small_runs_test_helpers.ts";

for (const [name, load] of Object.entries(experiments)) {
  Deno.test(`${name}: the report copes with every arm run alone`, async (t) => {
    const { default: experiment } = await load(), flags = small[name].synthetic!.flags;
    await startBackend("cpu");
    const arms = new Set(experiment.questions.filter((q) => q.part === "synthetic").flatMap((q) => q.arms));
    for (const arm of arms) {
      await t.step(arm, async () => {
        const given = Object.entries({ ...flags, arms: arm }).flatMap(([key, value]) => [`--${flagName(key)}`, value]);
        const args = ["--preset", "smoke", "--only", "synthetic", ...given];
        const report = reportOf(experiment, await runInProcess(experiment, args));
        assert.ok(report.sections.length > 0);
        withoutGaps(report);
      });
    }
  });
}
