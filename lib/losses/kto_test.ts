import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assertClose, testOnEveryBackend, u } from "../tensor/backends_test_helpers.ts";
import { startBackend, tf } from "../tensor/backend.ts";
import { bco, updateShift } from "./bco.ts";
import { apoZeroUnpaired, kto, ktoReferencePoint } from "./kto.ts";

testOnEveryBackend("the reference point is the mean log-ratio of each replicate's pairs, cut off at 0", () => {
  const policy = tf.tensor2d([[-1, -2, -6], [-5, -9, -7]]), reference = tf.tensor2d([[-2, -4, -6], [-4, -7, -8]]);
  const z0 = ktoReferencePoint({ policy, reference });
  assert.deepEqual([z0.shape, [...z0.dataSync()]], [[2, 1], [1, 0]]);
  // One half of the pairs at a time: cutting off each half's mean first would give (4 + 0)/2.
  const halves = [tf.tensor1d([0, 0]), tf.tensor1d([-6, -6])].map((policy) =>
    ktoReferencePoint({ policy, reference: tf.fill([2], -4) }).dataSync()[0]
  );
  const whole = ktoReferencePoint({ policy: tf.tensor1d([0, 0, -6, -6]), reference: tf.fill([4], -4) }).dataSync()[0];
  assert.deepEqual([halves, whole], [[4, 0], 1]);
});

testOnEveryBackend("a reference point of each replicate acts on its own row", () => {
  const policy = tf.tensor2d([[-3, -2], [-1, 0]]),
    reference = tf.fill([2, 2], -4),
    desirable = tf.tensor2d([[1, 0], [1, 0]]);
  const judged = { policy, reference, desirable };
  const loss = kto(judged, { beta: 1, referencePoint: tf.tensor2d([0.5, 3.5], [2, 1]) });
  const logistic = (x: number) => 1 / (1 + Math.exp(-x));
  assertClose(loss.dataSync(), [logistic(-0.5), logistic(1.5), logistic(0.5), logistic(0.5)], 20 * u, "losses");
});

testOnEveryBackend("gradients do not vanish where 1 − σ(x) rounds to 0", () => {
  const fixed = tf.fill([2], -60), desirable = tf.tensor1d([1, 0]), at = tf.tensor1d([0, -120]);
  const losses = {
    kto: (policy: Tensor) => kto({ policy, reference: fixed, desirable }, { beta: 1, referencePoint: 0 }),
    apo: (policy: Tensor) => apoZeroUnpaired({ policy, reference: fixed, desirable }, { beta: 1 }),
  };
  for (const [name, loss] of Object.entries(losses)) {
    const tail = Math.exp(-60); // σ(−60), and its slope, to within e^{−120}; exp at 60 is off by 60u and the kernel's own
    assertClose(loss(at).dataSync(), [tail, tail], 80 * u * tail, name);
    assertClose(tf.grad((l) => tf.sum(loss(l as Tensor)))(at).dataSync(), [-tail, tail], 80 * u * tail, name);
  }
});

Deno.test("BCO's shift is the mean of all rewards so far, one for each replicate", async () => {
  await startBackend("cpu");
  const reference = tf.tensor2d([[-9, -9], [-8, -8]]);
  const first = updateShift(undefined, { policy: tf.tensor2d([[-7, -5], [-8, -6]]), reference }, { beta: 0.5 });
  assert.deepEqual([[...first.mean], first.count], [[1.5, 0.5], 2]);
  const wide = {
    policy: tf.tensor2d([[-3, -3, -3, -3], [-8, -8, -8, -8]]),
    reference: tf.tensor2d([[-9, -9, -9, -9], [-8, -8, -8, -8]]),
  };
  const second = updateShift(first, wide, { beta: 0.5 });
  assert.deepEqual([[...second.mean], second.count], [[(3 + 12) / 6, 1 / 6], 6]);
  assert.deepEqual([[...first.mean], first.count], [[1.5, 0.5], 2], "a state is not changed by the next");
  const judged = { policy: tf.fill([2, 2], -9), reference, desirable: tf.onesLike(reference) };
  const shift = tf.tensor2d(Float32Array.from(first.mean), [2, 1]);
  const alone = bco({ policy: tf.fill([2], -9), reference: tf.fill([2], -8), desirable: tf.ones([2]) }, {
    beta: 1,
    shift: 0.5,
  });
  assert.deepEqual(bco(judged, { beta: 1, shift }).dataSync().slice(2), alone.dataSync());

  assert.throws(() => updateShift(first, { policy: tf.zeros([3, 2]), reference: tf.zeros([3, 2]) }, { beta: 1 }), {
    name: "TypeError",
    message: "shift: expected 3 means for policy [3,2], got 2",
  });
  assert.throws(() => updateShift(undefined, { policy: tf.zeros([0]), reference: tf.zeros([0]) }, { beta: 1 }), {
    name: "TypeError",
    message: "policy: expected shape [..., B] with B >= 1, got [0]",
  });
});

Deno.test("labels that are neither 0 nor 1, empty pairs and wrong shapes are named", async () => {
  await startBackend("cpu");
  const policy = tf.tensor1d([-1, -2]), reference = tf.tensor1d([-1, -2]);
  const unclear = { policy, reference, desirable: tf.tensor1d([1, 0.5]) };
  const neither = { name: "RangeError", message: "desirable[1] is 0.5: expected 0 or 1" };
  assert.throws(() => kto(unclear, { beta: 1, referencePoint: 0 }), neither);
  assert.throws(() => bco(unclear, { beta: 1, shift: 0 }), neither);
  const judged = { policy, reference, desirable: tf.tensor1d([1, 0]) };
  assert.throws(() => kto(judged, { beta: 1, referencePoint: tf.tensor2d([[1], [1]]) }), {
    name: "TypeError",
    message: "referencePoint: expected a number or a shape that broadcasts to [2], got [2,1]",
  });
  assert.throws(() => kto(judged, { beta: 1, referencePoint: tf.tensor1d([1, -1]) }), {
    name: "RangeError",
    message: "referencePoint[1] is -1: expected a finite number >= 0",
  });
  assert.throws(() => ktoReferencePoint({ policy: tf.zeros([2, 0]), reference: tf.zeros([2, 0]) }), {
    name: "RangeError",
    message: "policy: expected at least one mismatched pair, got [2,0]",
  });
  assert.throws(() => ktoReferencePoint({ policy: tf.scalar(-1), reference: tf.scalar(-1) }), {
    name: "TypeError",
    message: "policy: expected shape [..., M], got []",
  });
});
