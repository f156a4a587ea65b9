import assert from "node:assert/strict";
import fc from "fast-check";
import { entryWidth, flow, spread } from "./legend.ts";
import { methodIds } from "./methods.ts";

Deno.test("labels moved apart keep their order, their distance and the bounds", () => {
  const wanted = fc.array(fc.double({ min: -50, max: 350, noNaN: true }), { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(wanted, (places) => {
    const moved = spread(places, 15, 0, 300);
    const order = places.map((_, i) => i).sort((a, b) => moved[a] - moved[b]);
    for (const [rank, i] of order.entries()) {
      assert.ok(moved[i] >= -1e-9 && moved[i] <= 300 + 1e-9);
      if (rank === 0) continue;
      assert.ok(moved[i] - moved[order[rank - 1]] >= 15 - 1e-9);
      assert.ok(places[i] >= places[order[rank - 1]]);
    }
  }));
});

Deno.test("labels far apart stay where they are", () => {
  assert.deepEqual(spread([90, 10, 50], 15, 0, 100), [90, 10, 50]);
});

Deno.test("the key breaks into rows within its width", () => {
  const entries = methodIds().map((method) => ({ method, name: method }));
  for (const { entry, x } of flow(entries, 720, true)) assert.ok(x + entryWidth(entry, true) <= 720);
});
