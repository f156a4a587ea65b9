/**
 * Log-linear laws that are computed again and again, as in training: their features lie where our kernels work.
 *
 * {@linkcode LawTable} says what `laws.ts` says of the same class, four to eight times as fast once it is made.
 *
 * @module
 */
import { Room } from "./kernels/room.ts";
import { dimensionsOf, type LawClass } from "./laws.ts";
import { inPanels, PANEL } from "./panels.ts";

type Kernels = ReturnType<Room["open"]>;

/** Addresses of numbers that losses read and write. */
interface Places {
  readonly logp: number;
  readonly chances: number;
  readonly slopes: number;
  /** log π0. */
  readonly start: number;
}

/** A part of what is minimised, at the laws of a table: adds its slopes in each log π, as if these were free. */
export type AddSlopes = (step: number) => void;

/** Room for laws of a class, of which one θ is there at a time. */
export class LawTable {
  /** log π in nats `[X, A]`, since {@linkcode at}. */
  readonly logp: Float64Array;
  /** π `[X, A]`. */
  readonly chances: Float64Array;
  /** Of a loss in each log π as if these were free, filled by the caller; {@linkcode gradient} uses them up `[X, A]`. */
  readonly slopes: Float64Array;
  /** What can be done with the numbers where they lie. */
  readonly kernels: Kernels;
  /** Where they lie. */
  readonly places: Places;
  /** X·A, and what pads it to whole panels: slopes of padding are 0. */
  readonly padded: number;
  readonly #room: Room;
  readonly #groups: number;
  readonly #responses: number;
  readonly #panels: number;
  readonly #theta: Float64Array;
  readonly #sums: Float64Array;
  readonly #own: {
    readonly features: number;
    readonly theta: number;
    readonly rest: number;
    readonly pairs: number;
    readonly sums: number;
  };

  /**
   * @param space the class; its numbers are copied
   * @param room more numbers can be put into it beforehand
   * @example The gradient of one response's log-prob is its features less the mean ones
   * ```ts
   * import assert from "node:assert/strict";
   * const pair = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, -1), responses: 2 };
   * const laws = new LawTable(pair);
   * laws.at(Float64Array.of(0));
   * laws.slopes[0] = 1;
   * assert.deepEqual([...laws.gradient(new Float64Array(1))], [1]);
   * ```
   */
  constructor(space: LawClass, room: Room = new Room()) {
    const { logStart, features, responses } = space, texts = logStart.length, d = dimensionsOf(space);
    const panels = this.#panels = Math.ceil(texts / PANEL), padded = this.padded = PANEL * panels;
    this.#groups = texts / responses;
    this.#responses = responses;
    this.#room = room;
    const [logp, chances, slopes] = [0, 1, 2].map(() => room.take(padded));
    this.places = { logp, chances, slopes, start: room.put(logStart) };
    room.take(padded - texts); // of log π0
    this.#own = {
      features: room.put(inPanels(texts, d, (x, row) => {
        for (let k = 0, from = x * d; k < d; k++) row[k] = features[from + k];
      })),
      theta: room.take(d),
      rest: room.take(this.#groups + 1),
      pairs: room.take(2 * d),
      sums: room.take(d),
    };
    this.kernels = room.open();
    [this.logp, this.chances, this.slopes] = [logp, chances, slopes].map((at) => room.view(at, texts));
    this.#theta = room.view(this.#own.theta, d);
    this.#sums = room.view(this.#own.sums, d);
  }

  /**
   * Moves to the laws at some θ.
   *
   * @param theta `[D]`
   */
  at(theta: Float64Array): void {
    const { features, theta: own, rest } = this.#own, { start, logp, chances } = this.places;
    this.#theta.set(theta);
    this.kernels.scores(this.#panels, theta.length, features, own, start, logp);
    this.kernels.softmax(this.padded, this.#groups, this.#responses, logp, chances, rest);
  }

  /**
   * The gradient in θ of what has these slopes: Σ_x Σ_a (slope_a − π_a Σ slopes) φ_a. The slopes are 0 afterwards.
   *
   * @param out written `[D]`
   * @returns `out`
   */
  gradient(out: Float64Array): Float64Array {
    const { features, pairs, sums } = this.#own, { slopes, chances } = this.places;
    this.kernels.centre(this.#groups, this.#responses, chances, slopes);
    this.kernels.weightedSum(this.#panels, out.length, features, slopes, pairs, sums);
    out.set(this.#sums);
    this.slopes.fill(0);
    return out;
  }

  /** Leaves its memory to other tables: nobody looks at its numbers any more. */
  close(): void {
    this.#room.close();
  }
}
