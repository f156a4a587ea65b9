/**
 * The same readers, of stories that a language model writes: each method trains the whole model, and is judged by what the
 * model writes then.
 *
 * @module
 */
import { expectedCost } from "../../lib/exact/law_terms.ts";
import { labelOf } from "../../lib/report/methods.ts";
import { type Question, question, type UnitContext } from "../../lib/run/experiment.ts";
import { claim, type Told } from "../../lib/run/quantity.ts";
import type { WrittenText } from "../../lib/run/written_text.ts";
import { withCandidateTrainer } from "../../lib/training/language/candidate_trainer.ts";
import { judgeOf } from "../../lib/training/language/judge.ts";
import { shownTexts, type Stories, storiesOf } from "../../lib/training/language/stories.ts";
import { trainedWriter } from "../../lib/training/language/trained_writer.ts";
import { storyWriter, type Writer } from "../../lib/training/language/writer.ts";
import type { Collection } from "./collection.ts";
import { meanCost } from "./forms.ts";
import { language as drawn } from "./language_figures.ts";
import { measure } from "./measures.ts";
import type { CompareOptions } from "./options.ts";
import { readersOf } from "./language_samples.ts";
import { behind, constitutionFor, isSami, learnSami, OPPOSED } from "./language_sami.ts";
import { languagePricesOf, languageWorldsOf, settingOf } from "./settings.ts";
import { descending, type Method } from "./training.ts";
import { budgetsOf, confounded, lost, OURS, value, valueAt } from "./terms.ts";

/** One method of each kind, those that read propensities, and bounds. */
const ARMS = [
  ...[
    "dpo",
    "ssapo-probability",
    "distill-fresh",
    "rlhf-fixed",
    "kto",
    "apo-zero",
    "outcome-only",
    "cpo",
    "dr-cpo",
    "dpo-weighted",
  ],
  ...["sami", OPPOSED],
  ...["oracle", "reference"],
];

/** All worlds at one price of KL, then one of them at the others. */
const languageConditions = (
  o: CompareOptions,
): { readonly world: string; readonly confounding: number; readonly price?: number }[] => [
  ...languageWorldsOf(o),
  ...languagePricesOf(o),
];

/** What a unit comes to. */
interface Found {
  readonly metrics: Readonly<Record<string, number>>;
  readonly texts: readonly WrittenText[];
}

/** What all units of a worker share. */
interface Prepared extends Writer {
  /** By seed, which arms and conditions share. */
  readonly stories: Map<number, Stories>;
  /** What arms without labels came to, by arm and seed: no condition moves it. */
  readonly unlabelled: Map<string, Found>;
}

type Context = UnitContext<CompareOptions, Prepared, string, ReturnType<typeof languageConditions>[number]>;

/** Where the best policy is not to be had but by training it: RLHF with the true quality for a reward. */
const oracle: Method["learn"] = descending((sample, { tau }) => [
  expectedCost({ cost: meanCost(sample, sample.world.quality), price: tau / sample.world.prompts }),
]);

function run(collection: Collection, context: Context) {
  const { arm, seeds: [seed], prepared: { unlabelled } } = context;
  const trains = () => trainAndJudge(collection, context);
  const { metrics, texts } = isSami(arm) ? unlabelled.getOrInsertComputed(`${arm} ${seed}`, trains) : trains();
  texts.forEach(context.keep);
  return [metrics];
}

/** Trains an arm, and judges what it then writes; behind its constitution where it has one, as is what it is compared to. */
function trainAndJudge(
  collection: Collection,
  { options, arm, condition, seeds: [seed], streams, prepared }: Context,
): Found {
  const { languagePrompts, languageResponses, languageSteps: steps, languageRate: learningRate, languageTexts, tau } =
    options;
  const sizes = { prompts: languagePrompts, responses: languageResponses, heldOut: languageTexts };
  const stories = prepared.stories.getOrInsertComputed(seed, () => storiesOf(prepared, sizes, streams("stories")[0]));
  const sample = readersOf({ options, streams }, stories, settingOf(condition, { ...options, n: options.languageN }));
  const { model, trained, before, dispose } = trainedWriter(prepared, seed);
  try {
    const { qualityWeights, logStart } = sample.world,
      read = (ids: readonly number[]) => stories.features(prepared.tokenizer.decode(ids, { skipSpecial: true }));
    const liking = (ids: readonly number[]) => read(ids).reduce((sum, value, k) => sum + value * qualityWeights[k], 0);
    const said = isSami(arm)
      ? behind(constitutionFor(arm, prepared, qualityWeights), prepared, stories, { model })
      : stories;
    const judge = judgeOf({ stories: said, liking, model, trained, before });
    const learned = () => {
      if (isSami(arm)) {
        const openings = stories.candidates.map(([{ ids, from }]) => Array.from(ids.subarray(0, from)));
        const setting = { arm, seed, writer: prepared, openings, model, trained, steps, learningRate };
        return learnSami(setting, said.candidates, streams("constitutions")[0]);
      }
      const learn = arm === "oracle" ? oracle : collection.methods.find(({ id }) => id === arm)!.learn;
      const setting = { arm, seed, sample, start: logStart, model, trained, candidates: stories.candidates };
      return withCandidateTrainer(
        { ...setting, phases: [{ steps: arm === "reference" ? 0 : steps, learningRate }] },
        (trainer) => learn({ ...trainer, tau: tau * (condition.price ?? 1), options }).theta[0],
      );
    };
    const theta = learned();
    const { "value-as-trained": candidates, "kl-as-trained": candidateKl } = measure(sample, theta, options);
    const budgets = arm === OPPOSED ? [options.languageBudget] : budgetsOf(options),
      { whole, atBudgets } = judge(budgets);
    const main = atBudgets[budgets.indexOf(options.languageBudget)].near;
    return {
      metrics: {
        ...{ "kl-spent": main.kl, fluency: main.fluency },
        ...Object.fromEntries(budgets.map((budget, k) => [valueAt(budget, options).name, atBudgets[k].value])),
        ...{ "value-as-trained": whole.value, "kl-as-trained": whole.kl },
        ...{ "candidate-value": candidates, "candidate-kl": candidateKl },
      },
      texts: shownTexts(prepared, seed, stories.heldOut.map(({ ids }) => ids), main.ids),
    };
  } finally {
    dispose();
  }
}

const loses = (arm: string, how: string) =>
  claim(
    `language-${arm}-loses`,
    `On generated stories ${labelOf(arm)} loses ${how} to confounding`,
    lost(arm).above(0.1),
    OURS,
  );

/** One method writes better stories than another. */
const ahead = (id: string, statement: string, [arm, other]: readonly [string, string], told: Told<CompareOptions>) =>
  claim(id, statement, value.of(arm, confounded).minus(other).above(0), told);

const LIN = { source: "Lin et al., UAI 2024, abstract", paper: "DR-CPO often has the highest expected reward" };

export const languageQuestion = (collection: Collection): Question<CompareOptions> =>
  question({
    id: "language",
    asks: "And where a language model is trained, and judged by what it writes?",
    method:
      "stories260K, a language model, opens stories and goes on with each in several ways; readers of a hidden type are shown " +
      "one or two of them, and react to what is in the words. Every method trains all weights of the model on the reactions " +
      "of the same readers, by the law that the model is on these candidates. Then the model goes on with openings " +
      "that nobody learned from, token by token, and the readers' known liking says what that is worth: above what the " +
      "untrained model writes there with the same random numbers, in standard deviations. SAMI reads no reaction: the model answers " +
      "behind two sentences, which of four is drawn, and learns to tell them apart by its answers. It is then asked, by the " +
      "sentences, for what readers like, or for the opposite, and so is the untrained model it is compared to. The change of the weights is " +
      "scaled until KL(π ‖ π0) of what is written is nearly the same for all, at several budgets; value is read off between " +
      "the two measured places beside a budget.",
    dataset: "stories-260k",
    writer: "stories260K",
    module: import.meta.url,
    arms: ARMS.filter((arm) => arm === "oracle" || isSami(arm) || collection.ids.includes(arm)),
    replicates: "seeds",
    tensors: true,
    block: 1,
    seeds: (o) => Math.min(o.seeds, o.languageSeeds),
    conditions: languageConditions,
    shares: (_, arm) => arm,
    prepare: async ({ store, writer }): Promise<Prepared> => ({
      ...await storyWriter(store, writer),
      stories: new Map(),
      unlabelled: new Map(),
    }),
    counts: ({ weights }) => ({ read: weights, leftOut: {} }),
    run: (context) => run(collection, context),
    claims: [
      loses("dpo", "a tenth of a standard deviation or more"),
      loses("kto", "a tenth of a standard deviation or more"),
      loses("rlhf-fixed", "a tenth of a standard deviation or more"),
      loses("outcome-only", "a tenth of a standard deviation or more"),
      claim(
        "language-dr-robust",
        "On generated stories DR-CPO loses less than a tenth of a standard deviation to confounding",
        lost("dr-cpo").below(0.1),
        { source: LIN.source, paper: "robust" },
      ),
      ahead(
        "language-dr-beats-dpo",
        "With confounding, DR-CPO's stories are worth more than DPO's",
        ["dr-cpo", "dpo"],
        LIN,
      ),
      ahead(
        "language-dr-beats-outcome-only",
        "With confounding, DR-CPO's stories are worth more than outcome-only learning's",
        ["dr-cpo", "outcome-only"],
        LIN,
      ),
      ahead(
        "language-ssapo-beats-dpo",
        "With confounding, SSAPO's stories are worth more than DPO's",
        ["ssapo-probability", "dpo"],
        OURS,
      ),
      ahead(
        "language-weights-help-dpo",
        "With confounding, DPO's stories are worth more with inverse propensities than without",
        ["dpo-weighted", "dpo"],
        OURS,
      ),
      ahead("language-dr-beats-sami", "With confounding, DR-CPO's stories are worth more than SAMI's", [
        "dr-cpo",
        "sami",
      ], OURS),
      ahead(
        "language-sami-beats-opposed",
        "SAMI's stories are worth more when it is asked for what readers like than when for the opposite",
        ["sami", OPPOSED],
        OURS,
      ),
      ...ARMS.filter((arm) => !["reference", OPPOSED].includes(arm)).map((arm) =>
        ahead(
          `language-${arm}-beats-start`,
          `With confounding, ${labelOf(arm)}'s stories are worth more than the untrained model's`,
          [arm, "reference"],
          arm === "oracle" ? { kind: "control", source: "can it be learned at all?" } : OURS,
        )
      ),
    ],
    ...drawn,
  });
