/**
 * Parity of the library's own operations, in one list.
 *
 * To add one: its name, shapes, how it is called, what it does in plain float64 loops, and how far float32 may be from
 * that, derived in a comment. A gradient without an `f64` of its own is compared with central differences, which costs
 * four evaluations an entry: keep those shapes small, and write loops for large ones.
 *
 * @module
 */
import type { Tensor } from "../backend.ts";
import { SMALLEST_NORMAL, u } from "../backends_test_helpers.ts";
import { log1mexp, logSigmoid, softplus, stopGradient } from "../ops.ts";
import { attentionCases } from "./attention_test_helpers.ts";
import { cachedCases } from "./cached_test_helpers.ts";
import { away, type ParityCase, relative } from "./case_test_helpers.ts";
import { layers } from "./layers_test_helpers.ts";
import { logProbs } from "./log_probs_test_helpers.ts";
import { logSoftmaxCases } from "./softmax_test_helpers.ts";

const logistic = (x: number) => x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
const exactSoftplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const lines = [[], [1], [3], [17], [64], [129], [3, 17], [129, 64], [0]];

/** A function of one number; `ulps` bounds values, `slopeUlps` slopes, in units of u. */
function pointwise(
  op: string,
  apply: (x: Tensor) => Tensor,
  f: (x: number) => number,
  slope: (x: number) => number,
  { draw, ulps, slopeUlps }: { draw: (z: number) => number; ulps: number; slopeUlps: number },
): ParityCase[] {
  return lines.map((shape): ParityCase => ({
    op,
    shapes: [shape],
    draw,
    apply,
    f64: (x) => x.map(f),
    bound: relative(ulps),
    gradient: {
      f64: ([x], dy) => [dy.map((d, i) => d * slope(x[i]))],
      bound: (_, __, [slopes]) => [slopes.map((v) => slopeUlps * u * Math.abs(v) + SMALLEST_NORMAL)],
    },
  }));
}

/** Every operation of the library's own. */
export const fused: readonly ParityCase[] = [
  // exp and log are within 4u, Kahan's log1p adds a product, a quotient and a correction, its argument's error counts at
  // most fully, the outer sum once: 9u where exp and log are within 2u of the truth, as the grid of ops_test.ts shows.
  ...pointwise("softplus", softplus, exactSoftplus, logistic, { draw: (z) => 5 * z, ulps: 9, slopeUlps: 6 }),
  ...pointwise("logSigmoid", logSigmoid, (x) => -exactSoftplus(-x), (x) => logistic(-x), {
    draw: (z) => 5 * z,
    ulps: 9,
    slopeUlps: 6,
  }),
  // In float64 on the host, rounded once; its slope is multiplied once more.
  ...pointwise(
    "log1mexp",
    log1mexp,
    (x) => x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x)),
    (x) => 1 / -Math.expm1(-x),
    { draw: (z) => -Math.exp(3 * z), ulps: 1.001, slopeUlps: 3 },
  ),
  ...pointwise("stopGradient", stopGradient, (x) => x, () => 0, { draw: away, ulps: 0, slopeUlps: 0 }),
  ...logSoftmaxCases,
  ...logProbs,
  ...layers,
  ...attentionCases,
  ...cachedCases,
];
