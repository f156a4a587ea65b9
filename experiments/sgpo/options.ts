/**
 * The knobs of the experiment; they are its flags, its help text and its recorded configuration.
 *
 * @module
 */
import { inPart, int, number, numbers, type OptionValues } from "../../lib/run/options.ts";
import { commonOptions } from "../../lib/run/plan.ts";

export const options = {
  ...commonOptions,
  seedShare: number(1 / 30, "share of the pairs that are labelled, where a question holds it fixed", {
    min: 0.001,
    max: 0.9,
    presets: { smoke: 0.1 },
  }),
  noises: numbers([0, 0.25], "chances that a seed label is flipped", { min: 0, max: 0.5 }),
  epsilon: number(0.05, "ε, the follower's radius, where a question holds it fixed; the paper's for Mistral", {
    min: 0,
    max: 10,
  }),
  tau: number(0.1, "how far the margin window reaches below the lowest margin", { min: 0, max: 100 }),
  floor: number(0.02, "lower end of the support in probability space", { min: 1e-6, max: 0.4 }),
  proximal: number(0.02, "λ of the leader's proximal term (λ/2)|θ − θ_t|²", { min: 1e-6, max: 10 }),
  smoothing: number(0.1, "rate of flips that robust DPO assumes", { min: 0, max: 0.49 }),
  ipoTau: number(0.25, "τ of IPO: its margin is 1/(2τ)", { min: 1e-3, max: 100 }),
  refinedShare: number(0.1, "share of the pairs, the least sure, whose labels SPA refines", { min: 0, max: 1 }),
  refinedSmoothing: number(0.1, "how much of such a label SPA gives to the other side", { min: 0, max: 0.49 }),
  rankerShare: number(0.1, "pairs that the outside ranker learned from, over all pairs", { min: 0.01, max: 0.5 }),
  ...inPart("synthetic", {
    prompts: int(1800, "prompts with a pair each, labelled or not", { min: 60, max: 20_000, presets: { smoke: 300 } }),
    heldOut: int(200, "prompts on which policies are measured", { min: 1, max: 5000, presets: { smoke: 40 } }),
    candidates: int(8, "responses of a prompt", { min: 3, max: 50 }),
    features: int(12, "features of a response", { min: 2, max: 32 }),
    spread: number(2, "standard deviation of the true reward's linear part", { min: 0.01, max: 100 }),
    beta: number(1, "β of the implicit reward", { min: 0.01, max: 100 }),
    temperature: number(0.7, "temperature at which a policy draws pairs", { min: 0.01, max: 10 }),
    equalKl: number(0.5, "KL(π ‖ π_ref) in nats at which policies are compared, whatever their sharpness", {
      min: 1e-3,
      max: 10,
    }),
    epsilons: numbers([0, 0.01, 0.05, 0.1, 0.3], "radii ε of the question on ε", {
      min: 0,
      max: 10,
      presets: { smoke: [0, 0.01, 0.3] },
    }),
    seedShares: numbers([1 / 30, 0.1, 0.3, 1], "shares of the pairs that are labelled", {
      min: 0.001,
      max: 1,
      presets: { smoke: [0.1, 1] },
    }),
    rankerAgreement: number(0.8, "correlation of the ranker's crowd with the true reward", { min: 0, max: 1 }),
    bias: number(2, "what biased seed annotators add to the log-odds for one feature", { min: 0, max: 20 }),
    rechecks: numbers([0, 0.05, 0.2], "shares of self-annotated pairs that a human labels again", {
      min: 0,
      max: 1,
      presets: { smoke: [0, 0.2] },
    }),
    biasRounds: int(8, "rounds of self-annotation after biased seeds", { min: 1, max: 50, presets: { smoke: 3 } }),
    confounding: numbers([0, 0.5, 1, 2], "how much who annotates depends on what is shown", {
      min: 0,
      max: 20,
      presets: { smoke: [0, 2] },
    }),
    taste: number(2, "what annotators of the two types add to, or take from, the log-odds for one feature", {
      min: 0,
      max: 20,
    }),
    lawPairs: int(60, "pairs of the law that shifts", { min: 20, max: 200, presets: { smoke: 30 } }),
    distances: numbers([0, 0.02, 0.05, 0.1, 0.2, 0.4], "Wasserstein distances of the shifts", {
      min: 0,
      max: 10,
      presets: { smoke: [0, 0.1, 0.4] },
    }),
    gameRadius: number(0.2, "ε of the games in margin space, in the question on shifts", { min: 0.001, max: 10 }),
    gameProbability: number(0.05, "ε of the game in probability space, in the question on shifts", {
      min: 0.001,
      max: 1,
    }),
    alternations: int(300, "turns of follower and leader at most, in the question on shifts", {
      min: 1,
      max: 10_000,
      presets: { smoke: 10, paper: 1000 },
    }),
    settled: number(0.01, "a game has settled once no margin moves by more in a turn and no answer gains more nats", {
      min: 1e-9,
      max: 1,
    }),
    pieces: numbers([2, 3, 5, 9, 17, 33], "K, affine pieces of the follower's program; knots nest for 2^j + 1", {
      min: 2,
      max: 1000,
      integer: true,
      presets: { smoke: [2, 3, 9] },
    }),
    groups: numbers([10, 30, 100, 300], "G, pairs of a follower's group", {
      min: 1,
      max: 100_000,
      integer: true,
      presets: { smoke: [10, 100] },
    }),
  }),
  ...inPart("benchmark", {
    textPairs: int(2500, "real pairs of a data set at most, the first ones in a random order", {
      min: 100,
      max: 50_000,
      presets: { smoke: 300, paper: 12_000 },
    }),
    languageSeeds: int(10, "seeds of the question on a language model", {
      min: 2,
      max: 1000,
      presets: { smoke: 2, paper: 20 },
    }),
    languageNoises: numbers([0], "chances that a seed label is flipped there", {
      min: 0,
      max: 0.5,
      presets: { paper: [0, 0.25] },
    }),
    languageSeedPairs: int(16, "pairs of stories with labels there", {
      min: 2,
      max: 10_000,
      presets: { smoke: 4, paper: 32 },
    }),
    languagePools: number(0.5, "openings of its rounds, in units of 8, 20 and 30", {
      min: 0.125,
      max: 1000,
      presets: { smoke: 0.125, paper: 4 },
    }),
    languageTexts: int(50, "openings, and pairs of stories, that it is measured on", {
      min: 4,
      max: 100_000,
      presets: { smoke: 8, paper: 512 },
    }),
    languageBeta: number(0.1, "β of its implicit reward", { min: 1e-3, max: 100 }),
    languageEpochs: int(3, "times that it learns from the seed, as in the paper's runs", { min: 1, max: 100 }),
    languageBatch: int(8, "pairs of one of its steps", { min: 1, max: 1000 }),
    languageRate: number(4e-4, "Adam step size there", { min: 1e-8, max: 1 }),
    languageBudget: number(1, "KL(pi || pi0) of a text, in nats, at which stories are compared", {
      min: 0.01,
      max: 100,
    }),
    textDimensions: int(32, "dimensions of the texts' features", { min: 2, max: 128, presets: { smoke: 8 } }),
  }),
};

/** Values of {@linkcode options}. */
export type SgpoOptions = OptionValues<typeof options>;
