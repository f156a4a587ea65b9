/**
 * What tests of float32 tensor code share: every engine in turn, comparison with a float64 truth, and numeric gradients.
 *
 * @module
 */
import assert from "node:assert/strict";
import { optionalParts, type PartName } from "../optional/parts.ts";
import { type Named, skippedIf } from "../optional/skipping.ts";
import { backendList, confirmNumbers, startBackend, tf } from "./backend.ts";

/** Unit roundoff of float32: a correctly rounded result is off by at most this, relatively. */
export const u = 2 ** -24;

/** Smallest normal float32: below it results keep no relative precision, and engines may return 0. */
export const SMALLEST_NORMAL = 2 ** -126;

/** What an engine needs that a machine may lack. */
const NEEDS: Readonly<Record<string, PartName>> = { native: "BLAS", tensorflow: "TensorFlow", webgpu: "GPU" };

/** Engines that this machine lacks. */
const absent = new Set<string>();
for (const [name, part] of Object.entries(NEEDS)) {
  if (await optionalParts[part].missing() !== undefined) absent.add(name);
}

/** Engines that can be tested here. */
export const testedBackends: readonly string[] = backendList.map(({ name }) => name).filter((name) =>
  !absent.has(name)
);

/**
 * Registers one test per engine, ignored where the machine lacks it; tensors that the body makes are freed.
 *
 * @example
 * ```ts ignore
 * import { tf } from "./backend.ts";
 * testOnEveryBackend("2 + 2", () => assertClose(tf.add(2, 2).dataSync(), [4], 0, "sum"));
 * ```
 */
export function testOnEveryBackend(name: string, body: (backend: string) => void): void {
  testOn(backendList.map(({ name }) => name), name, body);
}

/**
 * The same for engines on the processor alone: for tests of many small operations, each of which costs a GPU 0.2 ms, that
 * other tests cover there.
 *
 * @example
 * ```ts ignore
 * testOnEveryProcessorBackend("1 + 1", () => assertClose(tf.add(1, 1).dataSync(), [2], 0, "sum"));
 * ```
 */
export function testOnEveryProcessorBackend(name: string, body: (backend: string) => void): void {
  testOn(backendList.filter(({ onRequest }) => !onRequest).map(({ name }) => name), name, body);
}

/**
 * Name of a test on an engine; skipped where the machine lacks it.
 *
 * @example
 * ```ts ignore
 * Deno.test({ ...onBackend("webgpu", "a sum"), fn: () => {} });
 * ```
 */
export function onBackend(backend: string, name: string): Named {
  return skippedIf(absent.has(backend), `${name} [${backend}]`, NEEDS[backend]);
}

function testOn(backends: readonly string[], name: string, body: (backend: string) => void): void {
  for (const backend of backends) {
    Deno.test({
      ...onBackend(backend, name),
      fn: async () => {
        assert.equal(await startBackend(backend), backend);
        tf.tidy(() => body(backend));
        await confirmNumbers();
      },
    });
  }
}

/**
 * Fails at the first entry further than `tolerance` (one number, or one for each entry) from the expected one.
 *
 * @param tolerance largest absolute difference
 * @param label names the values in the message
 * @throws AssertionError naming the entry, both values and the difference
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assertClose([1, 2], [1, 2.1], 0.2, "near");
 * assert.throws(() => assertClose([1, 2], [1, 2.1], 0.01, "far"), /^AssertionError.*: far\[1\]: got 2, expected 2.1/);
 * ```
 */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number | ((expected: number, index: number) => number),
  label: string,
): void {
  assert.equal(actual.length, expected.length, `${label}: length`);
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i])) continue; // infinities too
    const allowed = typeof tolerance === "number" ? tolerance : tolerance(expected[i], i);
    const off = Math.abs(actual[i] - expected[i]);
    assert.ok(off <= allowed, `${label}[${i}]: got ${actual[i]}, expected ${expected[i]}, off ${off} > ${allowed}`);
  }
}

/**
 * Gradient of a float64 function by central differences of fourth order.
 *
 * With steps h = 1e-3·max(1, |x|) the truncation error is h⁴·f⁗′/30 and the rounding error 1e-13·|f|: both far below
 * what float32 can show. The function must be smooth within 2h.
 *
 * @param at `[n]`
 * @returns `[n]`
 * @example
 * ```ts
 * const slope = numericGradient(([x, y]) => x ** 3 + y, [2, 5]);
 * assertClose(slope, [12, 1], 1e-9, "gradient");
 * ```
 */
export function numericGradient(f: (x: Float64Array) => number, at: ArrayLike<number>): Float64Array {
  const x = Float64Array.from(at);
  return x.map((centre, i) => {
    const h = 1e-3 * Math.max(1, Math.abs(centre));
    const shifted = (steps: number) => {
      x[i] = centre + steps * h;
      const value = f(x);
      x[i] = centre;
      return value;
    };
    return (shifted(-2) - 8 * shifted(-1) + 8 * shifted(1) - shifted(2)) / (12 * h);
  });
}

/**
 * Float64 numbers rounded to float32, so that both sides of a comparison start from the same inputs.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...rounded([0.5, 0.1])], [0.5, 0.10000000149011612]);
 * ```
 */
export function rounded(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values, Math.fround);
}
