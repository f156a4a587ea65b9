/** The logistic loss of pairs: see `../fused/paired_logistic.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { sizeOf } from "./broadcast.ts";
import { type KernelCall, register } from "./heap.ts";

/** Registers `PairedLogistic` and `PairedLogisticGrad`. */
export function registerPaired(): void {
  register(
    "PairedLogistic",
    ({ inputs: { a, b, ra, rb }, attrs: { beta, smoothing }, heap }: KernelCall): TensorInfo => {
      const loss = heap.output(a.shape), at = heap.address;
      heap.assembly.pairedLogistic(sizeOf(a.shape), beta, smoothing, at(a), at(b), at(ra), at(rb), at(loss));
      return loss;
    },
  );
  register("PairedLogisticGrad", ({ inputs, attrs: { beta, smoothing }, heap }: KernelCall): TensorInfo[] => {
    const { a, b, ra, rb, dy } = inputs;
    const da = heap.output(a.shape), db = heap.output(a.shape), at = heap.address;
    heap.assembly.pairedLogisticGrad(
      ...[sizeOf(a.shape), beta, smoothing, at(a), at(b), at(ra), at(rb), at(dy), at(da), at(db)],
    );
    return [da, db];
  });
}
