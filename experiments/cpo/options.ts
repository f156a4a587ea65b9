/**
 * The knobs of the experiment; they are its flags, its help text and its recorded configuration.
 *
 * @module
 */
import { inPart, int, number, numbers, type OptionValues } from "../../lib/run/options.ts";
import { commonOptions } from "../../lib/run/plan.ts";

export const options = {
  ...commonOptions,
  klWeight: number(0.1, "what a nat of KL(f || f0) costs in the objective, in units of the outcome", {
    min: 1e-3,
    max: 1000,
  }),
  rates: numbers([0.02, 0.1], "Adam step sizes that held-out rows choose from", {
    min: 1e-6,
    max: 10,
    presets: { smoke: [0.1] },
  }),
  steps: int(150, "Adam steps of a learned policy; held-out rows may stop it at a tenth and a third of them", {
    min: 1,
    max: 10_000,
    presets: { smoke: 30, paper: 300 },
  }),
  learningRate: number(0.05, "Adam step size on headlines, where it is not chosen", { min: 1e-6, max: 10 }),
  ...inPart("synthetic", {
    texts: int(200, "texts in the pool", { min: 10, max: 5000, presets: { smoke: 60 } }),
    n: int(400, "randomised texts with outcomes", { min: 20, max: 100_000, presets: { smoke: 100 } }),
    generated: int(1600, "texts drawn from f0 for the outcome term", { min: 1, max: 100_000, presets: { smoke: 200 } }),
    observed: int(2000, "observational rows behind the outcome model", {
      min: 50,
      max: 100_000,
      presets: { smoke: 200 },
    }),
    confounding: numbers([0, 0.5, 1], "strengths of the hidden reader type", {
      min: 0,
      max: 1,
      presets: { smoke: [0, 1], paper: [0, 0.25, 0.5, 0.75, 1] },
    }),
    replicates: int(120, "logs per setting for bias, error and coverage", {
      min: 20,
      max: 10_000,
      presets: { smoke: 20, paper: 2000 },
    }),
    sizes: numbers([64, 128, 256, 512, 1024, 2048], "log sizes of the error-against-n question", {
      min: 20,
      max: 100_000,
      integer: true,
      presets: { smoke: [64, 128], paper: [64, 128, 256, 512, 1024, 2048, 4096] },
    }),
    overlap: numbers([0, 0.5, 1, 1.5, 2, 2.5], "spreads of log P^R: 0 is uniform, large is poor overlap", {
      min: 0,
      max: 5,
      presets: { smoke: [0, 2] },
    }),
    lambda: numbers([1, 2, 4, 8, 16, 32, 64], "clipping levels", { min: 0.1, max: 1e6, presets: { smoke: [1, 8] } }),
    coverageSizes: numbers([100, 400], "log sizes of the coverage question", {
      min: 20,
      max: 100_000,
      integer: true,
      presets: { smoke: [100], paper: [100, 400, 1600] },
    }),
    penalties: numbers([0.05, 0.3, 2], "weights of KL(f || f0) that held-out rows choose from", {
      min: 1e-3,
      max: 1000,
      presets: { smoke: [0.1, 1], paper: [0.03, 0.15, 0.7, 3] },
    }),
    klBudget: number(0.5, "nats of KL(f || f0) at which policies are compared", { min: 1e-3, max: 2 }),
  }),
  ...inPart("benchmark", {
    bootstraps: int(80, "bootstrap resamples of a real data set", {
      min: 20,
      max: 10_000,
      presets: { smoke: 20, paper: 1000 },
    }),
    languageSeeds: int(10, "seeds of the question on a language model", {
      min: 2,
      max: 1000,
      presets: { smoke: 2, paper: 12 },
    }),
    languagePrompts: int(8, "openings there that are learned from, and as many whose ratings are kept clean", {
      min: 3,
      max: 500,
      presets: { smoke: 3, paper: 24 },
    }),
    languageResponses: int(3, "candidates of each, written by f0", { min: 3, max: 20, presets: { paper: 4 } }),
    languageN: int(240, "readers of either half there, about", {
      min: 30,
      max: 100_000,
      presets: { smoke: 60, paper: 800 },
    }),
    languageTexts: int(50, "openings that what is written is judged by", {
      min: 4,
      max: 100_000,
      presets: { smoke: 4, paper: 512 },
    }),
    languageSteps: int(3, "Adam steps there", { min: 1, max: 10_000, presets: { smoke: 1, paper: 6 } }),
    languageRate: number(3.5e-4, "Adam step size there", { min: 1e-8, max: 1, presets: { paper: 1.6e-4 } }),
    languageBudget: number(1, "KL(f || f0) of a text, in nats, at which stories are compared", { min: 0.01, max: 100 }),
    languagePredictions: numbers([1], "strengths of the hidden type in the log that confounds predictions there", {
      min: 0,
      max: 10,
      presets: { paper: [0.5, 1, 2] },
    }),
    languageLog: numbers([0], "strengths of the hidden type in the log itself there; 0 is randomised, and always run", {
      min: 0,
      max: 10,
      presets: { paper: [0.5, 1, 2] },
    }),
  }),
};

/** Values of {@linkcode options}. */
export type CpoOptions = OptionValues<typeof options>;

const { seeds, seed, klWeight, rates, steps, texts, n, generated, observed, confounding, penalties, klBudget } =
  options;
/** Those of policies that are learned in made worlds. */
export const learningOptions = {
  ...{ seeds, seed, klWeight, rates, steps },
  ...{ texts, n, generated, observed, confounding, penalties, klBudget },
};

/** Values of {@linkcode learningOptions}. */
export type LearningOptions = OptionValues<typeof learningOptions>;
