/**
 * Stock WebGPU kernels that the parity test found wrong, and what stands in for each. All others are tfjs' own.
 *
 * To replace one: a function of its family's file below, an entry here with the reason, and cases of the parity test that
 * fail without it.
 *
 * @module
 */
import type * as TF from "@tensorflow/tfjs-core";
import type { Kernel } from "./kernel.ts";
import { orderedProduct } from "./products.ts";
import { sumOfNothing } from "./reductions.ts";
import { elementwise, EXP, LOG, SIGMOID } from "./transcendental.ts";

/** One kernel that is replaced. */
interface Replacement {
  /** Name in the registry of tfjs. */
  readonly name: string;
  /** What is wrong with the stock one. */
  readonly because: string;
  /** From the stock kernel to the one that is used. */
  readonly make: (stock: Kernel, tf: typeof TF) => Kernel;
}

/** All of them. */
export const replacements: readonly Replacement[] = [
  {
    name: "Exp",
    because: "WGSL lets exp be off by 3 + 2|x| units in the last place",
    make: () => elementwise("exp", EXP),
  },
  {
    name: "Log",
    because: "WGSL lets log be off by 2^-21 near 1, where log1p needs every digit",
    make: () => elementwise("log", LOG),
  },
  { name: "Sigmoid", because: "it is made of exp", make: () => elementwise("sigmoid", SIGMOID) },
  { name: "Sum", because: "a sum of no numbers is refused", make: sumOfNothing },
  {
    name: "BatchMatMul",
    because: "a product over no numbers is refused; one over 2000 and more adds in whatever order threads arrive",
    make: orderedProduct,
  },
];

/**
 * Registers the replacements; once in a process.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import "@tensorflow/tfjs-backend-webgpu";
 * replaceKernels(tf);
 * ```
 */
export function replaceKernels(tf: typeof TF): void {
  for (const { name, make } of replacements) {
    const stock = tf.getKernel(name, "webgpu");
    tf.unregisterKernel(name, "webgpu");
    tf.registerKernel({ ...stock, kernelFunc: make(stock.kernelFunc, tf) });
  }
}
