/**
 * The knobs of the experiment; they are its flags, its help text and its recorded configuration.
 *
 * @module
 */
import { int, number, numbers, type OptionValues } from "../../lib/run/options.ts";
import { commonOptions } from "../../lib/run/plan.ts";

export const options = {
  ...commonOptions,
  prompts: int(24, "prompts", { min: 3, max: 500, presets: { smoke: 6 } }),
  responses: int(6, "candidate responses of a prompt", { min: 3, max: 20, presets: { smoke: 4 } }),
  n: int(400, "readers, one label each, which every method gets", { min: 20, max: 100_000, presets: { smoke: 60 } }),
  confounding: numbers([0, 0.5, 1], "how strongly the reader type moves what is shown, nats", {
    min: 0,
    max: 3,
    presets: { smoke: [0, 1], paper: [0, 0.25, 0.5, 0.75, 1] },
  }),
  overlap: number(0.5, "spread of the logging law's own taste, nats: large is poor overlap", { min: 0, max: 5 }),
  sizes: numbers([100, 1600], "numbers of labels of the regret question", {
    min: 20,
    max: 100_000,
    integer: true,
    presets: { smoke: [40, 80], paper: [100, 400, 1600, 6400] },
  }),
  noise: number(0.25, "share of wrong labels where labels are noisy", { min: 0, max: 0.49 }),
  record: number(0.5, "correlation of the type with a record of it, where it is partly recorded", { min: 0, max: 1 }),
  tau: number(1, "price of KL(pi || pi0), in units of the outcome per nat, the same for every method", {
    min: 0.05,
    max: 100,
  }),
  budget: number(0.5, "KL(pi || pi0) in nats at which policies are compared", { min: 0.01, max: 1 }),
  principle: number(0.7, "correlation of SAMI's principle with true quality", { min: -1, max: 1 }),
  steps: int(120, "Adam steps of every method", { min: 3, max: 10_000, presets: { smoke: 30, paper: 300 } }),
  learningRate: number(0.05, "Adam step size of every method", { min: 1e-6, max: 1 }),
  languageSeeds: int(10, "seeds of the question on a language model", {
    min: 2,
    max: 1000,
    presets: { smoke: 2, paper: 12 },
  }),
  languagePrompts: int(8, "openings that methods learn from there", {
    min: 3,
    max: 500,
    presets: { smoke: 4, paper: 32 },
  }),
  languageResponses: int(4, "candidates of each, written by the model", { min: 3, max: 20, presets: { smoke: 3 } }),
  languageN: int(400, "readers there", { min: 20, max: 100_000, presets: { smoke: 60, paper: 800 } }),
  languageTexts: int(64, "openings that it is judged by", {
    min: 4,
    max: 100_000,
    presets: { smoke: 16, paper: 512 },
  }),
  languageSteps: int(8, "Adam steps there", { min: 1, max: 10_000, presets: { smoke: 2, paper: 20 } }),
  languageRate: number(4e-4, "Adam step size there", { min: 1e-8, max: 1, presets: { paper: 3e-4 } }),
  languageBudget: number(1, "KL(pi || pi0) of a text, in nats, at which stories are compared", { min: 0.01, max: 100 }),
  languageBetas: numbers([1], "prices of KL there, in units of tau; 1 is always run, others with confounding alone", {
    min: 0.01,
    max: 100,
  }),
  languageUnlinked: int(0, "1 adds the unlinked control there", { min: 0, max: 1, presets: { paper: 1 } }),
  languageFrontier: numbers([4], "more such budgets, of which the frontier is drawn", {
    min: 0.01,
    max: 100,
    presets: { paper: [0.25, 0.5, 2, 4] },
  }),
};

/** Values of {@linkcode options}. */
export type CompareOptions = OptionValues<typeof options>;

const {
  seeds,
  seed,
  prompts,
  responses,
  n,
  confounding,
  sizes,
  noise,
  record,
  tau,
  budget,
  principle,
  steps,
  learningRate,
} = options;
/** Those of one population of readers: without what a language model adds, and what a described world says itself. */
export const populationOptions = {
  ...{ seeds, seed, prompts, responses, n, confounding, sizes, noise, record },
  ...{ tau, budget, principle, steps, learningRate },
};

/** Values of {@linkcode populationOptions}; a described world has its overlap in its file. */
export type PopulationOptions = OptionValues<typeof populationOptions> & { readonly overlap?: number };
