/**
 * How time grows: with seeds, log size and arms of a run, and with the rounds of an estimator. Each group doubles one
 * size from its baseline, so a baseline that is 2x, then 4x faster is linear growth; less is overhead that is shared.
 */
import { rerunOf } from "./bench_helpers.ts";
import cpo from "./cpo.ts";
import { estimators } from "../lib/estimators/mod.ts";
import { startBackend } from "../lib/tensor/backend.ts";
import { Rng } from "../lib/random.ts";
import { trainForSpeed } from "../lib/run/engine_speed.ts";
import type { Experiment } from "../lib/run/experiment.ts";

await startBackend("auto");

const experiment: Experiment = {
  ...cpo as unknown as Experiment,
  questions: cpo.questions.filter(({ id }) => id === "policies"),
};
const base: Readonly<Record<string, string>> = {
  seeds: "10",
  n: "200",
  arms: "cpo",
  texts: "100",
  generated: "400",
  observed: "400",
  steps: "40",
  confounding: "0.5",
};

/** All units of the question that trains policies, as a run computes them. */
async function runPolicies(changes: Readonly<Record<string, string>>): Promise<void> {
  const { units, run } = await rerunOf(experiment, { ...base, ...changes });
  await run(units);
}

const sweeps = {
  seeds: ["10", "20", "40"],
  n: ["200", "400", "800"],
  arms: ["cpo", "cpo,snipw", "cpo,snipw,clipped,naive"],
};
for (const [name, sizes] of Object.entries(sweeps)) {
  for (const [i, size] of sizes.entries()) {
    Deno.bench({
      name: `policies, --${name} ${size}`,
      group: `run against ${name}`,
      baseline: i === 0,
      n: 10,
      warmup: 1,
      // Only a function declared async is waited for.
      fn: async () => await runPolicies({ [name]: size }),
    });
  }
}

/** n rounds with weights of mean 1 and an outcome model that is off by noise. */
function roundsOf(n: number) {
  const rng = Rng.seed(0);
  const column = (draw: () => number) => Float64Array.from({ length: n }, draw);
  return {
    reward: column(() => rng.uniform()),
    weight: column(() => Math.exp(rng.normal() - 0.5)),
    prediction: column(() => rng.uniform()),
    direct: column(() => rng.uniform()),
  };
}

for (const id of ["snipw", "dr", "dros"] as const) {
  for (const n of [10_000, 20_000, 40_000]) {
    const rounds = roundsOf(n);
    Deno.bench({
      name: `${id}, ${n} rounds`,
      group: `${id} against rounds`,
      baseline: n === 10_000,
      fn: () => void estimators[id].estimate(rounds),
    });
  }
}

for (const replicates of [1, 20]) {
  Deno.bench({
    name: `10 Adam steps of ${replicates} ${replicates === 1 ? "policy" : "policies in one program"}`,
    group: "replicates as an axis",
    baseline: replicates === 1,
    fn: () => trainForSpeed(replicates, 10),
  });
}
