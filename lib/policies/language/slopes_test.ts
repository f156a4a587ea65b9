/** Sums of gradients by parameter. */
import assert from "node:assert/strict";
import { tf } from "../../tensor/backend.ts";
import { testOnEveryBackend } from "../../tensor/backends_test_helpers.ts";
import { Slopes } from "./slopes.ts";

testOnEveryBackend("slopes add up, stay beyond the tidy they were added in, and leave with dispose", () => {
  const [a, b] = [tf.variable(tf.zeros([2])), tf.variable(tf.zeros([1]))];
  const before = tf.memory().numTensors, slopes = new Slopes();
  const first = tf.tensor1d([1, 2]);
  tf.tidy(() => {
    slopes.add(a, first);
    slopes.add(a, tf.tensor1d([10, 20]));
  });
  first.dispose(); // the caller's; the sum is another tensor
  const [sum, none] = slopes.of([a, b]);
  assert.deepEqual([[...sum.dataSync()], [...none.dataSync()]], [[11, 22], [0]]);
  none.dispose();
  assert.equal(tf.memory().numTensors, before + 1);
  slopes.dispose();
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual([...slopes.of([a])[0].dataSync()], [0, 0]);
});
