/** Matrices that stay packed: their numbers to the bit, products against plain loops in float64. */
import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { startBackend, tf } from "./backend.ts";
import { assertClose, onBackend, u } from "./backends_test_helpers.ts";
import { runKernel } from "./fused/dispatch.ts";
import { canMultiplyPacked, packedProduct, packedRows, packMatrix, roundedProduct } from "./packed_matrix.ts";
import { numbersIn, randomBlocks } from "./packed_matrix_test_helpers.ts";

const TYPES = ["Q4_0", "Q4_1", "Q8_0"] as const;

/** Runs on each engine that multiplies packed matrices. */
function testPacked(name: string, body: () => void): void {
  for (const backend of ["wasm", "native"]) {
    Deno.test({
      ...onBackend(backend, name),
      async fn() {
        await startBackend(backend);
        assert.ok(canMultiplyPacked());
        tf.tidy(body);
      },
    });
  }
}

/** A matrix with its numbers, and rows whose blocks are of very different sizes. */
function made(type: typeof TYPES[number], rows: number, outputs: number, columns: number) {
  const rng = Rng.seed(1).fork(`${type} ${rows} ${outputs} ${columns}`);
  const blocks = randomBlocks(type, outputs * columns, rng), matrix = packMatrix([blocks], columns)!;
  const x = Float32Array.from(rng.normals(rows * columns), (z, i) => z * 10 ** (Math.floor(i / 32) % 3));
  return {
    matrix,
    w: numbersIn(blocks),
    x,
    input: tf.tensor2d(x, [rows, columns]),
    free: () => matrix.packed.dispose(),
  };
}

/** Σ over the columns of each row of x and of w. */
function sums(
  [rows, outputs, columns]: readonly number[],
  term: (row: number, output: number, column: number) => number,
): Float64Array {
  return Float64Array.from({ length: rows * outputs }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < columns; k++) sum += term(Math.floor(i / outputs), i % outputs, k);
    return sum;
  });
}

const SHAPES = [
  [1, 1, 32],
  [2, 7, 64],
  [3, 33, 96],
  [4, 5, 160],
  [5, 2, 32],
  [7, 9, 576],
  [8, 16, 128],
  [9, 3, 192],
  [
    17,
    19,
    64,
  ],
  [2, 1, 1536],
  [0, 4, 32],
];

testPacked("numbers are the file's to the bit, row by row and by index", () => {
  for (const type of TYPES) {
    for (const columns of [32, 96, 160]) {
      const { matrix, w, free } = made(type, 1, 11, columns), ids = Uint32Array.of(10, 0, 3, 3);
      const rows = [...ids].flatMap((id) => [...w.subarray(id * columns, (id + 1) * columns)]);
      assert.deepEqual([...packedRows(matrix, ids).dataSync()], rows, `${type} ${columns}`);
      free();
    }
  }
});

testPacked("a product with unpacked rows is that of the numbers", () => {
  for (const type of TYPES) {
    for (const shape of SHAPES) {
      const [rows, outputs, columns] = shape, { matrix, w, x, input, free } = made(type, rows, outputs, columns);
      const at = (r: number, o: number, k: number) => x[r * columns + k] * w[o * columns + k];
      // A rounding for each term and for each sum that it is in, at most.
      const bound = sums(shape, (...place) => Math.abs(at(...place))).map((size) => (columns + 1) * u * size);
      for (const lengths of [undefined, rows < 2 ? Uint32Array.of(rows) : Uint32Array.of(1, rows - 1)]) {
        if (lengths?.includes(0)) continue;
        assertClose(
          packedProduct(input, matrix, lengths).dataSync(),
          sums(shape, at),
          (_, i) => bound[i],
          `${type} ${shape}`,
        );
      }
      free();
    }
  }
});

testPacked(
  "a product of rounded rows is off by half a step of each number, and the roundings of sums of blocks",
  () => {
    for (const type of TYPES) {
      for (const shape of SHAPES) {
        const [rows, outputs, columns] = shape, { matrix, w, x, input, free } = made(type, rows, outputs, columns);
        const top = (r: number, k: number) => {
          const from = r * columns + 32 * Math.floor(k / 32);
          return x.subarray(from, from + 32).reduce((most, v) => Math.max(most, Math.abs(v)), 0);
        };
        // Half a step; 2^-7 of a step for the roundings of what is rounded, and of the step itself, 32767 times each.
        const steps = sums(shape, (r, o, k) => (0.5 + 2 ** -7) * top(r, k) / 32767 * Math.abs(w[o * columns + k]));
        // A number is `d·q + m`, both of which are below 1: what they are apart, sums of these, and a rounding for each block.
        const sizes = sums(
          shape,
          (r, o, k) => (Math.abs(w[o * columns + k]) + 2 * 0.75) * Math.abs(x[r * columns + k]),
        );
        const bound = sizes.map((size, i) => steps[i] + (columns / 32 + 12) * u * size);
        const expected = sums(shape, (r, o, k) => x[r * columns + k] * w[o * columns + k]);
        assertClose(roundedProduct(input, matrix).dataSync(), expected, (_, i) => bound[i], `${type} ${shape}`);
        free();
      }
    }
  },
);

testPacked("whole numbers within the steps are multiplied exactly", () => {
  const columns = 64, { matrix, w, free } = made("Q8_0", 1, 5, columns);
  // The largest of each block is 32767, so that a step is 1.
  const x = Float32Array.from({ length: columns }, (_, i) => i % 32 === 7 ? 32767 : (i * 977) % 4001 - 2000);
  const expected = sums([1, 5, columns], (_, o, k) => x[k] * w[o * columns + k]);
  const size = sums([1, 5, columns], (_, o, k) => Math.abs(x[k] * w[o * columns + k]));
  const y = roundedProduct(tf.tensor2d(x, [1, columns]), matrix).dataSync();
  assertClose(y, expected, (_, i) => 8 * u * size[i], "product");
  free();
});

testPacked("a row is the same to the bit, whatever rows there are beside it", () => {
  for (const type of TYPES) {
    const { matrix, input, free } = made(type, 19, 21, 160);
    const all = roundedProduct(input, matrix).dataSync();
    for (const [from, count] of [[0, 1], [3, 2], [4, 3], [2, 4], [5, 5], [1, 8], [9, 9], [18, 1]]) {
      const some = roundedProduct(tf.slice(input, [from, 0], [count, 160]), matrix).dataSync();
      assert.deepEqual(some, all.slice(21 * from, 21 * (from + count)), `${type}, ${count} rows from ${from}`);
    }
    free();
  }
});

testPacked("matrices below one another are one matrix", () => {
  const rng = Rng.seed(2), parts = (["Q4_1", "Q4_0"] as const).map((type) => randomBlocks(type, 3 * 64, rng));
  const matrix = packMatrix(parts, 64)!;
  assert.deepEqual(matrix.shape, [6, 64]);
  const rows = packedRows(matrix, Uint32Array.of(0, 1, 2, 3, 4, 5)).dataSync();
  assert.deepEqual([...rows], parts.flatMap((part) => [...numbersIn(part)]));
  matrix.packed.dispose();
});

testPacked("zeros give zeros, and what is not finite shows", () => {
  for (const type of TYPES) {
    const { matrix, free } = made(type, 1, 3, 64), x = new Float32Array(4 * 64);
    [NaN, Infinity, -Infinity].forEach((value, i) => x[64 * (i + 1) + 40] = value);
    const y = roundedProduct(tf.tensor2d(x, [4, 64]), matrix).dataSync();
    assert.deepEqual([...y.subarray(0, 3)].map(Math.abs), [0, 0, 0]);
    assert.ok(y.subarray(3).every((value) => !Number.isFinite(value)), `${type}: ${y}`);
    free();
  }
});

Deno.test("what cannot stay packed is left to float32, what does not fit is named", async () => {
  await startBackend("wasm");
  const rng = Rng.seed(3), eight = randomBlocks("Q8_0", 64, rng), four = randomBlocks("Q4_1", 64, rng);
  assert.equal(packMatrix([eight, four], 64), undefined);
  assert.equal(packMatrix([{ type: "Q6_K", blocks: new Uint8Array(210) }], 256), undefined);
  const matrix = packMatrix([four], 64)!;
  const refused = (run: () => unknown, name: string, message: string) => assert.throws(run, { name, message });
  for (const product of [packedProduct, roundedProduct]) {
    refused(() => product(tf.zeros([2, 32]), matrix), "TypeError", "x: expected [N, 64], got shape [2,32]");
  }
  refused(() => packedRows(matrix, Uint32Array.of(0, 1)), "RangeError", "ids[1] is 1: expected 0 .. 0");
  refused(
    () => runKernel("PackedRows", { packed: tf.zeros([1]) }, {}, ["packed"]),
    "TypeError",
    "PackedRows: expected packed as int32, got float32; cast it first",
  );
  matrix.packed.dispose();
});
