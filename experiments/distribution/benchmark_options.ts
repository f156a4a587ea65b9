/**
 * The knobs of the part on real texts.
 *
 * @module
 */
import { int, number, numbers, type OptionValues } from "../../lib/run/options.ts";
import type { CommonValues } from "../../lib/run/plan.ts";

const benchmark = { part: "benchmark" } as const;

export const benchmarkOptions = {
  textSizes: numbers([32, 128, 512, 2048, 8192], "comparisons of sentences", {
    ...benchmark,
    min: 8,
    max: 100_000,
    integer: true,
    presets: { smoke: [32, 256], paper: [32, 128, 512, 2048, 8192, 32768] },
  }),
  textSteps: int(200, "Adam steps of a policy over texts", {
    ...benchmark,
    min: 1,
    max: 10_000,
    presets: { smoke: 40, paper: 600 },
  }),
  textLearningRate: number(0.05, "Adam step size of a policy over sentences", { ...benchmark, min: 1e-6, max: 10 }),
  answerLearningRate: number(0.2, "Adam step size of a policy over answers", { ...benchmark, min: 1e-6, max: 10 }),
};

/** Values of {@linkcode benchmarkOptions} with those every experiment has. */
export type BenchmarkOptions = OptionValues<typeof benchmarkOptions> & CommonValues;
