import assert from "node:assert/strict";
import { dpo } from "../losses/dpo.ts";
import { type Tensor, tf } from "../tensor/backend.ts";
import { assertClose, numericGradient, rounded, testOnEveryBackend, u } from "../tensor/backends_test_helpers.ts";
import { Rng } from "../random.ts";
import { fit } from "../training/fit.ts";
import { mlp } from "./mlp.ts";

const widths = [3, 7, 4], N = 6;

testOnEveryBackend("logits against float64, and the gradient in weights and biases", () => {
  const R = 2, policy = mlp({ widths, rngs: [Rng.seed(1), Rng.seed(2)] }), rng = Rng.seed(3);
  policy.parameters.forEach((p) => {
    if (p.shape[1] === 1) p.assign(tf.tensor(Float32Array.from(rng.normals(p.size)), p.shape)); // biases that matter
  });
  const x = rounded(rng.normals(R * N * 3)), actions = Uint32Array.from({ length: R * N }, () => rng.integer(4));
  const input = tf.tensor3d(Float32Array.from(x), [R, N, 3]);
  const manual = (parameters: ArrayLike<number>[]) => {
    const [w1, b1, w2, b2] = parameters, logps: number[] = [];
    for (let i = 0; i < R * N; i++) {
      const r = Math.floor(i / N);
      const hidden = Array.from({ length: 7 }, (_, h) => {
        let sum = b1[r * 7 + h];
        for (let d = 0; d < 3; d++) sum += x[i * 3 + d] * w1[(r * 3 + d) * 7 + h];
        return Math.max(sum, 0);
      });
      const out = Array.from(
        { length: 4 },
        (_, a) => hidden.reduce((sum, v, h) => sum + v * w2[(r * 7 + h) * 4 + a], b2[r * 4 + a]),
      );
      logps.push(out[actions[i]] - Math.log(out.reduce((sum, l) => sum + Math.exp(l), 0)));
    }
    return logps;
  };
  const values = policy.parameters.map((p) => rounded(p.dataSync()));
  const logProb = () => policy.logProb(policy.logProbs(input), actions);
  assertClose(logProb().dataSync(), manual(values), 200 * u, "log-probs"); // some 10 products below 10 in each of two layers
  const { grads } = tf.variableGrads(() => tf.sum(logProb()) as Tensor as never, [...policy.parameters]);
  policy.parameters.forEach((p, i) => {
    const objective = (at: Float64Array) =>
      manual(values.map((v, j) => j === i ? at : v)).reduce((sum, l) => sum + l, 0);
    assertClose((grads[p.name] as Tensor).dataSync(), numericGradient(objective, values[i]), 2e-5, `gradient ${i}`);
  });
  policy.dispose();
});

testOnEveryBackend("a replicate among others trains as it does alone", () => {
  const train = (seeds: number[]) => {
    const R = seeds.length, policy = mlp({ widths, rngs: seeds.map((seed) => Rng.seed(seed)) });
    const draw = <T>(f: (rng: Rng) => ArrayLike<T>) =>
      seeds.flatMap((seed) => Array.from(f(Rng.seed(seed).fork("data"))));
    const x = tf.tensor3d(Float32Array.from(draw((rng) => rng.normals(N * 3))), [R, N, 3]);
    const pick = (name: string) => Uint32Array.from(draw((rng) => rng.fork(name).categorical([1, 1, 1, 1], N)));
    const chosen = pick("chosen"), rejected = pick("rejected"), reference = tf.fill([R, N], -Math.log(4));
    const loss = () => {
      const logProbs = policy.logProbs(x);
      return tf.mean(
        dpo({
          policyChosen: policy.logProb(logProbs, chosen),
          policyRejected: policy.logProb(logProbs, rejected),
          referenceChosen: reference,
          referenceRejected: reference,
        }, { beta: 1 }),
        -1,
      ) as Tensor;
    };
    const end = fit({ parameters: policy.parameters, loss, steps: 20, learningRate: 0.01, arm: "mlp", seeds });
    policy.dispose();
    return end;
  };
  const together = train([4, 5, 6]);
  [4, 5, 6].forEach((seed, r) => assert.equal(together.loss[r], train([seed]).loss[0]));
  assert.ok(together.loss.every((l) => l < Math.LN2));
});

testOnEveryBackend("mistakes are named", () => {
  assert.throws(() => mlp({ widths: [3], rngs: [Rng.seed(0)] }), {
    name: "RangeError",
    message: "widths: expected at least input and output, got 1",
  });
  const policy = mlp({ widths, rngs: [Rng.seed(0), Rng.seed(1)] }), logProbs = policy.logProbs(tf.zeros([2, 1, 3]));
  assert.throws(() => policy.logProb(logProbs, Uint32Array.of(0, 4)), {
    name: "RangeError",
    message: "index[1] is 4, but the last axis has 4 entries",
  });
  policy.dispose();
});
