/**
 * Sequences that grow by a token at a time: keys and values of what they have are kept.
 *
 * @module
 */
import { attention } from "../../tensor/fused/attention.ts";
import { cachedAttention, writeCache } from "../../tensor/fused/cached_attention.ts";
import { groupedProduct } from "../../tensor/fused/grouped_product.ts";
import { isHeld } from "../../tensor/held_matrix.ts";
import { rowwiseProduct } from "../../tensor/fused/rowwise_product.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import type { Surroundings } from "./block.ts";
import type { LanguageModelConfig } from "./config.ts";
import type { Product } from "./linear.ts";
import { type Sequences, sequencesOf } from "./sequences.ts";

/** A prompt that sequences begin with. */
interface Beginning {
  /** Their places, each < `places`. */
  readonly slots: readonly number[];
  /** The prompt, at least one token. */
  readonly ids: ArrayLike<number>;
}

/** Sequences in places of a fixed number and length. */
export interface Decoder {
  /**
   * Begins sequences with prompts, each of which is computed once; what was in their places is gone.
   *
   * @param beginnings at least one, no place twice
   * @returns logits of the token after each prompt `[beginnings, V]`, each row what it is in any other company; the
   * caller's to free
   * @throws RangeError when a prompt is longer than a place, or has no tokens
   */
  begin(beginnings: readonly Beginning[]): Tensor;
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

/** A product whose rows do not depend on each other. */
const eachRow: Product = (x, weight) => isHeld(weight) ? weight.timesEach(x) : rowwiseProduct(x, weight);

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
 * Prompts are run by products whose groups of rows do not depend on each other, tokens by those whose rows do not, so that
 * no sequence depends on its company: a BLAS rounds by the number of rows.
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
  ) => tf.tidy(() => logits(states(sequences, rows, instead), eachRow));

  return {
    begin(beginnings) {
      const sequences = sequencesOf(beginnings.map(({ ids }) => ids)), { positions } = sequences;
      const runs = Array.from(sequences.lengths, (count, i) => ({ count, start: sequences.starts[i] }));
      const long = runs.find(({ count }) => count > length);
      if (long !== undefined) throw new RangeError(`ids: expected at most ${length}, got ${long.count}`);
      const copies = Math.max(...beginnings.map(({ slots }) => slots.length));
      /** Where rows are written: in the first place of their prompt, then in the next where there is one. */
      const placed = Array.from({ length: copies }, (_, copy) => {
        const slots = new Uint32Array(positions.length);
        runs.forEach(({ count, start }, i) => {
          const own = beginnings[i].slots;
          slots.fill(own[Math.min(copy, own.length - 1)], start, start + count);
        });
        return slots;
      });
      const outcome = after(sequences, Uint32Array.from(runs, ({ count, start }) => start + count - 1), (layer) => ({
        product: (x, weight) =>
          isHeld(weight) ? weight.times(x, sequences.lengths) : groupedProduct(x, weight, sequences.lengths),
        attend(x, options) {
          for (const slots of placed) write(layer, x, slots, positions);
          if (runs.length === 1) return attention(x, options);
          const alone = { ...options, prefixes: Int32Array.of(-1) };
          return tf.concat(
            runs.map(({ count, start }) =>
              attention(tf.slice(x, [start, 0], [count, x.shape[1]!]), { ...alone, lengths: Uint32Array.of(count) })
            ),
            0,
          );
        },
      }));
      runs.forEach(({ count }, i) => beginnings[i].slots.forEach((slot) => lengths[slot] = count));
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
        product: eachRow,
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
