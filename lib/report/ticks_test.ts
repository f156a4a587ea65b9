import assert from "node:assert/strict";
import { ticks } from "d3-array";
import fc from "fast-check";
import { logTicks, tickLabels } from "./ticks.ts";

Deno.test("log ticks lie in the range and are at least two", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -12, max: 12, noNaN: true }),
      fc.double({ min: 0.05, max: 15, noNaN: true }),
      (start, decades) => {
        const low = 10 ** start, high = 10 ** (start + decades);
        const ticks = logTicks(low, high);
        assert.ok(ticks.length >= 2 && ticks.length <= 12, `${ticks.length} in ${low}..${high}`);
        for (const tick of ticks) assert.ok(tick >= low * (1 - 1e-6) && tick <= high * (1 + 1e-6));
      },
    ),
  );
});

Deno.test("labels are plain numbers, and powers of ten only where those are long", () => {
  assert.deepEqual(tickLabels([0.2, 0.5], "log"), ["0.2", "0.5"]);
  assert.deepEqual(tickLabels([-1, -0.5, 0], "linear"), ["−1.0", "−0.5", "0.0"]);
  assert.deepEqual(tickLabels([1e-4, 1e-2, 1], "log"), ["10⁻⁴", "10⁻²", "10⁰"]);
  assert.deepEqual(tickLabels([0, 2e6], "linear"), ["0", "2×10⁶"]);
  assert.deepEqual(tickLabels([10000, 20000], "linear"), ["10,000", "20,000"]);
});

Deno.test("no two ticks have one label, however large the number that they stand on", () => {
  const labels = tickLabels(ticks(1e9, 1e9 + 0.2, 5), "linear");
  assert.equal(new Set(labels).size, labels.length);
  assert.deepEqual(labels.slice(0, 2), ["1,000,000,000.00", "1,000,000,000.05"]);
});

Deno.test("a log axis with two whole powers inside has ticks all along it", () => {
  const ticks = logTicks(0.0019, 0.7);
  assert.ok(ticks[0] < 0.003 && ticks.at(-1)! >= 0.5 && ticks.length >= 6, ticks.join());
});
