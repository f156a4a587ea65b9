/**
 * Matrix products on a GPU.
 *
 * @module
 */
import type * as TF from "@tensorflow/tfjs-core";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { Kernel } from "./kernel.ts";

/** Of tfjs: its program that tiles the output finely, and the choice by shape. */
const FINE_TILES = 2, BY_SHAPE = -1;
/** Terms of a scalar product from which the stock choice splits it among threads that add to one number. */
const SPLIT = 2000;

/**
 * The stock product with every sum in one order, so that the same inputs give the same bytes; 0 for sums of no terms.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gpuAdapter } from "./adapter.ts";
 * import { startGpu } from "./start.ts";
 * import assert from "node:assert/strict";
 * if (await gpuAdapter() !== null) {
 *   await startGpu(tf);
 *   assert.deepEqual([...tf.matMul(tf.zeros([1, 0]), tf.zeros([0, 2])).dataSync()], [0, 0]);
 * }
 * ```
 */
export function orderedProduct(stock: Kernel, tf: typeof TF): Kernel {
  return (args) => {
    const a = args.inputs.a!, b = args.inputs.b!;
    const { transposeA, transposeB } = args.attrs as unknown as TF.BatchMatMulAttrs;
    const terms = a.shape.at(transposeA ? -2 : -1)!;
    if (terms === 0) {
      const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
      const out = [...batch, a.shape.at(transposeA ? -1 : -2)!, b.shape.at(transposeB ? -2 : -1)!];
      return (args.backend as WebGPUBackend).makeTensorInfo(out, a.dtype, new Float32Array(tf.util.sizeFromShape(out)));
    }
    if (terms < SPLIT) return stock(args);
    tf.env().set("WEBGPU_MATMUL_PROGRAM_TYPE", FINE_TILES);
    try {
      return stock(args);
    } finally {
      tf.env().set("WEBGPU_MATMUL_PROGRAM_TYPE", BY_SHAPE);
    }
  };
}
