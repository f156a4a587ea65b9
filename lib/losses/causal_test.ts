import assert from "node:assert/strict";
import fc from "fast-check";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assertClose, numericGradient, rounded, testOnEveryBackend, u } from "../tensor/backends_test_helpers.ts";
import { startBackend, tf } from "../tensor/backend.ts";
import { Rng } from "../random.ts";
import { cpo, drCpo, outcomeOnly, plain, type Ratio, releasedCausalLoss } from "./causal.ts";
import { manualWeighted } from "./causal_test_helpers.ts";

const ratios: Record<string, Ratio> = {
  plain: plain.ratio,
  "self-normalised": { kind: "self-normalised" },
  stabilised: { kind: "stabilised", low: 0.8, high: 1.2 },
};
const vector = (x: ArrayLike<number>): Tensor => tf.tensor1d(Float32Array.from(x));
const sum = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0);
const gradients = (f: (...x: Tensor[]) => Tensor, at: Tensor[]) =>
  tf.grads((...x: Tensor[]) => tf.sum(f(...x)))(at).map((g) => g.dataSync());

/** A batch away from the clip's kinks, in numbers that float32 holds. */
function batch(seed: number, size: number) {
  const rng = Rng.seed(seed);
  const draw = (name: string, scale: number, shift = 0) =>
    rounded(rng.fork(name).normals(size).map((z) => z * scale + shift));
  const logpR = draw("assigned", 1, -4);
  const ratio = draw("ratio", 0.7).map((r) => r + (Math.abs(Math.abs(r) - 0.2) < 0.05 ? 0.1 : 0)); // kinks: ln 0.8, ln 1.2
  return {
    logpR,
    logpF: rounded(logpR.map((l, i) => l + ratio[i])),
    outcome: draw("outcome", 1, 0.5),
    prediction: draw("prediction", 0.8, 0.3),
    baseline: Math.fround(0.4),
  };
}
// Inputs are below 10 in size, exact; the difference, exp, mean over 8 and two products: 10u + (4 + 8 + 4)u relatively, of
// losses below 30.
const bound = 30 * 26 * u;

testOnEveryBackend("CPO, outcome-only and DR-CPO: values and gradients against float64, for every ratio", () => {
  const [logged, other] = [batch(1, 8), batch(2, 5)];
  const advantage = {
    cpo: logged.outcome.map((y) => y - logged.baseline),
    correction: logged.outcome.map((y, i) => y - logged.prediction[i]),
  };
  for (const [name, ratio] of Object.entries(ratios)) {
    const forms = {
      cpo: {
        ours: (l: Tensor) =>
          cpo({ logpF: l, logpR: vector(logged.logpR), outcome: vector(logged.outcome) }, {
            ratio,
            baseline: logged.baseline,
          }),
        manual: (l: Float64Array) => manualWeighted(l, logged.logpR, advantage.cpo, ratio),
        at: logged.logpF,
      },
      outcomeOnly: {
        ours: (l: Tensor) =>
          outcomeOnly({ logpF: l, logpF0: vector(other.logpR), prediction: vector(other.prediction) }, { ratio }),
        manual: (l: Float64Array) => manualWeighted(l, other.logpR, other.prediction, ratio),
        at: other.logpF,
      },
      correction: {
        ours: (l: Tensor) =>
          drCpo(
            {
              logpF: l,
              logpR: vector(logged.logpR),
              outcome: vector(logged.outcome),
              prediction: vector(logged.prediction),
            },
            { logpF: vector(other.logpF), logpF0: vector(other.logpR), prediction: vector(other.prediction) },
            { ratio },
          ).correction,
        manual: (l: Float64Array) => manualWeighted(l, logged.logpR, advantage.correction, ratio),
        at: logged.logpF,
      },
      "outcome of DR-CPO": {
        ours: (l: Tensor) =>
          drCpo(
            {
              logpF: vector(logged.logpF),
              logpR: vector(logged.logpR),
              outcome: vector(logged.outcome),
              prediction: vector(logged.prediction),
            },
            { logpF: l, logpF0: vector(other.logpR), prediction: vector(other.prediction) },
            { ratio },
          ).outcome,
        manual: (l: Float64Array) => manualWeighted(l, other.logpR, other.prediction, ratio),
        at: other.logpF,
      },
    };
    for (const [form, { ours, manual, at }] of Object.entries(forms)) {
      assertClose(ours(vector(at)).dataSync(), manual(at), bound, `${form}, ${name}`);
      const [slope] = gradients(ours, [vector(at)]);
      assertClose(slope, numericGradient((l) => sum(manual(l)), at), bound, `${form}, ${name}: gradient`);
      assert.ok(slope.some((s) => Math.abs(s) > 0.01), `${form}, ${name}: a gradient that moves`);
    }
  }
});

testOnEveryBackend("plain weights: the slope in logpF is the loss itself", () => {
  const { logpF, logpR, outcome } = batch(3, 6);
  const loss = (l: Tensor) => cpo({ logpF: l, logpR: vector(logpR), outcome: vector(outcome) }, plain);
  const l = vector(logpF);
  assert.deepEqual([...gradients(loss, [l])[0]], [...loss(l).dataSync()]);
});

testOnEveryBackend("gradients flow through logpF and the entropy alone", () => {
  const { logpF, logpR, outcome, prediction } = batch(4, 6);
  const zero = (g: ArrayLike<number>, name: string) => assert.deepEqual([...Array.from(g)], new Array(6).fill(0), name);
  for (const [name, ratio] of Object.entries(ratios)) {
    const inputs = [logpF, logpR, outcome, prediction].map(vector);
    const forms: Record<string, (...x: Tensor[]) => Tensor> = {
      cpo: (l, r, y, b) => cpo({ logpF: l, logpR: r, outcome: y }, { ratio, baseline: b }),
      outcomeOnly: (l, r, _, p) => outcomeOnly({ logpF: l, logpF0: r, prediction: p }, { ratio }),
      drCpo: (l, r, y, p) => {
        const parts = drCpo(
          { logpF: l, logpR: r, outcome: y, prediction: p },
          { logpF: tf.mul(l, 0.5), logpF0: r, prediction: p },
          { ratio },
        );
        return tf.add(parts.correction, parts.outcome);
      },
      released: (l, r, y, p) =>
        releasedCausalLoss(
          { logpF: l, logpR: r, outcome: y, prediction: p },
          { logpF: tf.mul(l, 0.5), logpF0: r, prediction: p },
          { ipwWeight: 1, outcomeWeight: 1, higherIsBetter: true, uniformTexts: 9, normaliseOutcomeTerm: true },
        ),
    };
    for (const [form, loss] of Object.entries(forms)) {
      // Every input is computed, as if someone took it from the policy, and tied to the result, as tf.grads demands.
      const slopes = gradients((...x) => {
        const computed = x.map((t) => tf.mul(t, 1));
        return tf.add(loss(...computed), tf.mul(computed.reduce((a, b) => tf.add(a, b)), 0));
      }, inputs);
      assert.ok(slopes[0].some((s) => s !== 0), `${form} ${name}: logpF`);
      slopes.slice(1).forEach((slope, i) => zero(slope, `${form} ${name}: input ${i + 1}`));
    }
  }
  const bonus = (h: Tensor) =>
    cpo({ logpF: vector(logpF), logpR: vector(logpR), outcome: vector(outcome) }, {
      ...plain,
      entropyBonus: { weight: 0.25, entropy: h },
    });
  assert.deepEqual([...gradients(bonus, [vector(outcome)])[0]], new Array(6).fill(-0.25));
});

testOnEveryBackend("a batch in another order gives the same losses in that order", () => {
  const { logpF, logpR, outcome } = batch(5, 12), order = Rng.seed(6).permutation(12);
  const along = (x: Float64Array) => Float64Array.from(order, (i) => x[i]);
  for (const [name, ratio] of Object.entries(ratios)) {
    const of = (move: (x: Float64Array) => Float64Array) =>
      cpo({ logpF: vector(move(logpF)), logpR: vector(move(logpR)), outcome: vector(move(outcome)) }, { ratio })
        .dataSync();
    // Self-normalised: a sum in another order, 12 roundings; the others to the bit.
    const slack = name === "self-normalised" ? (v: number) => 24 * u * Math.abs(v) : 0;
    assertClose(of(along), along(Float64Array.from(of((x) => x))), slack, name);
  }
});

testOnEveryBackend(
  "replicates are rows that do not mix, with a column of baselines and a shared row of propensities",
  () => {
    const rows = [batch(7, 8), batch(8, 8), batch(9, 8)];
    const table = (pick: (b: typeof rows[0]) => Float64Array) =>
      tf.tensor2d(Float32Array.from(rows.flatMap((b) => [...pick(b)])), [3, 8]) as Tensor;
    const baselines = [0.25, -1, 2];
    for (const [name, ratio] of Object.entries(ratios)) {
      const together = cpo(
        { logpF: table((b) => b.logpF), logpR: vector(rows[0].logpR), outcome: table((b) => b.outcome) },
        { ratio, baseline: tf.tensor2d(baselines, [3, 1]) },
      );
      assert.deepEqual(together.shape, [3, 8]);
      const alone = rows.flatMap((b, r) => [
        ...cpo(
          { logpF: vector(b.logpF), logpR: vector(rows[0].logpR), outcome: vector(b.outcome) },
          { ratio, baseline: baselines[r] },
        ).dataSync(),
      ]);
      assert.deepEqual([...together.dataSync()], alone, name);
    }
  },
);

testOnEveryBackend("self-normalised: scale-free, weights average one, a constant outcome teaches nothing", () => {
  const { logpF, logpR, outcome } = batch(10, 16), ratio = ratios["self-normalised"];
  const at = (shift: number, y: Float64Array) =>
    cpo({ logpF: vector(logpF), logpR: vector(logpR.map((l) => l + shift)), outcome: vector(y) }, { ratio }).dataSync();
  // The shift rounds log-probs of up to 40: 40u each in the exponent.
  assertClose(at(-30, outcome), at(0, outcome), (v) => 120 * u * Math.abs(v) + u, "shifted propensities");
  const ones = new Float64Array(16).fill(1);
  assertClose([sum(at(0, ones))], [-16], 16 * 30 * u, "sum of weights");
  const constant = (l: Tensor) => cpo({ logpF: l, logpR: vector(logpR), outcome: vector(ones) }, { ratio });
  assertClose(gradients(constant, [vector(logpF)])[0], new Float64Array(16), 16 * 30 * u, "gradient");
  const single = (l: Tensor) => cpo({ logpF: l, logpR: vector([-2]), outcome: vector([3]) }, { ratio });
  assert.deepEqual([...single(vector([-7])).dataSync()], [-3]);
  assert.deepEqual([...gradients(single, [vector([-7])])[0]].map(Math.abs), [0], "a batch of one has no gradient");
});

testOnEveryBackend("stabilised: pessimistic, flat once the policy has moved that far, and plain without bounds", () => {
  const logRatio = [-1, -0.1, 0, 0.1, 1, -1, -0.1, 0, 0.1, 1], outcome = [2, 2, 2, 2, 2, -3, -3, -3, -3, -3];
  const zeros = new Float64Array(10);
  const loss = (ratio: Ratio) => (l: Tensor) =>
    cpo({ logpF: l, logpR: vector(zeros.map(() => -1)), outcome: vector(outcome) }, { ratio });
  const at = vector(logRatio.map((l) => l - 1));
  const clipped = loss(ratios.stabilised), free = loss(plain.ratio);
  const [a, b] = [clipped(at).dataSync(), free(at).dataSync()];
  a.forEach((v, i) => assert.ok(v >= b[i], `example ${i}`));
  const moves = [...gradients(clipped, [at])[0]].map((g) => g !== 0);
  assert.deepEqual(moves, [true, true, true, true, false, false, true, true, true, true]);
  const wide = loss({ kind: "stabilised", low: Number.MIN_VALUE, high: Infinity });
  assert.deepEqual(wide(at).dataSync(), b);
  assert.deepEqual(gradients(wide, [at])[0], gradients(free, [at])[0]);
});

testOnEveryBackend("each option matters", () => {
  const { logpF, logpR, outcome } = batch(11, 8);
  const logged = { logpF: vector(logpF), logpR: vector(logpR), outcome: vector(outcome) };
  const variants: Parameters<typeof cpo>[1][] = [
    plain,
    { ratio: ratios["self-normalised"] },
    { ratio: ratios.stabilised },
    { ratio: { kind: "stabilised", low: 0.5, high: 1.2 } },
    { ratio: { kind: "stabilised", low: 0.8, high: 1.5 } },
    { ...plain, baseline: 0.5 },
    { ...plain, baseline: vector(logpR) },
    { ...plain, entropyBonus: { weight: 0.1, entropy: tf.scalar(2) } },
    { ...plain, entropyBonus: { weight: 0.2, entropy: tf.scalar(2) } },
  ];
  const means = variants.map((options) => sum(cpo(logged, options).dataSync()) / 8);
  for (let i = 0; i < means.length; i++) {
    for (let j = 0; j < i; j++) assert.ok(Math.abs(means[i] - means[j]) > 1e-3, `variants ${i} and ${j}`);
  }
});

testOnEveryBackend("extreme log-ratios: finite in value and gradient, or refused by text with the weight's log", () => {
  const far = [-1e4, -200, -100, 0, 88, 100, 200, 1e4], near = far.map((v) => v > 88 ? 88 : v);
  const value = (ratio: Ratio, ratios: readonly number[], y: number) => (l: Tensor) =>
    cpo({ logpF: l, logpR: vector(ratios.map((v) => Math.min(-v, 0))), outcome: vector(ratios.map(() => y)) }, {
      ratio,
    });
  const both = (ratio: Ratio, ratios: readonly number[], y: number) => {
    const f = value(ratio, ratios, y), at = vector(ratios.map((v) => Math.min(v, 0)));
    return [f(at).dataSync(), gradients(f, [at])[0]];
  };
  const finite = (ratio: Ratio, ratios: readonly number[], y: number) => {
    for (const numbers of both(ratio, ratios, y)) assert.ok(numbers.every(Number.isFinite), `${ratio.kind} ${y}`);
  };
  for (const y of [2, -2, 0]) finite(ratios["self-normalised"], far, y);
  for (const y of [2, 0]) finite(ratios.stabilised, far, y);
  // Lowering a bad outcome is not bounded above, and a plain weight is not bounded at all: float32 ends at e^88.7.
  for (const [ratio, y] of [[ratios.stabilised, -2], [plain.ratio, 2], [plain.ratio, -2], [plain.ratio, 0]] as const) {
    finite(ratio, near, y);
    assert.throws(() => both(ratio, far, y), {
      name: "RangeError",
      message: "logpF[5]: the weight overflows, its log is 100 (float32 ends at 88.7); self-normalised weights do not",
    }, `${ratio.kind} ${y}`);
  }
  assert.throws(() => both(plain.ratio, near, -10), {
    name: "RangeError",
    message: "logpF[4]: the weight times the value -10 overflows, its log is 88 (float32 ends at 88.7); " +
      "self-normalised weights do not",
  });
});

testOnEveryBackend(
  "a text that the policy never writes has weight 0; where all are such, there is nothing to divide by",
  () => {
    const never = { logpF: vector([-Infinity, -1]), logpR: vector([-1, -1]) };
    for (const [name, ratio] of Object.entries(ratios)) {
      for (const y of [2, -2]) {
        const loss = (l: Tensor) => cpo({ ...never, logpF: l, outcome: vector([y, 0]) }, { ratio });
        // The bound from below holds up what lost all its weight with a bad outcome.
        const bound = name === "stabilised" && y < 0 ? 0.8 * 2 : 0;
        assertClose(loss(never.logpF).dataSync(), [bound, 0], 4 * u, `${name} ${y}`);
        assertClose(gradients(loss, [never.logpF])[0], [0, 0], 0, `${name} ${y}: gradient`);
      }
    }
    const none = { ...never, logpF: vector([-Infinity, -Infinity]), outcome: vector([1, 1]) };
    assert.throws(() => cpo(none, { ratio: ratios["self-normalised"] }), {
      name: "RangeError",
      message: "logpF[0]: all 2 weights of its row are 0, and there is nothing to divide by",
    });
  },
);

Deno.test("training looks at the policy when the texts come in; without a gradient it is looked at each time", async () => {
  await startBackend("cpu");
  const given = { logpR: vector([-1, -1]), outcome: vector([1, 1]) };
  const loss = (l: Tensor) => cpo({ ...given, logpF: l }, plain);
  const lost = vector([-1, NaN]), refused = { name: "RangeError", message: /^logpF\[1\] is NaN: expected a log-prob/ };
  assert.throws(() => gradients(loss, [lost]), refused);
  const other = { ...given, logpR: vector([-1, -1]) };
  const again = (l: Tensor) => cpo({ ...other, logpF: l }, plain);
  gradients(again, [vector([-1, -2])]);
  assert.ok(Number.isNaN(gradients(again, [lost])[0][1]), "left to the check of whoever trains");
  assert.throws(() => again(lost), refused);
  // Other data come through the door anew.
  assert.throws(() => gradients((l) => cpo({ ...given, logpR: vector([-2, -2]), logpF: l }, plain), [lost]), refused);
});

Deno.test("overflow is found text by text, however the constants broadcast", async () => {
  await startBackend("cpu");
  const logpF = tf.tensor2d([[-1, -2, -3], [-4, -5, -6]]);
  const call = (logpR: Tensor, outcome: Tensor) => () => cpo({ logpF, logpR, outcome }, { ...plain, baseline: 0.5 });
  const ones = tf.ones([2, 3]) as Tensor;
  const said = (place: number, log: number) => ({
    name: "RangeError",
    message:
      `logpF[${place}]: the weight overflows, its log is ${log} (float32 ends at 88.7); self-normalised weights do not`,
  });
  assert.throws(call(tf.tensor2d([[-1], [-100]]), ones), said(3, 96));
  assert.throws(call(tf.tensor1d([-1, -2, -95]), ones), said(2, 92));
  assert.throws(call(tf.scalar(-94), ones), said(0, 93));
  // Far enough apart for doubt, but not in one text.
  assert.ok(call(tf.tensor2d([[-1, -2, -3], [-4, -5, -94]]), ones)().dataSync().every(Number.isFinite));
});

Deno.test("DR-CPO with perfect predictions is outcome-only, with none it is CPO", async () => {
  await startBackend("cpu");
  fc.assert(
    fc.property(fc.nat(1000), (seed) =>
      tf.tidy(() => {
        const b = batch(seed, 7);
        const [logpF, logpR, outcome, prediction, zeros] = [
          b.logpF,
          b.logpR,
          b.outcome,
          b.prediction,
          new Float64Array(7),
        ]
          .map(vector);
        const generated = { logpF, logpF0: logpR, prediction };
        const perfect = drCpo({ logpF, logpR, outcome, prediction: outcome }, generated, plain);
        assert.ok(perfect.correction.dataSync().every((v) => v === 0));
        assert.deepEqual(perfect.outcome.dataSync(), outcomeOnly(generated, plain).dataSync());
        const blind = drCpo(
          { logpF, logpR, outcome, prediction: zeros },
          { logpF, logpF0: logpR, prediction: zeros },
          plain,
        );
        assert.deepEqual(blind.correction.dataSync(), cpo({ logpF, logpR, outcome }, plain).dataSync());
        assert.ok(blind.outcome.dataSync().every((v) => v === 0));
      })),
    { numRuns: 20, seed: 1 },
  );
});

Deno.test("mistakes are named", async () => {
  await startBackend("cpu");
  const x = vector([-1, -2, -3]);
  const logged = { logpF: x, logpR: x, outcome: x };
  const bounds: [number, number][] = [[0, 1.2], [-1, 2], [1.1, 2], [0.8, 0.9], [NaN, 1.2], [0.8, NaN]];
  for (const [low, high] of bounds) {
    assert.throws(() => cpo(logged, { ratio: { kind: "stabilised", low, high } }), {
      name: "RangeError",
      message: `stabilised ratio: expected 0 < low <= 1 <= high, got ${low} and ${high}`,
    });
  }
  const shape = (call: () => unknown, name: string, got: string) =>
    assert.throws(call, {
      name: "TypeError",
      message: `${name}: expected a shape that broadcasts to logpF [3], got [${got}]`,
    });
  const column = tf.zeros([3, 1]); // against [3] it would make [3, 3]
  shape(() => cpo({ ...logged, logpR: vector([-1, -2]) }, plain), "logpR", "2");
  shape(() => cpo({ ...logged, outcome: column }, plain), "outcome", "3,1");
  shape(() => cpo(logged, { ...plain, baseline: column }), "baseline", "3,1");
  shape(() => outcomeOnly({ logpF: x, logpF0: vector([-1, -2]), prediction: x }, plain), "logpF0", "2");
  shape(() => outcomeOnly({ logpF: x, logpF0: x, prediction: column }, plain), "prediction", "3,1");
  const released = { ipwWeight: 1, outcomeWeight: 1, higherIsBetter: true };
  shape(() => releasedCausalLoss({ ...logged, prediction: column }, undefined, released), "prediction", "3,1");
  assert.throws(
    () => releasedCausalLoss({ ...logged, prediction: x }, undefined, { ...released, normaliseOutcomeTerm: true }),
    {
      name: "TypeError",
      message: "stabilise.outcome and normaliseOutcomeTerm act on generated texts only, and none were given",
    },
  );
});
