import assert from "node:assert/strict";
import fc from "fast-check";
import { normalCdf, normalQuantile, studentQuantile } from "./distributions.ts";

fc.configureGlobal({ seed: 20260404 });

// Tabulated values: computed with mpmath at 30 digits, from erfinv and from the regularised incomplete beta function.
const NORMAL_QUANTILES: [p: number, quantile: number][] = [
  [1e-9, -5.9978070150076869],
  [1e-6, -4.7534243088228989],
  [0.0005, -3.2905267314918948],
  [0.025, -1.9599639845400542],
  [0.3, -0.52440051270804078],
  [0.5, 0],
  [0.8, 0.84162123357291421],
  [0.95, 1.6448536269514727],
  [0.975, 1.9599639845400542],
  [0.995, 2.5758293035489008],
  [0.9995, 3.2905267314918948],
];
const NORMAL_CDF: [x: number, p: number][] = [
  [-6, 9.8658764503769814e-10],
  [-3, 0.0013498980316300945],
  [-0.1, 0.46017216272297102],
  [1, 0.84134474606854295],
  [2.5, 0.99379033467422386],
  [5, 0.99999971334842812],
];
const STUDENT_QUANTILES: [p: number, df: number, quantile: number][] = [
  [0.975, 1, 12.706204736174705],
  [0.975, 2, 4.3026527297494639],
  [0.975, 3, 3.1824463052837096],
  [0.975, 4, 2.7764451051977944],
  [0.975, 10, 2.2281388519862747],
  [0.975, 19, 2.0930240544083098],
  [0.975, 29, 2.0452296421327043],
  [0.975, 100, 1.9839715185235523],
  [0.975, 999, 1.96234146113345],
  [0.975, 1000, 1.9623390808264085],
  [0.975, 100000, 1.9599877075346096],
  [0.6, 1, 0.32491969623290633],
  [0.6, 5, 0.26718086570414513],
  [0.6, 30, 0.25560536495191277],
  [0.9995, 1, 636.61924876871962],
  [0.9995, 5, 6.8688266258811102],
  [0.9995, 19, 3.8834058525920829],
  [0.9995, 1000, 3.3002826484239129],
];

Deno.test("normal quantiles agree with the table to 1e-8", () => {
  for (const [p, quantile] of NORMAL_QUANTILES) assert.ok(Math.abs(normalQuantile(p) - quantile) < 1e-8, `p = ${p}`);
});

Deno.test("normal probabilities agree with the table to 1e-12 and stay in [0, 1] far out", () => {
  for (const [x, p] of NORMAL_CDF) assert.ok(Math.abs(normalCdf(x) - p) < 1e-12, `x = ${x}`);
  assert.equal(normalCdf(-Infinity), 0);
  assert.equal(normalCdf(1e9), 1);
});

Deno.test("Student quantiles agree with the table to 1e-8 relative, on both sides of the switch to the expansion", () => {
  for (const [p, df, quantile] of STUDENT_QUANTILES) {
    assert.ok(Math.abs(studentQuantile(p, df) / quantile - 1) < 1e-8, `p = ${p}, df = ${df}`);
    // 1 - p is rounded, which moves the quantile by eps / density: 1e-8 covers it at p = 0.0005, df = 1 (1e-16 * 1e6).
    assert.ok(Math.abs(studentQuantile(1 - p, df) / quantile + 1) < 1e-8, `p = ${1 - p}, df = ${df}`);
  }
});

Deno.test("the normal quantile inverts the probability", () => {
  fc.assert(fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), (p) => {
    assert.ok(Math.abs(normalCdf(normalQuantile(p)) - p) < 1e-9);
  }));
});

Deno.test("Student quantiles fall to the normal's with the degrees of freedom", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.55, max: 0.999, noNaN: true }), fc.integer({ min: 1, max: 2000 }), (p, df) => {
      const quantile = studentQuantile(p, df);
      assert.ok(quantile > studentQuantile(p, df + 1) && quantile > normalQuantile(p));
    }),
  );
});

Deno.test("probabilities and degrees of freedom out of range are named", () => {
  assert.throws(() => normalQuantile(0), { name: "RangeError", message: "p must be in [1e-9, 1 - 1e-9], got 0" });
  assert.throws(() => studentQuantile(0.9, 2.5), {
    name: "RangeError",
    message: "df must be a whole number >= 1, got 2.5",
  });
  assert.throws(() => normalQuantile("0.5" as unknown as number), {
    name: "TypeError",
    message: "p must be a number, got string",
  });
  assert.throws(() => normalCdf(NaN), { name: "RangeError", message: "x must be a number, got NaN" });
});
