/**
 * Memory that our float64 kernels work in, one for each piece of work.
 *
 * Places are given out first and memory is made once, of the right size: memory that grew would cut off every view of it.
 * It goes when the room does, or is left to another room.
 *
 * @module
 */
import binary from "./kernels.wasm" with { type: "bytes" };

/** What `assembly/index.ts` exports: sizes, then addresses. */
interface Kernels {
  exps(n: number, x: number, y: number): void;
  softmax(n: number, groups: number, size: number, x: number, p: number, rest: number): void;
  scores(panels: number, d: number, phi: number, theta: number, start: number, out: number): void;
  weightedSum(panels: number, d: number, phi: number, w: number, sums: number, out: number): void;
  tilt(n: number, price: number, p: number, logp: number, cost: number, base: number, slopes: number): void;
  logisticSlopes(
    n: number,
    scale: number,
    index: number,
    logp: number,
    weight: number,
    against: number,
    shift: number,
    room: number,
    slopes: number,
  ): void;
  centre(groups: number, size: number, p: number, slopes: number): void;
  logistic(n: number, y: number, v: number, eta: number, curvature: number, room: number): number;
  weightedGram(panels: number, d: number, phi: number, w: number, sums: number, out: number): void;
}

/** A memory with the kernels on it. */
interface Instance {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
}

const PAGE = 65536;
/** Compiled when it is first needed: most of what imports this never trains. */
let compiled: WebAssembly.Module | undefined;
/** What closed rooms left: a new one would take as long as ten steps of a small training. */
const idle: Instance[] = [];
/** Bytes of a memory that is not kept: what is so large has hardly been waited for. */
const LARGE = 2 ** 24;

/** An instance whose memory holds so many bytes, which are 0. */
function instanceOf(bytes: number): Instance {
  const found = idle.findIndex(({ memory }) => memory.buffer.byteLength >= bytes);
  if (found >= 0) {
    const [{ memory, kernels }] = idle.splice(found, 1);
    new Uint8Array(memory.buffer, 0, bytes).fill(0);
    return { memory, kernels };
  }
  const memory = new WebAssembly.Memory({ initial: Math.max(1, Math.ceil(bytes / PAGE)) });
  compiled ??= new WebAssembly.Module(binary);
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  // Of one shape for all instances, which engines look up faster.
  const { exps, softmax, scores, weightedSum, tilt, logisticSlopes, centre, logistic, weightedGram } =
    exports as unknown as Kernels;
  const products = { scores, weightedSum, weightedGram };
  return { memory, kernels: { ...products, exps, softmax, tilt, logisticSlopes, centre, logistic } };
}

/**
 * A memory to be: numbers are promised places in it, then it is opened.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const room = new Room(), x = room.put(Float64Array.of(0, 1)), y = room.take(2);
 * const { exps } = room.open();
 * exps(2, x, y);
 * room.view(y, 2).forEach((v, i) => assert.ok(Math.abs(v - [1, Math.E][i]) < 1e-15));
 * ```
 */
export class Room {
  #bytes = 0;
  #given: (readonly [at: number, values: Float64Array | Int32Array])[] = [];
  #instance: Instance | undefined;

  /** Address of room for some float64 numbers, which are 0 at first; each begins at 16 bytes. */
  take(count: number): number {
    const at = this.#bytes;
    this.#bytes += 16 * Math.ceil(count / 2);
    return at;
  }

  /** Address of a copy of these numbers. */
  put(values: Float64Array | Int32Array): number {
    const at = this.take(Math.ceil(values.byteLength / 8));
    this.#given.push([at, values]);
    return at;
  }

  /** Makes the memory, with what was put into it. */
  open(): Kernels {
    const { memory, kernels } = this.#instance = instanceOf(this.#bytes);
    for (const [at, values] of this.#given) {
      if (values instanceof Int32Array) new Int32Array(memory.buffer, at, values.length).set(values);
      else new Float64Array(memory.buffer, at, values.length).set(values);
    }
    this.#given = [];
    return kernels;
  }

  /** Leaves the memory to other rooms: nobody looks at its numbers any more. */
  close(): void {
    if (this.#instance && this.#instance.memory.buffer.byteLength < LARGE) idle.push(this.#instance);
    this.#instance = undefined;
  }

  /**
   * The numbers at an address.
   *
   * @throws TypeError before the room is open
   */
  view(at: number, count: number): Float64Array {
    if (this.#instance === undefined) throw new TypeError("room: open it before its numbers are looked at");
    return new Float64Array(this.#instance.memory.buffer, at, count);
  }
}
