/**
 * The knobs of the experiment; they are its flags, its help text and its recorded configuration.
 *
 * @module
 */
import { inPart, int, number, numbers, type OptionValues } from "../../lib/run/options.ts";
import { commonOptions, type CommonValues } from "../../lib/run/plan.ts";
import { UserError } from "../../lib/user_error.ts";

/** Knobs of the synthetic part, with those every experiment has. */
export const syntheticOptions = {
  ...commonOptions,
  seeds: int(20, "paired seeds", { min: 2, max: 1000, presets: { smoke: 3, paper: 60 } }),
  ...inPart("synthetic", {
    prompts: int(160, "prompts with a preference pair", { min: 2, max: 5000, presets: { smoke: 30 } }),
    heldOut: int(80, "held-out prompts that gains are measured on", { min: 1, max: 5000, presets: { smoke: 20 } }),
    drafts: int(12, "drafts of a prompt", { min: 2, max: 50 }),
    versions: int(4, "versions of a draft, which differ in quality", { min: 2, max: 10 }),
    beta: number(0.5, "β of every objective", { min: 1e-3, max: 100 }),
    epochs: int(18, "passes over the pairs, with a checkpoint after each", {
      min: 1,
      max: 1000,
      presets: { smoke: 6 },
    }),
    batch: int(16, "pairs of a step", { min: 1, max: 10_000 }),
    sgdRate: number(0.2, "step size of SGD", { min: 1e-6, max: 10 }),
    adamRate: number(0.025, "step size of Adam; both take DPO two to three nats away", { min: 1e-6, max: 10 }),
    kls: numbers([0.1, 0.2, 0.5, 1, 2], "KL(π ‖ π0) in nats at which gains are compared", {
      min: 1e-3,
      max: 2.5,
      presets: { smoke: [0.1, 0.5] },
    }),
    noises: numbers([0, 0.1, 0.2, 0.3, 0.4], "chances that a pair is marked the wrong way round", {
      min: 0,
      max: 0.5,
      presets: { smoke: [0, 0.4] },
    }),
  }),
};

/** Values of {@linkcode syntheticOptions}. */
export type SyntheticOptions = OptionValues<typeof syntheticOptions>;

/** Seeds that train at once. */
export const BLOCK = 20;

/** Bytes of a response in a world: features, laws, reward. */
const RESPONSE_BYTES = 96;
/** What the worlds of a block of seeds may take in each thread. */
const MOST_BYTES = 2e9;

/** Bytes that the world of a seed takes. */
export function worldBytes({ prompts, heldOut, drafts, versions }: SyntheticOptions): number {
  return RESPONSE_BYTES * (prompts + heldOut) * drafts * versions;
}

/**
 * Checks what a range alone cannot say: whether the worlds of a block of seeds fit into memory.
 *
 * @throws UserError where they do not
 */
export function checkSize(options: SyntheticOptions): void {
  const seeds = Math.min(options.seeds, BLOCK), bytes = seeds * worldBytes(options);
  if (bytes <= MOST_BYTES) return;
  throw new UserError(
    `(--prompts + --held-out) × --drafts × --versions: the worlds of ${seeds} seeds take ${
      (bytes / 1e9).toFixed(1)
    } GB, expected at most ${MOST_BYTES / 1e9} GB: make one of them smaller`,
  );
}

/** Knobs of the part on real texts. */
export const benchmarkOptions = inPart("benchmark", {
  textPairs: int(900, "pairs of texts of a data set, a third each to learn from, hold out and judge drift", {
    min: 90,
    max: 100_000,
    presets: { smoke: 240, paper: 2100 },
  }),
  contrastPairs: int(300, "pairs of texts whose contrast is measured", {
    min: 10,
    max: 100_000,
    presets: { smoke: 30, paper: 1000 },
  }),
  textSteps: int(150, "Adam steps of a policy over texts", { min: 1, max: 10_000, presets: { smoke: 20 } }),
  textRate: number(0.02, "Adam step size of a policy over texts", { min: 1e-6, max: 10 }),
  textBeta: number(0.5, "β of every objective on texts", { min: 1e-3, max: 100 }),
  languageSeeds: int(10, "seeds of the question on a language model", {
    min: 2,
    max: 1000,
    presets: { smoke: 2, paper: 16 },
  }),
  languagePairs: int(8, "openings there, with a preference pair each", {
    min: 2,
    max: 5000,
    presets: { smoke: 2, paper: 48 },
  }),
  languageBatch: int(4, "pairs of a step there", { min: 2, max: 10_000, presets: { smoke: 2, paper: 16 } }),
  languageEpochs: int(2, "passes over the pairs there, each with a score behind it", {
    min: 1,
    max: 1000,
    presets: { paper: 6 },
  }),
  languageRate: number(3e-4, "Adam step size there", { min: 1e-8, max: 1 }),
  languageBeta: number(0.5, "β of every objective there", { min: 1e-3, max: 100 }),
  languageTexts: int(50, "openings that a language model is judged by", {
    min: 4,
    max: 100_000,
    presets: { smoke: 4, paper: 512 },
  }),
  languageWriterSteps: int(8, "steps in which the stronger writer learns the known quality, from two openings each", {
    min: 1,
    max: 1000,
    presets: { smoke: 1, paper: 12 },
  }),
  languageReviser: number(
    0.5,
    "strength of a reviser whom nobody checks: 0 goes on as the model, 1 as the stronger writer",
    {
      min: 0,
      max: 2,
    },
  ),
  languageBudget: number(1, "KL(π ‖ π0) of a text, in nats, at which language models are compared", {
    min: 0.01,
    max: 100,
  }),
});

/** Values of {@linkcode benchmarkOptions} with those every experiment has. */
export type BenchmarkOptions = OptionValues<typeof benchmarkOptions> & CommonValues;

/** Replicates on data: the data themselves and at least two resamples, since one alone has no spread. */
export const resamplesOf = ({ seeds }: BenchmarkOptions): number => Math.max(3, seeds);
