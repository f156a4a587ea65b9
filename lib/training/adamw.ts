/**
 * Adam with decoupled weight decay, with gradient clipping for each replicate.
 *
 * @module
 */
import { type Tensor, tf, type Variable } from "../tensor/backend.ts";
import { type Heap, runningHeap } from "../tensor/kernels/heap.ts";

/** How parameters move. */
interface AdamWOptions {
  /** Step size, >= 0. */
  readonly learningRate: number;
  /** What a parameter loses in a step, relative to itself and to the step size; default 0, which is Adam. */
  readonly weightDecay?: number;
  /** The gradient of a replicate that is longer than this is shortened to it; default: no bound. */
  readonly clipNorm?: number;
  /** Number of replicates `R`, the first axis of every parameter; default: one, and no such axis. */
  readonly replicates?: number;
}

/** An optimiser of some parameters. */
interface AdamW {
  /**
   * Moves the parameters by one step.
   *
   * @param gradients one for each parameter, of its shape
   * @returns Euclidean norm of each replicate's gradient over all parameters, before clipping `[R]`
   * @throws NonFiniteGradient, and then no parameter has moved; TypeError when a gradient has another shape
   */
  step(gradients: readonly Tensor[]): Float64Array;
  /** The norms that {@linkcode step} returns, without a step; throws what it throws. */
  norms(gradients: readonly Tensor[]): Float64Array;
  /** Frees the moments. */
  dispose(): void;
}

/** A gradient holds NaN or an infinity. */
export class NonFiniteGradient extends Error {
  /**
   * Names the number and its replicate.
   *
   * @param value the first such number
   * @param replicate whose it is
   */
  constructor(readonly value: number, readonly replicate: number) {
    super(`gradient of replicate ${replicate} is ${value}`);
  }
}

const BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8;

/** Where moments are kept, and what moves parameters by one step. */
interface Update {
  step(gradients: readonly Tensor[], scales: Float64Array): void;
  dispose(): void;
}

/**
 * AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101v3, algorithm 2) with β1 = 0.9, β2 = 0.999, ε = 1e-8.
 *
 *   m ← β1 m + (1 − β1) g,  v ← β2 v + (1 − β2) g²,  p ← p − η·(m/(1 − β1ᵗ) / (√(v/(1 − β2ᵗ)) + ε) + λ p)
 *
 * All parameters are updated in one pass where the engine shares its memory with our kernels; replicates do not mix.
 *
 * @param parameters each `[R, ...]`, or of any shape for one replicate
 * @throws TypeError when a parameter does not split into replicates, RangeError for numbers out of range
 * @example
 * ```ts
 * import { startBackend, tf } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const x = tf.variable(tf.tensor1d([1, 2]));
 * const optimiser = adamW([x], { learningRate: 0.1 });
 * assert.deepEqual([...optimiser.step([tf.tensor1d([3, -4])])], [5]);
 * x.dataSync().forEach((v, i) => assert.ok(Math.abs(v - [0.9, 2.1][i]) < 1e-6)); // the first step is η long
 * ```
 */
export function adamW(parameters: readonly Variable[], options: AdamWOptions): AdamW {
  const { learningRate, weightDecay = 0, clipNorm = Infinity, replicates = 1 } = options;
  for (const [name, value] of Object.entries({ learningRate, weightDecay })) {
    if (!(value >= 0 && value < Infinity)) throw new RangeError(`${name}: expected a number >= 0, got ${value}`);
  }
  if (!(clipNorm > 0)) throw new RangeError(`clipNorm: expected a number > 0, got ${clipNorm}`);
  for (const [i, { shape, size }] of parameters.entries()) {
    if (replicates > 1 ? shape[0] !== replicates : size % replicates !== 0) {
      throw new TypeError(`parameters[${i}]: expected [${replicates}, ...], got shape [${shape}]`);
    }
  }
  const heap = runningHeap();
  const update = (heap ? heapUpdate : plainUpdate)(parameters, { learningRate, weightDecay, replicates }, heap!);
  const norms = (gradients: readonly Tensor[]): Float64Array => {
    parameters.forEach(({ shape }, i) => {
      if (gradients[i]?.shape.join() !== shape.join()) {
        throw new TypeError(`gradients[${i}]: expected shape [${shape}], got [${gradients[i]?.shape}]`);
      }
    });
    return gradientNorms(gradients, replicates, heap);
  };
  return {
    norms,
    step(gradients) {
      const found = norms(gradients);
      update.step(gradients, found.map((norm) => norm > clipNorm ? clipNorm / norm : 1));
      return found;
    },
    dispose: update.dispose,
  };
}

/** Norms over all gradients of each replicate, in float64, which no finite float32 overflows. */
function gradientNorms(gradients: readonly Tensor[], replicates: number, heap?: Heap): Float64Array {
  const squares = new Float64Array(replicates);
  for (const gradient of gradients) {
    const width = gradient.size / replicates;
    if (heap) {
      const at = heap.address(gradient);
      for (let r = 0; r < replicates; r++) squares[r] += heap.assembly.squares(width, at + 4 * r * width);
    } else {
      const values = gradient.dataSync();
      for (let i = 0; i < values.length; i++) squares[Math.floor(i / width)] += values[i] * values[i];
    }
  }
  if (!squares.every(Number.isFinite)) {
    for (const gradient of gradients) {
      const values = gradient.dataSync(), bad = values.findIndex((v) => !Number.isFinite(v));
      if (bad >= 0) throw new NonFiniteGradient(values[bad], Math.floor(bad / (values.length / replicates)));
    }
  }
  return squares.map(Math.sqrt);
}

type Settings = Required<Omit<AdamWOptions, "clipNorm">>;

/** Moments in one buffer, parameters changed in place by one kernel. */
function heapUpdate(parameters: readonly Variable[], settings: Settings, heap: Heap): Update {
  const { learningRate, weightDecay, replicates } = settings;
  const total = parameters.reduce((sum, { size }) => sum + size, 0);
  const moments = tf.keep(tf.zeros([2, total]));
  let steps = 0;
  return {
    step(gradients, scales) {
      steps++;
      const rate = learningRate / (1 - BETA1 ** steps), unbias = 1 / (1 - BETA2 ** steps);
      const keep = 1 - learningRate * weightDecay;
      parameters.forEach(makeSole(heap));
      let m = heap.address(moments);
      parameters.forEach((parameter, i) => {
        const p = heap.address(parameter), g = heap.address(gradients[i]), width = parameter.size / replicates;
        for (let r = 0; r < replicates; r++) {
          // Equal scales need no call of their own.
          let next = r + 1;
          while (next < replicates && scales[next] === scales[r]) next++;
          const start = 4 * r * width, count = (next - r) * width;
          heap.assembly.adamw(
            ...[count, p + start, m + start, m + 4 * total + start, g + start],
            ...[BETA1, 1 - BETA1, BETA2, 1 - BETA2, scales[r], rate, unbias, EPSILON, keep],
          );
          r = next - 1;
        }
        m += 4 * parameter.size;
      });
    },
    dispose: () => moments.dispose(),
  };
}

/** Gives a variable numbers of its own where other tensors share them: those must not change with it. */
function makeSole(heap: Heap): (parameter: Variable) => void {
  return (parameter) => {
    if (heap.references(parameter) === 1) return;
    const copy = tf.tensor(parameter.dataSync(), parameter.shape);
    parameter.assign(copy);
    copy.dispose();
  };
}

/** The same in stock operations, for engines without the kernel. */
function plainUpdate(parameters: readonly Variable[], settings: Settings): Update {
  const { learningRate, weightDecay, replicates } = settings;
  const zeros = () => parameters.map(({ shape }) => tf.tidy(() => tf.variable(tf.zeros(shape))));
  const first = zeros(), second = zeros();
  let steps = 0;
  return {
    step(gradients, scales) {
      steps++;
      const rate = learningRate / (1 - BETA1 ** steps), unbias = 1 / (1 - BETA2 ** steps);
      tf.tidy(() => {
        parameters.forEach((parameter, i) => {
          const { shape } = parameter;
          const perReplicate = replicates > 1 ? [replicates, ...shape.slice(1).map(() => 1)] : shape.map(() => 1);
          const g = tf.mul(gradients[i], tf.tensor(Float32Array.from(scales), perReplicate));
          first[i].assign(tf.add(tf.mul(first[i], BETA1), tf.mul(g, 1 - BETA1)));
          second[i].assign(tf.add(tf.mul(second[i], BETA2), tf.mul(tf.square(g), 1 - BETA2)));
          const length = tf.add(tf.sqrt(tf.mul(second[i], unbias)), EPSILON);
          const kept = weightDecay === 0 ? parameter : tf.mul(parameter, 1 - learningRate * weightDecay);
          parameter.assign(tf.sub(kept, tf.div(tf.mul(first[i], rate), length)));
        });
      });
    },
    dispose: () => tf.dispose([...first, ...second]),
  };
}
