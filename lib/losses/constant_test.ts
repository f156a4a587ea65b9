import assert from "node:assert/strict";
import { testOnEveryBackend } from "../tensor/backends_test_helpers.ts";
import { type Tensor, tf } from "../tensor/backend.ts";
import { bco } from "./bco.ts";
import { byLabel, constantLike } from "./constant.ts";
import { reverseKl } from "./distribution.ts";
import { kto, ktoReferencePoint } from "./kto.ts";
import { reinforce } from "./policy_gradient.ts";
import { bradleyTerry } from "./reward.ts";

testOnEveryBackend("what losses are given to hold fixed has no gradient, even where the policy made it", () => {
  const one = tf.tensor1d([-1, -2, -3]), other = tf.tensor1d([-0.5, -1, -1]), desirable = tf.tensor1d([1, 0, 1]);
  const judged = { policy: one, reference: other, desirable };
  const uses: Record<string, (fixed: Tensor) => Tensor> = {
    referencePoint: (x) => kto(judged, { beta: 1, referencePoint: x }),
    shift: (x) => bco(judged, { beta: 1, shift: x }),
    margin: (x) => bradleyTerry({ chosen: one, rejected: other }, { margin: x }),
    "baseline of REINFORCE": (x) => reinforce({ policy: one, reward: other }, { baseline: x }),
    "baseline of reverse KL": (x) =>
      reverseKl({ policy: one, reference: other, reward: other }, { gamma: 1, klWeight: 1, baseline: x }),
    "the reference point itself": (x) => ktoReferencePoint({ policy: tf.sub(x, 4), reference: tf.fill(x.shape, -4) }),
    constantLike: (x) => constantLike("x", x, one),
    byLabel: (x) => byLabel("x", tf.mul(x, 0), 1, 0),
  };
  for (const [name, use] of Object.entries(uses)) {
    // Tied to the result, as tf.grad demands.
    const slope = tf.grad((x) => tf.add(tf.sum(use(x as Tensor)), tf.mul(tf.sum(x), 0)))(tf.tensor1d([1, 2, 3]));
    assert.deepEqual([...slope.dataSync()], [0, 0, 0], name);
  }
});

testOnEveryBackend("shapes that broadcast without enlarging are taken, others named", () => {
  const like = tf.zeros([2, 3]) as Tensor;
  for (const shape of [[], [3], [1], [1, 3], [2, 1], [2, 3]]) {
    assert.deepEqual(constantLike("x", tf.zeros(shape), like).shape, shape);
  }
  for (const shape of [[2], [3, 3], [1, 2, 3]]) {
    assert.throws(() => constantLike("x", tf.zeros(shape), like), {
      name: "TypeError",
      message: `x: expected a number or a shape that broadcasts to [2,3], got [${shape}]`,
    });
  }
  assert.throws(() => constantLike("x", "1" as never, like), {
    name: "TypeError",
    message: "x: expected a number or a tensor, got string",
  });
  assert.throws(() => constantLike("x", tf.tensor2d([[0], [NaN]]), like), {
    name: "RangeError",
    message: "x[1] is NaN: expected a finite number",
  });
});
