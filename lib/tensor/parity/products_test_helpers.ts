/**
 * Parity of matrix products: plain, transposed, batched.
 *
 * @module
 */
import { tf } from "../backend.ts";
import { SMALLEST_NORMAL, u } from "../backends_test_helpers.ts";
import type { ParityCase } from "./case_test_helpers.ts";

/** Sizes of `[Z, N, K] x [Z, K, M]`. */
type Sizes = readonly [batch: number, n: number, k: number, m: number];

/** Where entry (row, column) of matrix z is, in a stack of `rows x columns` matrices that may be stored transposed. */
function entry(rows: number, columns: number, transposed: boolean) {
  return (z: number, row: number, column: number) =>
    z * rows * columns + (transposed ? column * rows + row : row * columns + column);
}

function product(sizes: Sizes, [transposeA, transposeB]: readonly [boolean, boolean], rank: 2 | 3): ParityCase {
  const [batch, n, k, m] = sizes;
  const a = entry(n, k, transposeA), b = entry(k, m, transposeB), c = entry(n, m, false);
  /** Calls back with the places of a, b and c in every scalar product a·b that is added to c. */
  const terms = (each: (a: number, b: number, c: number) => void) => {
    for (let z = 0; z < batch; z++) {
      for (let row = 0; row < n; row++) {
        for (let column = 0; column < m; column++) {
          for (let j = 0; j < k; j++) each(a(z, row, j), b(z, j, column), c(z, row, column));
        }
      }
    }
  };
  const forward = (x: Float64Array, y: Float64Array) => {
    const out = new Float64Array(batch * n * m);
    terms((a, b, c) => out[c] += x[a] * y[b]);
    return out;
  };
  const backward = (x: Float64Array, y: Float64Array, dy: Float64Array) => {
    const dx = new Float64Array(x.length), dz = new Float64Array(y.length);
    terms((a, b, c) => {
      dx[a] += dy[c] * y[b];
      dz[b] += dy[c] * x[a];
    });
    return [dx, dz];
  };
  const shape = (rows: number, columns: number, transposed: boolean) => {
    const matrix = transposed ? [columns, rows] : [rows, columns];
    return rank === 2 ? matrix : [batch, ...matrix];
  };
  /** n products and n − 1 sums round once each (fewer with a fused multiply-add), of sizes below Σ|a·b|. */
  const errors = (length: number, sizes: Float64Array) =>
    sizes.map((size) => u * (length + 1) * size + SMALLEST_NORMAL);
  const sized = (x: Float64Array) => x.map(Math.abs);
  return {
    op: "matMul",
    shapes: [shape(n, k, transposeA), shape(k, m, transposeB)],
    note: `${transposeA ? "transposed" : "plain"} x ${transposeB ? "transposed" : "plain"}`,
    apply: (x, y) => tf.matMul(x, y, transposeA, transposeB),
    f64: forward,
    bound: ([x, y]) => errors(k, forward(sized(x), sized(y))),
    gradient: {
      f64: ([x, y], dy) => backward(x, y, dy),
      bound: ([x, y], dy) => {
        const [dx, dz] = backward(sized(x), sized(y), sized(dy));
        return [errors(m, dx), errors(n, dz)];
      },
    },
  };
}

const plain = [false, false] as const;

/** The products that policies use. */
export const products: readonly ParityCase[] = [
  ...([[1, 1, 1], [3, 17, 64], [17, 64, 129], [129, 3, 17], [64, 129, 1], [1, 129, 17], [129, 129, 129]] as const).map(
    ([n, k, m]) => product([1, n, k, m], plain, 2),
  ),
  product([1, 3, 2049, 17], plain, 2), // long enough to be split among threads
  product([1, 0, 3, 17], plain, 2),
  product([1, 17, 3, 0], plain, 2),
  ...([[2, 3, 17, 64], [3, 17, 64, 1], [17, 1, 129, 3], [1, 64, 3, 129], [0, 3, 17, 3]] as const).map((sizes) =>
    product(sizes, plain, 3)
  ),
  ...([[true, false], [false, true], [true, true]] as const).flatMap((transposed) => [
    product([1, 17, 129, 3], transposed, 2),
    product([1, 64, 17, 129], transposed, 2),
    product([3, 17, 3, 64], transposed, 3),
  ]),
];
