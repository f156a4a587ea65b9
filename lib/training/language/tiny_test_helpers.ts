/**
 * A tiny language model and examples for it, made from seeds.
 *
 * @module
 */
import { tinyConfig, tinyWeights } from "../../policies/language/checkpoint_test_helpers.ts";
import { type LanguageModel, languageModel } from "../../policies/language/model.ts";
import type { WeightSource } from "../../policies/language/weights.ts";
import { Rng } from "../../random.ts";
import type { Example, Response } from "./examples.ts";
import type { Objective } from "./objective.ts";
import { objectiveOf } from "./objectives.ts";
import { weighedBySample } from "./objectives_of_logs.ts";
import { scoreTexts } from "./scoring.ts";
import type { ReferenceScores, Setting } from "./setting.ts";

/** A Llama of width 16 with two layers and 20 tokens; its weights are normal with a standard deviation of 0.3. */
export function tinySource(): WeightSource {
  const config = tinyConfig("llama"), weights = tinyWeights(config);
  return { config, read: (name) => weights.get(name)!.map((value) => 0.3 * value) };
}

function response(rng: Rng, prompt: Uint32Array): Response {
  const own = Uint32Array.from({ length: 1 + rng.integer(5) }, () => 3 + rng.integer(17));
  return { ids: Uint32Array.of(...prompt, ...own), from: prompt.length };
}

const prompt = (rng: Rng) => Uint32Array.from({ length: 1 + rng.integer(4) }, () => 3 + rng.integer(17));

/** Pairs of responses of one to five tokens, with rewards. */
export function tinyPairs(count: number, seed = 1): Example[] {
  return Array.from({ length: count }, (_, i) => {
    const rng = Rng.seed(seed).fork(i), begun = prompt(rng);
    return { responses: [response(rng, begun), response(rng, begun)], rewards: [rng.normal(), rng.normal()] };
  });
}

/** Responses with labels and mismatched pairs. */
export function tinyLabelled(count: number, seed = 1): Example[] {
  return Array.from({ length: count }, (_, i) => {
    const rng = Rng.seed(seed).fork(i), begun = prompt(rng);
    return { responses: [response(rng, begun)], desirable: i % 3 !== 1, mismatched: response(rng, begun) };
  });
}

/** Texts with outcomes and predictions, of laws of their own for some; every third was sampled and has no outcome. */
function tinyLog(count: number, seed = 1): Example[] {
  return Array.from({ length: count }, (_, i) => {
    const rng = Rng.seed(seed).fork(i), lone = [response(rng, prompt(rng))], predicted = rng.normal();
    if (i % 3 === 2) return { responses: lone, predicted };
    const shown = i % 3 === 1 ? { shownTimes: 0.5 + rng.uniform() } : {};
    return { responses: lone, predicted, outcome: rng.normal(), ...shown, ...(i % 4 === 0 && { lawLogp: -9 - i }) };
  });
}

/** Two to four responses to a prompt, with rewards. */
function tinyGroups(count: number, seed = 1): Example[] {
  return Array.from({ length: count }, (_, i) => {
    const rng = Rng.seed(seed).fork(i), begun = prompt(rng), size = 2 + i % 3;
    const responses = Array.from({ length: size }, () => response(rng, begun));
    return { responses, rewards: responses.map(() => rng.normal()) };
  });
}

/** Responses to two or three constitutions, each under each of them. */
function tinyConstitutions(count: number, seed = 1): Example[] {
  return Array.from({ length: count }, (_, i) => {
    const rng = Rng.seed(seed).fork(i), size = 2 + i % 2;
    const begun = Array.from({ length: size }, () => prompt(rng));
    const own = begun.map(() => response(rng, new Uint32Array()).ids);
    const responses = begun.flatMap((start) =>
      own.map((ids) => ({ ids: Uint32Array.of(...start, ...ids), from: start.length }))
    );
    return { responses, constitutions: size };
  });
}

/** Examples of the kind that an objective reads. */
export function tinyExamples({ data }: Objective, count: number): Example[] {
  switch (data) {
    case "labelled":
      return tinyLabelled(count);
    case "logged":
      return tinyLog(3 * count).filter(({ outcome }) => outcome !== undefined).slice(0, count);
    case "sampled":
      return tinyLog(3 * count).filter(({ outcome }) => outcome === undefined).slice(0, count);
    case "logged and sampled":
      return weighedBySample(tinyLog(count));
    case "rewarded":
      return tinyGroups(count);
    case "constitutions":
      return tinyConstitutions(count);
    default:
      return tinyPairs(count).map((pair, i) => ({ ...pair, ...(data === "tied" && { tied: i % 3 === 0 }) }));
  }
}

const ratios = [{ kind: "plain" }, { kind: "self-normalised" }, { kind: "stabilised", low: 0.9, high: 1.4 }];

/** Objectives of every loss that can be trained on lines of responses, with options that a test may use. */
export const tinyObjectives = [
  ...["dpo", "hinge", "nca-pair", "apo-zero", "apo-down", "aot-paired", "aot-unpaired", "discopop", "wpo", "dpo-mean"]
    .map((name) => objectiveOf(name, { loss: { beta: 0.4 } })),
  ...["robust-dpo", "exo-pair"].map((name) => objectiveOf(name, { loss: { beta: 0.4, labelSmoothing: 0.1 } })),
  ...["ipo-sum", "ipo-mean"].map((name) => objectiveOf(name, { loss: { tau: 0.7 } })),
  objectiveOf("f-dpo", { loss: { beta: 0.4, divergence: { kind: "jensen-shannon" } } }),
  objectiveOf("bco-pair", { loss: { beta: 0.4, shift: 0.1 } }),
  objectiveOf("sppo-hard", { loss: { eta: 2 } }),
  objectiveOf("ld-dpo", { loss: { beta: 0.4, alpha: 0.3 } }),
  objectiveOf("reference-free-dpo", { loss: { beta: 0.4 } }),
  objectiveOf("pmle", { loss: { gamma: 0.4 } }),
  objectiveOf("simpo", { loss: { beta: 2, gamma: 0.5 } }),
  objectiveOf("orpo", { loss: { lambda: 0.3 }, likelihood: { weight: 1, prompt: true } }),
  objectiveOf("contrastive-po", { loss: { beta: 0.4 }, likelihood: { weight: 0.7 } }),
  objectiveOf("sft", { loss: {} }),
  objectiveOf("rebel", { loss: { eta: 0.7 } }),
  objectiveOf("preference-distillation", { loss: { gamma: 0.7 } }),
  objectiveOf("kto", { loss: { beta: 0.4, undesirableWeight: 1.3 } }),
  objectiveOf("apo-zero-unpaired", { loss: { beta: 0.4 } }),
  objectiveOf("bco", { loss: { beta: 0.4 } }),
  objectiveOf("davidson", { loss: { beta: 0.4, nu: 0.7 } }),
  objectiveOf("rao-kupper", { loss: { beta: 0.4, theta: 1.5 } }),
  objectiveOf("stackelberg-margin", { loss: { beta: 0.4, radius: 0.3, window: 0.2 } }),
  objectiveOf("stackelberg-probability", { loss: { beta: 0.4, radius: 0.1, floor: 0.05 } }),
  ...ratios.map((ratio) => objectiveOf("causal-cpo", { loss: { ratio, baseline: 0.3, klWeight: 0.2 } })),
  ...ratios.flatMap((ratio) =>
    ["causal-outcome-only", "dr-cpo"].map((name) => objectiveOf(name, { loss: { ratio, klWeight: 0.2 } }))
  ),
  objectiveOf("reinforce", { loss: { baseline: 0.2 } }),
  objectiveOf("rloo", { loss: {} }),
  objectiveOf("rlhf", { loss: { beta: 0.4, baseline: 0.2 } }),
  objectiveOf("rlhf-exact", { loss: { beta: 0.4 } }),
  objectiveOf("reverse-kl", { loss: { gamma: 0.1, klWeight: 0.3, baseline: 0.2 } }),
  objectiveOf("reverse-kl-exact", { loss: { gamma: 0.1, klWeight: 0.3 } }),
  ...["sami", "sami-constitutions", "sami-responses"].map((name) => objectiveOf(name, { loss: {} })),
];

/** Log-probs of a reference under which each token is a little less likely, each response by another amount. */
export function tinyReference(model: LanguageModel, examples: readonly Example[]): Map<Example, ReferenceScores> {
  const lower = (logps: Float32Array, k: number) =>
    logps.map((logp, t) => logp - 0.0137 * (1 + (3 * k + t) % 7) - 0.011 * k);
  return new Map(examples.map((example, i) => {
    const texts = [...example.responses, ...(example.mismatched ? [example.mismatched] : [])];
    const logps = scoreTexts(model, [texts]).map((of, k) => lower(of, i + k));
    const responses = logps.slice(0, example.responses.length);
    return [example, { responses, ...(example.mismatched && { mismatched: logps.at(-1)! }) }];
  }));
}

/** A setting of the tiny model in which all weights are trained. */
export function tinySetting(changes: Partial<Setting>, examples: readonly Example[]): Setting {
  const model = changes.model ?? languageModel(tinySource(), { trained: () => true });
  return {
    model,
    objective: tinyObjectives[0],
    reference: tinyReference(model, examples),
    micro: examples.length,
    recomputes: false,
    points: { mean: 0, count: 0 },
    ...changes,
  };
}
