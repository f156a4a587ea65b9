/**
 * The memory that tfjs's WebAssembly backend and our kernels share.
 *
 * Our kernels are a second WebAssembly module that imports the first one's memory, so a tensor is passed by its address
 * and nothing is copied. A system BLAS works on the same bytes through a native pointer.
 *
 * @module
 */
import type * as TF from "@tensorflow/tfjs-core";
import { tf } from "../tf.ts";
import { type Assembly, loadAssembly } from "./assembly.ts";
import { type Allocator, usePool } from "./pool.ts";

/** tfjs's handle of a tensor: where its numbers are, and their shape. */
export type TensorInfo = TF.TensorInfo;

/** The parts of tfjs's WebAssembly backend that kernels rely on (4.22.0). */
export interface WasmBackend {
  /** The compiled module. */
  readonly wasm: Allocator & {
    /** What it exports. */
    readonly asm: { readonly memory: WebAssembly.Memory };
  };
  /** Where the numbers of each tensor are. */
  readonly dataIdMap: { get(id: object): { readonly memoryOffset: number } };
  /** How many tensors share the numbers. */
  refCount(id: object): number;
  /** A new tensor whose numbers are not set. */
  makeOutput(shape: number[], dtype: string): TensorInfo;
  /** One reference less, and the memory back after the last. */
  disposeData(dataId: object): boolean;
  /** One reference more. */
  incRef(dataId: object): void;
}

/** One shared memory; there is one for each started backend. */
export interface Heap {
  /** The memory itself; its `buffer` changes when it grows. */
  readonly memory: WebAssembly.Memory;
  /** Our compiled kernels on that memory. */
  readonly assembly: Assembly;
  /** How many tensors share the numbers of this one. */
  references(tensor: TensorInfo): number;
  /** Address of a tensor's first byte. */
  address(tensor: TensorInfo): number;
  /** A new tensor whose numbers are not set yet. */
  output(shape: readonly number[], dtype?: "float32" | "int32" | "bool"): TensorInfo;
  /** The same numbers under another shape of equal size. */
  share(tensor: TensorInfo, shape: readonly number[]): TensorInfo;
  /** Runs another kernel of this backend that has one output. */
  run(kernel: string, inputs: Readonly<Record<string, TensorInfo>>, attributes?: object): TensorInfo;
  /** Gives back a tensor that a kernel made on its way. */
  dispose(tensor: TensorInfo): void;
  /**
   * Address of at least `bytes` bytes, 64-byte aligned, for use within one kernel call: the next call that asks for
   * scratch may get the same bytes. Grows, and is never given back.
   */
  scratch(bytes: number): number;
}

const heaps = new WeakMap<WasmBackend, Heap>();

/**
 * The heap of a backend of tfjs's WebAssembly kind.
 *
 * @throws TypeError when the backend is of another kind
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const heap = heapOf(tf.backend());
 * const x = heap.output([3]);
 * new Float32Array(heap.memory.buffer, heap.address(x), 3).set([1, 2, 3]);
 * assert.deepEqual([...tf.engine().makeTensorFromTensorInfo(x).dataSync()], [1, 2, 3]);
 * ```
 */
export function heapOf(backend: object): Heap {
  const wasmBackend = backend as WasmBackend;
  const known = heaps.get(wasmBackend);
  if (known) return known;
  const memory = wasmBackend.wasm?.asm?.memory;
  if (!(memory instanceof WebAssembly.Memory)) throw new TypeError("backend: expected tfjs's WebAssembly backend");
  const { wasm, dataIdMap } = wasmBackend;
  wasm._free(wasm._malloc(1)); // at their first call, both put the true functions in their place
  usePool(wasm);
  let scratchAddress = 0, scratchBytes = 0;
  const heap: Heap = {
    memory,
    assembly: loadAssembly(memory),
    references: (tensor) => wasmBackend.refCount(tensor.dataId),
    address: (tensor) => dataIdMap.get(tensor.dataId).memoryOffset,
    output: (shape, dtype = "float32") => wasmBackend.makeOutput([...shape], dtype),
    share: ({ dataId, dtype }, shape) => {
      wasmBackend.incRef(dataId);
      return { dataId, shape: [...shape], dtype };
    },
    run: (kernel, inputs, attributes = {}) => {
      const { kernelFunc } = tf.getKernel(kernel, "wasm");
      return kernelFunc({ inputs, attrs: attributes as never, backend }) as TensorInfo;
    },
    dispose: (tensor) => void wasmBackend.disposeData(tensor.dataId),
    scratch(bytes) {
      if (bytes > scratchBytes) {
        if (scratchAddress) wasm._free(scratchAddress);
        scratchBytes = Math.max(bytes, 2 * scratchBytes);
        scratchAddress = wasm._malloc(scratchBytes);
      }
      return scratchAddress;
    },
  };
  heaps.set(wasmBackend, heap);
  return heap;
}

/**
 * The heap of the engine that runs, where it is of tfjs's WebAssembly kind.
 *
 * @example
 * ```ts
 * import { startBackend } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.equal(runningHeap(), undefined);
 * ```
 */
export function runningHeap(): Heap | undefined {
  return tf.getBackend() === "wasm" ? heapOf(tf.backend()) : undefined;
}

/** A kernel of ours: inputs and attributes in, new tensors out. */
export interface KernelCall {
  /** Named inputs, as the operation passes them. */
  readonly inputs: Record<string, TensorInfo>;
  /** Named numbers and flags. */
  // deno-lint-ignore no-explicit-any -- tfjs types attributes as a recursive union that no kernel can use unchecked
  readonly attrs: any;
  /** Where tensors live. */
  readonly heap: Heap;
}

/** Kernels that ours stand in front of, by name. */
const stockKernels = new Map<string, TF.KernelConfig | undefined>();

/**
 * Registers a kernel of ours on tfjs's WebAssembly backend, instead of the stock one where there is one.
 *
 * @param name the kernel's name in tfjs, or a new one
 * @param run may return `undefined` for inputs that it leaves to the stock kernel
 * @example
 * ```ts
 * import { startBackend, tf } from "../backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * register("Seven", ({ heap }) => {
 *   const out = heap.output([1]);
 *   new Float32Array(heap.memory.buffer, heap.address(out), 1)[0] = 7;
 *   return out;
 * });
 * assert.equal((tf.engine().runKernel("Seven", {}) as ReturnType<typeof tf.scalar>).dataSync()[0], 7);
 * ```
 */
export function register(name: string, run: (call: KernelCall) => TensorInfo | TensorInfo[] | undefined): void {
  if (!stockKernels.has(name)) stockKernels.set(name, tf.getKernel(name, "wasm"));
  const stock = stockKernels.get(name);
  if (tf.getKernel(name, "wasm")) tf.unregisterKernel(name, "wasm");
  tf.registerKernel({
    ...stock, // its set-up and tear-down, which it needs when it runs
    kernelName: name,
    backendName: "wasm",
    kernelFunc: (call) => {
      const { inputs, attrs, backend } = call;
      const heap = heapOf(backend);
      const out = run({ inputs: inputs as Record<string, TensorInfo>, attrs: attrs ?? {}, heap });
      if (out !== undefined) return out;
      if (!stock) throw new TypeError(`${name}: no kernel for these inputs`);
      return stock.kernelFunc(call);
    },
  });
}
