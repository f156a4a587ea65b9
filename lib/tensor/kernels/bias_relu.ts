/** Bias and rectifier in one pass: see `../fused/bias_relu.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { sizeOf } from "./broadcast.ts";
import { type KernelCall, register } from "./heap.ts";

/** Registers `BiasRelu` and `BiasReluGrad`. */
export function registerBiasRelu(): void {
  register("BiasRelu", ({ inputs: { x, bias }, attrs: { floor }, heap }: KernelCall): TensorInfo => {
    const y = heap.output(x.shape), at = heap.address;
    heap.assembly.biasRelu(...sizesOf(x), floor, at(x), at(bias), at(y));
    return y;
  });
  register("BiasReluGrad", ({ inputs: { y, bias, dy }, attrs: { floor }, heap }: KernelCall): TensorInfo[] => {
    const dx = heap.output(y.shape), dbias = heap.output(bias.shape), at = heap.address;
    new Float32Array(heap.memory.buffer, at(dbias), sizeOf(bias.shape)).fill(0);
    heap.assembly.biasReluGrad(...sizesOf(y), floor, at(y), at(dy), at(dx), at(dbias));
    return [dx, dbias];
  });
}

const sizesOf = ({ shape: [groups, rows, width] }: TensorInfo): [number, number, number] => [groups, rows, width];
