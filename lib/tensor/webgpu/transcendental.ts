/**
 * Functions whose accuracy WGSL leaves to the device, from sums and products alone, which it rounds as IEEE does (a product
 * and a sum may become one, with one rounding less).
 *
 * Polynomials and splittings of ln 2 are those of the Cephes library (Moshier, `expf` and `logf`), within 3 units of
 * 2^-24 of the truth; the parity test holds them to 4.
 *
 * @module
 */
import type { WebGPUBackend, WebGPUProgram } from "@tensorflow/tfjs-backend-webgpu";
import type { Kernel } from "./kernel.ts";

/**
 * e^a = 2^n e^r with |r| ≤ ln(2)/2; 2^n in two factors, since 2^128 is none and the smallest results are below 2^-126.
 */
const EXP_FUNCTION = `
fn power2(n : i32) -> f32 { return bitcast<f32>((n + 127) << 23u); }
fn exponential(a : f32) -> f32 {
  if (isnan(a)) { return a; }
  if (a > 88.8) { return uniforms.INFINITY; }
  if (a < -104.0) { return 0.0; }
  let n = floor(a * 1.44269504088896341 + 0.5);
  let r = (a - n * 0.693359375) - n * -2.12194440e-4;
  var p = 1.9875691500e-4;
  p = p * r + 1.3981999507e-3;
  p = p * r + 8.3334519073e-3;
  p = p * r + 4.1665795894e-2;
  p = p * r + 1.6666665459e-1;
  p = p * r + 5.0000001201e-1;
  p = p * (r * r) + r + 1.0;
  let half = i32(n) / 2;
  return p * power2(half) * power2(i32(n) - half);
}`;

/** log a = n ln 2 + log m with m in [√½, √2). */
const LOG_FUNCTION = `
fn logarithm(a : f32) -> f32 {
  if (isnan(a) || a < 0.0) { return uniforms.NAN; }
  if (a == 0.0) { return -uniforms.INFINITY; }
  if (isinf(a)) { return a; }
  let bits = bitcast<u32>(a);
  var n = i32(bits >> 23u) - 126;
  var m = bitcast<f32>((bits & 0x007fffffu) | 0x3f000000u);
  if (m < 0.707106781186547524) { n = n - 1; m = m + m; }
  let x = m - 1.0;
  let z = x * x;
  var p = 7.0376836292e-2;
  p = p * x - 1.1514610310e-1;
  p = p * x + 1.1676998740e-1;
  p = p * x - 1.2420140846e-1;
  p = p * x + 1.4249322787e-1;
  p = p * x - 1.6668057665e-1;
  p = p * x + 2.0000714765e-1;
  p = p * x - 2.4999993993e-1;
  p = p * x + 3.3333331174e-1;
  p = x * z * p;
  let k = f32(n);
  p = p + k * -2.12194440e-4 - 0.5 * z;
  return (x + p) + k * 0.693359375;
}`;

/** WGSL of a function `f` of one number. */
export const EXP = `${EXP_FUNCTION}
fn f(a : f32) -> f32 { return exponential(a); }`;
/** WGSL of a function `f` of one number. */
export const LOG = `${LOG_FUNCTION}
fn f(a : f32) -> f32 { return logarithm(a); }`;
/** WGSL of a function `f` of one number; both branches divide by at most 2, so that neither overflows. */
export const SIGMOID = `${EXP_FUNCTION}
fn f(a : f32) -> f32 {
  let e = exponential(-abs(a));
  return select(e, 1.0, a >= 0.0) / (1.0 + e);
}`;

/** Threads of a work group. */
const THREADS = 64;

/**
 * A kernel that applies a function to each entry of its input `x`, float32 `[...]`.
 *
 * @param name unique among programs
 * @param code WGSL that defines `fn f(a : f32) -> f32`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(typeof elementwise("twice", "fn f(a : f32) -> f32 { return a + a; }"), "function");
 * ```
 */
export function elementwise(name: string, code: string): Kernel {
  return ({ inputs, backend }) => {
    const x = inputs.x!;
    const size = x.shape.reduce((a, b) => a * b, 1);
    const program: WebGPUProgram = {
      variableNames: ["A"],
      outputShape: x.shape,
      workgroupSize: [THREADS, 1, 1],
      dispatchLayout: { x: x.shape.map((_, axis) => axis) },
      dispatch: [Math.ceil(size / THREADS), 1, 1],
      size: true,
      shaderKey: `preflab ${name}`,
      getUserCode: () =>
        `${code}
fn main(index : i32) {
  if (index < uniforms.size) { setOutputAtIndex(index, f(getAByOutputIndex(index))); }
}`,
    };
    return (backend as WebGPUBackend).runWebGPUProgram(program, [x], "float32");
  };
}
