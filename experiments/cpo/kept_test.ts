import assert from "node:assert/strict";
import { Kept } from "./kept.ts";

/** A store, and how many replicates it had to make. */
function counting() {
  const kept = new Kept<string, string>();
  let made = 0;
  const ask = (key: string, seeds: number) => {
    const before = made;
    for (let seed = 0; seed < seeds; seed++) {
      assert.equal(kept.of(key, seed, () => (made++, `${key} ${seed}`)), `${key} ${seed}`);
    }
    return made - before;
  };
  return ask;
}

Deno.test("a replicate is made once, while there is room for it", () => {
  const ask = counting();
  assert.deepEqual([ask("a", 60), ask("a", 60), ask("b", 60), ask("a", 60), ask("b", 80)], [60, 0, 60, 0, 20]);
});

Deno.test("another condition takes the room of the oldest, and more replicates than fit are made anew", () => {
  const ask = counting();
  ask("a", 100);
  ask("b", 100);
  assert.equal(ask("c", 10), 10);
  assert.deepEqual([ask("b", 100), ask("a", 100)], [0, 100]);
  assert.deepEqual([ask("d", 300), ask("d", 300)], [300, 100]);
});
