/** The check of a library for bfloat16: what is right passes, and each way of being wrong is found. */
import assert from "node:assert/strict";
import { type Bfloat16Products, checkBfloat16 } from "./onednn_check.ts";

interface Kept {
  readonly numbers: Float32Array;
  readonly inner: number;
  readonly outputs: number;
  readonly isTransposed: boolean;
  dispose(): void;
}

/** Products by plain loops, with what a test puts in their place. */
function library(
  { term = (a, b) => a * b, order = () => 1, then = (sum) => sum }: {
    term?: (a: number, b: number, k: number) => number;
    order?: (rows: number) => number;
    then?: (sum: number, i: number, j: number) => number;
  } = {},
): Bfloat16Products {
  const view = (address: bigint, length: number) =>
    new Float32Array(Deno.UnsafePointerView.getArrayBuffer(Deno.UnsafePointer.create(address)!, 4 * length));
  return {
    order: (numbers, inner, outputs, isTransposed): Kept => ({ numbers, inner, outputs, isTransposed, dispose() {} }),
    multiply(matrix, rows, from, to) {
      const { numbers: w, inner, outputs, isTransposed } = matrix as Kept;
      const x = view(from, rows * inner), y = view(to, rows * outputs), step = order(rows);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < outputs; j++) {
          let sum = 0;
          for (let k = step > 0 ? 0 : inner - 1; k >= 0 && k < inner; k += step) {
            const b = w[isTransposed ? j * inner + k : k * outputs + j];
            sum = Math.fround(sum + Math.fround(term(x[i * inner + k], b, k)));
          }
          y[i * outputs + j] = then(sum, i, j);
        }
      }
    },
  };
}

Deno.test("a library that multiplies rightly passes", () => checkBfloat16(library()));

Deno.test("a product that is wrong in one place, or leaves out a term, is found", () => {
  const wrongly = /^multiplies wrongly: \d+ x \d+ by \d+ x \d+$/;
  const cases: Parameters<typeof library>[0][] = [
    { then: (sum, i, j) => i === 4 && j === 32 ? sum + 1 : sum },
    { term: (a, b, k) => k === 16 ? 0 : a * b },
    { term: (a, b) => Math.fround(a / 8) * 7 * b },
  ];
  for (const wrong of cases) assert.throws(() => checkBfloat16(library(wrong)), { message: wrongly });
});

Deno.test("a row that is rounded by how many there are is found", () => {
  assert.throws(() => checkBfloat16(library({ order: (rows) => rows === 1 ? -1 : 1 })), {
    message: /^rounds a row by how many there are: \d+ x \d+ by \d+ x \d+$/,
  });
});
