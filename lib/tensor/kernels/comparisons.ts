/**
 * Choices between numbers. The stock kernels go one number at a time, and bounds turn NaN into a number.
 *
 * @module
 */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { sizeOf } from "./broadcast.ts";
import { type KernelCall, register } from "./heap.ts";

/** The numbers by which `assembly/comparisons.ts` knows relations; a relation and its mirror image add up to 4. */
const relations = { Greater: 0, GreaterEqual: 1, Equal: 2, LessEqual: 3, Less: 4 } as const;

/** Registers `Maximum`, `Minimum`, `ClipByValue`, `Select` and comparisons. */
export function registerComparisons(): void {
  for (const [name, isLargest] of [["Maximum", 1], ["Minimum", 0]] as const) {
    register(name, ({ inputs, heap }: KernelCall): TensorInfo | undefined => {
      const pair = paired(inputs.a, inputs.b);
      if (!pair) return undefined;
      const out = heap.output(pair.many.shape), at = heap.address;
      heap.assembly.extreme(pair.count, isLargest, at(pair.many), at(pair.other), pair.step, at(out));
      return out;
    });
  }
  for (const [name, relation] of Object.entries(relations)) {
    register(name, ({ inputs, heap }: KernelCall): TensorInfo | undefined => {
      const pair = paired(inputs.a, inputs.b);
      if (!pair) return undefined;
      const out = heap.output(pair.many.shape, "bool"), at = heap.address;
      const turned = pair.isSwapped ? 4 - relation : relation;
      heap.assembly.compare(pair.count, turned, at(pair.many), at(pair.other), pair.step, at(out));
      return out;
    });
  }
  register("ClipByValue", ({ inputs: { x }, attrs, heap }: KernelCall): TensorInfo | undefined => {
    if (x.dtype !== "float32") return undefined;
    const out = heap.output(x.shape);
    const { clipValueMin, clipValueMax } = attrs;
    heap.assembly.clip(sizeOf(x.shape), clipValueMin, clipValueMax, heap.address(x), heap.address(out));
    return out;
  });
  register("Select", ({ inputs: { condition, t, e }, heap }: KernelCall): TensorInfo | undefined => {
    const count = sizeOf(t.shape);
    // A condition on the first axis alone is left to the stock kernel.
    if (t.dtype !== e.dtype || sizeOf(condition.shape) !== count) return undefined;
    const out = heap.output(t.shape, t.dtype as "float32" | "int32" | "bool"), at = heap.address;
    if (t.dtype === "bool") { // stock: four bytes at a time
      const bytes = (tensor: TensorInfo) => new Uint8Array(heap.memory.buffer, at(tensor), count);
      const chosen = bytes(condition), yes = bytes(t), no = bytes(e);
      bytes(out).set(chosen.map((one, i) => one ? yes[i] : no[i]));
    } else heap.assembly.select(count, at(condition), at(t), at(e), at(out));
    return out;
  });
}

/** Two float32 operands of one shape, or one of them a single number; other broadcasts are left to the stock kernels. */
function paired(a: TensorInfo, b: TensorInfo) {
  if (a.dtype !== "float32" || b.dtype !== "float32") return undefined;
  const aCount = sizeOf(a.shape), bCount = sizeOf(b.shape);
  if (a.shape.length === b.shape.length && a.shape.every((size, i) => size === b.shape[i])) {
    return { many: a, other: b, count: aCount, step: 4, isSwapped: false };
  }
  if (bCount === 1 && b.shape.length <= a.shape.length) {
    return { many: a, other: b, count: aCount, step: 0, isSwapped: false };
  }
  if (aCount === 1 && a.shape.length <= b.shape.length) {
    return { many: b, other: a, count: bCount, step: 0, isSwapped: true };
  }
}
