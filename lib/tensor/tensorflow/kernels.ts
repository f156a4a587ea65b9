/**
 * Kernels of the package that are wrong, or whose results depend on what else is in the batch, and what stands in for
 * them. Everything else the library uses is right as it is, which the tests on every engine show.
 *
 * A replicate must end as it does alone, to the bit. TensorFlow's kernels do not have that by themselves: where a vector
 * instruction does not fill, the rest of an array goes through a scalar function that rounds differently, and small
 * products take another path when they are alone.
 *
 * | kernel | what is wrong with it | here |
 * | --- | --- | --- |
 * | `Exp`, `Log`, `Log1p`, `Expm1`, `Rsqrt`, `Reciprocal` | values depend on their place (up to 4u) | filled up to whole vectors |
 * | `Sigmoid` | the same, and off by 8u | 1/(1 + exp(-x)): 4u |
 * | `Softmax` | depends on the number of rows | from its definition |
 * | `BatchMatMul` | small and one-row products take another path when alone | rows of 0 added: one path for all |
 *
 * (u = 2^-24, the unit roundoff of float32; measured on TensorFlow 2.21.)
 *
 * @module
 */
import type * as TF from "@tensorflow/tfjs-core";

/** A kernel as tfjs calls it. */
type Kernel = TF.KernelFunc;

/** Float32 numbers in the widest vector instruction there is (AVX-512). */
const LANES = 16;

/**
 * Multiplications up to which TensorFlow computes the products of a batch by a kernel for small ones, where a product that
 * is alone goes through its general contraction (`kMaxCostOuterParallelism` in its `batch_matmul_op_impl.h`).
 */
const SMALL_PRODUCT = 128 * 128;

/**
 * Rows that the general contraction takes at a time: what is left over goes through another formula. Two, four or eight by
 * the processor, so whole eights are right on each.
 */
const ROWS_AT_ONCE = 8;

/**
 * Puts the kernels of this module in the place of the package's own.
 *
 * @param tf the tfjs in which the backend `tensorflow` is registered
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import assert from "node:assert/strict";
 * assert.throws(() => replaceKernels(tf), /^Error: no kernel Exp of the backend tensorflow/); // not registered here
 * ```
 */
export function replaceKernels(tf: typeof TF): void {
  const replace = (name: string, make: (stock: Kernel) => Kernel) => {
    const config = tf.getKernel(name, "tensorflow");
    if (config === undefined) throw new Error(`no kernel ${name} of the backend tensorflow`);
    tf.unregisterKernel(name, "tensorflow");
    tf.registerKernel({ ...config, kernelFunc: make(config.kernelFunc) });
  };
  for (const name of ["Exp", "Log", "Log1p", "Expm1", "Rsqrt", "Reciprocal"]) {
    replace(name, (stock) => (args) => {
      const x = args.inputs.x as TF.Tensor, rest = x.size % LANES;
      if (rest === 0) return stock(args);
      return tf.tidy(() => {
        const filled = tf.pad(tf.reshape(x, [x.size]), [[0, LANES - rest]], 1); // in the domain of each
        const out = stock({ ...args, inputs: { x: filled } }) as TF.Tensor;
        return tf.reshape(tf.slice(out, [0], [x.size]), x.shape);
      });
    });
  }
  replace("Sigmoid", () => ({ inputs }) => tf.tidy(() => tf.div(1, tf.add(tf.exp(tf.neg(inputs.x as TF.Tensor)), 1))));
  replace("Softmax", () => ({ inputs, attrs }) =>
    tf.tidy(() => {
      const logits = inputs.logits as TF.Tensor, { dim } = attrs as { dim: number };
      const powers = tf.exp(tf.sub(logits, tf.max(logits, dim, true)));
      return tf.div(powers, tf.sum(powers, dim, true));
    }));
  replace("BatchMatMul", (stock) => (args) => {
    const a = args.inputs.a as TF.Tensor, b = args.inputs.b as TF.Tensor;
    const { transposeA, transposeB } = args.attrs as { transposeA: boolean; transposeB: boolean };
    const rowAxis = a.rank - (transposeA ? 1 : 2), rows = a.shape[rowAxis];
    const columns = b.shape.at(transposeB ? -2 : -1)!, inner = b.shape.at(transposeB ? -1 : -2)!;
    const batch = Math.max(...[a, b].map((x) => x.shape.slice(0, -2).reduce((product, size) => product * size, 1)));
    const enough = batch > 1 && inner > 1 && columns > 1 ? Math.floor(SMALL_PRODUCT / (inner * columns)) + 1 : 1;
    const filled = ROWS_AT_ONCE * Math.ceil(Math.max(rows, enough) / ROWS_AT_ONCE);
    if (filled === rows || rows * inner * columns === 0) return stock(args);
    return tf.tidy(() => {
      const paddings = a.shape.map((_, axis): [number, number] => [0, axis === rowAxis ? filled - rows : 0]);
      const out = stock({ ...args, inputs: { a: tf.pad(a, paddings), b } }) as TF.Tensor;
      return tf.slice(out, out.shape.map(() => 0), [...out.shape.slice(0, -2), rows, columns]);
    });
  });
}
