/**
 * How the comparison's time grows with seeds, methods and labels: each group doubles one size from its baseline. Seeds of a
 * block share one program, and labels are counted before training, so that both cost less than in proportion.
 */
import { startBackend } from "../lib/tensor/backend.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { rerunOf } from "./bench_helpers.ts";
import compare from "./compare.ts";

await startBackend("auto");

const [confounding] = compare.questions;
const experiment = { ...compare, questions: [confounding] } as unknown as Experiment;
const base = { seeds: "10", arms: "dpo", n: "400", steps: "50", confounding: "0,1" };
const sweeps = { seeds: ["10", "20", "40"], arms: ["dpo", "dpo,ipo", "dpo,ipo,simpo,pmle"], n: ["400", "800", "1600"] };

for (const [name, sizes] of Object.entries(sweeps)) {
  for (const [i, size] of sizes.entries()) {
    const { units, run } = await rerunOf(experiment, { ...base, [name]: size });
    Deno.bench({
      name: `confounding, --${name} ${size}`,
      group: `comparison against ${name}`,
      baseline: i === 0,
      n: 5,
      warmup: 1,
      fn: async () => await run(units),
    });
  }
}
