/** What a step of training takes it gives back; what the system sees of it is in `memory_slow_test.ts`. */
import assert from "node:assert/strict";
import { tf } from "../tensor/backend.ts";
import { testOnEveryProcessorBackend } from "../tensor/backends_test_helpers.ts";
import { type Held, trainTable } from "./memory_test_helpers.ts";

testOnEveryProcessorBackend("every step of training holds what the third held, and nothing when done", (backend) => {
  const before = tf.memory().numTensors;
  let third: Held | undefined;
  // Every step is held to the third, so that a leak shows at the fourth; pools of memory, which are ours, get longer to go wrong.
  trainTable(backend === "native" || backend === "wasm" ? 2_000 : 300, (step, held) => {
    if (step === 2) third = held; // the first steps make what is kept
    else if (step > 2) assert.deepEqual(held, third, `step ${step}`);
  });
  assert.ok(third);
  assert.equal(tf.memory().numTensors, before);
});
