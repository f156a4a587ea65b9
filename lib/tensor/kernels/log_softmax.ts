/** Rows of logits: see `../fused/log_softmax.ts`, `../fused/picked.ts`, `../fused/softmax_weights.ts`. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Picks } from "../fused/picked.ts";
import { sizeOf } from "./broadcast.ts";
import { type Heap, type KernelCall, register } from "./heap.ts";

/** Registers `RowLogSoftmax`, `PickLogProbs`, their gradients, and `SoftmaxWeights`. */
export function registerLogSoftmax(): void {
  register("RowLogSoftmax", ({ inputs: { x }, heap }: KernelCall): TensorInfo => {
    const y = heap.output(x.shape), width = x.shape[x.shape.length - 1];
    if (width > 0) heap.assembly.logSoftmax(sizeOf(x.shape) / width, width, heap.address(x), heap.address(y));
    return y;
  });
  register("RowLogSoftmaxGrad", ({ inputs: { y, dy }, heap }: KernelCall): TensorInfo => {
    const dx = heap.output(y.shape), width = y.shape[y.shape.length - 1], at = heap.address;
    if (width > 0) heap.assembly.logSoftmaxGrad(sizeOf(y.shape) / width, width, at(y), at(dy), at(dx));
    return dx;
  });
  register("SoftmaxWeights", ({ inputs: { x }, heap }: KernelCall): TensorInfo[] => {
    const [rows, width] = x.shape, weights = heap.output(x.shape), norms = heap.output([rows, 3]);
    heap.assembly.softmaxWeights(rows, width, ...[x, weights, norms].map(heap.address));
    return [weights, norms];
  });
  register("PickLogProbs", ({ inputs: { x }, attrs, heap }: KernelCall): TensorInfo[] => {
    const { picks, shape } = attrs as { picks: Picks; shape: number[] };
    const out = heap.output(shape), tops = heap.output([picks.sizes.rows]), rests = heap.output([picks.sizes.rows]);
    const { weights, rows, ids, targets, extra: sums } = uploaded(picks, picks.sizes.outputs, heap);
    const at = heap.address;
    new Float32Array(heap.memory.buffer, at(rests), picks.sizes.rows).fill(NaN);
    const count = picks.rows.length;
    heap.assembly.pickLogProbs(
      ...[count, picks.sizes.width, at(x), rows, ids, weights, targets, at(tops), at(rests), sums],
    );
    new Float32Array(heap.memory.buffer, at(out), picks.sizes.outputs)
      .set(new Float64Array(heap.memory.buffer, sums, picks.sizes.outputs));
    return [out, tops, rests];
  });
  register("PickLogProbsGrad", ({ inputs: { x, tops, rests, dy }, attrs, heap }: KernelCall): TensorInfo => {
    const { picks } = attrs as { picks: Picks };
    const dx = heap.output(x.shape);
    const { weights, rows, ids, targets, extra: slopes } = uploaded(picks, picks.sizes.rows, heap);
    const at = heap.address, count = picks.rows.length;
    heap.assembly.pickLogProbsGrad(
      ...[count, picks.sizes.rows, picks.sizes.width, at(x), rows, ids, weights, targets],
      ...[at(tops), at(rests), slopes, at(dy), at(dx)],
    );
    return dx;
  });
}

/** Addresses of the picks and of `extra` zeros in float64, in scratch. */
function uploaded(picks: Picks, extra: number, heap: Heap) {
  const count = picks.rows.length;
  const weights = heap.scratch(8 * extra + 20 * count) + 8 * extra;
  const rows = weights + 8 * count, ids = rows + 4 * count, targets = ids + 4 * count;
  const buffer = heap.memory.buffer;
  new Float64Array(buffer, weights - 8 * extra, extra).fill(0);
  new Float64Array(buffer, weights, count).set(picks.weights);
  new Uint32Array(buffer, rows, count).set(picks.rows);
  new Uint32Array(buffer, ids, count).set(picks.ids);
  new Uint32Array(buffer, targets, count).set(picks.targets);
  return { weights, rows, ids, targets, extra: weights - 8 * extra };
}
