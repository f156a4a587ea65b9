/**
 * CLAIR and anchored preference optimisation (D'Oosterlinck et al., TACL 2025, arXiv 2408.06266).
 *
 * A policy learns from one preference pair a prompt. Which pairs, and which loss? Here is what each objective makes of each
 * kind of data in worlds of known quality. Files beside it hold the world with its training runs (`runs.ts`, `descent.ts`,
 * `policy.ts`), the arms (`objectives.ts`), and the questions that need something of their own: the field of each loss, gains
 * at equal KL, and real revisions, which are asked about in the same words for three data sets.
 *
 * @module
 */
import { levenshtein, tokenJaccard } from "../lib/losses/revision.ts";
import { type Experiment, question } from "../lib/run/experiment.ts";
import { main } from "../lib/run/main.ts";
import { claim, lead, type Metric, statistic } from "../lib/run/quantity.ts";
import { mean } from "../lib/statistics/summary.ts";
import { FEATURES, nuisanceDistance, pairSources } from "../lib/worlds/revisions.ts";
import { optimisers } from "./apo/descent.ts";
import { field } from "./apo/field.ts";
import * as drawn from "./apo/figures.ts";
import { frontier } from "./apo/frontier.ts";
import { language } from "./apo/language.ts";
import { languageArms } from "./apo/language_arms.ts";
import { objectiveIds } from "./apo/objectives.ts";
import { benchmarkOptions, BLOCK, checkSize, type SyntheticOptions, syntheticOptions } from "./apo/options.ts";
import { revisionData } from "./apo/revision_data.ts";
import { emptyCache, movement, pairsOf, PROTOCOL, runsOf, samplesOf, standing } from "./apo/runs.ts";
import * as terms from "./apo/terms.ts";
import { chosen, early, end, gainMean, late, LEAST_GAIN, noisy, on, overData, rejected } from "./apo/terms.ts";
import { textContrast } from "./apo/text_contrast.ts";
import { texts } from "./apo/texts.ts";

const options = { ...syntheticOptions, ...benchmarkOptions };

/** How far CLAIR is from the nearest of the other kinds of data. */
const clairAndNearest = (metric: Metric, nearest: (...means: number[]) => number) =>
  statistic(
    `mean ${metric.label}, CLAIR − the nearest of the other kinds`,
    [metric.of("clair"), ...pairSources.filter((data) => data !== "clair").map((data) => metric.of(data))],
    ([clair, ...others]) => mean(clair) - nearest(...others.map(mean)),
  );
const TABLE_1 = { source: "table 1", paper: "CLAIR best on both text measures" };

const contrast = question({
  id: "contrast",
  asks: "How contrastive are the pairs of each kind of data?",
  method: "CLAIR: the policy's response and its minimal revision. On-policy judge: two of the policy's responses. " +
    "Off-policy judge: two responses of other models, nine in ten of them weaker. Stronger preferred: the policy's " +
    "response below one of a stronger model. Distances are exact in features; the measures of texts are taken of strings " +
    "in which every feature has words of its own.",
  arms: pairSources,
  conditions(o: SyntheticOptions) {
    checkSize(o);
    return [{}];
  },
  block: BLOCK,
  prepare: emptyCache,
  run(context) {
    const samples = samplesOf(context);
    return pairsOf(context, samples, context.arm, 0).map(({ group, chosen, rejected }, r) => {
      const { world } = samples[r], A = world.responses;
      const features = (i: number) => world.features.subarray(i * FEATURES, (i + 1) * FEATURES);
      const text = (i: number, x: number) => world.text(x, i - x * A);
      const pairs = Array.from(group, (x, i) => ({ w: chosen[i], l: rejected[i], x }));
      const texts = pairs.map(({ w, l, x }) => [text(w, x), text(l, x)]);
      const policy = mean(Array.from(group, (x) => {
        let value = 0;
        for (let i = x * A; i < (x + 1) * A; i++) value += Math.exp(world.logProb.policy[i]) * world.reward[i];
        return value;
      }));
      return {
        "nuisance-distance": mean(pairs.map(({ w, l }) => nuisanceDistance(features(w), features(l)))),
        "jaccard": mean(texts.map(([w, l]) => tokenJaccard(w.split(" "), l.split(" ")))),
        "levenshtein": mean(texts.map(([w, l]) => levenshtein(w, l))),
        "reward-difference": mean(pairs.map(({ w, l }) => world.reward[w] - world.reward[l])),
        "winner-above-policy": mean(pairs.map(({ w }) => world.reward[w])) - policy,
        "right-order": mean(pairs.map(({ w, l }) => Number(world.reward[w] > world.reward[l]))),
      };
    });
  },
  claims: [
    claim(
      "clair-nuisance-distance",
      `CLAIR pairs are the most contrastive by ${terms.nuisance.label}`,
      clairAndNearest(terms.nuisance, Math.min).below(0),
      { ...TABLE_1, kind: "question" },
    ),
    claim(
      "clair-jaccard",
      `CLAIR pairs are the most contrastive by ${terms.jaccard.label}`,
      clairAndNearest(terms.jaccard, Math.max).above(0),
      TABLE_1,
    ),
    claim(
      "clair-levenshtein",
      `CLAIR pairs are the most contrastive by ${terms.levenshtein.label}`,
      clairAndNearest(terms.levenshtein, Math.min).below(0),
      TABLE_1,
    ),
  ],
  ...drawn.contrast,
});

const SECTION_4 = { source: "section 4: gradients, and likelihood along training" };

const likelihood = question({
  id: "likelihood",
  asks: "Does the likelihood of winners rise, and that of losers fall?",
  method: `${PROTOCOL}Changes of log π(y|x) are averages over the training pairs, with SGD.`,
  arms: objectiveIds,
  conditions: (o: SyntheticOptions) => overData(terms.shownEpochs(o).map((epoch) => ({ epoch }))),
  shares: ({ data }, arm) => `${arm} ${data}`,
  block: BLOCK,
  prepare: emptyCache,
  run(context) {
    const { data, epoch } = context.condition;
    const runs = runsOf(context, { data, optimiser: "SGD", noise: 0 });
    return runs.map((run) => movement(run, run.checkpoints[epoch]));
  },
  claims: [
    claim(
      "zero-raises-winners-early",
      "APO-zero raises winners at first",
      chosen.of("apo-zero", early("clair")).above(0),
      { ...SECTION_4, paper: "up" },
    ),
    claim("zero-raises-winners", "And they are still up at the end", chosen.of("apo-zero", late("clair")).above(0), {
      ...SECTION_4,
      paper: "up",
    }),
    claim("zero-lowers-losers", "APO-zero lowers losers", rejected.of("apo-zero", late("clair")).below(0), {
      ...SECTION_4,
      paper: "down",
    }),
    claim("down-lowers-winners", "APO-down comes to lower winners", chosen.of("apo-down", late("clair")).below(0), {
      ...SECTION_4,
      paper: "down",
    }),
    claim(
      "down-lowers-losers-more",
      "And it lowers losers further",
      chosen.of("apo-down", end("clair")).minus(rejected).above(0),
      { ...SECTION_4, paper: "both down, losers more" },
    ),
    claim("dpo-lowers-winners", "DPO lowers winners too", chosen.of("dpo", late("clair")).below(0), {
      ...SECTION_4,
      paper: "often down",
    }),
    claim("sft-raises-winners", "SFT raises winners", chosen.of("sft", late("clair")).above(0), {
      ...SECTION_4,
      paper: "up",
    }),
    claim(
      "dpo-follows-data",
      "What DPO does to winners depends on the data: they fare better on CLAIR than on off-policy data",
      chosen.of("dpo", end("clair")).minus(end("off-policy")).above(0),
      { kind: "question", source: "figure in the released README: DPO “?”", paper: "not fixed by the loss" },
    ),
  ],
  ...drawn.likelihood,
});

const BY = `by ${LEAST_GAIN} or more`;
const VARIANTS = { source: "section 4: the variant must match the data" };
const CONTRASTIVE = { source: "section 3: contrastive pairs", paper: "CLAIR best" };
const QUALITATIVE = { source: "results of the paper, as told in notes on it" };
const othersOn = (data: typeof pairSources[number], arm: string) =>
  objectiveIds.filter((id) => id !== arm).map((id) => gainMean.of(id, on(data)));

const gain = question({
  id: "gain",
  asks: "Which objective gains most from which data?",
  method:
    `${PROTOCOL}As in the paper, a run's score is the mean, and the maximum, over a checkpoint per epoch; all arms ` +
    "take the same number of steps with one step size an optimiser.",
  arms: objectiveIds,
  conditions: (_: SyntheticOptions) => overData(optimisers.map((optimiser) => ({ optimiser }))),
  block: BLOCK,
  prepare: emptyCache,
  run(context) {
    const runs = runsOf(context, { ...context.condition, noise: 0 });
    return runs.map(({ sample, checkpoints, gradientNorm }) => {
      const standings = checkpoints.slice(1).map((theta) => standing(sample, theta));
      const gains = standings.map(({ gain }) => gain);
      return {
        "gain-mean": mean(gains),
        "gain-max": Math.max(...gains),
        "gain-last": gains[gains.length - 1],
        "kl-last": standings[standings.length - 1].kl,
        "gradient-norm": gradientNorm,
      };
    });
  },
  claims: [
    claim(
      "zero-fits-clair",
      `Where winners are better than the model, APO-zero gains more than APO-down, ${BY}`,
      gainMean.of("apo-zero", on("clair")).minus("apo-down").above(LEAST_GAIN),
      { ...VARIANTS, paper: "zero for better winners" },
    ),
    claim(
      "down-fits-off-policy",
      `Where winners are worse than the model, APO-down gains more than APO-zero, ${BY}`,
      gainMean.of("apo-down", on("off-policy")).minus("apo-zero").above(LEAST_GAIN),
      { ...VARIANTS, paper: "down best on off-policy data" },
    ),
    claim(
      "down-fits-off-policy-adam",
      `And it does so with Adam as well as with SGD, ${BY}`,
      gainMean.of("apo-down", on("off-policy", "Adam")).minus("apo-zero").above(LEAST_GAIN),
      {
        kind: "question",
        source: "design check, not in the paper",
        paper: "one optimiser reported",
        note:
          "The score of a run mixes what a loss points at with how fast an optimiser goes there; see equal KL below.",
      },
    ),
    claim(
      "down-hurts-on-clair",
      "APO-down on CLAIR data makes the model worse",
      gainMean.of("apo-down", on("clair")).below(0),
      { ...QUALITATIVE, paper: "negative" },
    ),
    claim(
      "down-best-off-policy",
      `APO-down is the best objective on off-policy data, ${BY}`,
      lead(
        "mean gain over checkpoints, APO-down − the best other objective, SGD",
        gainMean.of("apo-down", on("off-policy")),
        othersOn("off-policy", "apo-down"),
      ).above(LEAST_GAIN),
      { ...QUALITATIVE, paper: "best" },
    ),
    claim(
      "clair-zero-best",
      `CLAIR with APO-zero gains more than every other combination, ${BY}`,
      lead(
        "mean gain over checkpoints, APO-zero on CLAIR − the best other combination, SGD",
        gainMean.of("apo-zero", on("clair")),
        pairSources.flatMap((data) => othersOn(data, data === "clair" ? "apo-zero" : "")),
      ).above(LEAST_GAIN),
      { source: "abstract", paper: "+7.65 points, the best" },
    ),
    claim(
      "zero-beats-dpo",
      `On clean CLAIR data APO-zero gains more than DPO, ${BY}`,
      gainMean.of("apo-zero", on("clair")).minus("dpo").above(LEAST_GAIN),
      {
        source: "results of the paper",
        paper: "APO best on every data set",
        note: "At the start DPO's slope is twice that of APO-zero; see equal KL below.",
      },
    ),
    ...([["dpo", "DPO"], ["apo-zero", "APO-zero"], ["apo-down", "APO-down"]] as const).map(([arm, name]) =>
      claim(
        `clair-beats-stronger-${arm}`,
        `With ${name}, revisions teach more than answers of the stronger model, ${BY}`,
        gainMean.of(arm, on("clair")).minus(on("stronger")).above(LEAST_GAIN),
        CONTRASTIVE,
      )
    ),
    ...([["dpo", "DPO"], ["apo-zero", "APO-zero"]] as const).map(([arm, name]) =>
      claim(
        `clair-beats-judge-${arm}`,
        `With ${name} and labels without error, revisions teach more than judged pairs of the model's own, ${BY}`,
        gainMean.of(arm, on("clair")).minus(on("on-policy")).above(LEAST_GAIN),
        CONTRASTIVE,
      )
    ),
    claim(
      "stronger-hurts",
      "DPO on answers of the stronger model makes the model worse",
      gainMean.of("dpo", on("stronger")).below(0),
      { ...QUALITATIVE, paper: "contrastive objectives hurt on Stronger Preferred" },
    ),
    claim(
      "sft-hurts-off-policy",
      "Fine-tuning on winners that are worse than the model makes it worse",
      gainMean.of("sft", on("off-policy")).below(0),
      { source: "section 4", paper: "winners worse than the model must not become likelier" },
    ),
    claim(
      "sft-helps-clair",
      "Fine-tuning on revisions makes the model better",
      gainMean.of("sft", on("clair")).above(0),
      { source: "section 4", paper: "winners better than the model" },
    ),
  ],
  ...drawn.gain,
});

const JUDGES_ERR = {
  kind: "question",
  source: "design check, not in the paper",
  paper: "noise of judges not studied",
} as const;

const noise = question({
  id: "noise",
  asks: "What is left when labels err?",
  method:
    `${PROTOCOL}Some pairs are marked the wrong way round, whatever their kind; scores are means over checkpoints ` +
    "with SGD.",
  arms: objectiveIds,
  conditions: ({ noises }: SyntheticOptions) => overData(noises.map((noise) => ({ noise }))),
  block: BLOCK,
  prepare: emptyCache,
  run(context) {
    const runs = runsOf(context, { ...context.condition, optimiser: "SGD" });
    return runs.map(({ sample, checkpoints }) => ({
      "gain-mean": mean(checkpoints.slice(1).map((theta) => standing(sample, theta).gain)),
    }));
  },
  claims: [
    ...([["dpo", "DPO"], ["apo-zero", "APO-zero"]] as const).map(([arm, name]) =>
      claim(
        `noisy-clair-beats-judge-${arm}`,
        `With ${name} and many wrong labels, revisions teach more than judged pairs of the model's own, ${BY}`,
        gainMean.of(arm, noisy("clair")).minus(noisy("on-policy")).above(LEAST_GAIN),
        JUDGES_ERR,
      )
    ),
    ...([["dpo", "DPO"], ["apo-zero", "APO-zero"]] as const).map(([other, name]) =>
      claim(
        `noisy-down-beats-${other}`,
        `With many wrong labels on off-policy data, APO-down gains more than ${name}, ${BY}`,
        gainMean.of("apo-down", noisy("off-policy")).minus(other).above(LEAST_GAIN),
        JUDGES_ERR,
      )
    ),
  ],
  ...drawn.noise,
});

const apo: Experiment<typeof options> = {
  name: "apo",
  title: "Contrastive revisions and anchored preference optimisation",
  paper: "Karel D'Oosterlinck et al.: Anchored Preference Optimization and Contrastive Revisions: Addressing " +
    "Underspecification in Alignment. TACL 2025, arXiv 2408.06266.",
  lead:
    "A preference pair says which of two answers is better, not why, and not whether either is any good. CLAIR makes " +
    "pairs that differ in little but quality, by revising answers; APO tells a loss whether winners are better or worse " +
    "than the model. Here quality, style and noise are known features, so that what each objective learns is exact.",
  formulas: [
    {
      label: "reward",
      tex: String
        .raw`r_w=\beta\log\tfrac{\pi(y_w|x)}{\pi_0(y_w|x)},\qquad r_l=\beta\log\tfrac{\pi(y_l|x)}{\pi_0(y_l|x)}`,
    },
    { label: "DPO", tex: String.raw`-\log\sigma(r_w-r_l)` },
    { label: "APO-zero", tex: String.raw`-\sigma(r_w)+\sigma(r_l)` },
    { label: "APO-down", tex: String.raw`\sigma(r_w)-\sigma(r_w-r_l)` },
    {
      label: "KTO",
      tex: String.raw`\sigma(-(r_w-\beta z_0))+\sigma(r_l-\beta z_0),\qquad z_0=\mathrm{KL}(\pi\,\|\,\pi_0)`,
    },
    { label: "IPO", tex: String.raw`\bigl(\tfrac{r_w-r_l}{\beta}-\tfrac1{2\tau}\bigr)^2,\qquad\tau=\beta/4` },
  ],
  options,
  losses: Object.fromEntries(Object.entries(languageArms).map(([arm, { loss }]) => [arm, loss])),
  headline: [
    "clair-levenshtein",
    "zero-raises-winners",
    "down-lowers-winners",
    "zero-fits-clair",
    "down-fits-off-policy",
    "clair-zero-best",
    "zero-beats-dpo",
    "clair-beats-judge-dpo",
  ],
  hero: "gain-sgd",
  questions: [
    contrast,
    field,
    likelihood,
    gain,
    frontier,
    noise,
    ...revisionData.flatMap((data) => [textContrast(data), texts(data)]),
    language,
  ],
};

export default apo;

if (import.meta.main) await main(apo, import.meta.url);
