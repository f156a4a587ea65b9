/** Matrices in bfloat16: products, the way back and rows against plain loops over rounded numbers. */
import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { startBackend, tf } from "./backend.ts";
import { bfloat16Matrix, whyNoBfloat16 } from "./bfloat16_matrix.ts";
import { needingBfloat16, toBfloat16 } from "./bfloat16_test_helpers.ts";

async function testBfloat16(name: string, body: () => void): Promise<void> {
  Deno.test({
    ...await needingBfloat16(name),
    async fn() {
      await startBackend("native");
      tf.tidy(body);
    },
  });
}

const floats = (count: number, key: string) => Float32Array.from(Rng.seed(1).fork(key).normals(count));
const SIZES = [[1, 1, 1], [3, 5, 2], [7, 33, 64], [16, 576, 192], [40, 17, 100], [130, 64, 1536]] as const;

/** Σ over an inner index of products of factors, and of their sizes. */
function sums(count: number, inner: number, factors: (i: number, k: number) => readonly [number, number]) {
  const exact = new Float64Array(count), size = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < inner; k++) {
      const [a, b] = factors(i, k), term = a * b;
      exact[i] += term;
      size[i] += Math.abs(term);
    }
  }
  return { exact, size };
}

/** Sums of `inner` terms in float32 are off by at most so many units of roundoff of the sum of their sizes. */
function assertSums(actual: ArrayLike<number>, { exact, size }: ReturnType<typeof sums>, inner: number, what: string) {
  for (let i = 0; i < exact.length; i++) {
    assert.ok(
      Math.abs(actual[i] - exact[i]) <= (inner + 1) * 2 ** -24 * size[i],
      `${what} ${i}: ${actual[i]}, ${exact[i]}`,
    );
  }
}

await testBfloat16("products and the way back are those of rounded numbers, added up in float32", () => {
  for (const [rows, out, into] of SIZES) {
    const w = floats(out * into, `w ${out}`), x = floats(rows * into, `x ${rows}`), dy = floats(rows * out, "dy");
    const matrix = bfloat16Matrix(() => w, [out, into]), input = tf.tensor2d(x, [rows, into]);
    const [shortW, shortX, shortDy] = [w, x, dy].map((numbers) => numbers.map(toBfloat16));
    const y = sums(rows * out, into, (i, k) => [shortX[Math.floor(i / out) * into + k], shortW[i % out * into + k]]);
    assertSums(matrix.times(input).dataSync(), y, into, `product ${rows} ${out} ${into}`);
    assert.deepEqual(matrix.timesEach(input).dataSync(), matrix.times(input).dataSync());
    const dx = sums(rows * into, out, (i, k) => [shortDy[Math.floor(i / into) * out + k], shortW[k * into + i % into]]);
    assertSums(matrix.back(tf.tensor2d(dy, [rows, out])).dataSync(), dx, out, `way back ${rows} ${out} ${into}`);
    matrix.dispose();
  }
});

await testBfloat16(
  "a row of a product has the same bits in any company, also past the number of kinds that stay ready",
  () => {
    const [out, into] = [192, 576], matrix = bfloat16Matrix(() => floats(out * into, "w"), [out, into]);
    const x = tf.tensor2d(floats(140 * into, "x"), [140, into]), all = matrix.times(x).dataSync();
    for (let rows = 1; rows < 140; rows++) {
      const from = 140 - rows, some = matrix.times(tf.slice(x, [from, 0], [rows, into])).dataSync();
      assert.deepEqual(some, all.slice(from * out), `${rows} rows`);
    }
    assert.deepEqual(matrix.times(x).dataSync(), all);
    matrix.dispose();
  },
);

await testBfloat16("rows are the numbers rounded to nearest, ties to even", () => {
  const ties = [1 + 2 ** -8, 1 + 3 * 2 ** -8, -(1 + 2 ** -8), 3.3e38, 0, -0, 1.2345678, 1e-30];
  const w = Float32Array.from([...ties, ...floats(24, "w")]), matrix = bfloat16Matrix(() => w, [4, 8]);
  assert.deepEqual(
    [...matrix.rows(Uint32Array.of(2, 0)).dataSync()],
    [...w.slice(16, 24), ...w.slice(0, 8)].map(toBfloat16),
  );
  assert.throws(() => matrix.rows(Uint32Array.of(4)), { message: "ids[0] is 4: expected 0 .. 3" });
  assert.throws(() => matrix.times(tf.zeros([1, 7])), { message: "x: expected [N, 8], got shape [1,7]" });
  assert.deepEqual(matrix.times(tf.zeros([0, 8])).shape, [0, 4]);
  matrix.dispose();
});

await testBfloat16("its numbers are read again for the way back alone, and nothing is left in the engine", () => {
  let reads = 0;
  const before = tf.memory().numTensors;
  const matrix = bfloat16Matrix(() => (reads++, floats(64, "w")), [8, 8]), x = tf.ones([2, 8]);
  for (let i = 0; i < 3; i++) matrix.times(x).dispose();
  assert.equal(reads, 1);
  for (let i = 0; i < 3; i++) matrix.back(x).dispose();
  assert.equal(reads, 2);
  matrix.dispose();
  x.dispose();
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("engines without the kernel say what is needed", async () => {
  await startBackend("cpu");
  assert.equal(whyNoBfloat16(), "needs --backend native");
});
