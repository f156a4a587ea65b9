/**
 * Parity of what makes losses out of logits: picked and summed log-probabilities, paired losses, means.
 *
 * @module
 */
import { SMALLEST_NORMAL, u } from "../backends_test_helpers.ts";
import { pairedLogistic } from "../fused/paired_logistic.ts";
import { pickedLogProbs, picksOf } from "../fused/picked.ts";
import { meanAll, meanLast } from "../fused/mean.ts";
import { takeAlongLast } from "../ops.ts";
import { Rng } from "../../random.ts";
import { sequenceLogProb } from "../sequence.ts";
import { type ParityCase, sizeOf } from "./case_test_helpers.ts";
import { logLaw, normaliserError, rowsOf } from "./softmax_test_helpers.ts";

function takeCase(rows: number, width: number, n: number): ParityCase {
  const rng = Rng.seed(0);
  const index = Uint32Array.from({ length: rows * n }, () => rng.integer(width));
  const at = (i: number) => Math.floor(i / n) * width + index[i];
  return {
    op: "takeAlongLast",
    shapes: [[rows, width]],
    note: `${n} a row`,
    apply: (values) => takeAlongLast(values, index, n),
    f64: (x) => Float64Array.from(index, (_, i) => x[at(i)]),
    bound: () => 0,
    gradient: {
      f64: ([x], dy) => {
        const slopes = new Float64Array(x.length);
        dy.forEach((d, i) => slopes[at(i)] += d);
        return [slopes];
      },
      // At most n terms below 5 meet in one entry.
      bound: () => [u * n * n * 5],
    },
  };
}

/** One log-probability: of which row and entry, where it is added, and how often. */
interface Token {
  readonly row: number;
  readonly id: number;
  readonly target: number;
  readonly weight: number;
}

/** Weighted log-probabilities of some entries of rows of logits, added up to `outputs` numbers. */
function pickedCase(
  tokens: readonly Token[],
  outputs: number,
  rest: Pick<ParityCase, "op" | "shapes" | "note" | "apply">,
): ParityCase {
  const width = rest.shapes[0].at(-1)!;
  /** For every output, how many terms it has: as many roundings of its sum. */
  const terms = new Float64Array(outputs), meetings = new Map<number, number>();
  for (const { row, target } of tokens) {
    terms[target]++;
    meetings.set(row, (meetings.get(row) ?? 0) + 1);
  }
  const summed = (x: Float64Array, term: (logp: number, weight: number, target: number) => number) => {
    const sums = new Float64Array(outputs), laws = rowsOf(x, width).map(logLaw);
    for (const { row, id, target, weight } of tokens) sums[target] += term(laws[row][id], weight, target);
    return sums;
  };
  const spread = (x: Float64Array, term: (token: Token, v: number, p: number) => number) => {
    const slopes = new Float64Array(x.length), laws = rowsOf(x, width).map(logLaw);
    for (const token of tokens) {
      laws[token.row].forEach((l, v) => slopes[token.row * width + v] += term(token, v, Math.exp(l)));
    }
    return slopes;
  };
  return {
    ...rest,
    draw: (z) => 3 * z,
    f64: (x) => summed(x, (logp, weight) => weight * logp),
    // Of a token: its normaliser, 2u of its size, u for the weight and one for each sum it passes through.
    bound: ([x]) =>
      summed(
        x,
        (logp, weight, target) =>
          Math.abs(weight) * (normaliserError(width) + u * (terms[target] + 3) * Math.abs(logp)),
      ),
    gradient: {
      f64: ([x], dy) => [
        spread(x, ({ id, target, weight }, v, p) => dy[target] * weight * (Number(v === id) - p)),
      ],
      // 1 − p or p, with p off by the error of a log-probability, twice u of logits within 30 of each other; and a
      // rounding for each token that meets another in a row.
      bound: ([x], dy) => [
        spread(x, ({ row, id, target, weight }, v, p) => {
          const off = p * (normaliserError(width) + 68 * u) + u * (meetings.get(row)! + 3) * (Number(v === id) + p);
          return Math.abs(dy[target] * weight) * off + SMALLEST_NORMAL;
        }),
      ],
    },
  };
}

function sequenceCase(
  batch: number,
  length: number,
  vocabulary: number,
  reduction: "sum" | "mean" | "none",
): ParityCase {
  const rng = Rng.seed(0).fork(`${batch} ${length} ${vocabulary}`);
  const labels = Uint32Array.from({ length: batch * length }, () => rng.integer(vocabulary));
  // The last sequence has nothing that counts.
  const mask = Uint8Array.from(
    labels,
    (_, i) => Math.floor(i / length) === batch - 1 ? 0 : Number(rng.uniform() < 0.7),
  );
  const tokens: Token[] = [];
  for (let b = 0; b < batch; b++) {
    let counted = 0;
    for (let t = 1; t < length; t++) counted += mask[b * length + t];
    for (let t = 1; t < length; t++) {
      if (mask[b * length + t] === 0) continue;
      const target = reduction === "none" ? b * (length - 1) + t - 1 : b;
      const weight = reduction === "mean" ? 1 / counted : 1;
      tokens.push({ row: b * length + t - 1, id: labels[b * length + t], target, weight });
    }
  }
  return pickedCase(tokens, reduction === "none" ? batch * Math.max(0, length - 1) : batch, {
    op: "sequenceLogProb",
    shapes: [[batch, length, vocabulary]],
    note: reduction,
    apply: (logits) => sequenceLogProb(logits, labels, mask, { reduction }).logp,
  });
}

/** Picks that share rows and outputs and have weights of both signs; nothing is added to the last output. */
function picksCase(rows: number, width: number, n: number): ParityCase {
  const rng = Rng.seed(0).fork(`${rows} ${width} ${n}`);
  const tokens = Array.from({ length: n }, (): Token => ({
    row: rng.integer(rows),
    id: rng.integer(width),
    target: rng.integer(rows),
    weight: rng.normal(),
  }));
  const of = (key: "row" | "id" | "target") => Uint32Array.from(tokens, (token) => token[key]);
  const picks = picksOf(
    { rows: of("row"), ids: of("id"), targets: of("target"), weights: Float64Array.from(tokens, (t) => t.weight) },
    { rows, width, outputs: rows + 1 },
  );
  return pickedCase(tokens, rows + 1, {
    op: "pickedLogProbs",
    shapes: [[rows, width]],
    note: `${n} picks`,
    apply: (logits) => pickedLogProbs(logits, picks, [rows + 1]),
  });
}

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const logistic = (x: number) => x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));

function pairedCase(shape: readonly number[], beta: number, smoothing: number): ParityCase {
  const margin = (pairs: readonly Float64Array[], i: number) =>
    beta * (pairs[0][i] - pairs[2][i] - (pairs[1][i] - pairs[3][i]));
  /** What x is off by: three differences and β itself, each u of the sizes before they cancel. */
  const off = (pairs: readonly Float64Array[], i: number) =>
    5 * u * beta * pairs.reduce((size, x) => size + Math.abs(x[i]), 0);
  return {
    op: "pairedLogistic",
    shapes: [shape, shape, shape, shape],
    note: `β = ${beta}, ε = ${smoothing}`,
    draw: (z) => 5 * z,
    apply: (policyChosen, policyRejected, referenceChosen, referenceRejected) =>
      pairedLogistic({ policyChosen, policyRejected, referenceChosen, referenceRejected }, beta, smoothing),
    f64: (...pairs) => pairs[0].map((_, i) => softplus(-margin(pairs, i)) + smoothing * margin(pairs, i)),
    // Slopes are below 1 + ε; softplus is within 9u; ε, its product and the sum round once each.
    bound: (pairs, expected) =>
      expected.map((_, i) => {
        const x = margin(pairs, i);
        return off(pairs, i) * (logistic(-x) + smoothing) + u * (10 * softplus(-x) + 4 * smoothing * Math.abs(x)) +
          SMALLEST_NORMAL;
      }),
    gradient: {
      f64: (pairs, dy) => {
        const slopes = dy.map((d, i) => d * beta * (smoothing - logistic(-margin(pairs, i))));
        return [slopes, slopes.map((v) => -v), slopes.map(() => 0), slopes.map(() => 0)];
      },
      // A change of x by d changes σ(−x) by at most d·σ(−x), and σ is within 4u; three products and a difference.
      bound: (pairs, dy) => {
        const bounds = dy.map((d, i) => {
          const share = logistic(-margin(pairs, i));
          return Math.abs(d) * beta * (share * (off(pairs, i) + 10 * u) + 6 * u * smoothing) + SMALLEST_NORMAL;
        });
        return [bounds, bounds, 0, 0];
      },
    },
  };
}

function meanCase(op: "meanLast" | "meanAll", shape: readonly number[]): ParityCase {
  const width = op === "meanAll" ? sizeOf(shape) : shape.at(-1)!;
  const mean = (x: Float64Array) =>
    Float64Array.from({ length: sizeOf(shape) / width }, (_, r) => {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += x[r * width + i];
      return sum / width;
    });
  return {
    op,
    shapes: [shape],
    apply: (x) => op === "meanAll" ? meanAll(x) : meanLast(x),
    f64: mean,
    // n − 1 roundings of partial sums, each at most Σ|x|; the quotient and its divisor round too.
    bound: ([x]) => mean(x.map(Math.abs)).map((size) => u * (width + 2) * size),
    gradient: {
      f64: ([x], dy) => [x.map((_, i) => dy[Math.floor(i / width)] / width)],
      bound: (_, __, [slopes]) => [slopes.map((v) => 6 * u * Math.abs(v))],
    },
  };
}

/** From logits to a loss. */
export const logProbs: readonly ParityCase[] = [
  ...([[1, 1, 1], [3, 17, 64], [17, 3, 129], [64, 129, 1], [129, 64, 3], [3, 17, 0]] as const).map(([rows, width, n]) =>
    takeCase(rows, width, n)
  ),
  ...([[1, 1, 3], [3, 17, 64], [2, 3, 129], [17, 3, 1], [3, 64, 17]] as const).flatMap(([batch, length, vocabulary]) =>
    (["sum", "mean", "none"] as const).map((reduction) => sequenceCase(batch, length, vocabulary, reduction))
  ),
  ...([[1, 1, 1], [1, 3, 17], [3, 17, 64], [17, 129, 3], [64, 64, 129], [129, 1, 64], [3, 17, 0]] as const).map((
    [rows, width, n],
  ) => picksCase(rows, width, n)),
  ...[[1], [3], [2, 17], [64], [2, 3, 129], [0]].map((shape) => pairedCase(shape, 0.7, 0.1)),
  ...([[0.1, 0], [3, 0], [3, 0.4]] as const).map(([beta, smoothing]) => pairedCase([129], beta, smoothing)),
  ...[[1], [17], [1, 129], [129, 1], [3, 64], [64, 129], [2, 3, 17], [0, 3]].map((shape) =>
    meanCase("meanLast", shape)
  ),
  ...[[1], [17], [3, 64], [2, 3, 17]].map((shape) => meanCase("meanAll", shape)),
];
