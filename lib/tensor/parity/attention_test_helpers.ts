/**
 * Parity of causal attention, grouped-query attention included.
 *
 * @module
 */
import { SMALLEST_NORMAL, u } from "../backends_test_helpers.ts";
import { attend, attention, attentionBack } from "../fused/attention.ts";
import type { Gradient, ParityCase } from "./case_test_helpers.ts";

/** One row of one head: what position t of it sees. */
interface Row {
  /** Of the head's query at t, in x. */
  readonly query: number;
  /** Of the head's output at t, in y. */
  readonly output: number;
  /** Of the keys and of the values at 0 .. t, in x. */
  readonly keys: readonly number[];
  readonly values: readonly number[];
  /** Shares of those positions. */
  readonly shares: Float64Array;
  /** Relative error of a share in float32. */
  readonly error: number;
}

/** Attention at some sizes, and its two halves for a model that goes back by itself. */
function attentionCasesOf(
  lengths: readonly number[],
  heads: number,
  keyHeads: number,
  head: number,
  { window = Infinity, prefixes = lengths.map(() => -1) }: { window?: number; prefixes?: readonly number[] } = {},
): ParityCase[] {
  const width = (heads + 2 * keyHeads) * head, root = Math.sqrt(head);
  const starts = lengths.map((_, b) => lengths.slice(0, b).reduce((a, b) => a + b, 0));
  const count = lengths.reduce((a, b) => a + b, 0);
  const length = Math.max(1, ...lengths.map((T, b) => T + (lengths[prefixes[b]] ?? 0)));
  const sequenceOf = lengths.flatMap((length, b) => new Array<number>(length).fill(b));
  const each = (n: number, f: (i: number) => void) => {
    for (let i = 0; i < n; i++) f(i);
  };
  const dot = (a: Float64Array, at: number, b: Float64Array, to: number, size: (v: number) => number = (v) => v) => {
    let sum = 0;
    each(head, (d) => sum += size(a[at + d] * b[to + d]));
    return sum;
  };
  const rows = (x: Float64Array, visit: (row: Row) => void) =>
    each(count * heads, (i) => {
      const row = i % count, h = Math.floor(i / count), b = sequenceOf[row], P = lengths[prefixes[b]] ?? 0;
      const t = P + row - starts[b];
      const shared = Math.floor(h * keyHeads / heads);
      const rowOf = (s: number) => s < P ? starts[prefixes[b]] + s : starts[b] + s - P;
      const at = (s: number, column: number) => rowOf(s) * width + column * head;
      const seen = Array.from({ length: t + 1 }, (_, s) => s).filter((s) => s > t - window);
      const query = at(t, h), keys = seen.map((s) => at(s, heads + shared));
      const scores = Float64Array.from(keys, (key) => dot(x, query, x, key) / root);
      const top = scores.reduce((a, b) => Math.max(a, b), -Infinity);
      const weights = scores.map((score) => Math.exp(score - top)), total = weights.reduce((a, b) => a + b, 0);
      // A score is off by D + 3 roundings of the size of its terms, and the shift by 2 more; a share by twice that (its own
      // and its normaliser's), the exponential's 4u, the sum's T + 4 and the quotient's 4.
      const size = keys.reduce((most, key) => Math.max(most, dot(x, query, x, key, Math.abs) / root), 0);
      visit({
        query,
        output: (row * heads + h) * head,
        keys,
        values: seen.map((s) => at(s, heads + keyHeads + shared)),
        shares: weights.map((w) => w / total),
        error: u * (2 * (head + 5) * size + length + 12),
      });
    });
  const forward = (x: Float64Array, size?: (v: number) => number, factor = (_: Row) => 1) => {
    const y = new Float64Array(count * heads * head);
    rows(
      x,
      (row) =>
        row.shares.forEach((share, s) =>
          each(head, (d) => y[row.output + d] += factor(row) * share * (size ?? Number)(x[row.values[s] + d]))
        ),
    );
    return y;
  };
  /** Sums of how many terms the gradients of keys and values are. */
  const meeting = Math.max(1, count) * heads / keyHeads;
  const options = {
    ...{ heads, keyHeads, lengths: Uint32Array.from(lengths) },
    ...(window < Infinity ? { window } : {}),
    ...(prefixes.some((to) => to >= 0) ? { prefixes: Int32Array.from(prefixes) } : {}),
  };
  const whole: ParityCase & { readonly gradient: Required<Gradient> } = {
    op: "attention",
    shapes: [[count, width]],
    note:
      `sequences of ${lengths}, ${heads} heads of ${head}, ${keyHeads} of keys, window ${window}, going on from ${prefixes}`,
    apply: (x) => attention(x, options),
    f64: (x) => forward(x),
    // A share's error and a rounding for each of up to T terms.
    bound: ([x]) => forward(x, Math.abs, ({ error }) => error + u * (length + 1)).map((v) => v + SMALLEST_NORMAL),
    gradient: {
      f64: ([x], dy) => {
        const slopes = new Float64Array(x.length);
        rows(x, ({ query, output, keys, values, shares }) => {
          const sent = shares.map((_, s) => dot(dy, output, x, values[s]));
          const mean = shares.reduce((sum, share, s) => sum + share * sent[s], 0);
          shares.forEach((share, s) => {
            const score = share * (sent[s] - mean) / root;
            each(head, (d) => {
              slopes[values[s] + d] += share * dy[output + d];
              slopes[query + d] += score * x[keys[s] + d];
              slopes[keys[s] + d] += score * x[query + d];
            });
          });
        });
        return [slopes];
      },
      // The same with the sizes of all terms: shares count twice in the slope of a score, whose products are sums over D,
      // whose mean is one over T; what keys and values receive is a sum over later positions and heads.
      bound: ([x], dy) => {
        const bounds = new Float64Array(x.length).fill(SMALLEST_NORMAL);
        rows(x, ({ query, output, keys, values, shares, error }) => {
          const sent = shares.map((_, s) => dot(dy, output, x, values[s], Math.abs));
          const mean = shares.reduce((sum, share, s) => sum + share * sent[s], 0);
          shares.forEach((share, s) => {
            const off = share * (sent[s] + mean) / root * (2 * error + u * (head + length + meeting + 10));
            each(head, (d) => {
              bounds[values[s] + d] += share * Math.abs(dy[output + d]) * (error + u * (meeting + 1));
              bounds[query + d] += off * Math.abs(x[keys[s] + d]);
              bounds[keys[s] + d] += off * Math.abs(x[query + d]);
            });
          });
        });
        return [bounds];
      },
    },
  };
  const { gradient: back } = whole, slopes = (x: Float64Array, dy: Float64Array) => back.f64([x], dy);
  return [
    whole,
    { ...whole, op: "attend", apply: (x) => attend(x, options).y, gradient: "none" },
    ...[false, true].map((kept): ParityCase => ({
      op: "attentionBack",
      shapes: [[count, width], [count, heads * head]],
      note: `${whole.note}, shares ${kept ? "kept" : "computed again"}`,
      apply: (x, dy) => attentionBack(x, dy, options, kept ? attend(x, options).shares : undefined),
      f64: (x, dy) => slopes(x, dy)[0],
      bound: ([x, dy]) => back.bound([x], dy, slopes(x, dy))[0],
      gradient: "none",
    })),
  ];
}

/** Lengths, query heads, key heads, width of a head, and the rest. */
export const attentionCases: readonly ParityCase[] = ([
  ...[[[1], 1, 1, 1], [[1, 1, 1], 4, 2, 8], [[3, 3], 6, 2, 5], [[17], 2, 2, 17], [[17, 1, 5], 4, 1, 3], [
    [64],
    4,
    2,
    8,
  ]],
  ...[[[129, 2], 1, 1, 3], [[129], 2, 1, 16], [[3], 1, 1, 129], [[], 2, 1, 4]],
  ...[[[17, 4], 4, 2, 3, { window: 5 }], [[6], 2, 1, 2, { window: 1 }]],
  ...[[[3, 2, 1, 4], 4, 2, 5, { prefixes: [-1, 0, 0, -1] }], [[1, 17, 5], 2, 2, 3, { prefixes: [-1, -1, 1] }]],
  [[6, 5, 3], 2, 1, 4, { prefixes: [-1, 0, 0], window: 4 }],
] as Parameters<typeof attentionCasesOf>[]).flatMap((sizes) => attentionCasesOf(...sizes));
