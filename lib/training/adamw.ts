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
  /** What a parameter loses in a step, relative to itself and to the step size, or one such number each; default 0: Adam. */
  readonly weightDecay?: number | readonly number[];
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
   * @param learningRate of this step; default: that of the options
   * @returns Euclidean norm of each replicate's gradient over all parameters, before clipping `[R]`
   * @throws NonFiniteGradient, and then no parameter has moved; TypeError when a gradient has another shape, RangeError for a
   * step size that is none
   */
  step(gradients: readonly Tensor[], learningRate?: number): Float64Array;
  /** The norms that {@linkcode step} returns, without a step; throws what it throws. */
  norms(gradients: readonly Tensor[]): Float64Array;
  /** What it knows beside the parameters, on the host: to go on later as if it had not stopped. */
  state(): AdamWState;
  /**
   * Goes on from a state.
   *
   * @throws TypeError when it is not of these parameters
   */
  restore(state: AdamWState): void;
  /** Frees the moments. */
  dispose(): void;
}

/** Steps taken, and the moments. */
export interface AdamWState {
  /** Steps taken. */
  readonly steps: number;
  /** Running mean of the gradients, one parameter after another `[P]`. */
  readonly first: Float32Array;
  /** Running mean of their squares `[P]`. */
  readonly second: Float32Array;
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
  step(gradients: readonly Tensor[], scales: Float64Array, learningRate: number): void;
  state(): AdamWState;
  restore(state: AdamWState): void;
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
  const decays = typeof weightDecay === "number" ? parameters.map(() => weightDecay) : weightDecay;
  if (decays.length !== parameters.length) {
    throw new TypeError(`weightDecay: expected ${parameters.length} numbers, got ${decays.length}`);
  }
  checkPositive("learningRate", learningRate);
  decays.forEach((decay) => checkPositive("weightDecay", decay));
  if (!(clipNorm > 0)) throw new RangeError(`clipNorm: expected a number > 0, got ${clipNorm}`);
  for (const [i, { shape, size }] of parameters.entries()) {
    if (replicates > 1 ? shape[0] !== replicates : size % replicates !== 0) {
      throw new TypeError(`parameters[${i}]: expected [${replicates}, ...], got shape [${shape}]`);
    }
  }
  const heap = runningHeap();
  const update = (heap ? heapUpdate : plainUpdate)(parameters, { decays, replicates }, heap!);
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
    step(gradients, rate = learningRate) {
      checkPositive("learningRate", rate);
      const found = norms(gradients);
      update.step(gradients, found.map((norm) => norm > clipNorm ? clipNorm / norm : 1), rate);
      return found;
    },
    state: update.state,
    restore(state) {
      const size = parameters.reduce((sum, parameter) => sum + parameter.size, 0);
      for (const { length } of [state.first, state.second]) {
        if (length !== size) throw new TypeError(`state: expected moments of ${size} numbers, got ${length}`);
      }
      update.restore(state);
    },
    dispose: update.dispose,
  };
}

function checkPositive(name: string, value: number): void {
  if (!(value >= 0 && value < Infinity)) throw new RangeError(`${name}: expected a number >= 0, got ${value}`);
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

/** What an update looks at in every step. */
interface Settings {
  /** Weight decay of each parameter. */
  readonly decays: readonly number[];
  /** `R` */
  readonly replicates: number;
}

/** Moments in one buffer, parameters changed in place by one kernel. */
function heapUpdate(parameters: readonly Variable[], settings: Settings, heap: Heap): Update {
  const { decays, replicates } = settings;
  const total = parameters.reduce((sum, { size }) => sum + size, 0);
  let moments = tf.keep(tf.zeros([2, total])), steps = 0;
  return {
    step(gradients, scales, learningRate) {
      steps++;
      const rate = learningRate / (1 - BETA1 ** steps), unbias = 1 / (1 - BETA2 ** steps);
      parameters.forEach(makeSole(heap));
      let m = heap.address(moments);
      parameters.forEach((parameter, i) => {
        const p = heap.address(parameter), g = heap.address(gradients[i]), width = parameter.size / replicates;
        const keep = 1 - learningRate * decays[i];
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
    state() {
      const values = moments.dataSync<"float32">();
      return { steps, first: values.slice(0, total), second: values.slice(total) };
    },
    restore(state) {
      const both = new Float32Array(2 * total);
      both.set(state.first);
      both.set(state.second, total);
      moments.dispose();
      moments = tf.keep(tf.tensor2d(both, [2, total]));
      steps = state.steps;
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
  const { decays, replicates } = settings;
  const zeros = () => parameters.map(({ shape }) => tf.tidy(() => tf.variable(tf.zeros(shape))));
  const first = zeros(), second = zeros();
  let steps = 0;
  return {
    step(gradients, scales, learningRate) {
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
          const kept = decays[i] === 0 ? parameter : tf.mul(parameter, 1 - learningRate * decays[i]);
          parameter.assign(tf.sub(kept, tf.div(tf.mul(first[i], rate), length)));
        });
      });
    },
    state: () => ({ steps, first: joined(first), second: joined(second) }),
    restore(state) {
      for (const [variables, values] of [[first, state.first], [second, state.second]] as const) {
        let at = 0;
        for (const variable of variables) {
          tf.tidy(() => variable.assign(tf.tensor(values.slice(at, at + variable.size), variable.shape)));
          at += variable.size;
        }
      }
      steps = state.steps;
    },
    dispose: () => tf.dispose([...first, ...second]),
  };
}

/** Numbers of tensors, one after another. */
function joined(tensors: readonly Tensor[]): Float32Array {
  const all = new Float32Array(tensors.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const tensor of tensors) {
    all.set(tensor.dataSync<"float32">(), at);
    at += tensor.size;
  }
  return all;
}
