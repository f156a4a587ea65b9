/** Root-mean-square normalisation of rows: see `../fused/rms_norm.ts` for what it computes. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelCall, register } from "./heap.ts";

/** Registers `RmsNorm` and `RmsNormGrad`. */
export function registerRmsNorm(): void {
  register("RmsNorm", ({ inputs: { x, gain }, attrs: { epsilon }, heap }: KernelCall): TensorInfo[] => {
    const { rows, width } = rowsOf(x);
    const y = heap.output(x.shape), scale = heap.output(x.shape.slice(0, -1));
    const at = heap.address;
    heap.assembly.rmsNorm(rows, width, epsilon, at(x), at(gain), at(y), at(scale));
    return [y, scale];
  });
  register("RmsNormGrad", ({ inputs: { x, gain, scale, dy }, heap }: KernelCall): TensorInfo[] => {
    const { rows, width } = rowsOf(x);
    const dx = heap.output(x.shape), dgain = heap.output(gain.shape, "float32");
    const at = heap.address;
    new Float32Array(heap.memory.buffer, at(dgain), width).fill(0);
    heap.assembly.rmsNormGrad(rows, width, at(x), at(gain), at(scale), at(dy), at(dx), at(dgain));
    return [dx, dgain];
  });
}

function rowsOf({ shape }: TensorInfo): { rows: number; width: number } {
  const width = shape[shape.length - 1];
  return { rows: shape.slice(0, -1).reduce((a, b) => a * b, 1), width };
}
