/**
 * How numbers are written in captions, tables and tips.
 *
 * @module
 */

/** The typographic minus sign. */
const MINUS = "\u2212";

const SUPERSCRIPTS: Readonly<Record<string, string>> = Object.fromEntries(
  [..."0123456789-"].map((digit, i) => [digit, [..."⁰¹²³⁴⁵⁶⁷⁸⁹⁻"][i]]),
);

/** Groups the integer part by commas from five digits on, and sets the minus sign; "-0.0" loses its sign. */
function typeset(plain: string): string {
  const negative = plain.startsWith("-") && /[1-9]/.test(plain);
  const [integer, fraction] = plain.replace("-", "").split(".");
  const grouped = integer.length > 4 ? integer.replace(/\B(?=(\d{3})+$)/g, ",") : integer;
  return (negative ? MINUS : "") + grouped + (fraction === undefined ? "" : `.${fraction}`);
}

/** What stands for a number that is not finite, or undefined. */
function nonFinite(value: number): string | undefined {
  if (Number.isFinite(value)) return undefined;
  return Number.isNaN(value) ? "–" : value > 0 ? "∞" : `${MINUS}∞`;
}

/**
 * A power of ten with superscript digits.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(powerOfTen(-3), "10⁻³");
 * ```
 */
export function powerOfTen(exponent: number): string {
  return "10" + [...String(exponent)].map((character) => SUPERSCRIPTS[character]).join("");
}

/**
 * A number with a fixed count of decimals. NaN is shown as an en dash.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(formatFixed(-0.126, 2), "−0.13");
 * assert.equal(formatFixed(-0.001, 2), "0.00");
 * assert.equal(formatFixed(123456.7, 0), "123,457");
 * ```
 * @throws RangeError when `decimals` is not an integer from 0 to 20
 */
export function formatFixed(value: number, decimals: number): string {
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > 20) {
    throw new RangeError(`decimals must be an integer from 0 to 20, got ${decimals}`);
  }
  return nonFinite(value) ?? (Math.abs(value) >= 1e15 ? formatNumber(value) : typeset(value.toFixed(decimals)));
}

/**
 * A number with that many significant digits, without trailing zeros; integers below a million are shown in full, and
 * magnitudes from a million on or below 0.0001 as a multiple of a power of ten.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(formatNumber(0.123456), "0.123");
 * assert.equal(formatNumber(12345), "12,345");
 * assert.equal(formatNumber(-0.0000123), "−1.23×10⁻⁵");
 * ```
 */
export function formatNumber(value: number, significant = 3): string {
  const special = nonFinite(value);
  if (special !== undefined) return special;
  if (value === 0) return "0";
  const magnitude = Math.abs(value);
  if (Number.isInteger(value) && magnitude < 1e6) return typeset(String(value));
  const [mantissa, exponent] = value.toExponential(significant - 1).split("e");
  if (Number(exponent) >= 6 || Number(exponent) < -4) {
    return `${typeset(String(Number(mantissa)))}×${powerOfTen(Number(exponent))}`;
  }
  const decimals = Math.max(0, significant - 1 - Number(exponent));
  const fixed = value.toFixed(decimals);
  return typeset(decimals > 0 ? fixed.replace(/\.?0+$/, "") : fixed);
}

/**
 * Decimals that an uncertainty of this size supports: two significant digits of it, or one when it begins with 0.355
 * or more (the rounding rule of the Particle Data Group).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([0.04, 0.02, 30].map(decimalsFor), [2, 3, 0]);
 * ```
 */
export function decimalsFor(uncertainty: number): number {
  if (!(uncertainty > 0) || !Number.isFinite(uncertainty)) return 3;
  const exponent = Math.floor(Math.log10(uncertainty));
  const leading = uncertainty / 10 ** exponent;
  return Math.min(10, Math.max(0, (leading < 3.55 ? 1 : 0) - exponent));
}

/** Half-widths below this would have more decimals than are read. */
const TINY = 1e-7;

/** The same in powers of ten, each number down to the first digit of the half-width. */
function tinyInterval(half: number, ...numbers: readonly [estimate: number, lower: number, upper: number]): string {
  const last = Math.floor(Math.log10(half) + 1e-9);
  const [value, low, high] = numbers.map((number) => {
    const rounded = Math.round(number / 10 ** last);
    if (rounded === 0) return "0";
    const [mantissa, power] = number.toExponential(Math.max(0, String(Math.abs(rounded)).length - 1)).split("e");
    return `${typeset(mantissa)}×${powerOfTen(Number(power))}`;
  });
  return `${value} [${low}, ${high}]`;
}

/**
 * An estimate with its interval, rounded to what the interval's half-width supports.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(formatInterval(0.1204, 0.0812, 0.1598), "0.12 [0.08, 0.16]");
 * assert.equal(formatInterval(-0.25, -0.55, 0.05), "−0.25 [−0.55, 0.05]");
 * assert.equal(formatInterval(1.2e-12, 1e-12, 1.4e-12), "1.2×10⁻¹² [1.0×10⁻¹², 1.4×10⁻¹²]");
 * ```
 */
export function formatInterval(estimate: number, lower: number, upper: number): string {
  const half = (upper - lower) / 2;
  if (half > 0 && half < TINY) return tinyInterval(half, estimate, lower, upper);
  const decimals = decimalsFor((upper - lower) / 2);
  const [value, low, high] = [estimate, lower, upper].map((number) => formatFixed(number, decimals));
  return `${value} [${low}, ${high}]`;
}

/**
 * A fraction as a percentage.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(formatPercent(0.9512), "95.1%");
 * ```
 */
export function formatPercent(fraction: number, decimals = 1): string {
  return Number.isFinite(fraction) ? `${formatFixed(100 * fraction, decimals)}%` : formatFixed(fraction, 0);
}

/**
 * A length of time.
 *
 * @param seconds wall time, >= 0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(formatDuration(4.26), "4.3 s");
 * assert.equal(formatDuration(95), "1 min 35 s");
 * assert.equal(formatDuration(480), "8 min");
 * assert.equal(formatDuration(7380), "2 h 3 min");
 * ```
 */
export function formatDuration(seconds: number): string {
  if (seconds < 59.95) return `${formatFixed(seconds, 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return twoUnits(whole, "min", "s");
  return twoUnits(Math.round(seconds / 60), "h", "min");
}

/** A count of sixtieths in two units, the smaller left out when it is zero. */
function twoUnits(count: number, large: string, small: string): string {
  const rest = count % 60;
  return `${Math.floor(count / 60)} ${large}` + (rest ? ` ${rest} ${small}` : "");
}
