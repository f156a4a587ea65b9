/**
 * A language model learns a known one from preferences.
 *
 * @module
 */
import { languageModel } from "../../lib/policies/language/model.ts";
import { labelOf } from "../../lib/report/methods.ts";
import { question, type UnitContext } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { CONTINUATION, shownTexts, written } from "../../lib/training/language/stories.ts";
import { textLogps } from "../../lib/training/language/text_trainer.ts";
import { trainedWriter } from "../../lib/training/language/trained_writer.ts";
import { storyWriter, type Writer } from "../../lib/training/language/writer.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { type Tensor, tf } from "../../lib/tensor/backend.ts";
import { languageLosses } from "./language_arms.ts";
import { language as drawn } from "./language_figures.ts";
import { divergences, errorOfMean, onCandidates, onLabels, tokenEntropy, tokenLaws } from "./language_measures.ts";
import * as terms from "./language_terms.ts";
import { entropy, kl, klToStart, languageConditions, many, random, TARGET } from "./language_terms.ts";
import { trainOnCandidates } from "./language_training.ts";
import {
  allPairs,
  labelled,
  type LanguageWorld,
  languageWorld,
  lastGains,
  linearReward,
  sharpened,
} from "./language_world.ts";
import type { BenchmarkOptions } from "./options.ts";

const LEARNERS = Object.keys(languageLosses), BOUNDS = ["reference", "target"];

interface Prepared extends Writer {
  /** By seed, which arms and conditions share. */
  readonly worlds: Map<number, LanguageWorld>;
  /** What π* says of each token of what it wrote, by seed. */
  readonly wanted: Map<number, Float32Array>;
}

type Context = UnitContext<BenchmarkOptions, Prepared, string, ReturnType<typeof languageConditions>[number]>;

/** The model of an arm, and what frees it. */
function learned({ options, arm, condition, seeds: [seed], streams, prepared }: Context, world: LanguageWorld) {
  if (arm === "target") {
    const model = sharpened(prepared, options.temperature);
    return { model, dispose: () => model.dispose() };
  }
  const { model, trained, dispose } = trainedWriter(prepared, seed, lastGains);
  if (arm === "reference") return { model, dispose };
  const { gammaOfTexts: gamma, languagePrompts, languageResponses } = options;
  const rate = prepared.trains === undefined ? options.languageRate : options.languageModelRate;
  const pairs = allPairs(languagePrompts, languageResponses);
  const liked = condition.by === TARGET ? world.logTarget : world.logTarget.map(() => 0);
  const labels = labelled(pairs, liked, gamma, condition.labels, streams("labels")[0]);
  try {
    trainOnCandidates({
      ...{ arm, seed, model, trained, world, pairs, labels, gamma },
      reward: linearReward(world, pairs, labels),
      ...{ epochs: options.languageEpochs, learningRate: rate, rng: streams("order")[0] },
    });
    return { model, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

function run(context: Context) {
  const { options, arm, condition, seeds: [seed], streams, prepared } = context;
  const { languageResponses: responses, languageSets, languageTexts: texts, gammaOfTexts } = options;
  const world = prepared.worlds.get(seed) ?? languageWorld(prepared, options, streams("stories")[0]);
  prepared.worlds.set(seed, world);
  const { model, dispose } = learned(context, world), target = sharpened(prepared, options.temperature);
  const start = languageModel(prepared.source), prompts = world.stories.heldOut.map(({ ids }) => ids);
  try {
    const laws = (of: typeof model, told: LanguageWorld["wanted"]) => tokenLaws(of, prompts, told);
    const found = laws(model, world.wanted);
    const known = prepared.wanted.getOrInsertComputed(seed, () => {
      const made = laws(target, world.wanted), values = made.dataSync<"float32">().slice();
      made.dispose();
      return values;
    });
    const aim = tf.tensor(known, found.shape) as Tensor, forward = divergences(aim, found, texts);
    tf.dispose([aim, found]);
    const heldPairs = allPairs(languageSets, responses), logp = textLogps(model, world.held);
    const row: Record<string, number> = {
      "forward-kl": mean(forward),
      "forward-kl-error": errorOfMean(forward),
      ...onCandidates(logp, world.heldTarget, responses),
      ...onLabels(logp, world.heldTarget, heldPairs, gammaOfTexts, streams("held-out labels")[0]),
    };
    if (condition.by !== TARGET || condition.labels !== many.of(options).labels) return [row];
    // What it writes takes most of the time, and is asked of the most labels alone.
    const told = arm === "reference"
      ? world.stories.untrained
      : arm === "target"
      ? world.wanted
      : written(model, world.stories.heldOut, CONTINUATION);
    shownTexts(prepared, seed, prompts, told).forEach(context.keep);
    const own = laws(model, told), wanted = laws(target, told), before = laws(start, told);
    try {
      const reverse = divergences(own, wanted, texts);
      return [{
        ...row,
        "reverse-kl": mean(reverse),
        "reverse-kl-error": errorOfMean(reverse),
        "kl-start": mean(divergences(own, before, texts)),
        "entropy": tokenEntropy(own),
      }];
    } finally {
      tf.dispose([own, wanted, before]);
    }
  } finally {
    dispose();
    for (const one of [target, start]) one.dispose();
  }
}

const OURS = { kind: "question", source: "not in the paper" } as const;
const THEOREMS = { source: "theorems 4, 6 and 7", paper: "converge to π*" };

export const language = question({
  id: "language",
  asks: "And where a language model is to learn a known one?",
  method:
    "stories260K, a language model, goes on with openings that it wrote itself, several times with each. The target is " +
    "the same model with the logits of every token divided by a temperature below 1, so that all its log-probs are known. " +
    "Labels are drawn from its γ-power on pairs of these texts, evenly over pairs; the control's from a coin. Every method " +
    "takes the same steps of Adam at one rate on the same texts, β and 1/η being γ; distillation and REBEL read all pairs, " +
    "RLHF and reverse KL weigh texts by π/π0. KL is of whole texts at held-out openings: over texts that the first of the " +
    "two laws writes, of each token's law exactly; on sets of held-out candidates it is exact.",
  dataset: "stories-260k",
  writer: "stories260K",
  module: import.meta.url,
  arms: [...LEARNERS, ...BOUNDS],
  replicates: "seeds",
  tensors: true,
  block: 1,
  seeds: (o: BenchmarkOptions) => Math.min(o.seeds, o.languageSeeds),
  conditions: languageConditions,
  prepare: async ({ store, writer }): Promise<Prepared> => ({
    ...await storyWriter(store, writer),
    worlds: new Map(),
    wanted: new Map(),
  }),
  counts: ({ weights }) => ({ read: weights, leftOut: {} }),
  run,
  claims: [
    ...["pmle", "distill-fresh", "reverse-kl"].map((arm) =>
      claim(
        `language-${arm}-nears`,
        `With most labels, ${labelOf(arm)}'s language model is nearer the target than the untrained one`,
        kl.of("reference", many).minus(arm).above(0),
        THEOREMS,
      )
    ),
    ...["dpo", "rlhf-fixed", "rebel"].map((arm) =>
      claim(
        `language-${arm}-farther`,
        `With most labels, ${labelOf(arm)}'s language model ends farther from the target than PMLE's`,
        kl.of(arm, many).minus("pmle").above(0),
        { source: "section 3 and figure 1", paper: "DPO and RLHF do not converge to π*" },
      )
    ),
    claim(
      "language-reward-beats-likelihood",
      "With most labels, reverse KL's language model is nearer the target than PMLE's",
      kl.of("pmle", many).minus("reverse-kl").above(0),
      { source: "theorem 7; table of TL;DR", paper: "win rate 73.0 over 49.1" },
    ),
    claim(
      "language-few",
      "With fewest labels, distillation's language model is nearer the target than PMLE's",
      kl.of("pmle", terms.few).minus("distill-fresh").above(0),
      { source: "theorem 14; table of TL;DR", paper: "win rate 73.8 over 49.1" },
    ),
    claim(
      "language-kl-start",
      "With most labels, PMLE's language model stays nearer π0 than DPO's",
      klToStart.of("dpo", many).minus("pmle").above(0),
      { source: "table of TL;DR", paper: "KL 31.42 against 64.35" },
    ),
    claim(
      "language-dpo-degenerates",
      "With most labels, DPO's language model has less entropy a token than PMLE's",
      entropy.of("pmle", many).minus("dpo").above(0),
      { source: "abstract: DPO degenerates", paper: "PMLE avoids the degeneracy of DPO" },
    ),
    ...LEARNERS.map((arm) =>
      claim(
        `language-${arm}-coin`,
        `From labels of a coin ${labelOf(arm)} does not near the target by 0.05 nats or more`,
        kl.of(arm, random).minus("reference").above(-0.05),
        { ...OURS, kind: "control", source: "nothing can be learned from a coin" },
      )
    ),
  ],
  ...drawn,
});
