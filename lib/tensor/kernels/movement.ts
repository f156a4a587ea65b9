/**
 * Numbers moved, not computed: copies, transposition, slices, repetition, rows by their index and their gradient.
 *
 * @module
 */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type Tensor, tf } from "../tf.ts";
import { sizeOf } from "./broadcast.ts";
import { type Heap, type KernelCall, register } from "./heap.ts";

type Numeric = "float32" | "int32" | "bool";
const bytesOf = (dtype: string) => dtype === "bool" ? 1 : 4;
const isNumeric = (dtype: string): dtype is Numeric => ["float32", "int32", "bool"].includes(dtype);

/** Registers `Identity`, `Transpose`, `Slice`, `Tile`, `GatherV2` and `UnsortedSegmentSum`. */
export function registerMovement(): void {
  // Tensors do not change, so a copy is one more reference; the stock kernel copies every input that a gradient needs.
  register("Identity", ({ inputs: { x }, heap }) => isNumeric(x.dtype) ? heap.share(x, x.shape) : undefined);
  register("Transpose", transpose);
  register("Slice", slice);
  register("Tile", tile);
  register("GatherV2", gather);
  register("UnsortedSegmentSum", segmentSum);
}

/** Two neighbouring runs of axes exchanged, behind any that stay; all else is left to the stock kernel. */
function transpose({ inputs: { x }, attrs: { perm }, heap }: KernelCall): TensorInfo | undefined {
  const shape = (perm as number[]).map((axis) => x.shape[axis]);
  const order = (perm as number[]).filter((axis) => x.shape[axis] !== 1);
  const axes = order.toSorted((a, b) => a - b);
  const runs = order.reduce(
    (count, axis, i) => i > 0 && axes.indexOf(axis) !== axes.indexOf(order[i - 1]) + 1 ? count + 1 : count,
    1,
  );
  if (isNumeric(x.dtype) && runs === 1) return heap.share(x, shape);
  let kept = 0;
  while (order[kept] === axes[kept]) kept++;
  // What follows must be the last runs in the other order: ..., c, d, a, b of a, b, c, d.
  const first = axes.indexOf(order[kept]) - kept;
  const isSwap = order.slice(kept).every((axis, i, rest) => axis === axes[kept + (i + first) % rest.length]);
  if (!isNumeric(x.dtype)) return undefined;
  if (sizeOf(shape) === 0) return heap.output(shape, x.dtype); // stock: divides by zero
  if (!isSwap || bytesOf(x.dtype) !== 4) return undefined;
  const sizes = axes.map((axis) => x.shape[axis]);
  const batch = sizeOf(sizes.slice(0, kept)), rows = sizeOf(sizes.slice(kept, kept + first));
  const columns = sizeOf(sizes.slice(kept + first));
  const out = heap.output(shape, x.dtype);
  heap.assembly.transpose(batch, rows, columns, heap.address(x), heap.address(out));
  return out;
}

function slice({ inputs: { x }, attrs: { begin, size }, heap }: KernelCall): TensorInfo | undefined {
  if (!isNumeric(x.dtype)) return undefined;
  const rank = x.shape.length;
  const [starts, sizes] = tf.slice_util.parseSliceParams(x as Tensor, begin, size);
  tf.slice_util.assertParamsValid(x, starts, sizes);
  const out = heap.output(sizes, x.dtype);
  if (sizeOf(sizes) === 0) return out;
  let bytes = bytesOf(x.dtype), from = heap.address(x), to = heap.address(out);
  const strides = x.shape.map((_, i) => bytes * sizeOf(x.shape.slice(i + 1)));
  starts.forEach((start, i) => from += start * strides[i]);
  let axis = rank - 1; // axes behind it are whole
  while (axis >= 0 && sizes[axis] === x.shape[axis]) axis--;
  bytes *= sizeOf(sizes.slice(Math.max(axis, 0)));
  const rows = axis > 0 ? sizes[axis - 1] : 1, stride = axis > 0 ? strides[axis - 1] : 0;
  // Rows of whole runs along the axis before it, for every index of the axes before that one.
  const outer = sizes.slice(0, Math.max(axis - 1, 0));
  const index = outer.map(() => 0);
  for (let left = sizeOf(outer); left > 0; left--) {
    const offset = index.reduce((sum, i, a) => sum + i * strides[a], 0);
    heap.assembly.copyRows(rows, bytes, from + offset, stride, to, bytes);
    to += rows * bytes;
    for (let a = outer.length - 1; a >= 0 && ++index[a] === outer[a]; a--) index[a] = 0;
  }
  return out;
}

function tile({ inputs: { x }, attrs: { reps }, heap }: KernelCall): TensorInfo | undefined {
  if (!isNumeric(x.dtype)) return undefined;
  const times = reps as number[], shape = x.shape.map((size, i) => size * times[i]);
  if (sizeOf(shape) === 0) return heap.output(shape, x.dtype);
  // Innermost axis first: each pass repeats blocks that are already repeated inside.
  let from = heap.share(x, x.shape), inner = bytesOf(x.dtype);
  let blocks = sizeOf(x.shape);
  for (let axis = x.shape.length - 1; axis >= 0; axis--) {
    inner *= x.shape[axis];
    blocks /= x.shape[axis];
    if (times[axis] === 1) continue;
    const isLast = times.slice(0, axis).every((n) => n === 1);
    const to = heap.output(isLast ? shape : [blocks * inner * times[axis] / bytesOf(x.dtype)], x.dtype);
    heap.assembly.repeat(blocks, inner, times[axis], heap.address(from), heap.address(to));
    heap.dispose(from);
    from = to;
    inner *= times[axis];
  }
  return from;
}

function gather({ inputs: { x, indices }, attrs, heap }: KernelCall): TensorInfo | undefined {
  if (!isNumeric(x.dtype) || indices.dtype !== "int32") return undefined;
  const axis: number = attrs.axis < 0 ? attrs.axis + x.shape.length : attrs.axis;
  const info = tf.backend_util.segment_util.collectGatherOpShapeInfo(x, indices, axis, attrs.batchDims ?? 0);
  const { batchSize: batch, outerSize: outer, dimSize: size, outputShape: shape } = info;
  const bytes = bytesOf(x.dtype) * info.sliceSize, perBatch = batch === 0 ? 0 : sizeOf(indices.shape) / batch;
  const out = heap.output(shape, x.dtype), at = heap.address;
  let from = at(x), to = at(out);
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outer; o++) {
      const index = at(indices) + 4 * b * perBatch;
      const bad = heap.assembly.gather(perBatch, size, bytes, from, index, to);
      if (bad >= 0) {
        const value = new Int32Array(heap.memory.buffer, index, perBatch)[bad];
        heap.dispose(out);
        throw new RangeError(`GatherV2: the index value ${value} is not in [0, ${size - 1}]`);
      }
      from += size * bytes;
      to += perBatch * bytes;
    }
  }
  return out;
}

/** The gradient of `gather`; the stock backend has none. */
function segmentSum({ inputs: { x, segmentIds }, attrs: { numSegments }, heap }: KernelCall): TensorInfo | undefined {
  if (x.dtype !== "float32" || segmentIds.dtype !== "int32" || segmentIds.shape.length !== 1) return undefined;
  const [count, ...rest] = x.shape, width = sizeOf(rest);
  const out = heap.output([numSegments, ...rest]), at = heap.address;
  clear(heap, at(out), numSegments * width);
  heap.assembly.segmentSum(count, numSegments, width, at(x), at(segmentIds), at(out));
  return out;
}

function clear(heap: Heap, address: number, count: number): void {
  new Float32Array(heap.memory.buffer, address, count).fill(0);
}
