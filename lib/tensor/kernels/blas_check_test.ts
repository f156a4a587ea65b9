import assert from "node:assert/strict";
import { checkProducts, type Sgemm } from "./blas_check.ts";

/** How a made-up library goes wrong. */
interface Fault {
  /** What is stored for a right number. */
  readonly store?: (right: number, row: number, column: number, size: { m: number; n: number; k: number }) => number;
  /** What is read of an operand. */
  readonly read?: (value: number) => number;
  /** What the caller's arguments are taken for. */
  readonly take?: (call: { transA: number; transB: number; beta: number; cStep: number; n: number }) => Partial<
    { transA: number; transB: number; beta: number; cStep: number }
  >;
}

const view = (address: bigint, length: number) =>
  new Float32Array(Deno.UnsafePointerView.getArrayBuffer(Deno.UnsafePointer.create(address)!, 4 * length));

/** A library in TypeScript that multiplies in float32, with a fault. */
function library({ store = (right) => right, read = (value) => value, take = () => ({}) }: Fault = {}): Sgemm {
  return (_order, transA, transB, m, n, k, _alpha, a, lda, b, ldb, beta, c, ldc) => {
    const taken = { transA, transB, beta, cStep: ldc, ...take({ transA, transB, beta, cStep: ldc, n }) };
    const turnedA = taken.transA === 112, turnedB = taken.transB === 112;
    const left = view(a, turnedA ? (k - 1) * lda + m : (m - 1) * lda + k);
    const right = view(b, turnedB ? (n - 1) * ldb + k : (k - 1) * ldb + n);
    const out = view(c, (m - 1) * ldc + n);
    const sums = new Float32Array(n);
    for (let i = 0; i < m; i++) {
      sums.fill(0);
      for (let p = 0; p < k; p++) {
        const x = read(left[turnedA ? p * lda + i : i * lda + p]);
        if (turnedB) { for (let j = 0; j < n; j++) sums[j] += x * read(right[j * ldb + p]); }
        else for (let j = 0, at = p * ldb; j < n; j++) sums[j] += x * read(right[at + j]);
      }
      for (let j = 0; j < n; j++) {
        const at = i * taken.cStep + j;
        out[at] = store(sums[j], i, j, { m, n, k }) + (taken.beta === 0 ? 0 : out[at]);
      }
    }
  };
}

/** The number that so many of a float32's 24 binary digits hold. */
const shortened = (digits: number) => (value: number): number => {
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - digits + 1);
  return Math.round(value / unit) * unit;
};

Deno.test("a right library passes", () => checkProducts(library()));

const large = ({ m, n, k }: { m: number; n: number; k: number }) => m * n * k > 1e6;
const faults: [string, Fault, RegExp][] = [
  ["1 % wrong", { store: (right) => 1.01 * right }, /^2 x 1 by 1 x 2$/],
  [
    "1 % wrong at large sizes only",
    { store: (right, _i, _j, size) => large(size) ? 1.01 * right : right },
    /^37 x 700/,
  ],
  [
    "one entry 1 % wrong, past 700 rows",
    { store: (right, i, j) => i === 701 && j === 3 ? 1.01 * right : right },
    /^801 x 40/,
  ],
  ["one entry 1 % wrong, past 16,000 columns", {
    store: (right, i, j) => i === 3 && j === 16_001 ? 1.01 * right : right,
  }, /^6 x 9 by 9 x 16500/],
  ["wrong where sizes are odd", {
    store: (right, i, j, { m, n }) => m % 2 === 1 && i === m - 1 && j === n - 1 ? right + 1 : right,
  }, /^3 x 2 by 2 x 3$/],
  ["long sums cut short", { store: (right, _i, _j, { k }) => k > 640 ? right * 640 / k : right }, /^37 x 700/],
  ["products in bfloat16", { read: shortened(8) }, /./],
  ["products in TF32", { read: shortened(11) }, /./],
  ["the left operand is never transposed", { take: () => ({ transA: 111 }) }, /transposed by/],
  ["the right operand is never transposed", { take: () => ({ transB: 111 }) }, /^3 x 2 by 2 x 3 transposed$/],
  ["what was there is read", { take: () => ({ beta: 1 }) }, /^2 x 1 by 1 x 2$/],
  ["nothing is added", { take: () => ({ beta: 0 }) }, /, in wider rows, added$/],
  ["rows of the product lie without gaps", { take: ({ n }) => ({ cStep: n }) }, /, in wider rows$/],
];
for (const [name, fault, where] of faults) {
  Deno.test(`a library is refused: ${name}`, () => {
    assert.throws(() => checkProducts(library(fault)), ({ message }: Error) => {
      assert.match(message, /^multiplies wrongly: /);
      assert.match(message.slice("multiplies wrongly: ".length), where);
      return true;
    });
  });
}

Deno.test("a library is refused that writes between the rows of the product, where the next head's numbers are", () => {
  const right = library();
  const spilling: Sgemm = (...call) => {
    right(...call);
    const [, , , m, n, , , , , , , , c, ldc] = call;
    if (ldc > n && m > 1) view(c, ldc)[n] = 0;
  };
  assert.throws(() => checkProducts(spilling), { message: /^multiplies wrongly: 2 x 1 by 1 x 2, in wider rows$/ });
});

Deno.test("a library is refused whose entries change places within a row", () => {
  const right = library();
  const swapping: Sgemm = (...call) => {
    right(...call);
    const n = call[4], c = call[12];
    if (n < 600) return;
    const row = view(c, n);
    [row[7], row[599]] = [row[599], row[7]];
  };
  assert.throws(() => checkProducts(swapping), {
    message: "multiplies wrongly: 6 x 9 by 9 x 16500, in wider rows, added",
  });
});
