/**
 * Single kernels: matrix products against what the BLAS itself gives, memory-bound kernels against a copy.
 *
 * @module
 */
import { openBlas } from "../lib/tensor/kernels/blas.ts";
import { heapOf } from "../lib/tensor/kernels/heap.ts";
import { startBackend, type Tensor, tf } from "../lib/tensor/backend.ts";
import { logSoftmax } from "../lib/tensor/fused/log_softmax.ts";
import { softplus } from "../lib/tensor/fused/softplus.ts";
import type { CompiledBlas, ProductShape } from "./peers/sgemm.ts";
import type { BenchRow } from "./rows.ts";
import { type Contender, millisecondsOf, takeTurns } from "./timing.ts";

/** Milliseconds of one sample. */
const BUDGET = 25;

/** A contender on an engine of ours. */
function onEngine(name: string, threads: number, work: () => Tensor | Tensor[]): Contender {
  return {
    name,
    sample: async () => {
      await startBackend(name, { threads });
      return millisecondsOf(() => tf.dispose(work()), BUDGET);
    },
  };
}

const SHAPES: readonly ProductShape[] = [
  ...[64, 128, 256, 512].map((n) => ({ batch: 1, m: n, n, k: n, transposeB: false })),
  { batch: 1, m: 512, n: 512, k: 512, transposeB: true },
  { batch: 1, m: 1024, n: 1024, k: 1024, transposeB: false },
  { batch: 1, m: 2048, n: 512, k: 128, transposeB: false },
  { batch: 128, m: 64, n: 64, k: 32, transposeB: true },
];

/**
 * Products of square and batched matrices, GFLOP/s. The yardstick is the BLAS from C; "call" is the same BLAS called from
 * here on tensors that are there, and an engine's row is a whole `tf.matMul` with its new tensor.
 */
export async function productRows(
  engines: readonly string[],
  threads: number,
  rounds: number,
  compiled: CompiledBlas | undefined,
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const shape of SHAPES) {
    const { batch, m, n, k, transposeB } = shape;
    await startBackend("wasm");
    const a = tf.randomNormal([batch, m, k]), b = tf.randomNormal(transposeB ? [batch, n, k] : [batch, k, n]);
    const contenders = engines.map((name) => onEngine(name, threads, () => tf.matMul(a, b, false, transposeB)));
    if (engines.includes("native")) contenders.unshift(bareBlas(threads, a, b, shape));
    if (compiled) contenders.unshift(compiled(shape, threads, BUDGET));
    const flops = 2 * batch * m * n * k;
    const times = await takeTurns(contenders, rounds);
    const work = `${batch > 1 ? `${batch} x ` : ""}[${m}, ${k}] x [${k}, ${n}]${
      transposeB ? ", right one transposed" : ""
    }`;
    rows.push(...rowsOf("Matrix products", work, contenders, times, (ms) => flops / ms / 1e6, "GFLOP/s"));
    tf.dispose([a, b]);
  }
  return rows;
}

/** The BLAS without an engine around it, on the bytes of tensors. */
function bareBlas(threads: number, a: Tensor, b: Tensor, { batch, m, n, k, transposeB }: ProductShape): Contender {
  const blas = openBlas(threads);
  const heap = heapOf(tf.backend());
  const out = heap.output([batch, m, n]);
  return {
    name: "call",
    sample: () => {
      const from = heap.address(a), by = heap.address(b), to = heap.address(out);
      return millisecondsOf(() => {
        for (let i = 0; i < batch; i++) {
          blas.multiply(heap, m, n, k, from + 4 * m * k * i, false, by + 4 * k * n * i, transposeB, to + 4 * m * n * i);
        }
      }, BUDGET);
    },
  };
}

/** Kernels that read and write every number once, GB/s; the yardstick is a copy of the same bytes. */
export async function memoryRows(engines: readonly string[], rounds: number): Promise<BenchRow[]> {
  const shape = [2048, 512];
  const bytes = 4 * 2048 * 512;
  const source = new Uint8Array(bytes), target = new Uint8Array(bytes);
  const copy: Contender = { name: "copy", sample: () => millisecondsOf(() => target.set(source), BUDGET) };
  await startBackend(engines[0]);
  const x = tf.randomNormal(shape), row = tf.randomNormal([shape[1]]), mask = tf.greater(x, 0);
  const works: [string, number, () => Tensor][] = [
    ["x + y", 3, () => tf.add(x, x)],
    ["x · row", 2, () => tf.mul(x, row)],
    ["exp", 2, () => tf.exp(x)],
    ["softplus", 2, () => softplus(x)],
    ["log-softmax", 2, () => logSoftmax(x)],
    ["transpose", 2, () => tf.transpose(x)],
    ["sum over rows", 1, () => tf.sum(x, -1)],
    ["where", 3, () => tf.where(mask, x, 0)],
  ];
  const rows: BenchRow[] = [];
  for (const [work, passes, run] of works) {
    const contenders = [copy, onEngine(engines[0], 1, run)];
    const times = await takeTurns(contenders, rounds);
    const moved = [2, passes].map((times) => times * bytes);
    rows.push(
      ...rowsOf(
        "Kernels bound by memory, [2048, 512]",
        work,
        contenders,
        times,
        (ms, i) => moved[i] / ms / 1e6,
        "GB/s",
      ),
    );
  }
  tf.dispose([x, row, mask]);
  return rows;
}

/** Rows of one piece of work; the first contender is the yardstick. */
export function rowsOf(
  group: string,
  work: string,
  contenders: readonly Contender[],
  times: readonly number[],
  rate?: (ms: number, contender: number) => number,
  unit = "",
): BenchRow[] {
  return contenders.map(({ name }, i) => ({
    group,
    work,
    by: name,
    ms: times[i],
    rate: rate ? rate(times[i], i) : null,
    unit,
    ratio: i === 0 ? null : times[i] / times[0],
    against: i === 0 ? "" : contenders[0].name,
  }));
}
