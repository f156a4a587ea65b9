/**
 * Reductions on a GPU.
 *
 * @module
 */
import type * as TF from "@tensorflow/tfjs-core";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { Kernel } from "./kernel.ts";

/**
 * The stock sum, and 0 for sums of no numbers, which it divides by their count.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gpuAdapter } from "./adapter.ts";
 * import { startGpu } from "./start.ts";
 * import assert from "node:assert/strict";
 * if (await gpuAdapter() !== null) {
 *   await startGpu(tf);
 *   assert.equal(tf.sum(tf.zeros([0, 3])).dataSync()[0], 0);
 * }
 * ```
 */
export function sumOfNothing(stock: Kernel, tf: typeof TF): Kernel {
  return (args) => {
    const x = args.inputs.x!, { axis, keepDims } = args.attrs as unknown as TF.SumAttrs;
    if (!x.shape.includes(0)) return stock(args);
    const axes = tf.util.parseAxisParam(axis, x.shape);
    const [shape] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
    const out = keepDims ? tf.backend_util.expandShapeToKeepDim(shape, axes) : shape;
    const zeros = new Float32Array(tf.util.sizeFromShape(out));
    return (args.backend as WebGPUBackend).makeTensorInfo(out, tf.sumOutType(x.dtype), zeros);
  };
}
