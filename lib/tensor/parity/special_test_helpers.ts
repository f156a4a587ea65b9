/**
 * NaN, infinities and zeros: what the library relies on, since a number that stops being finite must be seen.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { logSoftmax } from "../ops.ts";

/** Worked inputs, each one row, and what must come out, −0 and 0 being the same. */
interface SpecialCase {
  readonly op: string;
  readonly inputs: readonly (readonly number[])[];
  readonly apply: (...inputs: Tensor[]) => Tensor;
  readonly expected: readonly number[];
}

const ends = [NaN, Infinity, -Infinity, 0];
/** Broadcast by a stack of rows: an infinite or undefined number must stay in its own. */
const [n, i] = [NaN, Infinity];

/** Every operation through which such a number may have to pass. */
export const special: readonly SpecialCase[] = [
  { op: "add", inputs: [[n, i, i, -i], [1, 1, -i, -i]], apply: (a, b) => tf.add(a, b), expected: [n, i, n, -i] },
  { op: "sub", inputs: [[n, i, i, 1], [1, 1, i, i]], apply: (a, b) => tf.sub(a, b), expected: [n, i, n, -i] },
  { op: "mul", inputs: [[n, i, i, 0], [0, -2, 0, n]], apply: (a, b) => tf.mul(a, b), expected: [n, -i, n, n] },
  { op: "div", inputs: [[1, 0, -1, i, n], [0, 0, 0, i, 1]], apply: (a, b) => tf.div(a, b), expected: [i, n, -i, n, n] },
  { op: "neg", inputs: [ends], apply: (x) => tf.neg(x), expected: [n, -i, i, 0] },
  { op: "abs", inputs: [ends], apply: (x) => tf.abs(x), expected: [n, i, i, 0] },
  { op: "exp", inputs: [[...ends, 89, -105]], apply: (x) => tf.exp(x), expected: [n, i, 0, 1, i, 0] },
  { op: "log", inputs: [[...ends, -1, 1]], apply: (x) => tf.log(x), expected: [n, i, n, -i, n, 0] },
  { op: "sigmoid", inputs: [[...ends, 200, -200]], apply: (x) => tf.sigmoid(x), expected: [n, 1, 0, 0.5, 1, 0] },
  { op: "square", inputs: [[...ends, 1e30]], apply: (x) => tf.square(x), expected: [n, i, i, 0, i] },
  { op: "sqrt", inputs: [[...ends, -1]], apply: (x) => tf.sqrt(x), expected: [n, i, n, 0, n] },
  { op: "reshape", inputs: [ends], apply: (x) => tf.reshape(x, [2, 2]), expected: ends },
  { op: "transpose", inputs: [ends], apply: (x) => tf.transpose(tf.reshape(x, [2, 2])), expected: [n, -i, i, 0] },
  { op: "sum", inputs: [[1, n, 2]], apply: (x) => tf.sum(x), expected: [n] },
  { op: "sum", inputs: [[1, i, 2]], apply: (x) => tf.sum(x, -1), expected: [i] },
  { op: "sum", inputs: [[-i, i, 2]], apply: (x) => tf.sum(x, -1), expected: [n] },
  { op: "mean", inputs: [[1, n, 2]], apply: (x) => tf.mean(x, -1), expected: [n] },
  { op: "max", inputs: [[1, i, 2]], apply: (x) => tf.max(x), expected: [i] },
  { op: "max", inputs: [[-i, -i]], apply: (x) => tf.max(x), expected: [-i] },
  {
    op: "matMul", // 0·∞ and 0·NaN are NaN, in their row and no other
    inputs: [[n, 0, 1, 2, i, 0], [0, 1]],
    apply: (a, b) => tf.matMul(tf.reshape(a, [3, 2]), tf.reshape(b, [2, 1])),
    expected: [n, 2, n],
  },
  // A NaN is beyond no bound, an infinite bound beyond nothing: the value passes.
  {
    op: "where",
    inputs: [[n, 5, -5, i, -i]],
    apply: (x) => tf.where(tf.greater(x, 1), tf.scalar(1) as Tensor, x),
    expected: [n, 1, -5, 1, -i],
  },
  {
    op: "where",
    inputs: [[n, 5, -5, i, -i]],
    apply: (x) => tf.where(tf.greater(x, i), tf.scalar(i) as Tensor, x),
    expected: [n, 5, -5, i, -i],
  },
  {
    op: "where", // what is not chosen does not shine through
    inputs: [[n, n, i], [1, 2, 3]],
    apply: (a, b) => tf.where(tf.tensor1d([1, 0, 0], "bool"), a, b),
    expected: [n, 2, 3],
  },
  {
    op: "greaterEqual",
    inputs: [[n, i, -i, 0], [n, i, i, n]],
    apply: (a, b) => tf.where(tf.greaterEqual(a, b), tf.scalar(1) as Tensor, tf.scalar(0)),
    expected: [0, 1, 0, 0],
  },
  {
    op: "equal",
    inputs: [[n, i, -i, 0], [n, i, i, -0]],
    apply: (a, b) => tf.where(tf.equal(a, b), tf.scalar(1) as Tensor, tf.scalar(0)),
    expected: [0, 1, 0, 1],
  },
  {
    op: "logSoftmax",
    inputs: [[n, 1, 1, n, 3, 3, -i, 0]],
    apply: (x) => logSoftmax(tf.reshape(x, [4, 2])),
    expected: [n, n, n, n, Math.fround(-Math.LN2), Math.fround(-Math.LN2), -i, 0],
  },
];
