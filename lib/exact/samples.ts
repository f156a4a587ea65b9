/**
 * Samples that regressions are fitted to, in parts that lie where our kernels work: what they add up of all rows.
 *
 * @module
 */
import { Room } from "./kernels/room.ts";
import { inPanels, PANEL } from "./panels.ts";

/** Numbers of a part, about: none is near the four gigabytes that a memory of WebAssembly can have. */
const PART = 2 ** 22;

/** Rows of a sample. */
interface Rows {
  /** How many, n. */
  readonly rows: number;
  /** Numbers of a row, D. */
  readonly width: number;
  /** Writes a row `[D]`. */
  fill(i: number, row: Float64Array): void;
  /** Of each row, >= 0 `[n]`. */
  readonly weights: ArrayLike<number>;
}

/** Where each part of a sample begins and ends. */
function* partsOf({ rows, width }: Rows): Generator<{ readonly first: number; readonly count: number }> {
  const most = Math.max(PANEL, Math.floor(PART / width));
  for (let first = 0; first < rows; first += most) yield { first, count: Math.min(most, rows - first) };
}

/** Some of the values, padded with zeros to whole panels. */
function padded(values: ArrayLike<number>, first: number, count: number): Float64Array {
  const out = new Float64Array(PANEL * Math.ceil(count / PANEL));
  for (let i = 0; i < count; i++) out[i] = values[first + i];
  return out;
}

/**
 * Σ_i w_i x_ij x_ik over all rows.
 *
 * @returns row-major, the lower half `[D, D]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const sample = { rows: 2, width: 2, weights: [1, 10], fill: (i: number, row: Float64Array) => row.set([i, 2]) };
 * assert.deepEqual([...weightedProducts(sample)], [10, 0, 20, 44]);
 * ```
 */
export function weightedProducts(sample: Rows): Float64Array {
  const { width, weights, fill } = sample, out = new Float64Array(width * width);
  for (const { first, count } of partsOf(sample)) {
    const room = new Room(), phi = room.put(inPanels(count, width, (i, row) => fill(first + i, row)));
    const w = room.put(padded(weights, first, count)), sums = room.take(width * (width + 1));
    const products = room.take(width * width);
    room.open().weightedGram(Math.ceil(count / PANEL), width, phi, w, sums, products);
    const part = room.view(products, width * width);
    for (let k = 0; k < out.length; k++) out[k] += part[k];
    room.close();
  }
  return out;
}

/** Rows of a part of a logistic regression. */
class LogisticPart {
  readonly #room = new Room();
  readonly #kernels: ReturnType<Room["open"]>;
  readonly #panels: number;
  readonly #at: Readonly<
    Record<
      "phi" | "y" | "v" | "none" | "eta" | "curvature" | "room" | "theta" | "sums" | "gradient" | "hessian",
      number
    >
  >;

  constructor({ width, weights, outcome, fill }: LogisticRows, first: number, count: number) {
    const room = this.#room, panels = this.#panels = Math.ceil(count / PANEL), n = PANEL * panels;
    this.#at = {
      phi: room.put(inPanels(count, width, (i, row) => fill(first + i, row))),
      y: room.put(padded(outcome, first, count)),
      v: room.put(padded(weights, first, count)),
      none: room.take(n),
      eta: room.take(n),
      curvature: room.take(n),
      room: room.take(n),
      theta: room.take(width),
      sums: room.take(width * (width + 1)),
      gradient: room.take(width),
      hessian: room.take(width * width),
    };
    this.#kernels = room.open();
  }

  /** Adds what this part adds to a loss. */
  add(theta: Float64Array, into: LogisticSums): void {
    const width = theta.length, panels = this.#panels, kernels = this.#kernels, room = this.#room;
    const { phi, y, v, none, eta, curvature, room: spare, theta: own, sums, gradient, hessian } = this.#at;
    room.view(own, width).set(theta);
    kernels.scores(panels, width, phi, own, none, eta);
    into.loss += kernels.logistic(PANEL * panels, y, v, eta, curvature, spare);
    kernels.weightedSum(panels, width, phi, eta, sums, gradient);
    kernels.weightedGram(panels, width, phi, curvature, sums, hessian);
    const slopes = room.view(gradient, width), products = room.view(hessian, width * width);
    for (let k = 0; k < width; k++) into.gradient[k] += slopes[k];
    for (let k = 0; k < width * width; k++) into.hessian[k] += products[k];
  }

  close(): void {
    this.#room.close();
  }
}

/** Rows of a sample with their outcomes. */
interface LogisticRows extends Rows {
  /** In [0, 1] `[n]`. */
  readonly outcome: ArrayLike<number>;
}

/** A loss with its derivatives. */
interface LogisticSums {
  /** Σ_i w_i [y_i softplus(−η_i) + (1 − y_i) softplus(η_i)] with scores η_i = θ·x_i. */
  loss: number;
  /** Its gradient in θ `[D]`. */
  readonly gradient: Float64Array;
  /** Its Hessian, row-major, the lower half `[D, D]`. */
  readonly hessian: Float64Array;
}

/** The sample of a logistic regression: one pass over its rows at each θ. */
export class LogisticSample {
  readonly #parts: readonly LogisticPart[];
  readonly #sums: LogisticSums;

  /**
   * @param sample its numbers are copied
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * const fill = (i: number, row: Float64Array) => row.fill(i);
   * const sample = new LogisticSample({ rows: 2, width: 1, weights: [1, 1], outcome: [1, 1], fill });
   * const { loss, gradient, hessian } = sample.at(Float64Array.of(0));
   * assert.ok(Math.abs(loss - 2 * Math.LN2) < 1e-15);
   * assert.deepEqual([...gradient, ...hessian], [-0.5, 0.25]);
   * sample.close();
   * ```
   */
  constructor(sample: LogisticRows) {
    const { width } = sample;
    this.#parts = Array.from(partsOf(sample), ({ first, count }) => new LogisticPart(sample, first, count));
    this.#sums = { loss: 0, gradient: new Float64Array(width), hessian: new Float64Array(width * width) };
  }

  /**
   * The loss at θ.
   *
   * @param theta `[D]`
   * @returns overwritten by the next call
   */
  at(theta: Float64Array): Readonly<LogisticSums> {
    const sums = this.#sums;
    sums.loss = 0;
    sums.gradient.fill(0);
    sums.hessian.fill(0);
    for (const part of this.#parts) part.add(theta, sums);
    return sums;
  }

  /** Leaves its memory to others. */
  close(): void {
    for (const part of this.#parts) part.close();
  }
}
