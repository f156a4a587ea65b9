/**
 * Self-annotation of a language model: pairs of what it writes, labelled by a few humans and then by itself.
 *
 * @module
 */
import { sigmoid } from "../../lib/exact/logistic.ts";
import { type LanguageModel, languageModel } from "../../lib/policies/language/model.ts";
import type { Rng } from "../../lib/random.ts";
import { tf } from "../../lib/tensor/backend.ts";
import { margins, marginsOf, type TextPair, trainMargins } from "../../lib/training/language/margin_trainer.ts";
import { CONTINUATION, type Stories, storiesOf, written } from "../../lib/training/language/stories.ts";
import type { TrainedWriter } from "../../lib/training/language/trained_writer.ts";
import type { Writer } from "../../lib/training/language/writer.ts";
import { DIMENSIONS } from "../../lib/worlds/population.ts";
import { drawLabels } from "../../lib/worlds/candidates.ts";
import { fitPairs, isGame, lossAt, type LossSettings } from "./learner.ts";
import type { SgpoOptions } from "./options.ts";
import { dpoLoss } from "./pair_losses.ts";
import type { methods } from "./self_annotation.ts";
import { POOLS } from "./terms.ts";

type Method = typeof methods[string];

/** Standard deviation of the true reward over what the untrained model writes, nats of a label's log-odds. */
const SPREAD = 2;

/** One seed's openings, the first model's answers to them, and what humans like. */
export interface World {
  readonly stories: Stories;
  /** Features of new tokens `[8]`. */
  readonly features: (ids: readonly number[]) => Float64Array;
  /** True reward of new tokens, in standard deviations over the first model's answers. */
  readonly reward: (ids: readonly number[]) => number;
  /** Pairs of the first model's answers to openings of the seed and of the pools. */
  readonly pairs: readonly TextPair[];
  /** Such pairs of other openings, to be ranked. */
  readonly held: readonly TextPair[];
  /** Their margins under the first model. */
  readonly heldReference: Float64Array;
  /** What DPO on the seed came to, by the share of flipped labels: most arms begin there. */
  readonly seeded: Map<number, { readonly weights: readonly Float32Array[]; readonly gradientNorm: number }>;
}

/** Openings of the seed and of each round. */
function sizesOf({ languageSeedPairs, languagePools }: SgpoOptions): number[] {
  return [languageSeedPairs, ...POOLS.map((pool) => Math.round(pool * languagePools))];
}

const own = ({ ids, from }: TextPair[0]): number[] => Array.from(ids.subarray(from));

/** The world of one seed. */
export function worldOf(writer: Writer, options: SgpoOptions, rng: Rng): World {
  const learned = sizesOf(options).reduce((a, b) => a + b, 0), { languageTexts } = options;
  const counts = { prompts: learned + languageTexts, responses: 2, heldOut: languageTexts };
  const stories = storiesOf(writer, counts, rng.fork("stories"));
  const weights = rng.fork("reward").normals(DIMENSIONS);
  const features = (ids: readonly number[]) => stories.features(writer.tokenizer.decode(ids, { skipSpecial: true }));
  const raw = (ids: readonly number[]) => features(ids).reduce((sum, value, k) => sum + value * weights[k], 0);
  const all = stories.candidates.flat().map((text) => raw(own(text))),
    centre = all.reduce((a, b) => a + b, 0) / all.length;
  const spread = Math.sqrt(all.reduce((sum, value) => sum + (value - centre) ** 2, 0) / all.length);
  const pairs = stories.candidates.map(([first, second]): TextPair => [first, second]), held = pairs.slice(learned);
  const model = languageModel(writer.source), heldReference = marginsOf(model, held);
  model.dispose();
  return {
    ...{ stories, features },
    reward: (ids) => raw(ids) / spread,
    pairs: pairs.slice(0, learned),
    ...{ held, heldReference },
    seeded: new Map(),
  };
}

/** What is trained by whom. */
interface Learner extends Omit<TrainedWriter, "dispose"> {
  readonly arm: string;
  readonly seed: number;
  readonly method: Method;
}

/** Measures of a policy on pairs that nobody learned from, by the true reward. */
function ranked({ reward, held }: World, margins: Float64Array): Record<string, number> {
  let right = 0, confidence = 0, agreement = 0;
  held.forEach((pair, i) => {
    const gap = SPREAD * (reward(own(pair[0])) - reward(own(pair[1]))), side = Math.sign(margins[i]);
    right += gap === 0 || side === 0 ? 0.5 : side === Math.sign(gap) ? 1 : 0;
    confidence += sigmoid(Math.abs(margins[i]));
    agreement += sigmoid(side * gap);
  });
  const n = held.length;
  return { accuracy: right / n, confidence: confidence / n, overconfidence: (confidence - agreement) / n };
}

/** Pairs in the order of labels, 1 where the first is chosen. */
const turned = (pairs: readonly TextPair[], labels: ArrayLike<number>): TextPair[] =>
  pairs.map((pair, i) => labels[i] ? pair : [pair[1], pair[0]]);

/**
 * An outside ranker: a reward that is linear in features, fitted to labelled pairs, the chosen one first.
 *
 * @returns its margins of pairs
 */
export function rankerOf(
  { features }: Pick<World, "features">,
  labelled: readonly TextPair[],
  proximal: number,
): (pairs: readonly TextPair[]) => number[] {
  const apart = ([first, second]: TextPair) => {
    const other = features(own(second));
    return features(own(first)).map((value, k) => value - other[k]);
  };
  const differences = Float64Array.from(labelled.flatMap((pair) => [...apart(pair)]));
  const { theta } = fitPairs({ differences }, dpoLoss, { start: new Float64Array(DIMENSIONS), proximal });
  return (pairs: readonly TextPair[]) =>
    pairs.map((pair) => apart(pair).reduce((sum, value, k) => sum + value * theta[k], 0));
}

/** Two answers of a model to the openings of some pairs. */
function answered(model: LanguageModel, pairs: readonly TextPair[], rng: Rng): TextPair[] {
  const openings = pairs.flatMap(([{ ids, from }]) => [ids, ids].map((of) => Array.from(of.subarray(0, from))));
  const texts = written(model, openings.map((ids) => ({ ids, seed: rng.uint32() })), CONTINUATION)
    .map((told, i) => ({ ids: Uint32Array.from([...openings[i], ...told]), from: openings[i].length }));
  return pairs.map((_, i) => [texts[2 * i], texts[2 * i + 1]]);
}

/**
 * Algorithm 1 of the paper with what varies between arms: trained on the seed, then, round by round, on pairs that the model
 * writes and labels, those of this round alone as in the released code, at the follower's answer to the margins as they are.
 *
 * @returns measures after the seed (round 0) and each round, and the last gradient
 */
export function annotate(
  { method, model, before, ...about }: Learner,
  world: World,
  { noise, options, settings }: {
    readonly noise: number;
    readonly options: SgpoOptions;
    readonly settings: LossSettings;
  },
  rng: Rng,
): Record<string, number> {
  const { languageBeta: beta, languageRate: learningRate, languageBatch: batch, languageEpochs } = options;
  const sizes = sizesOf(options), { trained } = about;
  const human = (pairs: readonly TextPair[]) => {
    const odds = Float64Array.from(pairs, ([a, b]) => SPREAD * (world.reward(own(a)) - world.reward(own(b))));
    return turned(pairs, drawLabels(odds, { flips: noise }, rng.fork("labels")));
  };
  let gradientNorm = 0;
  /** Margins of the implicit reward. */
  const implicit = (pairs: readonly TextPair[], reference = margins(before(pairs))) =>
    marginsOf(model, pairs).map((margin, i) => beta * (margin - reference[i]));
  const fit = (pairs: readonly TextPair[], kind: Method["loss"], epochs: number, round: number) => {
    const reference = margins(before(pairs)), loss = lossAt(kind, implicit(pairs, reference), { ...settings, beta });
    const what = { pairs, reference, loss, beta, epochs, batch, learningRate };
    gradientNorm = trainMargins({ ...about, model, ...what, rng: rng.fork("order").fork(round) });
  };
  const rows: Record<string, number>[] = [];
  const measure = () => rows.push(ranked(world, implicit(world.held, world.heldReference)));
  const ranker = method.annotator === "ranker" ? rankerOf(world, human(world.pairs), options.proximal) : undefined;
  const game = isGame(method.loss) || method.loss === "refined";
  const seen = method.annotator === "human" ? world.pairs : world.pairs.slice(0, sizes[0]);
  const start = game ? "dpo" : method.loss, known = seen === world.pairs ? undefined : world.seeded.get(noise);
  if (start === "dpo" && known !== undefined) {
    trained.forEach(({ variable }, k) => {
      const weights = tf.tensor(known.weights[k], variable.shape);
      variable.assign(weights);
      weights.dispose();
    });
    ({ gradientNorm } = known);
  } else {
    fit(human(seen), start, languageEpochs, 0);
    const weights = trained.map(({ variable }) => variable.dataSync<"float32">().slice());
    if (start === "dpo" && seen !== world.pairs) world.seeded.set(noise, { weights, gradientNorm });
  }
  measure();
  let from = sizes[0];
  for (let round = 1; round < sizes.length; round++) {
    if (method.annotator === "self" || ranker !== undefined) {
      const asked = world.pairs.slice(from, from + sizes[round]);
      const pairs = answered(model, asked, rng.fork("answers").fork(round)), judged = (ranker ?? implicit)(pairs);
      fit(turned(pairs, Array.from(judged, (xi) => xi >= 0 ? 1 : 0)), method.loss, 1, round);
    }
    from += sizes[round];
    measure();
  }
  return {
    ...Object.fromEntries(
      rows.flatMap((row, t) => Object.entries(row).map(([name, value]) => [`${name}-${t}`, value])),
    ),
    "gradient-norm": gradientNorm,
  };
}
