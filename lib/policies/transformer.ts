/**
 * A small Llama-style language model: RMSNorm, rotary positions, grouped-query attention, SwiGLU.
 *
 * One replicate: its products are large enough to fill the engine by themselves, so seeds run one after the other.
 *
 * @module
 */
import { type Tensor, tf, type Variable } from "../tensor/backend.ts";
import { attention } from "../tensor/fused/attention.ts";
import { embedding } from "../tensor/fused/embedding.ts";
import { rmsNorm } from "../tensor/fused/rms_norm.ts";
import { rotary, rotaryTables } from "../tensor/fused/rotary.ts";
import { swiglu } from "../tensor/fused/swiglu.ts";
import type { Rng } from "../random.ts";
import { type Reduction, type SequenceLogProb, sequenceLogProb } from "../tensor/sequence.ts";
import { type TransformerSizes, type TransformerWeights, weightShapes } from "./transformer_weights.ts";

/** A trainable causal language model. */
interface Transformer {
  /** What it is made of. */
  readonly sizes: TransformerSizes;
  /** Trainable tensors, in the order of `weightShapes`. */
  readonly parameters: readonly Variable[];
  /**
   * Logits of the token after each position.
   *
   * @param ids row-major `[B, T]`
   * @param length `T`
   * @returns `[B, T, V]`, differentiable in the parameters
   */
  logits(ids: Uint32Array, length: number): Tensor;
  /**
   * Log-probability of the masked tokens given what is before them: see `sequenceLogProb`.
   *
   * @param ids row-major `[B, T]`; whatever stands outside the mask must be ids of the vocabulary too
   * @param mask row-major `[B, T]`
   */
  logProb(
    ids: Uint32Array,
    mask: ArrayLike<number | boolean>,
    options: { readonly length: number; readonly reduction: Reduction },
  ): SequenceLogProb;
  /**
   * Continues prompts of one length token by token.
   *
   * @param prompts row-major `[B, P]`
   * @param options.promptLength `P`
   * @param options.length of prompt and continuation together
   * @param options.temperature divides the logits; 0 takes the likeliest token, the first of equals
   * @returns row-major `[B, length]`, prompts included
   * @throws RangeError when the length is beyond the model's
   */
  sample(
    prompts: Uint32Array,
    options: {
      readonly promptLength: number;
      readonly length: number;
      readonly temperature: number;
      readonly rng: Rng;
    },
  ): Uint32Array;
  /** Frees the tensors. */
  dispose(): void;
}

const EPSILON = 1e-5, ROTARY_BASE = 10000;

/**
 * A transformer with given weights.
 *
 * @param weights of the names and sizes of `weightShapes`; `initialWeights` for a model to train from scratch
 * @throws TypeError when a weight is missing or has another size
 * @example
 * ```ts
 * import { startBackend } from "../tensor/backend.ts";
 * import { Rng } from "../random.ts";
 * import { initialWeights } from "./transformer_weights.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const sizes = {
 *   vocabulary: 5, width: 8, layers: 1, heads: 2, keyHeads: 1, hidden: 12, maxLength: 4, tied: true,
 * };
 * const model = transformer(sizes, initialWeights(sizes, Rng.seed(0)));
 * assert.deepEqual(model.logits(Uint32Array.of(0, 1, 2, 3, 4, 0), 3).shape, [2, 3, 5]);
 * model.dispose();
 * ```
 */
export function transformer(sizes: TransformerSizes, weights: TransformerWeights): Transformer {
  const variables: Record<string, Variable> = {};
  for (const [name, shape] of Object.entries(weightShapes(sizes))) {
    const given = weights[name], expected = shape.reduce((a, b) => a * b, 1);
    if (given?.length !== expected) {
      throw new TypeError(`weights: expected ${expected} numbers for ${name}, got ${given?.length}`);
    }
    variables[name] = tf.tidy(() => tf.variable(tf.tensor(given, [...shape]) as Tensor));
  }
  const { width, layers, heads, keyHeads, maxLength, tied } = sizes;
  const half = width / heads / 2;
  const tables = rotaryTables(maxLength, Array.from({ length: half }, (_, i) => ROTARY_BASE ** (-i / half)));

  /** The residual stream behind the last block, normalised: `[B·T, D]`. */
  const states = (ids: Uint32Array, length: number): Tensor => {
    if (!(length >= 1 && length <= maxLength && ids.length % length === 0)) {
      throw new RangeError(`length: expected 1 .. ${maxLength} and a divisor of ${ids.length} ids, got ${length}`);
    }
    const positions = Uint32Array.from(ids, (_, i) => i % length);
    const lengths = new Uint32Array(ids.length / length).fill(length);
    let x = embedding(variables.embedding, ids);
    for (let n = 0; n < layers; n++) {
      const weight = (name: string) => variables[`${n}.${name}`];
      const mixed = tf.matMul(rmsNorm(x, weight("attention_norm"), EPSILON), weight("query_key_value"));
      const turned = rotary(mixed, tables, { heads: heads + keyHeads, positions });
      const seen = attention(turned, { heads, keyHeads, lengths });
      x = tf.add(x, tf.matMul(seen, weight("out")));
      const opened = tf.matMul(rmsNorm(x, weight("feed_forward_norm"), EPSILON), weight("gate_up"));
      x = tf.add(x, tf.matMul(swiglu(opened), weight("down")));
    }
    return rmsNorm(x, variables.final_norm, EPSILON);
  };
  const classify = (x: Tensor): Tensor =>
    tied ? tf.matMul(x, variables.embedding, false, true) : tf.matMul(x, variables.classifier);
  const logits = (ids: Uint32Array, length: number): Tensor =>
    tf.reshape(classify(states(ids, length)), [ids.length / length, length, sizes.vocabulary]);

  return {
    sizes,
    parameters: Object.values(variables),
    logits,
    logProb: (ids, mask, { length, reduction }) => sequenceLogProb(logits(ids, length), ids, mask, { reduction }),
    sample(prompts, { promptLength, length, temperature, rng }) {
      if (length > maxLength) throw new RangeError(`length: expected at most ${maxLength}, got ${length}`);
      const batch = prompts.length / promptLength;
      const out = new Uint32Array(batch * length);
      for (let b = 0; b < batch; b++) {
        out.set(prompts.subarray(b * promptLength, (b + 1) * promptLength), b * length);
      }
      for (let t = promptLength; t < length; t++) {
        const seen = Uint32Array.from({ length: batch * t }, (_, i) => out[Math.floor(i / t) * length + i % t]);
        const last = Uint32Array.from({ length: batch }, (_, b) => (b + 1) * t - 1);
        const next = tf.tidy(() => classify(embedding(states(seen, t), last)).dataSync<"float32">());
        for (let b = 0; b < batch; b++) {
          const row = next.subarray(b * sizes.vocabulary, (b + 1) * sizes.vocabulary);
          out[b * length + t] = drawToken(row, temperature, rng);
        }
      }
      return out;
    },
    dispose: () => tf.dispose([...Object.values(variables), tables.cosines, tables.sines]),
  };
}

/** One token from logits; the likeliest at temperature 0. */
function drawToken(logits: Float32Array, temperature: number, rng: Rng): number {
  const top = logits.reduce((a, b) => Math.max(a, b));
  if (temperature === 0) return logits.indexOf(top);
  return rng.categorical(Float64Array.from(logits, (l) => Math.exp((l - top) / temperature)), 1)[0];
}
