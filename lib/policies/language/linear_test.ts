/** Products with weights and their changes, against plain loops. */
import assert from "node:assert/strict";
import { Rng } from "../../random.ts";
import { type Tensor, tf, type Variable } from "../../tensor/backend.ts";
import { assertClose, rounded, testOnEveryBackend } from "../../tensor/backends_test_helpers.ts";
import { type Linear, needsInput, numbersOf, times, timesBack } from "./linear.ts";
import { Slopes } from "./slopes.ts";

const ROWS = 3, IN = 4, OUT = 7;
const draws = Rng.seed(2);
const numbers = (...shape: number[]) => rounded(draws.normals(shape.reduce((a, b) => a * b)));
const x = numbers(ROWS, IN), dy = numbers(ROWS, OUT), weight = numbers(OUT, IN), bias = numbers(OUT);
/** Changes that leave rows out before, between and behind them, of different ranks; and such as cover all rows. */
const CHANGES: Readonly<Record<string, readonly { from: number; rows: number; rank: number }[]>> = {
  "no change": [],
  "a change of all rows": [{ from: 0, rows: 7, rank: 2 }],
  "changes that leave rows out": [{ from: 1, rows: 2, rank: 1 }, { from: 4, rows: 2, rank: 3 }],
  "changes of all rows": [{ from: 0, rows: 3, rank: 2 }, { from: 3, rows: 4, rank: 1 }],
  "a change of the last rows": [{ from: 5, rows: 2, rank: 2 }],
};

const tensor = (values: Float64Array, shape: number[]) => tf.tensor(Float32Array.from(values), shape) as Tensor;
const variable = (values: Float64Array, shape: number[]): Variable => tf.variable(tensor(values, shape));

for (const [name, places] of Object.entries(CHANGES)) {
  const changes = places.map(({ from, rows, rank }) => (
    { from, rows, rank, scale: 0.5 + rank, a: numbers(rank, IN), b: numbers(rows, rank) }
  ));
  /** Entry [o, i] of the matrix with its changes in it. */
  const entry = (o: number, i: number) =>
    changes.reduce((sum, { from, rows, rank, scale, a, b }) => {
      if (o < from || o >= from + rows) return sum;
      for (let r = 0; r < rank; r++) sum += scale * b[(o - from) * rank + r] * a[r * IN + i];
      return sum;
    }, weight[o * IN + i]);
  const sum = (count: number, f: (k: number) => number) =>
    Array.from({ length: count }, (_, k) => f(k)).reduce((a, b) => a + b, 0);
  const each = (rows: number, columns: number, f: (r: number, c: number) => number) =>
    Float64Array.from({ length: rows * columns }, (_, k) => f(Math.floor(k / columns), k % columns));

  testOnEveryBackend(`${name}: products and slopes`, () => {
    for (const trained of [false, true]) {
      const loaded = changes.map(({ from, rows, rank, scale, a, b }) => (
        { from, scale, a: variable(a, [rank, IN]), b: variable(b, [rows, rank]) }
      ));
      const layer: Linear = {
        ...{ weight: variable(weight, [OUT, IN]), bias: variable(bias, [OUT]), changes: loaded, trained },
      };
      assert.equal(needsInput(layer), trained || changes.length > 0);
      const slopes = new Slopes(), input = tensor(x, [ROWS, IN]), upstream = tensor(dy, [ROWS, OUT]);
      const y = each(ROWS, OUT, (n, o) => bias[o] + sum(IN, (i) => entry(o, i) * x[n * IN + i]));
      // A few products of numbers up to 10: some units of 2^-24 of that.
      assertClose(times(layer, input).dataSync(), y, 1e-5, "product");
      const dx = each(ROWS, IN, (n, i) => sum(OUT, (o) => dy[n * OUT + o] * entry(o, i)));
      const back = timesBack(layer, upstream);
      assertClose(back.dx.dataSync(), dx, 2e-5, "dx");
      back.learn(input, slopes);
      const dmatrix = each(OUT, IN, (o, i) => sum(ROWS, (n) => dy[n * OUT + o] * x[n * IN + i]));
      const none = (size: number) => new Float64Array(size);
      const [dweight, dbias] = slopes.of([numbersOf(layer.weight), layer.bias!]);
      assertClose(dweight.dataSync(), trained ? dmatrix : none(OUT * IN), 1e-5, "slope of the weight");
      const summed = Float64Array.from({ length: OUT }, (_, o) => sum(ROWS, (n) => dy[n * OUT + o]));
      assertClose(dbias.dataSync(), trained ? summed : none(OUT), 1e-5, "slope of the bias");
      changes.forEach(({ from, rows, rank, scale, a, b }, k) => {
        const [da, db] = slopes.of([loaded[k].a, loaded[k].b]);
        const expectedA = each(
          rank,
          IN,
          (r, i) => sum(rows, (o) => scale * b[o * rank + r] * dmatrix[(from + o) * IN + i]),
        );
        const expectedB = each(
          rows,
          rank,
          (o, r) => sum(IN, (i) => scale * a[r * IN + i] * dmatrix[(from + o) * IN + i]),
        );
        assertClose(da.dataSync(), expectedA, 3e-5, `slope of A ${k}`);
        assertClose(db.dataSync(), expectedB, 3e-5, `slope of B ${k}`);
      });
      slopes.dispose();
    }
  });
}
