/**
 * What seeds cost: every question of the experiment on distribution learning, at one seed and at twenty. One seed more
 * is one world more to draw and to fit in float64.
 */
import { UserError } from "../lib/user_error.ts";
import { startBackend } from "../lib/tensor/backend.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { rerunOf } from "./bench_helpers.ts";
import distribution from "./distribution.ts";

await startBackend("auto");

// A fifth of the steps on texts: each costs the same.
const parts = { synthetic: { name: "made worlds" }, benchmark: { name: "real texts", "text-steps": "40" } };
for (const [only, { name, ...settings }] of Object.entries(parts)) {
  try {
    const flags = { preset: "quick", only, seeds: "20", ...settings };
    const rerun = await rerunOf(distribution as unknown as Experiment, flags, Deno.env.get("PREFLAB_MIRROR"));
    for (const seeds of [1, 20]) {
      const units = rerun.units.map((unit) => ({ ...unit, seeds: unit.seeds.slice(0, seeds) }));
      Deno.bench({
        name: `${name}, all questions, ${seeds} ${seeds === 1 ? "seed" : "seeds"}`,
        group: `seeds on ${name}`,
        baseline: seeds === 1,
        n: 1,
        warmup: 1,
        fn: async () => await rerun.run(units),
      });
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(`${name} are left out: ${error.message}`);
  }
}
