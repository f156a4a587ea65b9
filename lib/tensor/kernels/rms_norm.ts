/** Root-mean-square normalisation of rows: see `../fused/rms_norm.ts` for what it computes. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelCall, register } from "./heap.ts";

/** Registers `RmsNorm` and `RmsNormGrad`. */
export function registerRmsNorm(): void {
  register("RmsNorm", ({ inputs: { x, gain }, attrs: { epsilon }, heap }: KernelCall): TensorInfo => {
    const { rows, width } = rowsOf(x), y = heap.output(x.shape);
    heap.assembly.rmsNorm(rows, width, epsilon, ...[x, gain, y].map(heap.address));
    return y;
  });
  register("RmsNormGrad", ({ inputs: { x, gain, dy, onto }, attrs: { epsilon }, heap }: KernelCall): TensorInfo[] => {
    const { rows, width } = rowsOf(x), at = heap.address;
    const dx = heap.output(x.shape), dgain = heap.output(gain.shape), y = heap.output(x.shape);
    new Float32Array(heap.memory.buffer, at(dgain), width).fill(0);
    const from = [at(x), at(gain), at(dy), onto === undefined ? 0 : at(onto)]; // no tensor lies at address 0
    heap.assembly.rmsNormGrad(rows, width, epsilon, ...from, at(dx), at(dgain), at(y));
    return [dx, dgain, y];
  });
}

function rowsOf({ shape }: TensorInfo): { rows: number; width: number } {
  const width = shape[shape.length - 1];
  return { rows: shape.slice(0, -1).reduce((a, b) => a * b, 1), width };
}
