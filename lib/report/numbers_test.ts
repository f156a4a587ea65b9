import assert from "node:assert/strict";
import fc from "fast-check";
import { decimalsFor, formatFixed, formatInterval, formatNumber, formatPercent } from "./numbers.ts";

/** Reads a formatted number back. */
function read(text: string): number {
  const [mantissa, power] = text.replaceAll(",", "").replaceAll("\u2212", "-").split("×10");
  const digits = [...power ?? "⁰"].map((c) => "0123456789-"["⁰¹²³⁴⁵⁶⁷⁸⁹⁻".indexOf(c)]).join("");
  return Number(`${mantissa}e${digits}`);
}

Deno.test("formatNumber keeps three significant digits", () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }), (value) => {
    const back = read(formatNumber(value));
    // Half a unit of the third digit is at most 0.5/100 of the value; subnormals have no three digits.
    if (Math.abs(value) > 1e-300) assert.ok(Math.abs(back - value) <= 0.00501 * Math.abs(value), formatNumber(value));
  }));
});

Deno.test("numbers that are not finite, or round to zero", () => {
  assert.equal(formatNumber(NaN), "–");
  assert.equal(formatNumber(-Infinity), "\u2212∞");
  assert.equal(formatFixed(Infinity, 2), "∞");
  assert.equal(formatFixed(-1e-9, 3), "0.000");
  assert.equal(formatPercent(NaN), "–");
  assert.throws(() => formatFixed(1, -1), {
    name: "RangeError",
    message: "decimals must be an integer from 0 to 20, got -1",
  });
});

Deno.test("an uncertainty of 0.354 supports two digits, one of 0.356 supports one", () => {
  assert.equal(decimalsFor(0.354), 2);
  assert.equal(decimalsFor(0.356), 1);
  assert.equal(decimalsFor(120), 0);
  assert.equal(decimalsFor(0), 3);
});

Deno.test("intervals of all sizes", () => {
  assert.equal(formatInterval(12345.6, 12000, 12700), "12,346 [12,000, 12,700]");
  assert.equal(formatInterval(0.00012, 0.00011, 0.00013), "0.000120 [0.000110, 0.000130]");
  assert.equal(formatInterval(1, 1, 1), "1.000 [1.000, 1.000]");
});

Deno.test("intervals of tiny numbers are in powers of ten, and never zeros", () => {
  assert.equal(formatInterval(1.2e-12, 1e-12, 1.4e-12), "1.2×10⁻¹² [1.0×10⁻¹², 1.4×10⁻¹²]");
  assert.equal(formatInterval(2e-10, -3e-9, 4e-9), "0 [−3×10⁻⁹, 4×10⁻⁹]");
  assert.equal(formatInterval(-3e-12, -4e-12, -2e-12), "−3×10⁻¹² [−4×10⁻¹², −2×10⁻¹²]");
});
