/**
 * The knobs of the part on real texts.
 *
 * @module
 */
import { int, number, type OptionValues } from "../../lib/run/options.ts";
import type { CommonValues } from "../../lib/run/plan.ts";

const benchmark = { part: "benchmark" } as const;

export const benchmarkOptions = {
  textPairs: int(900, "pairs of texts of a data set, a third each to learn from, hold out and judge drift", {
    ...benchmark,
    min: 90,
    max: 100_000,
    presets: { smoke: 240, paper: 2100 },
  }),
  contrastPairs: int(300, "pairs of texts whose contrast is measured", {
    ...benchmark,
    min: 10,
    max: 100_000,
    presets: { smoke: 30, paper: 1000 },
  }),
  textSteps: int(150, "Adam steps of a policy over texts", {
    ...benchmark,
    min: 1,
    max: 10_000,
    presets: { smoke: 20 },
  }),
  textRate: number(0.02, "Adam step size of a policy over texts", { ...benchmark, min: 1e-6, max: 10 }),
  textBeta: number(0.5, "β of every objective on texts", { ...benchmark, min: 1e-3, max: 100 }),
};

/** Values of {@linkcode benchmarkOptions} with those every experiment has. */
export type BenchmarkOptions = OptionValues<typeof benchmarkOptions> & CommonValues;

/** Replicates on data: the data themselves and at least two resamples, since one alone has no spread. */
export const resamplesOf = ({ seeds }: BenchmarkOptions): number => Math.max(3, seeds);
