import assert from "node:assert/strict";
import { keptOf, nothingKept } from "./kept.ts";

Deno.test("replicates are made once, while 64 MB hold them", async () => {
  const kept = await nothingKept<number>();
  let made = 0;
  const ask = (seed: number) => keptOf(kept, seed, 20e6, () => (made++, seed));
  for (let turn = 0; turn < 2; turn++) for (let seed = 0; seed < 5; seed++) assert.equal(ask(seed), seed);
  assert.deepEqual([made, kept.size], [5 + 2, 3]);
});
