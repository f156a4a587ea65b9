/**
 * The knobs of the experiment; they are its flags, its help text and its recorded configuration.
 *
 * @module
 */
import { inPart, int, number, numbers, type OptionValues } from "../../lib/run/options.ts";
import { commonOptions, type CommonValues } from "../../lib/run/plan.ts";

/** Knobs of the synthetic part, with those every experiment has. */
export const syntheticOptions = {
  ...commonOptions,
  seeds: int(20, "paired seeds", { min: 2, max: 1000, presets: { smoke: 3, paper: 100 } }),
  ...inPart("synthetic", {
    contexts: int(10, "contexts", { min: 1, max: 200 }),
    actions: int(10, "responses of a context", { min: 2, max: 40 }),
    gamma: number(0.5, "exponent of the preference model", { min: 0.01, max: 10 }),
    spreads: numbers([0.1, 0.5], "standard deviations of the logits of target and start", { min: 0.01, max: 5 }),
    sizes: numbers([64, 256, 1024, 4096, 16384, 65536, 262144], "comparisons n", {
      min: 2,
      max: 10_000_000,
      integer: true,
      presets: { smoke: [64, 1024, 16384] },
    }),
    smallSizes: numbers([64, 128, 256, 512, 1024, 2048, 4096], "comparisons n where policies degenerate", {
      min: 2,
      max: 10_000_000,
      integer: true,
      presets: { smoke: [64, 512] },
    }),
    n: int(65536, "comparisons of the questions that hold n fixed", {
      min: 2,
      max: 10_000_000,
      presets: { smoke: 2048 },
    }),
    trainingN: int(512, "comparisons behind the training curves", { min: 2, max: 10_000_000 }),
    trainingBeta: number(0.05, "weight of RLHF's KL term in the training curves", { min: 0, max: 10 }),
    rlhfBeta: number(1, "weight of KL(π ‖ π0) of RLHF at fixed β", { min: 1e-3, max: 100 }),
    eta: number(1, "η of REBEL", { min: 1e-3, max: 100 }),
    tau: number(0.125, "τ of IPO; γ/4 matches DPO at β = γ for small margins", { min: 1e-3, max: 100 }),
    klScale: number(0.3, "c in b = c/√n, the weight of PMLE's KL term", { min: 1e-6, max: 100 }),
    freshPairs: int(4, "fresh pairs per labelled pair, for distillation", { min: 1, max: 1000 }),
    features: int(5, "features of a linear reward", { min: 1, max: 50 }),
    tilts: numbers([-4, -2, 0, 2], "κ of the sampling law π0 π*^κ", { min: -10, max: 10, presets: { smoke: [-4, 0] } }),
    noises: numbers([0, 0.1, 0.2, 0.3], "chances that a label is flipped", {
      min: 0,
      max: 0.49,
      presets: { smoke: [0, 0.3] },
    }),
    gammaRatios: numbers([0.5, 1, 2], "γ of the learner over γ of the annotators", {
      min: 0.01,
      max: 100,
      presets: { smoke: [0.5, 1] },
    }),
    confounding: numbers([0, 0.125, 0.25, 0.5, 1], "strengths of the hidden annotator type", {
      min: 0,
      max: 5,
      presets: { smoke: [0, 1] },
    }),
    steps: numbers([1, 3, 10, 30, 100, 300, 1000], "gradient steps of the training curves", {
      min: 1,
      max: 100_000,
      integer: true,
      presets: { smoke: [1, 100] },
    }),
  }),
};

/** Values of {@linkcode syntheticOptions}. */
export type SyntheticOptions = OptionValues<typeof syntheticOptions>;

/** Knobs of the part on real texts. */
export const benchmarkOptions = inPart("benchmark", {
  textSizes: numbers([32, 128, 512, 2048, 8192], "comparisons of sentences", {
    min: 8,
    max: 100_000,
    integer: true,
    presets: { smoke: [32, 256], paper: [32, 128, 512, 2048, 8192, 32768] },
  }),
  textSteps: int(200, "Adam steps of a policy over texts", { min: 1, max: 10_000, presets: { smoke: 40, paper: 600 } }),
  textLearningRate: number(0.05, "Adam step size of a policy over sentences", { min: 1e-6, max: 10 }),
  answerLearningRate: number(0.2, "Adam step size of a policy over answers", { min: 1e-6, max: 10 }),
  languageSeeds: int(10, "seeds of the question on a language model", {
    min: 2,
    max: 1000,
    presets: { smoke: 2, paper: 16 },
  }),
  languageSizes: numbers([200, 6400], "labels there", {
    min: 2,
    max: 10_000_000,
    integer: true,
    presets: { smoke: [20, 60], paper: [100, 400, 1600, 6400, 25600] },
  }),
  languagePrompts: int(24, "openings that methods learn from there", {
    min: 1,
    max: 10_000,
    presets: { smoke: 4, paper: 128 },
  }),
  languageResponses: int(4, "candidates of each", { min: 2, max: 20 }),
  languageSets: int(13, "openings whose candidates are held out", {
    min: 1,
    max: 10_000,
    presets: { smoke: 2, paper: 128 },
  }),
  languageTexts: int(52, "openings that KL is sampled at", { min: 2, max: 100_000, presets: { smoke: 4, paper: 256 } }),
  languageEpochs: int(4, "times that each text is learned from", { min: 1, max: 10_000, presets: { smoke: 1 } }),
  languageRate: number(0.03, "Adam step size there", { min: 1e-8, max: 1 }),
  languageModelRate: number(1e-4, "the same where --model is given, of which more is trained than the last gains", {
    min: 1e-8,
    max: 1,
  }),
  temperature: number(0.7, "by which the target divides the logits of a token", { min: 0.1, max: 10 }),
  gammaOfTexts: number(0.1, "exponent of the preference model there", { min: 1e-3, max: 10 }),
});

/** Values of {@linkcode benchmarkOptions} with those every experiment has. */
export type BenchmarkOptions = OptionValues<typeof benchmarkOptions> & CommonValues;
