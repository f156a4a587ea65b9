/**
 * The follower's problem a second and third time, for tests alone: as the paper's finite linear program, solved by a
 * general solver, and through its dual.
 *
 * @module
 */
import assert from "node:assert/strict";
import { equalTo, greaterEq, lessEq, solve } from "yalps";

/** What the program finds: its value and the weights s_ik and displacements q_ik, `[N][K]`. */
interface Program {
  readonly value: number;
  readonly weights: number[][];
  readonly displacements: number[][];
}

/**
 * The paper's program (theorem 3.3) over K affine pieces:
 *
 *   maximise (1/N) Σ_ik s_ik (a_k ξ_i + b_k) − a_k q_ik
 *   subject to Σ_k s_ik = 1,   (1/N) Σ_ik |q_ik| <= ε,   lo s_ik <= s_ik ξ_i − q_ik <= hi s_ik,   s_ik >= 0
 */
export function solveProgram(
  points: ArrayLike<number>,
  pieces: { readonly slopes: ArrayLike<number>; readonly intercepts: ArrayLike<number> },
  { radius, lo, hi }: { readonly radius: number; readonly lo: number; readonly hi: number },
): Program {
  const constraints = new Map([["budget", lessEq(radius * points.length)]]);
  const variables = new Map<string, Map<string, number>>();
  for (let i = 0; i < points.length; i++) {
    constraints.set(`one ${i}`, equalTo(1));
    for (let k = 0; k < pieces.slopes.length; k++) {
      const slope = pieces.slopes[k], [low, high] = [`low ${i} ${k}`, `high ${i} ${k}`];
      constraints.set(low, greaterEq(0)).set(high, lessEq(0));
      variables.set(
        `s ${i} ${k}`,
        new Map([
          ["value", slope * points[i] + pieces.intercepts[k]],
          [`one ${i}`, 1],
          [low, points[i] - lo],
          [high, points[i] - hi],
        ]),
      );
      // q = down − up, both >= 0, so that |q| = down + up at an optimum.
      variables.set(`down ${i} ${k}`, new Map([["value", -slope], ["budget", 1], [low, -1], [high, -1]]));
      variables.set(`up ${i} ${k}`, new Map([["value", slope], ["budget", 1], [low, 1], [high, 1]]));
    }
  }
  const { status, result, variables: found } = solve(
    { direction: "maximize", objective: "value", constraints, variables },
    { precision: 1e-10, maxPivots: 100_000, includeZeroVariables: true },
  );
  assert.equal(status, "optimal");
  const values = new Map(found);
  const table = (cell: (i: number, k: number) => number) =>
    Array.from(points, (_, i) => Array.from(pieces.slopes, (_, k) => cell(i, k)));
  return {
    value: result / points.length,
    weights: table((i, k) => values.get(`s ${i} ${k}`)!),
    displacements: table((i, k) => values.get(`down ${i} ${k}`)! - values.get(`up ${i} ${k}`)!),
  };
}

/**
 * The dual's value at a price λ >= 0 of the budget: an upper bound of the worst case whatever the price, for convex
 * decreasing losses on [lo, ∞).
 *
 *   λ ε + (1/N) Σ_i max_{ξ >= lo} l(ξ) − λ |ξ − ξ_i|
 *
 * The inner maximum is at lo or at ξ_i: l falls above ξ_i, and between the two the sum is convex.
 */
export function dualBound(
  points: ArrayLike<number>,
  loss: (point: number) => number,
  { radius, lo, price }: { readonly radius: number; readonly lo: number; readonly price: number },
): number {
  let sum = 0;
  for (let i = 0; i < points.length; i++) sum += Math.max(loss(points[i]), loss(lo) - price * (points[i] - lo));
  return price * radius + sum / points.length;
}
