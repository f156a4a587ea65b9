/**
 * Sequences that grow by a token at a time: keys and values of what they have are kept.
 *
 * @module
 */
import { attention } from "../../tensor/fused/attention.ts";
import { cachedAttention, writeCache } from "../../tensor/fused/cached_attention.ts";
import { rowwiseProduct } from "../../tensor/fused/rowwise_product.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import type { Surroundings } from "./block.ts";
import type { LanguageModelConfig } from "./config.ts";
import type { Product } from "./linear.ts";
import { type Sequences, sequencesOf } from "./sequences.ts";

/** Sequences in places of a fixed number and length. */
export interface Decoder {
  /**
   * Begins sequences with a prompt, which is computed once; what was in their places is gone.
   *
   * @param slots places, each < `places`
   * @param ids the prompt, at least one token
   * @returns logits of the token after it `[1, V]`; the caller's to free
   * @throws RangeError when the prompt is longer than a place, or has no tokens
   */
  begin(slots: ArrayLike<number>, ids: ArrayLike<number>): Tensor;
  /**
   * Adds a token to each of some sequences.
   *
   * @param slots places that have begun, each at most once `[N]`
   * @param ids `[N]`
   * @returns logits of the tokens after these `[N, V]`, each row what it is in any other company; the caller's to free
   * @throws RangeError when a place is full or has not begun
   */
  next(slots: Uint32Array, ids: Uint32Array): Tensor;
  /** Frees what is kept. */
  dispose(): void;
}

/** What a decoder needs of a model. */
interface Layers {
  /** Sizes and kinds. */
  readonly config: LanguageModelConfig;
  /** Last states of some rows `[R, D]`, with other attention and products in each block. */
  states(
    sequences: Sequences,
    rows: Uint32Array,
    instead: (layer: number) => Pick<Surroundings, "attend" | "product">,
  ): Tensor;
  /** Logits of states. */
  logits(states: Tensor, product: Product): Tensor;
}

/**
 * A decoder with a cache `[places, length, 2·K·headWidth]` a layer, of float32.
 *
 * A prompt is run by itself and a token by products whose rows do not depend on each other, so that no sequence depends on
 * its company: a BLAS rounds by the number of rows.
 *
 * @param places sequences at a time
 * @param length tokens of a sequence at most
 * @example
 * ```ts ignore
 * const decoder = openDecoder(layers, 8, 64);
 * ```
 */
export function openDecoder({ config, states, logits }: Layers, places: number, length: number): Decoder {
  const { keyHeads, headWidth } = config, lengths = new Uint32Array(places);
  const caches = Array.from(
    { length: config.layers },
    () => tf.keep(tf.zeros([places, length, 2 * keyHeads * headWidth])) as Tensor,
  );
  const write = (layer: number, x: Tensor, slots: Uint32Array, positions: Uint32Array) => {
    const before = caches[layer];
    caches[layer] = tf.keep(writeCache(before, x, { slots, positions }));
    before.dispose();
  };
  const after = (
    sequences: Sequences,
    rows: Uint32Array,
    instead: (layer: number) => Pick<Surroundings, "attend" | "product">,
  ) => tf.tidy(() => logits(states(sequences, rows, instead), rowwiseProduct));

  return {
    begin(slots, ids) {
      const sequences = sequencesOf([ids]), count = ids.length;
      if (count > length) throw new RangeError(`ids: expected at most ${length}, got ${count}`);
      const outcome = after(sequences, Uint32Array.of(count - 1), (layer) => ({
        attend(x, options) {
          for (const slot of Array.from(slots)) {
            write(layer, x, new Uint32Array(count).fill(slot), sequences.positions);
          }
          return attention(x, options);
        },
      }));
      for (const slot of Array.from(slots)) lengths[slot] = count;
      return outcome;
    },
    next(slots, ids) {
      const positions = slots.map((slot) => lengths[slot]);
      const wrong = positions.findIndex((position) => position < 1 || position >= length);
      if (wrong >= 0) {
        throw new RangeError(`slots[${wrong}]: place ${slots[wrong]} has ${positions[wrong]} of ${length} tokens`);
      }
      const rows = slots.map((_, i) => i), sequences = { ...sequencesOf(Array.from(ids, (id) => [id])), positions };
      const outcome = after(sequences, rows, (layer) => ({
        product: rowwiseProduct,
        attend(x, { heads, keyHeads, scale, softCap, window }) {
          write(layer, x, slots, positions);
          return cachedAttention(x, caches[layer], {
            ...{ heads, keyHeads, scale: scale!, slots, positions },
            ...(softCap === undefined ? {} : { softCap }),
            ...(window === undefined ? {} : { window }),
          });
        },
      }));
      for (const slot of slots) lengths[slot]++;
      return outcome;
    },
    dispose: () => tf.dispose(caches),
  };
}
