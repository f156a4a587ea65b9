/**
 * Estimates of V(f) as functions of a law over the pool, in float64 with their slopes.
 *
 * In a pool of X texts every estimate that an arm maximises is a function of X numbers, so that a step of training takes
 * microseconds and a grid of settings can be tried for every arm. They are the losses of `lib/losses/causal.ts` with the
 * sign turned: a test holds each against its tensor form.
 *
 * @module
 */
import { adversary } from "../../lib/estimators/sensitivity/adversary.ts";
import type { Rng } from "../../lib/random.ts";

/** An estimate at a law. */
export interface Estimate {
  /**
   * The estimate's value; adds its slope in each log f(x) to `slope`, as if they were free.
   *
   * @param f the law `[X]`, and `logF` its log
   * @param step of training, from 0; tells minibatches apart
   */
  (f: Float64Array, logF: Float64Array, slope: Float64Array, step: number): number;
  /** u of its part Σ f(x) u(x) `[X]`, whose slopes a kernel takes. */
  readonly coefficients?: Float64Array;
  /** What is left beside that part; absent where nothing is. */
  readonly rest?: Estimate;
}

/** Sums of weights below this are taken anew in log space, before they underflow. */
const TINY = 1e-200;

/** Σ f(x) u(x). */
export function linear(u: Float64Array): Estimate {
  const estimate: Estimate = (f, _, slope) => {
    let total = 0;
    for (let x = 0; x < f.length; x++) {
      const part = f[x] * u[x];
      slope[x] += part;
      total += part;
    }
    return total;
  };
  return Object.assign(estimate, { coefficients: u });
}

/** Σ f(x) u(x) / Σ f(x) v(x): weights normalised to mean one; u is 0 where v is. */
function ratio(u: Float64Array, v: Float64Array): Estimate {
  return (law, logF, slope) => {
    let f = law, top = 0, bottom = 0;
    const add = () => {
      top = bottom = 0;
      for (let x = 0; x < f.length; x++) {
        top += f[x] * u[x];
        bottom += f[x] * v[x];
      }
    };
    add();
    if (bottom < TINY) { // a policy that left every text of the sample: the ratio stays what it is
      const highest = logF.reduce((most, l, x) => v[x] > 0 ? Math.max(most, l) : most, -Infinity);
      f = logF.map((l, x) => v[x] > 0 ? Math.exp(l - highest) : 0);
      add();
    }
    const value = top / bottom;
    for (let x = 0; x < f.length; x++) slope[x] += f[x] * (u[x] - value * v[x]) / bottom;
    return value;
  };
}

/** The sum of two estimates. */
export function plus(a: Estimate, b: Estimate): Estimate {
  const both: Estimate = (f, logF, slope, step) => a(f, logF, slope, step) + b(f, logF, slope, step);
  const [u, v] = [a.coefficients, b.coefficients];
  if (!u && !v) return both;
  const rests = [a, b].map(restOf).filter((rest) => rest !== undefined);
  return Object.assign(both, {
    coefficients: u && v ? u.map((value, x) => value + v[x]) : u ?? v,
    rest: rests.length === 2 ? plus(rests[0], rests[1]) : rests[0],
  });
}

/** What of an estimate no kernel knows. */
export function restOf(estimate: Estimate): Estimate | undefined {
  return estimate.coefficients ? estimate.rest : estimate;
}

/** Σ share(x) log f(x): the likelihood of texts, where V is not estimated at all. */
export function likelihood(share: Float64Array): Estimate {
  return (_, logF, slope) => {
    let total = 0;
    for (let x = 0; x < logF.length; x++) {
      if (share[x] === 0) continue;
      slope[x] += share[x];
      total += share[x] * logF[x];
    }
    return total;
  };
}

/** Terms of a mean over rows: (1/n) Σ w_i A_i with w_i = f(x_i) / P_i. */
export interface Rows {
  /** x_i `[n]`. */
  readonly text: Uint32Array;
  /** log P_i: the law that row's text was drawn from `[n]`. */
  readonly logLaw: Float64Array;
  /** A_i `[n]`. */
  readonly advantage: Float64Array;
}

/** (1/n) Σ w A, gathered by text. */
export function meanOf({ text, logLaw, advantage }: Rows, texts: number): Float64Array {
  const u = new Float64Array(texts);
  for (let i = 0; i < text.length; i++) u[text[i]] += advantage[i] * Math.exp(-logLaw[i]) / text.length;
  return u;
}

/** Unbiased: plain weights. Several samples add up, each with its own mean. */
export function plainMean(texts: number, ...samples: readonly Rows[]): Estimate {
  const sums = samples.map((rows) => meanOf(rows, texts));
  return linear(sums.reduce((a, b) => a.map((v, x) => v + b[x])));
}

/** Weights over their mean. */
export function normalisedMean(rows: Rows, texts: number): Estimate {
  const one = { ...rows, advantage: new Float64Array(rows.text.length).fill(1) };
  return ratio(meanOf(rows, texts), meanOf(one, texts));
}

/** A probability that differs from f0's by less than this is f0's: rounding is no improvement to be doubted. */
const SAME = 1e-12;

/**
 * What selection that is off by at most Γ can take from the improvement over f0 that {@linkcode plainMean} sees in the same
 * rows: the least of (1/n) Σ (f(x_i) − f0(x_i)) (W_i − 1/P_i) A_i, which is at most 0 and concave in f.
 *
 * Thresholds are those of `adversary` at f0, one for gains and one for losses. Any threshold gives a valid bound, and one that
 * followed f would let a policy that crowds on a few rows set the balance of its own weights.
 */
export function worstCase({ text, logLaw, advantage }: Rows, logStart: Float64Array, gamma: number): Estimate {
  const n = text.length, f0 = logStart.map(Math.exp);
  const { shift } = adversary({
    outcome: advantage,
    action: text,
    propensity: logLaw.map(Math.exp),
    contrast: Float64Array.from(text, (x) => f0[x]),
  });
  const [gained, lost] = (["lower", "upper"] as const).map((side) => {
    const moved = new Float64Array(f0.length);
    shift(gamma, side).forEach((s, i) => moved[text[i]] += s / n);
    return moved;
  });
  return (f, _, slope) => {
    let taken = 0;
    for (let x = 0; x < f.length; x++) {
      const more = f[x] - f0[x];
      if (Math.abs(more) < SAME) continue;
      const moved = more > 0 ? gained[x] : lost[x];
      slope[x] += f[x] * moved;
      taken += more * moved;
    }
    return taken;
  };
}

/** min(w·A, clamp(w, low, high)·A), row by row. */
export function stabilisedMean({ text, logLaw, advantage }: Rows, low: number, high: number): Estimate {
  const n = text.length, inverse = logLaw.map((l) => Math.exp(-l));
  return (f, _, slope) => {
    let total = 0;
    for (let i = 0; i < n; i++) {
      const w = f[text[i]] * inverse[i], a = advantage[i] / n;
      if (a >= 0 ? w > high : w < low) {
        total += a * (a >= 0 ? high : low);
      } else {
        total += a * w;
        slope[text[i]] += a * w;
      }
    }
    return total;
  };
}

/**
 * The released form: weights are normalised within a minibatch, so that what is maximised depends on which rows share one.
 * Averages over the batches of a step; each is a fresh draw without replacement.
 *
 * @param batch rows in a batch; all of them where there are fewer
 * @param perStep batches averaged in a step
 */
export function batchNormalisedMean(
  { text, logLaw, advantage }: Rows,
  batch: number,
  perStep: number,
  rng: Rng,
): Estimate {
  const inverse = logLaw.map((l) => Math.exp(-l));
  const size = Math.min(batch, text.length), rows = new Uint32Array(size), w = new Float64Array(size);
  return (f, logF, slope, step) => {
    const draws = rng.fork(step);
    let total = 0;
    for (let k = 0; k < perStep; k++) {
      for (let b = 0; b < size; b++) {
        let row: number;
        do row = draws.integer(text.length); while (rows.subarray(0, b).includes(row));
        rows[b] = row;
      }
      total += normalisedBatch(rows, w, { text, inverse, advantage }, f, logF, slope, 1 / perStep);
    }
    return total;
  };
}

/** Every row once an epoch in batches of a size, in given orders: the expectation over batches, as far as these go. */
export function meanOverBatches(
  { text, logLaw, advantage }: Rows,
  batch: number,
  orders: readonly Uint32Array[],
): Estimate {
  const inverse = logLaw.map((l) => Math.exp(-l)), w = new Float64Array(batch);
  const batches = orders.flatMap((order) =>
    Array.from({ length: Math.floor(order.length / batch) }, (_, k) => order.subarray(k * batch, (k + 1) * batch))
  );
  return (f, logF, slope) => {
    let total = 0;
    for (const rows of batches) {
      total += normalisedBatch(rows, w, { text, inverse, advantage }, f, logF, slope, 1 / batches.length);
    }
    return total;
  };
}

/** share · Σ w A / Σ w over some rows. */
function normalisedBatch(
  rows: Uint32Array,
  w: Float64Array,
  { text, inverse, advantage }: { text: Uint32Array; inverse: Float64Array; advantage: Float64Array },
  f: Float64Array,
  logF: Float64Array,
  slope: Float64Array,
  share: number,
): number {
  let top = 0, bottom = 0;
  for (let b = 0; b < rows.length; b++) {
    w[b] = f[text[rows[b]]] * inverse[rows[b]];
    top += w[b] * advantage[rows[b]];
    bottom += w[b];
  }
  if (bottom < TINY) {
    let highest = -Infinity;
    for (const row of rows) highest = Math.max(highest, logF[text[row]]);
    top = bottom = 0;
    for (let b = 0; b < rows.length; b++) {
      w[b] = Math.exp(logF[text[rows[b]]] - highest) * inverse[rows[b]];
      top += w[b] * advantage[rows[b]];
      bottom += w[b];
    }
  }
  const value = top / bottom;
  for (let b = 0; b < rows.length; b++) slope[text[rows[b]]] += share * w[b] * (advantage[rows[b]] - value) / bottom;
  return share * value;
}
