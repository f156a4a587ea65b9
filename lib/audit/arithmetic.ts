/**
 * The arithmetic of claims once more, in plain formulas and with no code of `lib/statistics`: the import map of the audit puts this
 * module in the place of that folder for everything under `experiments/`. It therefore has the same names; what they mean
 * is documented there.
 *
 * @module
 */
import { normalBelow, normalPoint, studentBeyond, studentPoint } from "./tails.ts";

type Numbers = ArrayLike<number>;

/** A number with its interval, as far as the audit compares it. */
export interface Evidence {
  /** The number. */
  readonly estimate: number;
  /** Lower end of the interval. */
  readonly lower: number;
  /** Upper end of the interval. */
  readonly upper: number;
  /** Independent replicates. */
  readonly n: number;
  /** Degrees of freedom of Student's law behind it; the normal law where absent. */
  readonly df?: number;
  /** Present where there are too few replicates for a verdict. */
  readonly short?: string;
  /** The wider interval that a verdict must clear. */
  readonly guard?: { readonly lower: number; readonly upper: number; readonly why: string };
  /** Lower and upper end of both before a range cut them. */
  readonly uncut?: { readonly lower: number; readonly upper: number };
  /** How far bootstrap draws may move an end; absent where nothing is drawn. */
  readonly drawn?: number;
}

/** When a claim is true. */
export interface Rule {
  /** Above this. */
  readonly above: number;
  /** Below this. */
  readonly below: number;
  /** In words. */
  readonly text: string;
}

export const above = (bound: number): Rule => ({ above: bound, below: Infinity, text: `> ${bound}` });
export const below = (bound: number): Rule => ({ above: -Infinity, below: bound, text: `< ${bound}` });
export const between = (low: number, high: number): Rule => ({ above: low, below: high, text: `in [${low}, ${high}]` });

/** There is no number to test. */
export class NothingToTest extends Error {
  override readonly name = "NothingToTest";
}

/** The interval and its guard in one. */
function span({ lower, upper, guard, uncut }: Evidence): readonly [low: number, high: number] {
  if (uncut) return [uncut.lower, uncut.upper];
  return guard ? [Math.min(lower, guard.lower), Math.max(upper, guard.upper)] : [lower, upper];
}

/** All of the interval, and of its guard, on one side. */
export function judge(evidence: Evidence, rule: Rule): string {
  const [low, high] = span(evidence);
  if (evidence.short) return "inconclusive";
  if (low > rule.above && high < rule.below) return "holds";
  return high <= rule.above || low >= rule.below ? "fails" : "inconclusive";
}

/** Level at which the interval with its guard, each side stretched by itself, touches the bound. */
export function pValue(evidence: Evidence, rule: Rule): number {
  const { estimate, df = Infinity, short } = evidence, [low, high] = span(evidence);
  if (short) return 1;
  const point = df === Infinity ? normalPoint(0.975) : studentPoint(df);
  const touching = (bound: number) => {
    if (!Number.isFinite(bound)) return 0;
    if (bound === estimate) return 1;
    const side = bound < estimate ? estimate - low : high - estimate;
    return side === 0 ? 0 : studentBeyond(point * Math.abs(estimate - bound) / side, df);
  };
  if (estimate <= rule.above) return touching(rule.above);
  return estimate >= rule.below ? touching(rule.below) : Math.max(touching(rule.above), touching(rule.below));
}

/** Of each p-value, the largest (m − j) p_(j) over those up to it, j from 0; at most 1. */
export function holmAdjusted(p: readonly number[]): number[] {
  const sorted = [...p].sort((a, b) => a - b);
  return p.map((own) => {
    const upTo = sorted.flatMap((value, j) => value <= own ? [(p.length - j) * value] : []);
    return Math.min(1, Math.max(...upTo));
  });
}

const list = (values: Numbers) => Array.from(values);

/** In a plain loop: the jackknife and the bootstrap come here millions of times. */
function total(values: Numbers, of: (value: number) => number = (value) => value): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += of(values[i]);
  return sum;
}

/** Largest absolute value, of any number of them. */
function largest(values: Numbers): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most;
}

/** Sum over count; the second pass takes back what the first one rounded. */
export function mean(values: Numbers): number {
  const first = total(values) / values.length;
  return first + total(values, (v) => v - first) / values.length;
}

/** Refuses what is no number. */
export function checkFinite(values: Numbers): void {
  if (!list(values).every(Number.isFinite)) throw new RangeError("values must be finite numbers");
}

/** Squares of deviations from the mean over n − 1, rooted; in units of the largest deviation. */
export function standardDeviation(values: Numbers): number {
  const centre = mean(values), away = list(values).map((v) => v - centre), unit = largest(away);
  return unit === 0 ? 0 : unit * Math.sqrt(total(away, (d) => (d / unit) ** 2) / (values.length - 1));
}

export const variance = (values: Numbers): number => standardDeviation(values) ** 2;

export function rootMeanSquare(values: Numbers): number {
  const unit = largest(values);
  return unit === 0 ? 0 : unit * Math.sqrt(total(values, (v) => (v / unit) ** 2) / values.length);
}

/** Between order statistics, with the first at 0 and the last at 1. */
export function quantile(values: Numbers, p: number): number {
  const sorted = list(values).sort((a, b) => a - b), at = p * (sorted.length - 1), k = Math.floor(at);
  return k + 1 < sorted.length ? sorted[k] * (1 - (at - k)) + sorted[k + 1] * (at - k) : sorted[k];
}

/** Fewest replicates for a verdict: of means and smooth functions of them, and of bootstrap draws. */
const FEWEST = { replicates: 10, draws: 3, equal: 6 };

function withShort(evidence: Evidence, fewest: number): Evidence {
  const few = evidence.n < fewest || evidence.lower === evidence.upper && evidence.n < FEWEST.equal;
  return few ? { ...evidence, short: "too few replicates" } : evidence;
}

/** Student's interval, and the same moved by skewness · se · (1 + 2t²) / (6√n). */
export function studentWithGuard(estimate: number, away: readonly number[], se: number): Evidence {
  const n = away.length, t = studentPoint(n - 1);
  const unit = largest(away);
  const second = unit === 0 ? 0 : total(away, (d) => (d / unit) ** 2) / n;
  const skewness = unit === 0 ? 0 : total(away, (d) => (d / unit) ** 3) / n / second ** 1.5;
  const move = skewness * se * (1 + 2 * t * t) / (6 * Math.sqrt(n)),
    lower = estimate - t * se,
    upper = estimate + t * se;
  const guard = { lower: Math.min(lower, lower + move), upper: Math.max(upper, upper + move), why: "skewness" };
  return withShort({ estimate, lower, upper, n, df: n - 1, guard }, FEWEST.replicates);
}

export function meanInterval(values: Numbers): Evidence {
  const centre = mean(values), se = standardDeviation(values) / Math.sqrt(values.length);
  return studentWithGuard(centre, list(values).map((v) => v - centre), se);
}

export const pairedDifference = (a: Numbers, b: Numbers): Evidence => meanInterval(list(a).map((v, i) => v - b[i]));

/** (p̂ + z²/2n ± z√(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n). */
export function proportionInterval(successes: number, n: number): Evidence {
  const z = normalPoint(0.975), p = successes / n, over = 1 + z * z / n;
  const half = z * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)), centre = p + z * z / (2 * n);
  return { estimate: p, lower: (centre - half) / over, upper: (centre + half) / over, n };
}

export function standardErrorInterval(estimate: number, draws: Numbers): Evidence {
  const half = studentPoint(draws.length - 1) * standardDeviation(draws);
  return withShort(
    { estimate, lower: estimate - half, upper: estimate + half, n: draws.length, df: draws.length - 1 },
    FEWEST.draws,
  );
}

type Ends = { readonly lower: number; readonly upper: number };
const mapped = (evidence: Evidence, map: (value: number) => number): Evidence => {
  const ends = ({ lower, upper }: Ends) => {
    const [a, b] = [map(lower), map(upper)];
    return a <= b ? { lower: a, upper: b } : { lower: b, upper: a };
  };
  const { guard } = evidence;
  return { ...evidence, ...ends(evidence), ...(guard && { guard: { ...guard, ...ends(guard) } }) };
};

/** √(1 + n · held/training) times as wide. */
export function overSplits(evidence: Evidence, training: number): Evidence {
  const wider = Math.sqrt(1 + evidence.n * (1 - training) / training), { estimate } = evidence;
  return mapped(evidence, (end) => estimate + wider * (end - estimate));
}

/**
 * Ends beyond what the number can be are put there. All replicates at one end: of n seeds, each anywhere but there with
 * probability s, all are there with probability (1 − s)ⁿ, which is 2.5 % at the largest s that counts.
 */
export function inRange(evidence: Evidence, least: number, most: number, seeds: boolean): Evidence {
  const { estimate, lower, upper, guard, n, short } = evidence;
  if (lower === upper && Number.isFinite(most - least) && [least, most].includes(estimate)) {
    if (short) return evidence;
    if (!seeds) return { ...evidence, short: "no spread at the end of its range" };
    const away = (most - least) * -Math.expm1(Math.log(0.025) / n), why = "all at the end";
    return { ...evidence, guard: { lower: Math.max(least, lower - away), upper: Math.min(most, upper + away), why } };
  }
  const [low, high] = span(evidence);
  if (low >= least && high <= most) return evidence;
  const put = (end: number) => end < least ? Math.min(least, estimate) : end > most ? Math.max(most, estimate) : end;
  const inside = { lower: put(lower), upper: put(upper) };
  const wider = guard && { guard: { ...guard, lower: put(guard.lower), upper: put(guard.upper) } };
  return { ...evidence, ...inside, ...wider, uncut: { lower: low, upper: high } };
}

/** Without each replicate in turn: √((n − 1)/n · Σ(θ₋ᵢ − θ̄₋)²); on the logarithm for spreads. */
export function jackknife(series: readonly number[][], of: (series: number[][]) => number, spread: boolean): Evidence {
  const n = series[0].length, scale = spread ? Math.log : (v: number) => v, back = spread ? Math.exp : (v: number) => v;
  // One replicate of two stands for both, so that a spread is 0 and not undefined.
  const keep = (values: number[], out: number) =>
    n === 2 ? [values[1 - out], values[1 - out]] : values.filter((_, i) => i !== out);
  const all = scale(of(series.map((values) => [...values])));
  const left = Array.from({ length: n }, (_, out) => scale(of(series.map((values) => keep(values, out)))));
  if (![all, ...left].every(Number.isFinite)) {
    const ends = [all, ...left].map(back);
    return { estimate: back(all), lower: Math.min(...ends), upper: Math.max(...ends), n, short: "no spread" };
  }
  const centre = mean(left), away = left.map((v) => centre - v);
  const se = standardDeviation(left) * (n - 1) / Math.sqrt(n);
  const plain = studentWithGuard(all, away, se);
  return { ...mapped(plain, back), estimate: back(all) };
}

/** A generator of its own: multiply with carry, two lanes of 16 bits (Marsaglia 1994). */
function drawsOf(seed: number): (n: number) => number {
  let high = 36969 + seed, low = 18000 + 7 * seed;
  return (n) => {
    high = 36969 * (high & 0xffff) + (high >>> 16);
    low = 18000 * (low & 0xffff) + (low >>> 16);
    return Math.floor((((high << 16) + (low & 0xffff)) >>> 0) / 2 ** 32 * n);
  };
}

const DRAWS = 4000, TENTH = DRAWS / 10;

/** BCa of Efron (1987), with three standard errors of the draws as guard. */
export function bootstrapBca(series: readonly number[][], of: (series: number[][]) => number): Evidence {
  const n = series[0].length, next = drawsOf(20260101);
  const estimate = of(series.map((values) => [...values]));
  const draws = Array.from({ length: DRAWS }, () => {
    const picked = Array.from({ length: n }, () => next(n));
    return of(series.map((values) => picked.map((i) => values[i])));
  });
  const left = Array.from({ length: n }, (_, out) => of(series.map((values) => values.filter((_, i) => i !== out))));
  const centre = mean(left), away = left.map((v) => centre - v);
  const squares = total(away.map((d) => d * d)),
    a = squares === 0 ? 0 : total(away.map((d) => d ** 3)) / (6 * squares ** 1.5);
  const ends = (part: number[]) => {
    const share = total(part.map((d) => d < estimate ? 1 : d === estimate ? 0.5 : 0)) / part.length;
    const bias = normalPoint(Math.min(Math.max(share, 0.5 / part.length), 1 - 0.5 / part.length));
    return [-1, 1].map((side) => {
      const z = bias + side * normalPoint(0.975), shrunk = 1 - a * z;
      return quantile(part, shrunk <= 0 ? (z > 0 ? 1 : 0) : normalBelow(bias + z / shrunk));
    });
  };
  const [lower, upper] = ends(draws);
  const parts = Array.from({ length: 10 }, (_, k) => ends(draws.slice(k * TENTH, (k + 1) * TENTH)));
  const drawn = 3 / Math.sqrt(10) * Math.max(...[0, 1].map((end) => standardDeviation(parts.map((part) => part[end]))));
  const guard = { lower: lower - drawn, upper: upper + drawn, why: "draws" };
  return withShort({ estimate, lower, upper, n, guard, drawn }, FEWEST.replicates);
}

/** Covariance of the logarithms over the variance of those of x. */
export function logLogSlope(x: Numbers, y: Numbers): number {
  const [u, v] = [x, y].map((values) => list(values).map(Math.log)), middle = mean(u), height = mean(v);
  return total(u.map((ui, i) => (ui - middle) * (v[i] - height))) / total(u.map((ui) => (ui - middle) ** 2));
}

/** One more than those above, ties counted half. */
export function ranks(values: Numbers): Float64Array {
  const all = list(values);
  return Float64Array.from(all, (v) => 0.5 + total(all.map((w) => w > v ? 1 : w === v ? 0.5 : 0)));
}

export function seedRanks(values: readonly Numbers[]): Float64Array[] {
  const columns = Array.from({ length: values[0].length }, (_, r) => ranks(values.map((row) => row[r])));
  return values.map((_, k) => Float64Array.from(columns, (column) => column[k]));
}

/** Pearson's correlation of the ranks; 0 where one side is all ties. */
export function rankCorrelation(first: Numbers, second: Numbers): number {
  const [a, b] = [first, second].map((values) => list(ranks(values)));
  const [sa, sb] = [a, b].map(standardDeviation), ma = mean(a), mb = mean(b);
  if (sa === 0 || sb === 0) return 0;
  return total(a.map((v, i) => (v - ma) * (b[i] - mb))) / ((a.length - 1) * sa * sb);
}

/** Over all pairs of rows. */
export function meanRankCorrelation(rows: readonly Numbers[]): number {
  const pairs = rows.flatMap((first, i) => rows.slice(i + 1).map((second) => rankCorrelation(first, second)));
  return mean(pairs);
}

export function leaders(values: readonly Numbers[], difference: (a: Numbers, b: Numbers) => Evidence): number[] {
  const order = values.map((_, k) => k).sort((a, b) => mean(values[b]) - mean(values[a]));
  return order.filter((k) => k === order[0] || difference(values[order[0]], values[k]).lower <= 0);
}

/** (z(0.975) + z(0.8)) standard errors. */
export function minimumDetectableEffect(standardError: number): number {
  return (normalPoint(0.975) + normalPoint(0.8)) * standardError;
}
