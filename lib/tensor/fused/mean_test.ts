import assert from "node:assert/strict";
import { Rng } from "../../random.ts";
import { startBackend, tf } from "../backend.ts";
import { testOnEveryBackend, u } from "../backends_test_helpers.ts";
import { meanLast } from "./mean.ts";

const LARGEST = (2 - 2 ** -23) * 2 ** 127, SMALLEST = 2 ** -149;

/** Rows at the ends of float32, and those that lose all their digits when they are added in it. */
const rows: readonly (readonly number[])[] = [
  [3e38, 3e38],
  [LARGEST, LARGEST, LARGEST, LARGEST, LARGEST],
  [-LARGEST, -LARGEST, LARGEST],
  [SMALLEST, SMALLEST],
  [SMALLEST, 2 * SMALLEST, 3 * SMALLEST, 4 * SMALLEST, 5 * SMALLEST, 6 * SMALLEST, 7 * SMALLEST],
  [-3 * SMALLEST, SMALLEST],
  [2 ** -126, SMALLEST, -(2 ** -126)],
  [1e30, 1, -1e30, 1],
  [1, 2 ** -24, 2 ** -24, 2 ** -24],
].map((row) => row.map(Math.fround));

testOnEveryBackend("means of rows are right at the ends of float32", (backend) => {
  for (const row of rows) {
    // An exact sum: whole multiples of the smallest number.
    const sum = row.reduce((total, v) => total + BigInt(v * 2 ** 149), 0n);
    const exact = Number(sum) / 2 ** 149 / row.length;
    const [mean] = meanLast(tf.tensor1d([...row])).dataSync();
    // n − 1 additions and a quotient in float64, then one rounding to float32, to a multiple of the smallest number.
    const size = row.reduce((total, v) => total + Math.abs(v) / row.length, 0);
    const bound = row.length * 2 ** -53 * size + Math.max(u * Math.abs(exact), SMALLEST / 2) * (1 + 2 ** -20);
    assert.ok(Number.isFinite(mean) && Math.abs(mean - exact) <= bound, `[${row}] on ${backend}: ${mean}, ${exact}`);
  }
});

Deno.test("cpu and wasm give the same bits, of the means of rows and of their slopes", async () => {
  const rng = Rng.seed(5);
  const random = Array.from(
    { length: 40 },
    (_, i) => Array.from(rng.normals(i + 1), (z) => Math.fround(z * 10 ** (i - 20))),
  );
  const bits = async (backend: string) => {
    await startBackend(backend);
    return [...rows, ...random].map((row) =>
      tf.tidy(() => {
        const x = tf.tensor2d([[...row], row.toReversed()]), dy = tf.tensor2d([[row[0]], [1 / 3]]);
        const [mean, slope] = [meanLast(x, true), tf.grad((x) => meanLast(x, true))(x, dy)];
        assert.deepEqual([mean.shape, slope.shape], [[2, 1], x.shape]);
        return [...mean.dataSync(), ...slope.dataSync()];
      })
    );
  };
  assert.deepEqual(await bits("wasm"), await bits("cpu"));
});

Deno.test("where tfjs's own mean is not the same on both, ours is needed", async () => {
  const means = [];
  for (const backend of ["cpu", "wasm"]) {
    await startBackend(backend);
    means.push(...tf.tidy(() => tf.mean(tf.tensor2d([[3e38, 3e38], [SMALLEST, SMALLEST]]), -1).dataSync()));
  }
  assert.deepEqual(means, [Math.fround(3e38), 0, Infinity, SMALLEST]);
});
