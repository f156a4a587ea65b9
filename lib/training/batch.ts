/**
 * What replicates learn from, as tensors with a replicate axis.
 *
 * A tensor is made when a loss first asks for it: what an arm reads is known from what it touches, and what it does not
 * touch costs nothing.
 *
 * @module
 */
import { madeOnce } from "../made_once.ts";
import { type Tensor, tf } from "../tensor/backend.ts";
import { takeAlongLast } from "../tensor/ops.ts";

/** Indices into the texts of every replicate. */
interface TextIndex {
  /** `[R·n]`, replicate by replicate. */
  readonly places: Uint32Array;
  /** How many a replicate, n. */
  readonly width: number;
}

/** The data of a block of replicates. */
export interface Batch<Sample> {
  /** One replicate's world and data each `[R]`. */
  readonly samples: readonly Sample[];
  /** log π0 in nats `[R, X]`. */
  readonly reference: Tensor;
  /** Makes a tensor once, by name; it lives as long as the batch. */
  constant(name: string, make: () => Tensor): Tensor;
  /** The constant `[R, width]` of one row a sample. */
  table(name: string, row: (sample: Sample, r: number) => ArrayLike<number>): Tensor;
  /** Places of texts, of one row of indices a sample; made once, by name. */
  index(name: string, row: (sample: Sample) => ArrayLike<number>): TextIndex;
  /** A table of all texts as one law a context: `[R, X]` → `[R, X/A, A]`. */
  laws(values: Tensor): Tensor;
  /** Frees the constants. */
  dispose(): void;
}

/** What a batch is made of. */
export interface BatchOptions<Sample> {
  /** One a replicate; all of one size. */
  readonly samples: readonly Sample[];
  /** log π0 of a sample's texts in nats `[X]`. */
  readonly start: (sample: Sample) => Float64Array;
  /** Texts of a context, A; all texts unless given. */
  readonly groupSize?: number;
}

/**
 * A batch without tensors yet; free those to come with `dispose`.
 *
 * @example
 * ```ts
 * import { startBackend } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const batch = batchOf({ samples: [1, 2], start: () => new Float64Array(2) });
 * const rows = () => batch.table("rows", (sample) => [sample, 10 * sample]);
 * assert.deepEqual(rows().arraySync(), [[1, 10], [2, 20]]);
 * assert.equal(rows(), rows()); // the same tensor
 * batch.dispose();
 * ```
 */
export function batchOf<Sample>({ samples, start, groupSize }: BatchOptions<Sample>): Batch<Sample> {
  const constants = new Map<string, Tensor>(), indices = new Map<string, TextIndex>();
  const constant = (name: string, make: () => Tensor): Tensor =>
    // Kept: a loss asks from inside a step, which frees all else.
    madeOnce(constants, name, () => tf.keep(tf.tidy(make)));
  const table: Batch<Sample>["table"] = (name, row) =>
    constant(name, () => {
      const all = joined(samples.map(row), Float32Array);
      return tf.tensor2d(all, [samples.length, all.length / samples.length]);
    });
  return {
    samples,
    get reference() {
      return table("reference", start);
    },
    constant,
    table,
    index: (name, row) =>
      madeOnce(indices, name, () => {
        const places = joined(samples.map(row), Uint32Array);
        return { places, width: places.length / samples.length };
      }),
    laws(values) {
      const [replicates, texts] = values.shape, size = groupSize ?? texts;
      return tf.reshape(values, [replicates, texts / size, size]);
    },
    // Where nothing was made there may be no engine.
    dispose: () => constants.forEach((tensor) => tensor.dispose()),
  };
}

/**
 * The texts' entries of a table.
 *
 * @param values `[R, X]`
 * @returns `[R, n]`, differentiable in `values`
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * const values = tf.tensor2d([[1, 2], [3, 4]]);
 * assert.deepEqual(taken(values, { places: Uint32Array.of(1, 0), width: 1 }).arraySync(), [[2], [3]]);
 * ```
 */
export function taken(values: Tensor, { places, width }: TextIndex): Tensor {
  return takeAlongLast(values, places, width);
}

/** Rows of one width `[R][n]`, one after the other `[R·n]`. */
export function joined<A extends Float32Array | Float64Array | Uint32Array>(
  rows: readonly ArrayLike<number>[],
  Numbers: new (length: number) => A,
): A {
  const width = rows[0].length, all = new Numbers(rows.length * width);
  rows.forEach((row, r) => all.set(row, r * width));
  return all;
}
