/**
 * Products of the engine `native` beside the same BLAS called from C, interleaved, on one thread.
 *
 *   deno run --no-prompt --allow-ffi --allow-run --allow-read --allow-write=/tmp bench/peers/sgemm.ts
 *
 * `call` is the library through Deno on tensors in place; `operation` is a whole tf.matMul with its new tensor.
 */
import { startBackend, tf } from "../../lib/tensor/backend.ts";
import { openBlas } from "../../lib/tensor/kernels/blas.ts";
import { heapOf } from "../../lib/tensor/kernels/heap.ts";

const SIZES = [8, 16, 32, 64, 128, 256];
/** Rounds of C and ours in turn. */
const ROUNDS = 5;

function fastest(size: number, work: () => void): number {
  const flops = 2 * size ** 3, calls = flops < 2e7 ? Math.floor(2e7 / flops) + 1 : 1;
  let best = Infinity;
  for (let round = 0; round < 10; round++) {
    const began = performance.now();
    for (let i = 0; i < calls; i++) work();
    best = Math.min(best, (performance.now() - began) / 1000 / calls);
  }
  return best;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const binary = `${await Deno.makeTempDir({ dir: "/tmp" })}/sgemm`;
const source = new URL("./sgemm.c", import.meta.url).pathname;
const built = await new Deno.Command("cc", { args: ["-O2", source, "-o", binary, "-l:libopenblas.so.0"] }).output();
if (!built.success) throw new Error(new TextDecoder().decode(built.stderr));

await startBackend("native");
const { multiply, version } = openBlas(1);
console.log(version);
const heap = heapOf(tf.backend());
const ratios = new Map(
  SIZES.map((size) => [size, { c: [] as number[], call: [] as number[], operation: [] as number[] }]),
);
for (let round = 0; round < ROUNDS; round++) {
  const { stdout } = await new Deno.Command(binary, { args: SIZES.map(String) }).output();
  for (const line of new TextDecoder().decode(stdout).trim().split("\n")) {
    const [size, seconds] = line.split(" ").map(Number);
    ratios.get(size)!.c.push(seconds);
  }
  for (const size of SIZES) {
    tf.tidy(() => {
      const a = tf.randomUniform([size, size], -1, 1), b = tf.randomUniform([size, size], -1, 1);
      const out = heap.output([size, size]);
      const [from, by, to] = [a, b, out].map((tensor) => heap.address(tensor));
      const { call, operation } = ratios.get(size)!;
      call.push(fastest(size, () => multiply(heap, size, size, size, from, false, by, false, to)));
      operation.push(fastest(size, () => tf.matMul(a, b).dispose()));
      heap.dispose(out);
    });
  }
}
console.log("size  C GFLOP/s  call / C speed  operation / C speed  call overhead us");
for (const [size, times] of ratios) {
  const speed = (2 * size ** 3 / median(times.c) / 1e9).toFixed(1);
  const against = (ours: number[]) => median(ours.map((seconds, i) => times.c[i] / seconds)).toFixed(2);
  const overhead = (median(times.call.map((seconds, i) => seconds - times.c[i])) * 1e6).toFixed(2);
  console.log(
    `${String(size).padStart(4)}  ${speed.padStart(9)}  ${against(times.call).padStart(14)}  ` +
      `${against(times.operation).padStart(19)}  ${overhead.padStart(16)}`,
  );
}
