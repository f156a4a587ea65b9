/**
 * Rotary position embedding.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { hasKernel, runKernel, type Save } from "./dispatch.ts";

/** Cosines and sines of every position, for {@linkcode rotary}. */
interface RotaryTables {
  /** `[T, D/2]` */
  readonly cosines: Tensor;
  /** `[T, D/2]` */
  readonly sines: Tensor;
}

/** What {@linkcode rotary} turns, and by which angles. */
interface Turns {
  /** How many heads are turned, from the left: queries and keys, but not values. */
  readonly heads: number;
  /** Row of the tables for each row of x `[N]`. */
  readonly positions: Uint32Array;
}

/**
 * Tables of the angles t·f at position t, for each of a head's frequencies f, to be disposed of by the caller.
 *
 * @param length positions `T`
 * @param frequencies in radians a position `[D/2]`: base^(−2i/D) for pair i in the paper (Su et al. 2021, arXiv 2104.09864,
 * section 3.2.2)
 * @example
 * ```ts
 * import { startBackend } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const { cosines } = rotaryTables(2, [1]);
 * assert.deepEqual([...cosines.dataSync()], [1, Math.fround(Math.cos(1))]);
 * ```
 */
export function rotaryTables(length: number, frequencies: readonly number[]): RotaryTables {
  const half = frequencies.length;
  const table = (f: (angle: number) => number) =>
    tf.tensor(
      Float32Array.from({ length: length * half }, (_, i) => f(Math.floor(i / half) * frequencies[i % half])),
      [length, half],
    ) as Tensor;
  return { cosines: table(Math.cos), sines: table(Math.sin) };
}

/**
 * Turns each pair of columns (i, i + D/2) of the first heads by the angle of its row's position; copies the rest.
 *
 * The two columns of a pair stand in the two halves of a head, as in checkpoints of Hugging Face.
 *
 * @param x `[N, W]`, heads of width D side by side
 * @returns `[N, W]`
 * @throws TypeError when sizes disagree, RangeError for a position beyond the tables
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const turns = { heads: 1, positions: Uint32Array.of(0, 1) };
 * const y = rotary(tf.tensor2d([[1, 0, 5], [1, 0, 5]]), rotaryTables(2, [1]), turns).dataSync();
 * [1, 0, 5, Math.cos(1), Math.sin(1), 5].forEach((v, i) => assert.ok(Math.abs(y[i] - v) < 1e-6));
 * ```
 */
export function rotary(x: Tensor, tables: RotaryTables, turns: Turns): Tensor {
  const { heads, positions } = turns, [known, half] = tables.cosines.shape;
  if (x.rank !== 2 || x.shape[0] !== positions.length || x.shape[1]! < 2 * heads * half!) {
    throw new TypeError(`x: expected [${positions.length}, at least ${heads} x ${2 * half!}], got shape [${x.shape}]`);
  }
  for (let i = 0; i < positions.length; i++) {
    if (positions[i] >= known) throw new RangeError(`positions[${i}] is ${positions[i]}: expected 0 .. ${known - 1}`);
  }
  if (!hasKernel("Rotary")) return plainRotary(x, tables, turns);
  const op = tf.customGrad((x, save) => {
    (save as Save)([tables.cosines, tables.sines]); // the caller may free them before the backward pass
    return {
      value: turned(x as Tensor, tables, turns, 1),
      gradFunc: (dy: Tensor, [cosines, sines]: Tensor[]) => turned(dy, { cosines, sines }, turns, -1),
    };
  });
  return op(x);
}

/**
 * The slope of what went into {@linkcode rotary}: it is turned back, whatever went in.
 *
 * @param dy slope of what came out `[N, W]`
 * @returns `[N, W]`
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const turns = { heads: 1, positions: Uint32Array.of(1) }, tables = rotaryTables(2, [Math.PI / 2]);
 * const [a, b] = rotaryBack(tf.tensor2d([[0, 1]]), tables, turns).dataSync();
 * assert.ok(Math.abs(a - 1) < 1e-6 && Math.abs(b) < 1e-6);
 * ```
 */
export function rotaryBack(dy: Tensor, tables: RotaryTables, turns: Turns): Tensor {
  return hasKernel("Rotary") ? turned(dy, tables, turns, -1) : plainTurned(dy, tables, turns, -1);
}

function turned(x: Tensor, { cosines, sines }: RotaryTables, turns: Turns, direction: 1 | -1): Tensor {
  return runKernel("Rotary", { x, cosines, sines }, { ...turns, direction })[0];
}

/** The same in stock operations, for engines without the kernel. */
function plainRotary(x: Tensor, { cosines, sines }: RotaryTables, turns: Turns): Tensor {
  const op = tf.customGrad((x, save) => {
    (save as Save)([cosines, sines]);
    return {
      value: plainTurned(x as Tensor, { cosines, sines }, turns, 1),
      gradFunc: (dy: Tensor, [cosines, sines]: Tensor[]) => plainTurned(dy, { cosines, sines }, turns, -1),
    };
  });
  return op(x);
}

function plainTurned(
  x: Tensor,
  { cosines, sines }: RotaryTables,
  { heads, positions }: Turns,
  direction: 1 | -1,
): Tensor {
  const [rows, width] = x.shape as [number, number], half = cosines.shape[1]!, rotated = 2 * heads * half;
  const [c, s] = [cosines, sines].map((table) => {
    const values = table.dataSync(), out = new Float32Array(rows * half);
    positions.forEach((t, i) => out.set(values.subarray(t * half, (t + 1) * half), i * half));
    return tf.tensor(out, [rows, 1, half]) as Tensor;
  });
  const sides = tf.reshape(tf.slice(x, [0, 0], [rows, rotated]), [rows, heads, 2 * half]);
  const [a, b] = [0, half].map((at) => tf.slice(sides, [0, 0, at], [rows, heads, half]));
  const across = tf.mul(s, direction);
  const sum = tf.concat([
    tf.sub(tf.mul(a, c), tf.mul(b, across)),
    tf.add(tf.mul(b, c), tf.mul(a, across)),
  ], 2);
  return tf.concat([
    tf.reshape(sum, [rows, rotated]),
    tf.slice(x, [0, rotated], [rows, width - rotated]),
  ], 1);
}
