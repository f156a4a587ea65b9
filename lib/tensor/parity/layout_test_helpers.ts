/**
 * Parity of operations that only move, choose or make numbers: nothing may be rounded.
 *
 * @module
 */
import { type Tensor, tf } from "../backend.ts";
import { type Gradient, type ParityCase, sizeOf } from "./case_test_helpers.ts";

/** A case whose every output is one of its inputs' entries, or 0, exactly; `from` says which (−1: none). */
function moved(
  op: string,
  shapes: readonly (readonly number[])[],
  apply: (...inputs: Tensor[]) => Tensor,
  from: readonly Int32Array[],
  note?: string,
): ParityCase {
  const length = from[0].length;
  return {
    op,
    shapes,
    note,
    apply,
    f64: (...inputs) =>
      Float64Array.from({ length }, (_, i) => {
        const input = from.findIndex((places) => places[i] >= 0);
        return input < 0 ? 0 : inputs[input][from[input][i]];
      }),
    bound: () => 0,
    gradient: {
      f64: (inputs, dy) =>
        inputs.map((x, input) => {
          const slopes = new Float64Array(x.length);
          from[input].forEach((at, i) => at >= 0 && (slopes[at] += dy[i]));
          return slopes;
        }),
      // Where many outputs come from one entry, their gradients are added: at most 129·64 of size below 5 in any order.
      bound: (inputs) => inputs.map((x) => x.length === length ? 0 : length * 2 ** -24 * 5 * length),
    },
  };
}

const identity = (length: number) => Int32Array.from({ length }, (_, i) => i);

function transposed(shape: readonly number[], permutation: readonly number[]): ParityCase {
  const out = permutation.map((axis) => shape[axis]);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const from = Int32Array.from({ length: sizeOf(shape) }, (_, i) => {
    let at = 0;
    for (let axis = out.length - 1; axis >= 0; axis--) {
      at += (i % out[axis]) * strides[permutation[axis]];
      i = Math.floor(i / out[axis]);
    }
    return at;
  });
  return moved("transpose", [shape], (x) => tf.transpose(x, [...permutation]), [from], permutation.join(""));
}

/** Rows of a matrix by index, some of them several times; the slope is not used, since one engine has none. */
function gathered(rows: number, width: number, index: readonly number[]): ParityCase {
  const from = Int32Array.from({ length: index.length * width }, (_, i) => {
    return index[Math.floor(i / width)] * width + i % width;
  });
  const ids = () => tf.tensor1d(Int32Array.from(index), "int32");
  const apply = (x: Tensor) => tf.gather(x, ids());
  return { ...moved("gather", [[rows, width]], apply, [from], `rows ${index.slice(0, 9)}`), gradient: "none" };
}

function tiled(shape: readonly number[], times: readonly number[]): ParityCase {
  const out = shape.map((size, axis) => size * times[axis]);
  const from = Int32Array.from({ length: sizeOf(out) }, (_, i) => {
    let at = 0;
    for (let axis = out.length - 1, stride = 1; axis >= 0; axis--) {
      at += (i % out[axis]) % shape[axis] * stride;
      stride *= shape[axis];
      i = Math.floor(i / out[axis]);
    }
    return at;
  });
  return moved("tile", [shape], (x) => tf.tile(x, [...times]), [from], times.join("x"));
}

/** Conditions that alternate. */
function signs(shape: readonly number[]): Tensor {
  return tf.tensor(Array.from({ length: sizeOf(shape) }, (_, i) => i % 2), [...shape], "bool");
}

function chosen(shape: readonly number[], scalar: boolean): ParityCase {
  const length = sizeOf(shape);
  const odd = Int32Array.from({ length }, (_, i) => i % 2 ? scalar ? 0 : i : -1);
  const even = Int32Array.from({ length }, (_, i) => i % 2 ? -1 : i);
  const apply = (a: Tensor, b: Tensor) => tf.where(signs(shape), a, b);
  return moved("where", [scalar ? [] : shape, shape], apply, [odd, even]);
}

/** A part of a tensor, from `begin` on. */
function sliced(shape: readonly number[], begin: readonly number[], size: readonly number[]): ParityCase {
  const from = Int32Array.from({ length: sizeOf(size) }, (_, i) => {
    let at = 0, stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += (begin[axis] + i % size[axis]) * stride;
      i = Math.floor(i / size[axis]);
      stride *= shape[axis];
    }
    return at;
  });
  return moved("slice", [shape], (x) => tf.slice(x, [...begin], [...size]), [from], `[${size}] at ${begin}`);
}

/** Tensors that differ along one axis, side by side. */
function joined(outer: readonly number[], lengths: readonly number[], inner: readonly number[]): ParityCase {
  const axis = outer.length, total = lengths.reduce((a, b) => a + b, 0), block = sizeOf(inner);
  const from = lengths.map((length, input) => {
    const before = lengths.slice(0, input).reduce((a, b) => a + b, 0);
    return Int32Array.from({ length: sizeOf(outer) * total * block }, (_, i) => {
      const o = Math.floor(i / (total * block)), at = Math.floor(i / block) % total - before;
      return at >= 0 && at < length ? (o * length + at) * block + i % block : -1;
    });
  });
  const shapes = lengths.map((length) => [...outer, length, ...inner]);
  const parity = moved("concat", shapes, (...x) => tf.concat(x, axis), from, `along ${axis}`);
  return { ...parity, gradient: { ...parity.gradient as Gradient, bound: () => shapes.map(() => 0) } };
}

/** Tensors of one shape, as the last axis of a new one. */
function stacked(shape: readonly number[], count: number): ParityCase {
  const from = Array.from(
    { length: count },
    (_, k) =>
      Int32Array.from({ length: sizeOf(shape) * count }, (_, i) => i % count === k ? Math.floor(i / count) : -1),
  );
  return moved("stack", from.map(() => shape), (...x) => tf.stack(x, -1), from, `${count} of them`);
}

/** Operations of tfjs that the library uses to arrange and to make tensors. */
export const layout: readonly ParityCase[] = [
  ...[[[3, 17], [17, 3]], [[129, 64], [64 * 129]], [[1], []], [[17], [1, 17, 1]], [[0, 3], [3, 0]]].map(([shape, to]) =>
    moved("reshape", [shape], (x) => tf.reshape(x, to), [identity(sizeOf(shape))])
  ),
  ...[[1, 1], [3, 17], [17, 1], [64, 129], [129, 3], [0, 3]].map((shape) => transposed(shape, [1, 0])),
  ...[[0, 2, 1], [2, 0, 1], [1, 0, 2], [2, 1, 0]].map((permutation) => transposed([3, 17, 64], permutation)),
  transposed([2, 3, 5, 17], [0, 2, 1, 3]),
  ...([
    [[17], [3], [5]],
    [[3, 17], [0, 1], [3, 16]],
    [[129, 64], [64, 0], [65, 64]],
    [[3, 17, 64], [0, 0, 17], [3, 17, 17]],
    [[2, 3, 5, 17], [1, 0, 2, 3], [1, 3, 2, 13]],
    [[3, 17], [1, 4], [0, 3]],
  ] as const).map(([shape, begin, size]) => sliced(shape, begin, size)),
  ...([
    [[], [3, 1, 17], []],
    [[3], [1, 17], []],
    [[3, 17], [64, 1, 3], []],
    [[2], [3, 3], [5, 17]],
    [[], [64, 65], [129]],
    [[3], [4, 0], []],
  ] as const).map(([outer, lengths, inner]) => joined(outer, lengths, inner)),
  ...([[[1], 1], [[17], 3], [[3, 17], 2], [[64, 3], 17]] as const).map(([shape, count]) => stacked(shape, count)),
  gathered(3, 17, [2, 0, 2, 2]),
  gathered(17, 3, [16]),
  gathered(129, 64, Array.from({ length: 129 }, (_, i) => (i * i) % 129)),
  tiled([17], [3]),
  tiled([3, 1], [1, 17]),
  tiled([1, 17], [3, 1]),
  tiled([3, 1, 17], [1, 5, 1]),
  tiled([2, 3], [2, 3]),
  ...[[1], [17], [3, 17]].flatMap((shape) => [chosen(shape, false), chosen(shape, true)]),
  chosen([129, 64], false), // the gradient of a scalar is added up entry by entry
  chosen([0], false), // tfjs makes one entry of a scalar and none

  ...[[], [1], [17], [129, 64], [0, 3]].flatMap((shape) => {
    const all = [identity(sizeOf(shape))];
    return [
      moved("onesLike", [shape], (x) => tf.mul(x, tf.onesLike(x)), all),
      moved("zerosLike", [shape], (x) => tf.add(x, tf.zerosLike(x)), all),
      moved("zeros", [shape], (x) => tf.add(x, tf.zeros([...shape])), all),
      moved("ones", [shape], (x) => tf.mul(x, tf.ones([...shape])), all),
      moved("fill", [shape], (x) => tf.mul(x, tf.fill([...shape], 1)), all),
    ];
  }),
];
