/**
 * A folder with a tiny model, its tokenizer, and lines to train it on.
 *
 * @module
 */
import { tinyConfig, tinyJson, tinyWeights } from "../policies/language/checkpoint_test_helpers.ts";
import { namedTensors } from "../policies/language/checkpoint_test_helpers.ts";
import { writeSafetensors } from "../formats/safetensors_writer.ts";
import { Rng } from "../random.ts";
import type { CurvePoint } from "../training/language/loop.ts";
import { trainOptions } from "./train_options.ts";
import type { SavedTraining, TrainingRecord } from "./training_record.ts";

/** A tokenizer of the letters a to p and the space. */
function tokenizerJson(): Record<string, unknown> {
  const letters = [..."abcdefghijklmnop"], special = ["<pad>", "<s>", "</s>"];
  const vocab = Object.fromEntries([...special, ...letters, "Ġ"].map((token, id) => [token, id]));
  return {
    model: { type: "BPE", vocab, merges: [] },
    added_tokens: special.map((content, id) => ({ id, content, special: true, normalized: false })),
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: false },
    decoder: { type: "ByteLevel" },
  };
}

/** Pairs in which the chosen response is all "a" and the rejected one has other letters. */
export function pairLines(count: number): string {
  const rng = Rng.seed(11), word = () => Array.from({ length: 3 }, () => "bcdefg"[rng.integer(6)]).join("");
  return Array.from({ length: count }, () => {
    return JSON.stringify({ prompt: word(), chosen: " aaa".slice(0, 2 + rng.integer(3)), rejected: ` ${word()}` });
  }).join("\n");
}

/** Writes `model/` and `pairs.jsonl` with 12 lines into a folder. */
export async function writeTinyTraining(folder: string): Promise<void> {
  const config = tinyConfig("llama"), model = `${folder}/model`;
  await Deno.mkdir(model);
  const weights = new Map([...tinyWeights(config)].map(([name, values]) => [name, values.map((v) => 0.3 * v)]));
  writeSafetensors(`${model}/model.safetensors`, namedTensors(config, weights));
  await Deno.writeTextFile(`${model}/config.json`, JSON.stringify(tinyJson("llama")));
  await Deno.writeTextFile(`${model}/tokenizer.json`, JSON.stringify(tokenizerJson()));
  await Deno.writeTextFile(
    `${model}/tokenizer_config.json`,
    JSON.stringify({ bos_token: "<s>", eos_token: "</s>", pad_token: "<pad>" }),
  );
  await Deno.writeTextFile(`${folder}/pairs.jsonl`, pairLines(12));
}

/** A point of a curve, with what matters of it. */
export const point = (
  step: number,
  on: CurvePoint["on"],
  loss: number,
  more: Partial<CurvePoint> = {},
): CurvePoint => ({
  ...{
    step,
    on,
    loss,
    chosen: -40,
    rejected: -30,
    chosenRatio: 0,
    rejectedRatio: 0,
    accuracy: 0.5,
    learningRate: 1e-4,
  },
  ...{ gradientNorm: on === "train" ? 2 : NaN, ...more },
});

const CURVE = [
  ...[point(0, "held-out", 0.69315, { chosenRatio: 1e-6 }), point(0, "train", 0.7), point(1, "held-out", 0.69311)],
  ...[point(1, "train", 0.6), point(2, "held-out", 0.69313), point(2, "train", 0.5)],
  point(3, "held-out", 0.69314, { chosenRatio: 0.5, rejectedRatio: -0.25, accuracy: 1 }),
];

/** A training that has taken three of four steps, with what is held out looked at after each. */
export function savedTraining(
  flags: readonly string[] = [],
  curve: readonly CurvePoint[] = CURVE,
): SavedTraining<TrainingRecord> {
  const { fresh: _, out: __, lengthGiven: ___, ...options } = trainOptions(["--model", "m", "--pairs", "p", ...flags])!;
  return {
    curve,
    record: {
      ...{ command: "deno task train", git: { commit: "unknown", dirty: "unknown" }, versions: {}, engine: "wasm" },
      ...{
        engineFacts: {},
        checkpoint: "c0",
        data: "da",
        lines: 9,
        heldOut: 3,
        steps: 4,
        kept: 0,
        seconds: 3,
        options,
      },
    },
  };
}
