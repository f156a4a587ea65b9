/**
 * Parity of the layers of a network: lookups, normalisation, activations, rotary positions.
 *
 * @module
 */
import { SMALLEST_NORMAL, u } from "../backends_test_helpers.ts";
import { biasRelu } from "../fused/bias_relu.ts";
import { embedding, embeddingBack } from "../fused/embedding.ts";
import { rmsNorm, rmsNormBack } from "../fused/rms_norm.ts";
import { rotary, rotaryBack, rotaryTables } from "../fused/rotary.ts";
import { swiglu, swigluBack } from "../fused/swiglu.ts";
import { Rng } from "../../random.ts";
import type { Tensor } from "../tf.ts";
import { type Gradient, type ParityCase, sizeOf } from "./case_test_helpers.ts";

/** A way back that stands alone: the slope of the first input, of `inputs` and the slope of what came out. */
function backCase(
  forward: ParityCase,
  { op, inputs, slope, apply }: {
    readonly op: string;
    readonly inputs: readonly (readonly number[])[];
    readonly slope: readonly number[];
    readonly apply: ParityCase["apply"];
  },
): ParityCase {
  const { f64, bound } = forward.gradient as Required<Gradient>;
  const parted = (all: readonly Float64Array[]) => [all.slice(0, -1), all.at(-1)!] as const;
  return {
    op,
    shapes: [...inputs, slope],
    note: forward.note ?? "",
    ...forward.draw && { draw: (z, input) => input < inputs.length ? forward.draw!(z, input) : z },
    apply,
    f64: (...all) => f64(...parted(all))[0],
    bound: (all, expected) => bound(...parted(all), [expected])[0],
    gradient: "none",
  };
}

function embeddingCases(rows: number, width: number, n: number): ParityCase[] {
  const rng = Rng.seed(0).fork(`${rows} ${width} ${n}`);
  const ids = Uint32Array.from({ length: n }, () => rng.integer(rows));
  const meetings = new Float64Array(rows);
  for (const id of ids) meetings[id]++;
  const gathered = (x: Float64Array, term: (v: number) => number) => {
    const sums = new Float64Array(rows * width);
    x.forEach((v, i) => sums[ids[Math.floor(i / width)] * width + i % width] += term(v));
    return sums;
  };
  const forward: ParityCase = {
    op: "embedding",
    shapes: [[rows, width]],
    note: `${n} ids`,
    apply: (table) => embedding(table, ids),
    f64: (x) => Float64Array.from({ length: n * width }, (_, i) => x[ids[Math.floor(i / width)] * width + i % width]),
    bound: () => 0,
    gradient: {
      f64: (_, dy) => [gathered(dy, (v) => v)],
      // A rounding for each term, of sums below those of sizes; a single term is exact.
      bound: (_, dy) => [
        gathered(dy, Math.abs).map((size, i) => u * Math.max(0, meetings[Math.floor(i / width)] - 1) * size),
      ],
    },
  };
  const apply = (dy: Tensor) => embeddingBack(dy, ids, rows);
  return [forward, backCase(forward, { op: "embeddingBack", inputs: [], slope: [n, width], apply })];
}

function rmsNormCases(shape: readonly number[], epsilon: number): ParityCase[] {
  const width = shape.at(-1)!, rows = sizeOf(shape.slice(0, -1));
  const meanSquare = (x: Float64Array, row: number) => {
    let sum = 0;
    for (let d = 0; d < width; d++) sum += x[row * width + d] ** 2;
    return sum / width;
  };
  const scale = (x: Float64Array, row: number) => 1 / Math.sqrt(meanSquare(x, row) + epsilon);
  /** Σ over a row of what `size` makes of dy·gain·x: that of the terms, or that of their sizes. */
  const dot = ([x, gain]: readonly Float64Array[], dy: Float64Array, row: number, size: (v: number) => number) => {
    let sum = 0;
    for (let d = 0; d < width; d++) sum += size(dy[row * width + d] * gain[d] * x[row * width + d]);
    return sum;
  };
  const gains = (x: Float64Array, dy: Float64Array, size: (v: number) => number) => {
    const sums = new Float64Array(width);
    x.forEach((v, i) => sums[i % width] += size(dy[i] * v * scale(x, Math.floor(i / width))));
    return sums;
  };
  // A mean of squares is off by (n + 2)u of itself, which the root halves; the reciprocal root is within 4u.
  const scaleError = u * (width / 2 + 6);
  const forward: ParityCase = {
    op: "rmsNorm",
    shapes: [shape, [width]],
    note: `ε = ${epsilon}`,
    apply: (x, gain) => rmsNorm(x, gain, epsilon),
    f64: (x, gain) => x.map((v, i) => v * scale(x, Math.floor(i / width)) * gain[i % width]),
    bound: (_, expected) => expected.map((v) => (scaleError + 2 * u) * Math.abs(v) + SMALLEST_NORMAL),
    gradient: {
      f64: ([x, gain], dy) => [
        x.map((v, i) => {
          const row = Math.floor(i / width), s = scale(x, row);
          return s * (dy[i] * gain[i % width] - v * s ** 2 * dot([x, gain], dy, row, (v) => v) / width);
        }),
        gains(x, dy, (v) => v),
      ],
      // The dot product of n terms of two roundings each, the scale to the third power (by a power of the mean square, which
      // is within 16u, where stock operations do it) and a few products; sums over rows round once a row.
      bound: ([x, gain], dy) => [
        x.map((v, i) => {
          const row = Math.floor(i / width), s = scale(x, row), direct = Math.abs(dy[i] * gain[i % width]);
          const shared = Math.abs(v) * s ** 2 * dot([x, gain], dy, row, Math.abs) / width;
          return s * (direct * (scaleError + 4 * u) + shared * (3 * scaleError + u * (width + 24))) + SMALLEST_NORMAL;
        }),
        gains(x, dy, Math.abs).map((size) => (scaleError + u * (rows + 3)) * size + SMALLEST_NORMAL),
      ],
    },
  };
  const apply = (x: Tensor, gain: Tensor, dy: Tensor) => rmsNormBack(x, gain, epsilon, dy).dx;
  return [forward, backCase(forward, { op: "rmsNormBack", inputs: [shape, [width]], slope: shape, apply })];
}

const logistic = (x: number) => x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));

function swigluCases(rows: number, width: number): ParityCase[] {
  /** The two halves of a row: gate and value for output i. */
  const at = (x: Float64Array, i: number) => {
    const start = Math.floor(i / width) * 2 * width + i % width;
    return { start, g: x[start], v: x[start + width] };
  };
  const slopes = (
    x: Float64Array,
    dy: Float64Array,
    f: (dy: number, g: number, v: number) => readonly [number, number],
  ) => {
    const out = new Float64Array(x.length);
    dy.forEach((d, i) => {
      const { start, g, v } = at(x, i);
      [out[start], out[start + width]] = f(d, g, v);
    });
    return [out];
  };
  const forward: ParityCase = {
    op: "swiglu",
    shapes: [[rows, 2 * width]],
    draw: (z) => 4 * z,
    apply: swiglu,
    f64: (x) =>
      Float64Array.from({ length: rows * width }, (_, i) => {
        const { g, v } = at(x, i);
        return g * logistic(g) * v;
      }),
    // The logistic function is within 4u, and e^{−g} behind it within |g|u more; two products.
    bound: ([x], expected) =>
      expected.map((y, i) => {
        const { g } = at(x, i);
        return (6 + Math.abs(g) * (1 - logistic(g))) * u * Math.abs(y) + SMALLEST_NORMAL;
      }),
    gradient: {
      f64: ([x], dy) =>
        slopes(x, dy, (dy, g, v) => {
          const s = logistic(g);
          return [dy * v * s * (1 + g * (1 - s)), dy * g * s];
        }),
      // 1 − σ is off by 5u however small it is; σ twice, a sum and four products: below 14u of the sizes of both terms.
      // The argument of e^{−g} adds |g|u of the exponential to each σ.
      bound: ([x], dy) =>
        slopes(x, dy, (dy, g, v) => {
          const s = logistic(g);
          return [
            (14 + 2 * Math.abs(g)) * u * Math.abs(dy * v) * s * (1 + Math.abs(g)) + SMALLEST_NORMAL,
            (7 + Math.abs(g) * (1 - s)) * u * Math.abs(dy * g) * s + SMALLEST_NORMAL,
          ];
        }),
    },
  };
  const apply = (x: Tensor, dy: Tensor) => swigluBack(x, dy).dx;
  return [
    forward,
    backCase(forward, { op: "swigluBack", inputs: [[rows, 2 * width]], slope: [rows, width], apply }),
  ];
}

function biasCase(replicates: number, rows: number, width: number, rectify: boolean): ParityCase {
  const biasAt = (i: number) => Math.floor(i / (rows * width)) * width + i % width;
  /** The sign of a float32 sum is exact, and so is what passes. */
  const passes = ([x, bias]: readonly Float64Array[], i: number) => Number(!rectify || x[i] + bias[biasAt(i)] > 0);
  const summed = (inputs: readonly Float64Array[], dy: Float64Array, size: (v: number) => number) => {
    const sums = new Float64Array(replicates * width);
    dy.forEach((d, i) => sums[biasAt(i)] += size(d * passes(inputs, i)));
    return sums;
  };
  return {
    op: "biasRelu",
    shapes: [[replicates, rows, width], [replicates, 1, width]],
    note: rectify ? "rectified" : "linear",
    apply: (x, bias) => biasRelu(x, bias, rectify),
    f64: (x, bias) => x.map((v, i) => (v + bias[biasAt(i)]) * passes([x, bias], i)),
    bound: (_, expected) => expected.map((v) => u * Math.abs(v)),
    gradient: {
      f64: (inputs, dy) => [dy.map((d, i) => d * passes(inputs, i)), summed(inputs, dy, (v) => v)],
      bound: (inputs, dy) => [0, summed(inputs, dy, Math.abs).map((size) => u * (rows - 1) * size)],
    },
  };
}

/** Angles of the pairs of a head at positions 0, 1, ..., as the paper has them. */
const frequencies = (half: number) => Array.from({ length: half }, (_, i) => 10000 ** (-i / half));

function rotaryCases(rows: number, half: number, heads: number, rest: number): ParityCase[] {
  const head = 2 * half, width = heads * head + rest, known = frequencies(half);
  const positions = Uint32Array.from({ length: rows }, (_, r) => (7 * r) % 19);
  /** Turns x; with `size` = Math.abs, sums the sizes of the terms instead. */
  const turned = (x: Float64Array, direction: 1 | -1, size: (v: number) => number = (v) => v) =>
    x.map((v, i) => {
      const column = i % width, at = column % head;
      if (column >= heads * head) return v;
      const angle = positions[Math.floor(i / width)] * known[at % half];
      const other = at < half ? -direction * x[i + half] : direction * x[i - half];
      return size(v * Math.cos(angle)) + size(other * Math.sin(angle));
    });
  // Table entry, product and sum round once each; what is not turned is copied.
  const bound = (x: Float64Array) =>
    turned(x, 1, Math.abs).map((size, i) => i % width < heads * head ? 3.01 * u * size + SMALLEST_NORMAL : 0);
  const forward: ParityCase = {
    op: "rotary",
    shapes: [[rows, width]],
    note: `${heads} heads of ${head}`,
    apply: (x) => rotary(x, rotaryTables(19, known), { heads, positions }),
    f64: (x) => turned(x, 1),
    bound: ([x]) => bound(x),
    gradient: { f64: (_, dy) => [turned(dy, -1)], bound: (_, dy) => [bound(dy)] },
  };
  const apply = (dy: Tensor) => rotaryBack(dy, rotaryTables(19, known), { heads, positions });
  return [forward, backCase(forward, { op: "rotaryBack", inputs: [], slope: [rows, width], apply })];
}

function tablesCase(length: number, half: number, table: "cosines" | "sines"): ParityCase {
  const known = frequencies(half), of = table === "cosines" ? Math.cos : Math.sin;
  return {
    op: "rotaryTables",
    shapes: [],
    note: `${table} of ${length} x ${half}`,
    apply: () => rotaryTables(length, known)[table],
    f64: () => Float64Array.from({ length: length * half }, (_, i) => of(Math.floor(i / half) * known[i % half])),
    // Rounded once; float64 angles below 200 are off by 1e-13 at most.
    bound: (_, expected) => expected.map((v) => u * Math.abs(v) + 1e-13),
    gradient: "none",
  };
}

/** What stands between the products of a network. */
export const layers: readonly ParityCase[] = [
  ...([[1, 1, 1], [3, 17, 64], [17, 129, 3], [64, 1, 129], [129, 64, 17], [3, 17, 0]] as const).flatMap((
    [rows, width, n],
  ) => embeddingCases(rows, width, n)),
  ...[[1], [3, 1], [17, 3], [1, 17], [2, 3, 64], [64, 129], [129, 3], [0, 3]].flatMap((shape) =>
    rmsNormCases(shape, 1e-5)
  ),
  ...rmsNormCases([3, 17], 0),
  ...rmsNormCases([3, 17], 2),
  ...([[1, 1], [3, 17], [17, 3], [1, 64], [64, 129], [129, 1], [0, 3]] as const).flatMap(([rows, width]) =>
    swigluCases(rows, width)
  ),
  ...([[1, 1, 1], [3, 17, 64], [1, 64, 129], [17, 3, 17], [2, 129, 3], [0, 3, 17]] as const).flatMap((
    [replicates, rows, width],
  ) => [true, false].map((rectify) => biasCase(replicates, rows, width, rectify))),
  ...([[1, 1, 1, 0], [3, 3, 1, 1], [17, 4, 2, 16], [129, 1, 3, 0], [64, 32, 1, 3], [5, 7, 2, 1], [0, 2, 2, 1]] as const)
    .flatMap(([rows, half, heads, rest]) => rotaryCases(rows, half, heads, rest)),
  ...(["cosines", "sines"] as const).flatMap((table) => [tablesCase(1, 1, table), tablesCase(129, 17, table)]),
];
