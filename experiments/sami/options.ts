/**
 * The knobs of the experiment; they are its flags, its help text and its recorded configuration.
 *
 * @module
 */
import { inPart, int, number, numbers, type OptionValues } from "../../lib/run/options.ts";
import { commonOptions } from "../../lib/run/plan.ts";
import { UserError } from "../../lib/user_error.ts";

/** Knobs of the synthetic part, with those every experiment has. */
export const syntheticOptions = {
  ...commonOptions,
  seeds: int(20, "paired seeds", { min: 2, max: 1000, presets: { smoke: 3, paper: 100 } }),
  steps: numbers([8, 16, 24], "gradient steps of each iteration", { min: 1, max: 1000, integer: true }),
  batch: int(128, "examples a step", { min: 1, max: 10_000 }),
  dpoBeta: number(1, "β of DPO; at 1 its first step is as long as SAMI's", { min: 1e-3, max: 100 }),
  ...inPart("synthetic", {
    queries: int(20, "queries", { min: 1, max: 200, presets: { smoke: 5 } }),
    principles: int(2, "binary principles; constitutions are their combinations", { min: 1, max: 6 }),
    responses: int(40, "responses of a query, junk among them", { min: 4, max: 200 }),
    junk: int(10, "junk responses of a query, at most two fewer than responses", { min: 1, max: 198 }),
    link: number(0.3, "initial link: nats per standard deviation of alignment", { min: 0, max: 5 }),
    junkLink: number(1.5, "standard deviation of junk's constitution-specific logits", { min: 0, max: 5 }),
    rate: number(0.1, "step size", { min: 1e-6, max: 100 }),
    klWeight: number(0.1, "β of the KL term, where there is one", { min: 0, max: 100 }),
    bestOf: int(4, "n of best-of-n", { min: 2, max: 1000 }),
    longer: numbers([1, 3, 10], "multiples of the steps", {
      min: 1,
      max: 100,
      integer: true,
      presets: { smoke: [1, 4] },
    }),
    links: numbers([0, 0.1, 0.2, 0.3, 0.5], "initial links", { min: 0, max: 5, presets: { smoke: [0, 0.3] } }),
    spreads: numbers([0.1, 0.3, 1, 2, 4, 8], "standard deviations of the logits of random laws", {
      min: 0.01,
      max: 50,
    }),
    manyPrinciples: int(4, "principles where some combinations are held out", { min: 3, max: 6 }),
    training: numbers([2, 4, 8, 12], "constitutions trained on, where the rest is held out", {
      min: 2,
      max: 60,
      integer: true,
      presets: { smoke: [2, 12] },
    }),
    writerNoise: numbers([0, 0.1, 0.2, 0.3, 0.4, 0.5], "chances that the writer turns a principle round", {
      min: 0,
      max: 1,
      presets: { smoke: [0, 0.2, 0.5] },
    }),
    lengthBias: number(1, "log-odds of a judge per unit of log length", { min: 0, max: 10 }),
    vocabulary: int(4, "tokens of the autoregressive policy beside the end", { min: 2, max: 6 }),
    longest: int(6, "longest response of the autoregressive policy, tokens", { min: 2, max: 7 }),
  }),
};

/** Knobs of the part on the paper's own summaries. */
export const benchmarkOptions = inPart("benchmark", {
  bootstraps: int(100, "bootstrap resamples of the posts", { min: 2, max: 10_000, presets: { smoke: 8, paper: 1000 } }),
  textRate: number(0.2, "step size of the policies over summaries", { min: 1e-6, max: 100 }),
  languageSeeds: int(10, "seeds of the question on a language model", {
    min: 2,
    max: 1000,
    presets: { smoke: 2, paper: 20 },
  }),
  languageSteps: numbers([3, 6], "Adam steps of each of its iterations", {
    min: 1,
    max: 10_000,
    integer: true,
    presets: { smoke: [1, 2], paper: [2, 4, 6] },
  }),
  languageQueries: int(6, "openings of a step there", { min: 1, max: 10_000, presets: { smoke: 2, paper: 32 } }),
  languageRate: number(3e-4, "Adam step size there", { min: 1e-8, max: 1 }),
  languageTexts: int(8, "openings that it is measured on, under every constitution", {
    min: 2,
    max: 100_000,
    presets: { smoke: 3, paper: 128 },
  }),
});

/** Values of {@linkcode benchmarkOptions} with those that both parts have. */
export type BenchmarkOptions =
  & OptionValues<typeof benchmarkOptions>
  & Pick<SyntheticOptions, "seeds" | "seed" | "steps" | "batch" | "dpoBeta">;

/**
 * Checks what a range alone cannot say.
 *
 * @throws UserError where junk leaves fewer than two other responses
 */
export function checkResponses({ responses, junk }: Pick<SyntheticOptions, "responses" | "junk">): void {
  if (junk <= responses - 2) return;
  throw new UserError(
    `--junk: of ${responses} --responses two are not junk: expected at most ${responses - 2}, got ${junk}`,
  );
}

/** Values of {@linkcode syntheticOptions}. */
export type SyntheticOptions = OptionValues<typeof syntheticOptions>;
