/**
 * Self-annotation of a language model, judged by what it then writes.
 *
 * @module
 */
import { question, type UnitContext } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { judgeOf } from "../../lib/training/language/judge.ts";
import { shownTexts } from "../../lib/training/language/stories.ts";
import { trainedWriter } from "../../lib/training/language/trained_writer.ts";
import { storyWriter, type Writer } from "../../lib/training/language/writer.ts";
import { language as drawn } from "./language_figures.ts";
import { annotate, type World, worldOf } from "./language_rounds.ts";
import { cleanPairs, writtenValue } from "./language_terms.ts";
import type { SgpoOptions } from "./options.ts";
import { methods } from "./self_annotation.ts";
import { accuracy, aRadius, overconfidence } from "./terms.ts";
import { lossesOf } from "./world.ts";

const SSAPO = "ssapo-probability";
/** SSAPO with a wider radius: times ε. */
const WIDE = "ssapo-wide", WIDER = 2;
const ARMS = [
  ...["dpo-all", "dpo-seed", "self-dpo", "ssapo-margin", SSAPO, WIDE, "ssapo-clamp", "spa", "pair-ranker"] as const,
];

/** What all units of a worker share. */
interface Prepared extends Writer {
  /** By seed, which arms and conditions share. */
  readonly worlds: Map<number, World>;
}

function run(
  { options, arm, condition: { noise }, seeds: [seed], streams, prepared, keep }: UnitContext<
    SgpoOptions,
    Prepared,
    typeof ARMS[number],
    { readonly noise: number }
  >,
) {
  const [rng] = streams("world"),
    world = prepared.worlds.getOrInsertComputed(seed, () => worldOf(prepared, options, rng));
  const { model, trained, before, dispose } = trainedWriter(prepared, seed);
  try {
    const judge = judgeOf({ stories: world.stories, liking: world.reward, model, trained, before });
    const settings = lossesOf(options, arm === WIDE ? WIDER * options.epsilon : options.epsilon);
    const rounds = annotate({ arm, seed, method: methods[arm === WIDE ? SSAPO : arm], model, trained, before }, world, {
      ...{ noise, options, settings },
    }, rng.fork("rounds"));
    const { whole, atBudgets: [{ value, near }] } = judge([options.languageBudget]);
    shownTexts(prepared, seed, world.stories.heldOut.map(({ ids }) => ids), near.ids).forEach(keep);
    return [{
      ...{ value, "kl-spent": near.kl, fluency: near.fluency },
      ...{ "value-as-trained": whole.value, "kl-as-trained": whole.kl, ...rounds },
    }];
  } finally {
    dispose();
  }
}

const OURS = { kind: "question", source: "what a higher win rate is taken to mean", needs: aRadius } as const;
const AT_KL = { source: "tables 1 and 2", needs: aRadius };

/** The question on a language model. */
export const language = question({
  id: "language",
  asks: "And where a language model labels what it writes itself?",
  method:
    "stories260K, a language model, answers openings of stories twice; a hidden reward of what is in the words makes the labels of " +
    "the seed, with noise as Bradley and Terry have it. DPO on the seed; then three rounds in which the model writes two answers to new " +
    "openings, prefers the one with the higher implicit reward β log π/π0, and learns from the pairs of that round, all weights of " +
    "it; or the one that an outside ranker prefers, a reward linear in what is in the words, of human labels of all openings. " +
    "Ranking and calibration are those of the implicit reward on pairs of the first model's answers that nobody learned from. " +
    "Value is the reward of what the model writes on held-out openings above what the first model writes there with the same " +
    "random numbers, in standard deviations, with the change of the weights scaled until KL(π ‖ π0) of a text is the same for all.",
  dataset: "stories-260k",
  writer: "stories260K",
  module: import.meta.url,
  arms: ARMS,
  replicates: "seeds",
  tensors: true,
  block: 1,
  seeds: (o: SgpoOptions) => Math.min(o.seeds, o.languageSeeds),
  conditions: ({ languageNoises }: SgpoOptions) => languageNoises.map((noise) => ({ noise })),
  prepare: async ({ store, writer }): Promise<Prepared> => ({
    ...await storyWriter(store, writer),
    worlds: new Map(),
  }),
  counts: ({ weights }) => ({ read: weights, leftOut: {} }),
  run,
  claims: [
    claim(
      "language-gain",
      "Rounds with SSAPO make the stories worth more than DPO on the seed does, at equal KL",
      writtenValue.of(SSAPO, cleanPairs).minus("dpo-seed").above(0),
      { ...AT_KL, paper: "length-controlled win rate 24.44 over 9.03" },
    ),
    claim(
      "language-ranking",
      "And the model ranks stories better than DPO on the seed does, by 0.01 or more",
      accuracy.of(SSAPO, cleanPairs).minus("dpo-seed").above(0.01),
      OURS,
    ),
    claim(
      "language-follower",
      "SSAPO's stories are worth more than those of self-DPO, which has no follower",
      writtenValue.of(SSAPO, cleanPairs).minus("self-dpo").above(0),
      { source: "table on ε", paper: "length-controlled win rate 23.20 over 19.76", needs: aRadius },
    ),
    claim(
      "language-spa",
      "SSAPO's stories are worth more than those of SPA, self-annotation with refined labels",
      writtenValue.of(SSAPO, cleanPairs).minus("spa").above(0),
      { source: "table 1", paper: "length-controlled win rate 24.44 over 15.39", needs: aRadius },
    ),
    claim(
      "language-wide",
      "Twice the radius makes SSAPO's stories worth less",
      writtenValue.of(SSAPO, cleanPairs).minus(WIDE).above(0),
      { source: "table on ε", paper: "length-controlled win rate 23.20 at ε = 0.05 over 19.78 at 0.1", needs: aRadius },
    ),
    claim(
      "language-ranker",
      "SSAPO's stories are worth more than those of DPO on the labels of an outside ranker, round by round",
      writtenValue.of(SSAPO, cleanPairs).minus("pair-ranker").above(0),
      {
        source: "table 1, iterative DPO with PairRM",
        paper: "length-controlled win rate 24.44 over 11.87",
        needs: aRadius,
      },
    ),
    claim(
      "language-few",
      "Few labels and rounds with SSAPO are worth as much as DPO on human labels of all openings, within 0.1",
      writtenValue.of(SSAPO, cleanPairs).minus("dpo-all").above(-0.1),
      {
        source: "table 1 against Zephyr-7B-beta",
        paper: "length-controlled win rate 24.44 over 11.75",
        needs: aRadius,
      },
    ),
    claim(
      "language-labels-help",
      "Human labels of all openings make the stories worth more than those of the seed alone",
      writtenValue.of("dpo-all", cleanPairs).minus("dpo-seed").above(0),
      { kind: "control", source: "are there enough labels for anything to show?" },
    ),
    claim(
      "language-calibration",
      "Rounds of self-DPO cost calibration",
      overconfidence.of("self-dpo", cleanPairs).minus(overconfidence.seed).above(0),
      { kind: "question", source: "not in the paper" },
    ),
  ],
  ...drawn,
});
