/**
 * A language model that learns from readers' outcomes: all of its weights, judged by the stories that it writes then.
 *
 * @module
 */
import { effectiveSampleSize, largestWeight, tailIndex } from "../../lib/estimators/mod.ts";
import { languageModel } from "../../lib/policies/language/model.ts";
import type { Rng } from "../../lib/random.ts";
import { labelOf } from "../../lib/report/methods.ts";
import { question, type UnitContext } from "../../lib/run/experiment.ts";
import { claim, type Told } from "../../lib/run/quantity.ts";
import type { WrittenText } from "../../lib/run/written_text.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { judgeOf } from "../../lib/training/language/judge.ts";
import { shownTexts, type Stories, storiesOf } from "../../lib/training/language/stories.ts";
import { textLogps } from "../../lib/training/language/text_trainer.ts";
import { trainedWriter } from "../../lib/training/language/trained_writer.ts";
import { storyWriter, type Writer } from "../../lib/training/language/writer.ts";
import { language as drawn } from "./language_figures.ts";
import { learn } from "./language_learners.ts";
import { type Confounding, nearestRatings, type Readers, readersOf } from "./language_readers.ts";
import * as terms from "./language_terms.ts";
import { languageConditions, lostTo, nothing, predictions, value } from "./language_terms.ts";
import type { CpoOptions } from "./options.ts";

/** Arms whose outcome model others' rows may confound. */
const MODELLED = ["outcome-only", "dr-cpo", "sndr-cpo", "released"];
/** Arms that read the log alone. */
const LOGGED = ["cpo", "sft-best", "reward-model", "dpo"];
/** The control, whose log has nothing to learn from. */
const SHUFFLED = "sndr-cpo-shuffled";

/** What a unit comes to. */
interface Found {
  readonly metrics: Readonly<Record<string, number>>;
  readonly texts: readonly WrittenText[];
}

/** Stories of one seed, and how likely f0 was to write those that are learned from, and the clean ones `[T]`. */
interface Begun {
  readonly stories: Stories;
  readonly logps: readonly [Float64Array, Float64Array];
}

/** What all units of a worker share. */
interface Prepared extends Writer {
  /** By seed, which arms and conditions share. */
  readonly stories: Map<number, Begun>;
  /** What an arm came to, by all that it reads: CPO has no outcome model that could be confounded. */
  readonly found: Map<string, Found>;
}

type Condition = ReturnType<typeof languageConditions>[number];
type Context = UnitContext<CpoOptions, Prepared, string, Condition>;

/** What of a condition an arm can notice. */
function confoundingOf(arm: string, { confounded, confounding }: Condition): Confounding {
  if (confounded === "log" && [...MODELLED, ...LOGGED].includes(arm)) return { log: confounding };
  if (confounded === "predictions" && MODELLED.includes(arm)) return { log: 0, predictions: confounding };
  return { log: 0 };
}

function run(context: Context): Record<string, number>[] {
  const { arm, condition, seeds: [seed], prepared } = context;
  const noticed = confoundingOf(arm, condition), key = `${arm} ${seed} ${JSON.stringify(noticed)}`;
  const found = prepared.found.get(key) ?? trainAndJudge(context, noticed);
  prepared.found.set(key, found);
  found.texts.forEach(context.keep);
  return [found.metrics];
}

function begunOf(
  prepared: Prepared,
  { languagePrompts: half, languageResponses: responses, languageTexts: heldOut }: CpoOptions,
  seed: number,
  rng: () => Rng,
): Begun {
  return prepared.stories.getOrInsertComputed(seed, () => {
    const stories = storiesOf(prepared, { prompts: 2 * half, responses, heldOut }, rng());
    const f0 = languageModel(prepared.source), { candidates } = stories;
    try {
      return { stories, logps: [textLogps(f0, candidates.slice(0, half)), textLogps(f0, candidates.slice(half))] };
    } finally {
      f0.dispose();
    }
  });
}

function trainAndJudge({ options, arm, seeds: [seed], streams, prepared }: Context, noticed: Confounding): Found {
  const { languageSteps: steps, languageRate: learningRate } = options;
  const { stories, logps: before } = begunOf(prepared, options, seed, () => streams("stories")[0]);
  const readers = readersOf(stories, noticed, options.languageN, (name) => streams(name)[0], arm === SHUFFLED);
  const decode = (ids: readonly number[]) => prepared.tokenizer.decode(ids, { skipSpecial: true });
  const { model, trained, before: f0, dispose } = trainedWriter(prepared, seed);
  try {
    const features = (ids: readonly number[]) => stories.features(decode(ids));
    const liking = (ids: readonly number[]) => readers.likes(features(ids));
    const judge = judgeOf({ stories, liking, model, trained, before: f0 });
    learn({
      ...{ arm, seed, writer: prepared, stories, readers, start: before[0], f0, model, trained, steps, learningRate },
      ...{ klWeight: options.klWeight, rng: streams("learning")[0] },
    });
    const [seen, unseen] = [readers.texts, readers.clean.texts].map((texts, k) =>
      textLogps(model, texts).map((logp, i) => logp - before[k][i])
    ).map((ratios) => ratios.map(Math.exp));
    const { whole, atBudgets: [{ value, near }] } = judge([options.languageBudget]);
    const [byModel, byLog] = judgedWithout(readers, whole.ids.map(features), stories.untrained.map(features), unseen);
    return {
      metrics: {
        ...{ value, "kl-spent": near.kl, fluency: near.fluency },
        ...{ "value-as-trained": whole.value, "kl-as-trained": whole.kl },
        "mean-log-weight": Math.log(mean(seen)),
        "ess-share": effectiveSampleSize(seen) / seen.length,
        "largest-log-weight": Math.log(largestWeight(seen)),
        "tail-index": tailIndex(seen),
        "clean-ess-share": effectiveSampleSize(unseen) / unseen.length,
        "clean-tail-index": tailIndex(unseen),
        ...{ "judged-by-model": byModel, "model-miss": Math.abs(byModel - whole.value) },
        ...{ "judged-by-log": byLog, "log-miss": Math.abs(byLog - whole.value) },
      },
      texts: shownTexts(prepared, seed, stories.heldOut.map(({ ids }) => ids), near.ids),
    };
  } finally {
    dispose();
  }
}

/**
 * Value over f0 by who does not know the truth: by an outcome model of the clean ratings, of another family than what arms
 * learn from; and doubly robust, that model on generated text and the weighted residuals of the clean ratings.
 *
 * @param written features of generated texts, and of those of f0 with the same random numbers
 * @param weights f/f0 of the clean texts
 */
function judgedWithout(
  { clean: { log, features, texts } }: Readers,
  written: readonly Float64Array[],
  untrained: readonly Float64Array[],
  weights: Float64Array,
): readonly [byModel: number, byLog: number] {
  const rated = texts.flat().length, width = features.length / rated, rating = nearestRatings(log, features, rated);
  const predicted = (of: readonly Float64Array[]) => mean(of.map((row) => rating(row)));
  const byModel = predicted(written) - predicted(untrained);
  const without = Array.from(weights, (_, t) => rating(features.subarray(t * width, (t + 1) * width), t));
  // At f0 all weights are 1, so that what is left is the residuals' mean: it is taken off.
  const residuals = Array.from(log.text, (t, i) => (weights[t] - 1) * (log.outcome[i] - without[t]));
  return [byModel, byModel + mean(residuals)];
}

const ABSTRACT = "abstract of the paper";
const HIGHEST = { source: ABSTRACT, paper: "DR-CPO often has the highest expected reward" };
const ROBUST = { source: ABSTRACT, paper: "DR-CPO robust under difficult confounding" };
const OURS = { kind: "question", source: "not in the paper" } as const;
const CONTROL = { kind: "control", source: "not in the paper" } as const;

/** One arm writes better stories than another at a place. */
const ahead = (
  id: string,
  arm: string,
  other: string,
  at: typeof nothing,
  told: Told<CpoOptions>,
) =>
  claim(
    id,
    `${labelOf(arm)} writes better stories than ${labelOf(other)}, ${at.words}`,
    value.of(arm, at).minus(other).above(0),
    told,
  );

/** An arm loses less than a tenth of a standard deviation. */
const robust = (id: string, arm: string) =>
  claim(
    id,
    `On generated stories ${labelOf(arm)} loses less than a tenth of a standard deviation to confounded predictions`,
    lostTo(arm, predictions).below(0.1),
    ROBUST,
  );

export const language = question({
  id: "language",
  asks: "And where a language model is trained, and judged by what it writes?",
  method:
    "stories260K, a language model, is f0. It opens stories and goes on with each in several ways; readers rate what they are " +
    "shown by what is in the words. Shown at random, texts are draws of f0; in a confounded log a hidden type moves both " +
    "what readers are shown and what they like, and arms know how often each text was shown, not to whom. The outcome model " +
    "is a ridge regression on eight counts of a text, cross-fitted on the log; or fitted on other readers' confounded log, as " +
    "in the paper's study (predictions). All weights of the model are trained by whole-sequence weights f/f0; then it goes on " +
    "with openings that nobody learned from, and what readers like says what that is worth, over what f0 writes with the " +
    "same random numbers, in standard deviations. The change of the weights is scaled to one KL(f ‖ f0) for all.",
  dataset: "stories-260k",
  writer: "stories260K",
  module: import.meta.url,
  arms: [...LOGGED.slice(0, 1), ...MODELLED, ...LOGGED.slice(1), SHUFFLED, "oracle", "reference"],
  replicates: "seeds",
  tensors: true,
  block: 1,
  seeds: (o: CpoOptions) => Math.min(o.seeds, o.languageSeeds),
  conditions: languageConditions,
  shares: ({ confounded, confounding }, arm) => `${arm} ${confounded === "log" ? confounding : "clean"}`,
  prepare: async ({ store, writer }): Promise<Prepared> => ({
    ...await storyWriter(store, writer),
    ...{ stories: new Map(), found: new Map() },
  }),
  counts: ({ weights }) => ({ read: weights, leftOut: {} }),
  run,
  claims: [
    robust("language-dr-robust", "dr-cpo"),
    robust("language-sndr-robust", "sndr-cpo"),
    claim(
      "language-outcome-only-loses-more",
      "On generated stories outcome-only learning loses more to confounded predictions than DR-CPO",
      lostTo("outcome-only", predictions).minus(lostTo("dr-cpo", predictions)).above(0),
      ROBUST,
    ),
    ahead("language-dr-beats-outcome-only", "dr-cpo", "outcome-only", predictions, HIGHEST),
    ahead("language-dr-beats-cpo", "dr-cpo", "cpo", predictions, HIGHEST),
    ahead("language-dr-beats-fine-tuning", "dr-cpo", "sft-best", predictions, HIGHEST),
    ahead("language-dr-beats-reward-model", "dr-cpo", "reward-model", predictions, HIGHEST),
    ahead("language-dr-beats-dpo", "dr-cpo", "dpo", predictions, OURS),
    ahead("language-dr-beats-cpo-clean", "dr-cpo", "cpo", nothing, CONTROL),
    ahead("language-normalising-helps", "sndr-cpo", "dr-cpo", nothing, OURS),
    ahead("language-released-loses", "sndr-cpo", "released", nothing, {
      kind: "question",
      source: "trainer of the released code",
    }),
    claim(
      "language-clean-alike",
      "With nothing confounded, outcome-only learning and DR-CPO are within 0.1 of each other",
      value.of("dr-cpo", nothing).minus("outcome-only").between(-0.1, 0.1),
      CONTROL,
    ),
    claim(
      "language-nothing-to-learn",
      "With shuffled labels DR-CPO writes nothing better: its stories are worth less than 0.1",
      value.of(SHUFFLED, nothing).below(0.1),
      CONTROL,
    ),
    claim(
      "language-log-judges-better",
      "The clean log's doubly robust estimate is nearer to the truth than the outcome model behind it, for DR-CPO",
      terms.modelMiss.of("dr-cpo", nothing).minus(terms.logMiss.of("dr-cpo", nothing)).above(0),
      OURS,
    ),
    claim(
      "language-learned-by-heart",
      "As trained, texts that DR-CPO learned from have weights whose mean has a log above 1, where it should be 0",
      terms.meanWeight.of("dr-cpo", nothing).above(1),
      OURS,
    ),
    ...[...LOGGED, ...MODELLED, "oracle"].map((arm) =>
      claim(
        `language-${arm}-beats-start`,
        `With nothing confounded, stories of ${labelOf(arm)} are worth more than the untrained model's`,
        value.of(arm, nothing).minus("reference").above(0),
        arm === "oracle" ? { kind: "control", source: "can it be learned at all?" } : OURS,
      )
    ),
  ],
  ...drawn,
});
