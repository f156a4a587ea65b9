/**
 * SAMI on a language model that generates.
 *
 * @module
 */
import { languageModel } from "../../lib/policies/language/model.ts";
import { question, type UnitContext } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { constitutionsOf } from "../../lib/training/language/constitutions.ts";
import { openings, shownTexts } from "../../lib/training/language/stories.ts";
import { trainedWriter } from "../../lib/training/language/trained_writer.ts";
import { storyWriter, type Writer } from "../../lib/training/language/writer.ts";
import { language as drawn } from "./language_figures.ts";
import { baseStories, type LanguageArm, learn, measure, methods } from "./language_loop.ts";
import * as terms from "./language_terms.ts";
import { fluency, follows, information } from "./language_terms.ts";
import type { BenchmarkOptions } from "./options.ts";

const ARMS = Object.keys(methods) as LanguageArm[];
/** Held-out openings whose stories under all constitutions are kept to be read. */
const SHOWN = 2;

function run(
  { options, arm, seeds: [seed], streams, prepared: writer, keep }: UnitContext<BenchmarkOptions, Writer, LanguageArm>,
) {
  const { languageQueries: queries, languageSteps, languageTexts } = options, [rng] = streams("stories");
  const base = languageModel(writer.source), { model, trained, before, dispose } = trainedWriter(writer, seed);
  try {
    const learned = openings(writer, base, queries * languageSteps.length, rng.fork("openings"));
    const heldOut = openings(writer, base, languageTexts, rng.fork("held-out"));
    learn({ arm, seed, model, trained, writer, openings: learned }, options, rng.fork("constitutions"));
    const stories = baseStories(base, writer, heldOut, rng.fork("stories"));
    const { metrics, told } = measure({ model, before, writer }, stories);
    const most = SHOWN * constitutionsOf(writer).length;
    shownTexts(writer, seed, stories.prompts.map(({ ids }) => ids), told, most).forEach(keep);
    return [metrics];
  } finally {
    dispose();
    base.dispose();
  }
}

const RISES = { source: "the objective, over iterations" };

/** The question on a language model. */
export const language = question({
  id: "language",
  asks: "And where a language model writes under constitutions in front of its prompt?",
  method:
    "stories260K, a language model, goes on with openings of stories behind two sentences: everyone is happy and kind, or sad and mean; " +
    "the day is big and loud, or quiet and calm. It was made for children's stories and follows no instruction, but words before words " +
    "tell on what comes. Two iterations, each from the model as it was: two constitutions a query, answered greedily by the model of the " +
    "iteration before, the two-sided loss of mean log-probs, all weights. The control turns half of the pairs of answers round. Held-out " +
    "openings are answered under all four constitutions at temperature 1. Following is how far words of good cheer, and of noise, are " +
    "apart between a principle and its antithesis, in standard deviations of the base model's. I(Y;C|X) is exact for the law that " +
    "a model is on the base model's answers to a query; both are measured of a third principle too, which nobody learns: many friends " +
    "came to play, or nobody. The weak writer's constitutions are two words long, and only learned from. The bound is the constitution contrast of its own answers.",
  dataset: "stories-260k",
  writer: "stories260K",
  module: import.meta.url,
  arms: ARMS,
  replicates: "seeds",
  tensors: true,
  block: 1,
  seeds: ({ languageSeeds, seeds }: BenchmarkOptions) => Math.min(seeds, languageSeeds),
  prepare: ({ store, writer }) => storyWriter(store, writer),
  counts: ({ weights }) => ({ read: weights, leftOut: {} }),
  run,
  claims: [
    claim(
      "language-information",
      "SAMI raises I(Y;C|X) of a language model on held-out openings",
      information.of("sami").minus("reference").above(0),
      { ...RISES, paper: "the bound rises; 1.27 and 1.91 at the start on dialogue, .10 and .19 on summaries" },
    ),
    claim(
      "language-follows",
      "Its stories follow their constitutions more than the base model's, by a tenth of a standard deviation or more",
      follows.of("sami").minus("reference").above(0.1),
      {
        source: "results on dialogue and TL;DR",
        paper: "win rates of 66% (helpful), 77% (harmless), 70.8% (TL;DR) against the base",
      },
    ),
    claim(
      "language-weak-writer",
      "Learned from a weak writer's constitutions, I(Y;C|X) rises under the long ones too",
      information.of("sami-weak-writer").minus("reference").above(0),
      {
        source: "results on TL;DR: a weak writer, mistral-7b-instruct",
        paper: "win rates up to 70.8% (mistral-7b) and 66.0% (mixtral-8x7b) against the base",
      },
    ),
    claim(
      "language-unlearned",
      "Stories follow a principle that SAMI did not learn more than the base model's do",
      terms.followsUnlearned.of("sami").minus("reference").above(0),
      {
        source: "llama3-70b on diverse principles, iteration 3",
        paper: "63.4% on held-out principles, 60.2% on trained ones",
      },
    ),
    claim(
      "language-length",
      "SAMI's stories are as long as the base model's, to within 2 characters",
      terms.characters.of("sami").minus("reference").between(-2, 2),
      { kind: "question", source: "length corrections of win rates" },
    ),
    claim(
      "language-shuffled",
      "With half of the answers turned round, I(Y;C|X) rises less",
      information.of("sami").minus("sami-shuffled").above(0),
      { kind: "control", source: "is it what constitutions say, or training on its own answers?" },
    ),
    claim(
      "language-base-link",
      "The base model's stories follow constitutions at all",
      follows.of("reference").above(0),
      { kind: "control", source: "the method needs a weak link to begin with" },
    ),
    claim(
      "language-overtrained",
      "Four times as many steps cost 0.2 nats a token or more of how likely the base model finds the stories",
      fluency.of("sami-longer").minus("sami").below(-0.2),
      { source: "limitations: over-optimisation", paper: "gibberish" },
    ),
    claim(
      "language-bound",
      "The bound on its own answers is above I(Y;C|X) on the base model's",
      terms.bound.of("sami").minus(information.of("sami")).above(0),
      { kind: "question", source: "what is read off a training run" },
    ),
  ],
  ...drawn,
});
