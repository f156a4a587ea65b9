/**
 * Sums, means and extremes over any axes. The stock kernels transpose whatever is not last, and lose NaN.
 *
 * @module
 */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { sizeOf } from "./broadcast.ts";
import { type Heap, type KernelCall, register } from "./heap.ts";

type Kind = "sum" | "mean" | "max" | "min";

/** Registers `Sum`, `Mean`, `Max` and `Min` of float32. */
export function registerReductions(): void {
  register("Sum", (call) => reduce("sum", call));
  register("Mean", (call) => reduce("mean", call));
  register("Max", (call) => reduce("max", call));
  register("Min", (call) => reduce("min", call));
}

function reduce(kind: Kind, { inputs: { x }, attrs, heap }: KernelCall): TensorInfo | undefined {
  const rank = x.shape.length;
  const listed: number | number[] = attrs.axis ?? attrs.reductionIndices ?? x.shape.map((_, i) => i);
  const axes = new Set([listed].flat().map((axis) => axis < 0 ? axis + rank : axis));
  if (x.dtype !== "float32" || (sizeOf(x.shape) === 0 && (kind === "max" || kind === "min"))) return undefined;
  const outShape = x.shape.flatMap((size, i) => axes.has(i) ? attrs.keepDims ? [1] : [] : [size]);
  // Runs of neighbouring axes that are all kept or all reduced, outermost first.
  const runs: { size: number; isReduced: boolean }[] = [];
  x.shape.forEach((size, i) => {
    if (size === 1) return;
    const last = runs.at(-1);
    if (last && last.isReduced === axes.has(i)) last.size *= size;
    else runs.push({ size, isReduced: axes.has(i) });
  });
  const divisor = kind === "mean" ? runs.reduce((n, run) => run.isReduced ? n * run.size : n, 1) : 1;
  let from = x;
  for (let at = runs.length - 1; at >= 0; at--) { // the innermost first
    if (!runs[at].isReduced) continue;
    const isLast = !runs.slice(0, at).some((run) => run.isReduced);
    const outer = sizeOf(runs.slice(0, at).map((run) => run.size));
    const inner = sizeOf(runs.slice(at + 1).map((run) => run.size));
    const to = heap.output(isLast ? outShape : [outer, inner]);
    pass(heap, kind, outer, runs[at].size, inner, isLast ? divisor : 1, from, to);
    if (from !== x) heap.dispose(from);
    from = to;
    runs.splice(at, 1);
  }
  return from === x ? heap.share(x, outShape) : from;
}

/** `[outer, count, inner]` to `[outer, inner]`. */
function pass(
  heap: Heap,
  kind: Kind,
  outer: number,
  count: number,
  inner: number,
  divisor: number,
  x: TensorInfo,
  y: TensorInfo,
): void {
  const { sumRows, sumColumns, extremeRows, extremeColumns } = heap.assembly;
  const from = heap.address(x), to = heap.address(y);
  const isExtreme = kind === "max" || kind === "min", isLargest = kind === "max" ? 1 : 0;
  if (isExtreme && inner === 1) extremeRows(outer, count, isLargest, from, to);
  else if (isExtreme) extremeColumns(outer, count, inner, isLargest, from, to);
  else if (inner === 1) sumRows(outer, count, divisor, from, to);
  else sumColumns(outer, count, inner, divisor, from, to);
}
