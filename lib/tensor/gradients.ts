/**
 * Gradients that tfjs-core gets wrong on every engine, or slow: those of sums and means multiply by ones made on the host.
 *
 * @module
 */
import { type Tensor, tf } from "./tf.ts";

/**
 * Registers them instead of the stock ones; call once tfjs is loaded.
 *
 * @example
 * ```ts
 * import { startBackend, tf } from "./backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu"); // registers
 * const slope = tf.grad((b) => tf.matMul(tf.ones([4, 2, 3]), b))(tf.ones([3, 5]));
 * assert.deepEqual(slope.shape, [3, 5]);
 * ```
 */
export function registerGradients(): void {
  tf.registerGradient({
    kernelName: "BatchMatMul",
    inputsToSave: ["a", "b"],
    gradFunc: (dy, saved, attributes) => {
      const [a, b] = saved;
      const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
      const upstream = dy as Tensor;
      return {
        a: () => {
          const slope = transposeA
            ? tf.matMul(b, upstream, transposeB, true)
            : tf.matMul(upstream, b, false, !transposeB);
          return summedTo(slope, a.shape);
        },
        b: () => {
          // One matrix b for every a: the sum over the batch is one product over the rows of all.
          const isShared = !transposeA && b.rank === 2 && a.rank > 2;
          const left: Tensor = isShared ? tf.reshape(a, [-1, a.shape[a.rank - 1]]) : a;
          const right: Tensor = isShared ? tf.reshape(upstream, [-1, upstream.shape[upstream.rank - 1]]) : upstream;
          const slope = transposeB
            ? tf.matMul(right, left, true, transposeA)
            : tf.matMul(left, right, !transposeA, false);
          return summedTo(slope, b.shape);
        },
      };
    },
  });
  for (const kernelName of ["Sum", "Mean"]) {
    tf.registerGradient({
      kernelName,
      inputsToSave: ["x"],
      gradFunc: (dy, [x], attributes) => ({
        x: () => {
          const axes = tf.util.parseAxisParam((attributes as { axis: number | number[] }).axis, x.shape);
          const kept = x.shape.map((size, i) => axes.includes(i) ? 1 : size);
          const slope = tf.reshape(dy as Tensor, kept);
          const share = kernelName === "Mean" ? tf.div(slope, x.size / slope.size) : slope;
          return tf.tile(share, x.shape.map((size, i) => axes.includes(i) ? size : 1));
        },
      }),
    });
  }
}

/** The gradient of a broadcast: summed over the axes that were stretched. */
function summedTo(slope: Tensor, shape: number[]): Tensor {
  const added = slope.rank - shape.length;
  const axes = slope.shape.flatMap((size, i) => i < added || (shape[i - added] === 1 && size !== 1) ? [i] : []);
  return axes.length === 0 ? slope : tf.reshape(tf.sum(slope, axes), shape);
}
