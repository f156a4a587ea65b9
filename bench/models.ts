/**
 * Language models of random weights, and pairs of random texts: what is computed does not depend on them.
 *
 * @module
 */
import type { LanguageModelConfig } from "../lib/policies/language/config.ts";
import { tensorShapes } from "../lib/policies/language/tensor_names.ts";
import type { WeightSource } from "../lib/policies/language/weights.ts";
import type { Rng } from "../lib/random.ts";
import type { Example } from "../lib/training/language/examples.ts";

/** Sizes of a Llama model. */
export interface ModelSizes {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly hidden: number;
}

/**
 * Weights of a tied model, uniform with standard deviation 0.02; gains are 1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Rng } from "../lib/random.ts";
 * const sizes = { vocabulary: 5, width: 8, layers: 1, heads: 2, keyHeads: 1, hidden: 12 };
 * assert.equal(randomModel(sizes, Rng.seed(0)).read("model.norm.weight")[0], 1);
 * ```
 */
export function randomModel({ width, heads, ...sizes }: ModelSizes, rng: Rng): WeightSource {
  const config: LanguageModelConfig = {
    ...{ ...sizes, architecture: "llama", width, heads, headWidth: width / heads, maxLength: 8192, epsilon: 1e-5 },
    ...{ rope: { base: 1e4 }, tied: true, queryScale: Math.sqrt(heads / width), embeddingScale: 1, gainOffset: 0 },
    ...{ queryKeyValueBias: false, outBias: false, feedForwardBias: false, queryKeyNorm: false, postNorms: false },
    ...{ activation: "silu", special: { end: [] } },
  };
  const shapes = tensorShapes(config);
  return {
    config,
    read(name) {
      const shape = shapes.get(name)!, count = shape.reduce((a, b) => a * b, 1);
      if (shape.length === 1) return new Float32Array(count).fill(1);
      return Float32Array.from({ length: count }, () => 0.02 * Math.sqrt(12) * (rng.uniform() - 0.5));
    },
  };
}

/** A block of ggml of about the same standard deviation: its bytes, and the half-precision scale and minimum it begins with. */
const BLOCKS = {
  Q4_1: { bytes: 20, head: [0x00, 0x1c, 0x80, 0xa7] }, // 2^-8, −7.5·2^-8
  Q8_0: { bytes: 34, head: [0x00, 0x0c] }, // 2^-12
} as const;

/**
 * The same model with matrices of 4 bits and an embedding of 8, as GGUF files of 4 bits mostly are.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Rng } from "../lib/random.ts";
 * const sizes = { vocabulary: 5, width: 32, layers: 1, heads: 2, keyHeads: 1, hidden: 64 };
 * const model = packedModel(randomModel(sizes, Rng.seed(0)), Rng.seed(1));
 * assert.equal(model.readPacked!("model.layers.0.mlp.down_proj.weight")!.blocks.length, 32 * 2 * 20);
 * ```
 */
export function packedModel(model: WeightSource, rng: Rng): WeightSource {
  const shapes = tensorShapes(model.config);
  return {
    ...model,
    readPacked(name) {
      const [rows, columns] = shapes.get(name)!;
      if (columns === undefined) return undefined;
      const type = name.includes("embed") ? "Q8_0" : "Q4_1", { bytes, head } = BLOCKS[type];
      const blocks = Uint8Array.from({ length: rows * columns / 32 * bytes }, () => rng.integer(256));
      for (let at = 0; at < blocks.length; at += bytes) blocks.set(head, at);
      return { type, blocks };
    },
  };
}

/** Sizes of texts. */
interface TextSizes {
  /** Tokens there are. */
  readonly vocabulary: number;
  /** Texts; two make a pair. */
  readonly sequences: number;
  /** Tokens of a prompt. */
  readonly prompt: number;
  /** Tokens of a text. */
  readonly length: number;
  /** Whether the texts of a pair have one prompt. */
  readonly shared: boolean;
}

/**
 * Pairs of texts.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Rng } from "../lib/random.ts";
 * const [{ responses }] = randomPairs({ vocabulary: 9, sequences: 2, prompt: 2, length: 3, shared: true }, Rng.seed(0));
 * assert.deepEqual(responses[0].ids.slice(0, 2), responses[1].ids.slice(0, 2));
 * ```
 */
export function randomPairs({ vocabulary, prompt, length, sequences, shared }: TextSizes, rng: Rng): Example[] {
  const tokens = (count: number) => Uint32Array.from({ length: count }, () => rng.integer(vocabulary));
  return Array.from({ length: sequences / 2 }, () => {
    const begun = tokens(prompt);
    const text = () => ({
      ids: Uint32Array.from([...(shared ? begun : tokens(prompt)), ...tokens(length - prompt)]),
      from: prompt,
    });
    return { responses: [text(), text()] };
  });
}
