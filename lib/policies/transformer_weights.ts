/**
 * Sizes and weights of a transformer.
 *
 * @module
 */
import type { Rng } from "../random.ts";

/** What a transformer is made of. */
export interface TransformerSizes {
  /** Tokens `V`. */
  readonly vocabulary: number;
  /** Width `D` of the residual stream. */
  readonly width: number;
  /** Blocks of attention and feed-forward layer. */
  readonly layers: number;
  /** Query heads `H`, each `D/H` wide, an even number. */
  readonly heads: number;
  /** Key heads and value heads, a divisor of `H`; fewer than `H` make it grouped-query attention. */
  readonly keyHeads: number;
  /** Width `F` of the feed-forward layer. */
  readonly hidden: number;
  /** Longest sequence. */
  readonly maxLength: number;
  /** Whether the classifier is the embedding's transpose. */
  readonly tied: boolean;
}

/** Weights by name, row-major float32; products are from the left: `x · w`. */
export type TransformerWeights = Readonly<Record<string, Float32Array>>;

/**
 * Names and shapes of all weights, in order.
 *
 * `N.query_key_value` holds the columns of all queries, then keys, then values; `N.gate_up` those of the gate and then of
 * what it lets through.
 *
 * @throws RangeError naming the size that does not fit
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const sizes = {
 *   vocabulary: 5, width: 8, layers: 1, heads: 2, keyHeads: 1, hidden: 12, maxLength: 4, tied: true,
 * };
 * assert.deepEqual(weightShapes(sizes)["0.query_key_value"], [8, 16]);
 * ```
 */
export function weightShapes(sizes: TransformerSizes): Readonly<Record<string, readonly number[]>> {
  const { vocabulary: V, width: D, layers, heads, keyHeads, hidden: F, tied } = sizes;
  for (const [name, value] of Object.entries(sizes)) {
    if (typeof value === "number" && !(Number.isSafeInteger(value) && value >= 1)) {
      throw new RangeError(`${name}: expected a count >= 1, got ${value}`);
    }
  }
  if (D % (2 * heads) !== 0) {
    throw new RangeError(`width: ${D} does not split into ${heads} heads of even width`);
  }
  if (heads % keyHeads !== 0) throw new RangeError(`keyHeads: ${keyHeads} does not divide ${heads} heads`);
  const head = D / heads;
  const shapes: Record<string, readonly number[]> = { embedding: [V, D] };
  for (let n = 0; n < layers; n++) {
    shapes[`${n}.attention_norm`] = [D];
    shapes[`${n}.query_key_value`] = [D, (heads + 2 * keyHeads) * head];
    shapes[`${n}.out`] = [D, D];
    shapes[`${n}.feed_forward_norm`] = [D];
    shapes[`${n}.gate_up`] = [D, 2 * F];
    shapes[`${n}.down`] = [F, D];
  }
  shapes.final_norm = [D];
  if (!tied) shapes.classifier = [D, V];
  return shapes;
}

/**
 * Weights to start from: normal with standard deviation 0.02, gains 1.
 *
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const sizes = {
 *   vocabulary: 5, width: 8, layers: 1, heads: 2, keyHeads: 1, hidden: 12, maxLength: 4, tied: true,
 * };
 * assert.equal(initialWeights(sizes, Rng.seed(0)).final_norm[0], 1);
 * ```
 */
export function initialWeights(sizes: TransformerSizes, rng: Rng): TransformerWeights {
  return Object.fromEntries(
    Object.entries(weightShapes(sizes)).map(([name, shape]) => {
      const count = shape.reduce((a, b) => a * b, 1);
      if (shape.length === 1) return [name, new Float32Array(count).fill(1)];
      return [name, Float32Array.from(rng.fork(name).normals(count), (z) => 0.02 * z)];
    }),
  );
}
