import assert from "node:assert/strict";
import { startBackend, tf } from "../backend.ts";
import type { loadAssembly } from "./assembly.ts";

const memory = () => new WebAssembly.Memory({ initial: 16 });
const folder = new URL("./", import.meta.url);

/** Both binaries, so that the one without fused multiply-add is tested too. */
const engines = await Promise.all(
  ["kernels_relaxed.wasm", "kernels.wasm"].map(async (file) => {
    const shared = memory();
    const { instance } = await WebAssembly.instantiate(await Deno.readFile(new URL(file, folder)), {
      env: { memory: shared },
    });
    return { file, shared, kernels: instance.exports as ReturnType<typeof loadAssembly> };
  }),
);

/** Runs `kernel(n, ...rest, x, y)` on a copy of x. */
function apply(engine: typeof engines[number], kernel: string, x: Float32Array, ...rest: number[]): Float32Array {
  const floats = new Float32Array(engine.shared.buffer);
  floats.set(x, 4);
  engine.kernels[kernel](x.length, ...rest, 16, 16 + 4 * x.length);
  return floats.slice(4 + x.length, 4 + 2 * x.length);
}

/** Distance in units in the last place of the float32 nearest to the truth; denormals have the smallest one's. */
function ulps(actual: number, truth: number): number {
  const nearest = Math.fround(truth);
  if (Object.is(actual, nearest) || (Number.isNaN(actual) && Number.isNaN(nearest))) return 0;
  if (!Number.isFinite(actual) || !Number.isFinite(nearest)) return actual === nearest ? 0 : Infinity;
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(nearest) || 2 ** -149)));
  return Math.abs(actual - truth) / 2 ** (exponent - 23);
}

/** Odd steps over a range, so that no pattern of the reduction is missed. */
const grid = (from: number, to: number, n: number) =>
  Float32Array.from({ length: n }, (_, i) => from + (to - from) * ((i * 0.6180339887) % 1));
const special = [NaN, Infinity, -Infinity, 0, -0, 2 ** -149, -(2 ** -149), 3.4e38, -3.4e38, 1e-40];

for (const engine of engines) {
  const worst = (kernel: string, x: Float32Array, truth: (x: number) => number, ...rest: number[]) =>
    apply(engine, kernel, x, ...rest).reduce((most, y, i) => Math.max(most, ulps(y, truth(x[i]))), 0);

  Deno.test(`exp within 1.5 ulp, denormal results and the ends of the range too [${engine.file}]`, () => {
    for (const [from, to] of [[-104, 89], [-1, 1], [-104, -87], [88, 89], [-1e-3, 1e-3]]) {
      const off = worst("exp", grid(from, to, 20001), Math.exp);
      assert.ok(off <= 1.5, `${off} ulp on [${from}, ${to}]`);
    }
    assert.deepEqual(
      [...apply(engine, "exp", Float32Array.from(special))],
      [NaN, Infinity, 0, 1, 1, 1, 1, Infinity, 0, 1],
    );
    // The largest argument with a finite result, and the next.
    assert.deepEqual(
      [...apply(engine, "exp", Float32Array.of(88.72283172607422, 88.72283935546875))].map(Number.isFinite),
      [true, false],
    );
  });

  Deno.test(`log is the nearest float32, of denormals too [${engine.file}]`, () => {
    for (const [from, to] of [[0.5, 2], [0.999, 1.001], [0, 1e-38], [0, 1e-44], [1, 3e38]]) {
      // Half an ulp, and as much again as the float64 result may be off.
      const off = worst("log", grid(from, to, 20001), Math.log);
      assert.ok(off <= 0.501, `${off} ulp on [${from}, ${to}]`);
    }
    assert.deepEqual([...apply(engine, "log", Float32Array.of(NaN, Infinity, -Infinity, 0, -0, -1))], [
      ...[NaN, Infinity, NaN, -Infinity, -Infinity, NaN],
    ]);
  });

  Deno.test(`softplus and log σ are the nearest float32 down to the smallest normal one [${engine.file}]`, () => {
    const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    for (const [from, to] of [[-20, 20], [-87, 87], [-1e-6, 1e-6]]) {
      const x = grid(from, to, 20001);
      assert.ok(worst("softplus", x, softplus, 1) <= 0.501);
      assert.ok(worst("softplus", x, (v) => -softplus(-v), -1) <= 0.501);
    }
    const ends = Float32Array.of(NaN, Infinity, -Infinity, 0, -800, 3e38);
    assert.deepEqual([...apply(engine, "softplus", ends, 1)], [
      ...[NaN, Infinity, 0, Math.fround(Math.LN2), 0, Math.fround(3e38)],
    ]);
  });

  Deno.test(`a kernel's tail gives what its vectors give [${engine.file}]`, () => {
    const x = grid(-5, 5, 64);
    for (const [kernel, ...rest] of [["exp"], ["log"], ["softplus", 1]] as [string, ...number[]][]) {
      const all = apply(engine, kernel, x, ...rest);
      for (const n of [0, 1, 2, 3, 5, 17]) {
        assert.deepEqual(apply(engine, kernel, x.slice(0, n), ...rest), all.slice(0, n));
      }
    }
  });
}

Deno.test("integers are not read as floats: their exponential is that of the number", async () => {
  await startBackend("wasm");
  assert.ok(Math.abs(tf.exp(tf.tensor1d([10], "int32")).dataSync()[0] / Math.exp(10) - 1) < 1e-6);
});
