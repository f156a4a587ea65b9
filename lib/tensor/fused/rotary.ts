/**
 * Rotary position embedding.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { hasKernel, runKernel, type Save } from "./dispatch.ts";

/** Cosines and sines of every position, for {@linkcode rotary}. */
interface RotaryTables {
  /** `[T, D]`, each angle twice. */
  readonly cosines: Tensor;
  /** `[T, D]`, each angle twice, first with the sign −. */
  readonly sines: Tensor;
}

/**
 * Tables of the angles t·base^(−2i/D) of pair i at position t (Su et al. 2021, arXiv 2104.09864, section 3.2.2), to be
 * disposed of by the caller.
 *
 * @param length positions `T`
 * @param head width `D` of a head, even
 * @param base 10,000 in the paper and in most models
 * @throws RangeError when the width is odd
 * @example
 * ```ts
 * import { startBackend } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const { cosines } = rotaryTables(2, 2, 10000);
 * assert.deepEqual([...cosines.dataSync()], [1, 1, Math.cos(1), Math.cos(1)].map(Math.fround));
 * ```
 */
export function rotaryTables(length: number, head: number, base: number): RotaryTables {
  if (head % 2 !== 0) throw new RangeError(`head: expected an even width, got ${head}`);
  const angle = (i: number) => Math.floor(i / head) * base ** (-2 * Math.floor((i % head) / 2) / head);
  const table = (f: (i: number) => number) =>
    tf.tensor(Float32Array.from({ length: length * head }, (_, i) => f(i)), [length, head]) as Tensor;
  return {
    cosines: table((i) => Math.cos(angle(i))),
    sines: table((i) => i % 2 === 0 ? -Math.sin(angle(i)) : Math.sin(angle(i))),
  };
}

/**
 * Turns each pair of neighbouring columns (2i, 2i + 1) of the first heads by its position's angle; copies the rest.
 *
 * @param x `[B, T, W]`, heads of width D side by side
 * @param tables of at least `T` positions
 * @param heads how many heads are turned: queries and keys, but not values
 * @returns `[B, T, W]`
 * @throws TypeError when sizes disagree
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const y = rotary(tf.tensor3d([[[1, 0, 5], [1, 0, 5]]]), rotaryTables(2, 2, 10000), 1).dataSync();
 * [1, 0, 5, Math.cos(1), Math.sin(1), 5].forEach((v, i) => assert.ok(Math.abs(y[i] - v) < 1e-6));
 * ```
 */
export function rotary(x: Tensor, tables: RotaryTables, heads: number): Tensor {
  const [positions, head] = tables.cosines.shape;
  if (x.rank !== 3 || x.shape[1]! > positions || x.shape[2]! < heads * head!) {
    throw new TypeError(
      `x: expected [B, at most ${positions}, at least ${heads} x ${head}], got shape [${x.shape}]`,
    );
  }
  if (!hasKernel("Rotary")) return plainRotary(x, tables, heads);
  const turned = (x: Tensor, { cosines, sines }: RotaryTables, direction: 1 | -1) =>
    runKernel("Rotary", { x, cosines, sines }, { heads, direction })[0];
  const op = tf.customGrad((x, save) => {
    (save as Save)([tables.cosines, tables.sines]); // the caller may free them before the backward pass
    return {
      value: turned(x as Tensor, tables, 1),
      gradFunc: (dy: Tensor, [cosines, sines]: Tensor[]) => turned(dy, { cosines, sines }, -1),
    };
  });
  return op(x);
}

/** The same in stock operations, for engines without the kernel. */
function plainRotary(x: Tensor, { cosines, sines }: RotaryTables, heads: number): Tensor {
  const [batch, length, width] = x.shape, head = cosines.shape[1]!, rotated = heads * head;
  const at = (table: Tensor) => tf.reshape(tf.slice(table, [0, 0], [length, head]), [1, length, 1, head]);
  const turned = (x: Tensor, { cosines, sines }: RotaryTables): Tensor => {
    const runs = tf.reshape(tf.slice(x, [0, 0, 0], [batch, length, rotated]), [batch, length, heads, head]);
    const pairs = tf.reshape(runs, [batch * length * heads * head / 2, 2]);
    const swapped = tf.reshape(tf.concat([tf.slice(pairs, [0, 1], [-1, 1]), tf.slice(pairs, [0, 0], [-1, 1])], 1), [
      ...[batch, length, heads, head],
    ]);
    const sum = tf.add(tf.mul(runs, at(cosines)), tf.mul(swapped, at(sines)));
    return tf.concat([
      tf.reshape(sum, [batch, length, rotated]),
      tf.slice(x, [0, 0, rotated], [batch, length, width! - rotated]),
    ], 2);
  };
  const op = tf.customGrad((x, save) => {
    (save as Save)([cosines, sines]);
    return {
      value: turned(x as Tensor, { cosines, sines }),
      gradFunc: (dy: Tensor, [cosines, sines]: Tensor[]) => turned(dy, { cosines, sines: tf.neg(sines) }),
    };
  });
  return op(x);
}
