/**
 * Small classes of laws for tests.
 *
 * @module
 */
import { Rng } from "../random.ts";
import type { LawClass } from "./laws.ts";
import { logSoftmaxRows } from "./log_space.ts";

/** Groups, responses of each, features. */
export const GROUPS = 5, RESPONSES = 6, DIMENSIONS = 3;

/** A class of laws with a table of values, and the stream that they came from. */
interface Small {
  readonly space: LawClass;
  /** `[GROUPS, RESPONSES]`. */
  readonly table: Float64Array;
  readonly rng: Rng;
}

/** A class with normal features and starting logits. */
export function smallClass(seed: number): Small {
  const rng = Rng.seed(seed), cells = GROUPS * RESPONSES;
  const space = {
    logStart: logSoftmaxRows(rng.normals(cells), RESPONSES),
    features: rng.normals(cells * DIMENSIONS),
    responses: RESPONSES,
  };
  return { space, table: rng.normals(cells), rng };
}

/** π of each response of a group by the definition, without log space. */
export function chancesByDefinition({ logStart, features, responses }: LawClass, theta: Float64Array, group: number) {
  const masses = Array.from({ length: responses }, (_, a) => {
    const at = group * responses + a, row = features.subarray(at * theta.length, (at + 1) * theta.length);
    return row.reduce((mass, f, k) => mass * Math.exp(theta[k] * f), Math.exp(logStart[at]));
  });
  const total = masses.reduce((a, b) => a + b);
  return masses.map((mass) => mass / total);
}

/** Fails unless two numbers are within a tolerance. */
export function near(a: number, b: number, tolerance: number, what = ""): void {
  if (!(Math.abs(a - b) <= tolerance)) throw new Error(`${what} ${a} and ${b} differ by more than ${tolerance}`);
}
