/**
 * A language model whose target is a known one: stories that it writes, and what annotators with a sharper model prefer.
 *
 * @module
 */
import { sigmoid } from "../../lib/exact/logistic.ts";
import { scoresOf } from "../../lib/exact/scores.ts";
import { type LanguageModel, languageModel } from "../../lib/policies/language/model.ts";
import type { Rng } from "../../lib/random.ts";
import { tf } from "../../lib/tensor/backend.ts";
import type { TextGroups } from "../../lib/training/language/examples.ts";
import { FrozenStates } from "../../lib/training/language/frozen_states.ts";
import { CONTINUATION, type Stories, storiesOf, written } from "../../lib/training/language/stories.ts";
import { textLogps } from "../../lib/training/language/text_trainer.ts";
import type { Writer } from "../../lib/training/language/writer.ts";
import type { Pairs } from "../../lib/training/pairs.ts";
import { DIMENSIONS } from "../../lib/worlds/population.ts";
import { fitReward } from "./benchmark_arms.ts";
import type { BenchmarkOptions } from "./options.ts";

/** The gains that a model's last states are multiplied with: all that is trained of stories260K. */
export const lastGains = (name: string): boolean => name === "model.norm.weight";

/**
 * A model that divides the logits of each token by a temperature: its last gains are divided by it.
 *
 * @returns the caller's to free
 */
export function sharpened({ source }: Pick<Writer, "source">, temperature: number): LanguageModel {
  const model = languageModel(source, { trained: lastGains });
  const { variable } = model.parameters.find(({ parts }) => parts.some(({ name }) => lastGains(name)))!;
  const { gainOffset } = model.config;
  tf.tidy(() => variable.assign(tf.sub(tf.div(tf.add(variable, gainOffset), temperature), gainOffset)));
  return model;
}

/** Room for the states of a seed's candidates. */
const STATES = 2 ** 28;

/** What a seed's arms share. */
export interface LanguageWorld {
  readonly stories: Stories;
  /** Candidates to learn from, and of openings that are held out. */
  readonly training: TextGroups;
  readonly held: TextGroups;
  /** log π0 and log π* of the candidates to learn from, nats `[X·A]`. */
  readonly logStart: Float64Array;
  readonly logTarget: Float64Array;
  /** Of the held-out ones. */
  readonly heldStart: Float64Array;
  readonly heldTarget: Float64Array;
  /** What π* goes on with at the held-out openings. */
  readonly wanted: readonly (readonly number[])[];
  /** What a reward reads of each candidate to learn from `[X·A, WIDTH]`. */
  readonly features: Float64Array;
  /** States below what is trained. */
  readonly states: FrozenStates;
}

/** log π0 in tens of nats, and what is in the words. */
const WIDTH = DIMENSIONS + 1;

/** The world of a seed. */
export function languageWorld(
  writer: Writer,
  { languagePrompts: prompts, languageResponses: responses, languageTexts, languageSets, temperature }:
    BenchmarkOptions,
  rng: Rng,
): LanguageWorld {
  const stories = storiesOf(writer, { prompts: prompts + languageSets, responses, heldOut: languageTexts }, rng);
  const start = languageModel(writer.source), target = sharpened(writer, temperature);
  try {
    const all = stories.candidates, cut = prompts * responses;
    const logStart = textLogps(start, all), logTarget = textLogps(target, all);
    const features = new Float64Array(cut * WIDTH);
    for (let i = 0; i < cut; i++) {
      features[i * WIDTH] = logStart[i] / 10;
      features.set(stories.table.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS), i * WIDTH + 1);
    }
    return {
      ...{ stories, features, states: new FrozenStates(STATES) },
      ...{ training: all.slice(0, prompts), held: all.slice(prompts) },
      ...{ logStart: logStart.slice(0, cut), logTarget: logTarget.slice(0, cut) },
      ...{ heldStart: logStart.slice(cut), heldTarget: logTarget.slice(cut) },
      wanted: written(target, stories.heldOut, CONTINUATION),
    };
  } finally {
    start.dispose();
    target.dispose();
  }
}

/** All pairs of the candidates of each prompt. */
export function allPairs(prompts: number, responses: number): Pairs {
  const first: number[] = [], second: number[] = [];
  for (let x = 0; x < prompts; x++) {
    for (let a = 0; a < responses; a++) {
      for (let b = 0; b < a; b++) {
        first.push(x * responses + a);
        second.push(x * responses + b);
      }
    }
  }
  return { first: Uint32Array.from(first), second: Uint32Array.from(second) };
}

/** Labels of pairs. */
export interface Labels {
  /** How often the first text of each pair won, and how often it lost `[P]`. */
  readonly won: Float64Array;
  readonly lost: Float64Array;
}

/**
 * Labels by P(first wins) = σ(γ (log π* of the first − log π* of the second)), each of a pair drawn evenly.
 *
 * @param logTarget nats; of equal texts, labels are a coin's
 */
export function labelled(
  { first, second }: Pairs,
  logTarget: Float64Array,
  gamma: number,
  n: number,
  rng: Rng,
): Labels {
  const won = new Float64Array(first.length), lost = new Float64Array(first.length);
  for (let i = 0; i < n; i++) {
    const pair = rng.integer(first.length);
    const chance = sigmoid(gamma * (logTarget[first[pair]] - logTarget[second[pair]]));
    (rng.uniform() < chance ? won : lost)[pair]++;
  }
  return { won, lost };
}

/** A linear reward of greatest likelihood, of each candidate to learn from `[X·A]`. */
export function linearReward(
  { features }: LanguageWorld,
  { first, second }: Pairs,
  { won, lost }: Labels,
): Float64Array {
  const winners: number[] = [], losers: number[] = [];
  const add = (count: number, winner: number, loser: number) => {
    for (let k = 0; k < count; k++) {
      winners.push(winner);
      losers.push(loser);
    }
  };
  first.forEach((text, i) => {
    add(won[i], text, second[i]);
    add(lost[i], second[i], text);
  });
  const chosen = { first: Uint32Array.from(winners), second: Uint32Array.from(losers) };
  return scoresOf(features, fitReward(chosen, features, WIDTH, WIDTH));
}
