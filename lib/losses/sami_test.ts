/** SAMI and mutual information: what bounds what, by enumeration; invariances. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assertClose, testOnEveryBackend, u } from "../tensor/backends_test_helpers.ts";
import { startBackend, tf } from "../tensor/backend.ts";
import { Rng } from "../random.ts";
import { mutualInformation } from "./mutual_information.ts";
import { constitutionContrast, responseContrast, sami } from "./sami.ts";

const softmax = (x: ArrayLike<number>) => {
  const e = Array.from(x, Math.exp), total = e.reduce((a, b) => a + b);
  return e.map((v) => v / total);
};
const logs = (laws: number[][]) => laws.map((law) => law.map(Math.log));

/** ln C − E[mean loss] over every way in which the C constitutions may answer, weighed by its chance. */
function expectedBound(contrast: (logps: Tensor) => Tensor, laws: number[][]): number {
  const count = laws.length, width = laws[0].length, ways = width ** count;
  const answers = (way: number) => laws.map((_, c) => Math.floor(way / width ** c) % width);
  const matrices = Array.from({ length: ways }, (_, way) => {
    const responses = answers(way);
    return logs(laws.map((law) => responses.map((y) => law[y])));
  });
  const losses = tf.tidy(() => tf.mean(contrast(tf.tensor3d(matrices)), -1).dataSync());
  let expected = 0;
  for (let way = 0; way < ways; way++) {
    expected += losses[way] * answers(way).reduce((chance, y, c) => chance * laws[c][y], 1);
  }
  return Math.log(count) - expected;
}
// A log-softmax of numbers below 10 and a mean, weighed by chances that sum to 1.
const bound = 10 * 20 * u;

testOnEveryBackend("with all constitutions in the batch the constitution contrast is the mutual information", () => {
  for (let seed = 0; seed < 4; seed++) {
    const rng = Rng.seed(seed), count = 2 + seed % 2;
    const laws = Array.from({ length: count }, (_, c) => softmax(rng.fork(c).normals(4)));
    assertClose([expectedBound(constitutionContrast, laws)], [mutualInformation(logs(laws))], bound, `seed ${seed}`);
  }
});

testOnEveryBackend(
  "the response contrast is no bound of it: it lies above it in one example and below in another",
  () => {
    const above = [[0.65, 0.05, 0.25, 0.05], [0.05, 0.65, 0.05, 0.25]];
    const information = mutualInformation(logs(above));
    assert.ok(information > 0.3);
    assert.ok(expectedBound(responseContrast, above) > information + 0.02, "above");
    const alike = [[0.7, 0.3], [0.699, 0.301]]; // nearly independent: all that is contrasted is how likely a response is
    assert.ok(mutualInformation(logs(alike)) < 1e-5);
    assert.ok(expectedBound(responseContrast, alike) < -1e-3, "below, and below 0");
  },
);

testOnEveryBackend(
  "renaming the constitutions renames the losses; a constant for all log-probs changes nothing",
  () => {
    const logps = Rng.seed(1).normals(25).map((z) => Math.fround(2 * z - 8)), order = [3, 0, 4, 1, 2];
    const at = (shift: number, along: number[]) =>
      tf.tensor2d(along.flatMap((k) => along.map((j) => logps[k * 5 + j] + shift)), [5, 5]);
    for (const form of [sami, constitutionContrast, responseContrast]) {
      const before = form(at(0, [0, 1, 2, 3, 4])).dataSync();
      // Sums of exponentials in another order, and inputs below 32 rounded by 16u.
      assertClose(form(at(0, order)).dataSync(), order.map((k) => before[k]), 30 * u, `${form.name} reordered`);
      assertClose(form(at(-16, [0, 1, 2, 3, 4])).dataSync(), before, 64 * u + 30 * u, `${form.name} shifted`);
    }
    // A constant for one response cancels over its constitutions alone, and one for a constitution over its responses.
    const raised = (axis: 0 | 1) =>
      tf.add(at(0, [0, 1, 2, 3, 4]), tf.tensor2d([-3, -4, -2, -4, 0], axis === 0 ? [1, 5] : [5, 1])) as Tensor;
    const [plain, byResponse, byConstitution] = [at(0, [0, 1, 2, 3, 4]), raised(0), raised(1)];
    assertClose(constitutionContrast(byResponse).dataSync(), constitutionContrast(plain).dataSync(), 60 * u, "columns");
    assertClose(responseContrast(byConstitution).dataSync(), responseContrast(plain).dataSync(), 60 * u, "rows");
  },
);

testOnEveryBackend(
  "summed log-probs of responses twice as long change the loss",
  () => {
    const logps = tf.tensor2d([[-1, -2], [-3, -1.5]]);
    const [once, twice] = [logps, tf.mul(logps, 2) as Tensor].map((x) => sami(x).dataSync());
    assert.ok(Math.abs(once[0] - twice[0]) > 0.05);
  },
);

testOnEveryBackend("replicates do not mix; one constitution teaches nothing", () => {
  const logps = Rng.seed(2).normals(27).map((z) => Math.fround(z - 5));
  const together = tf.tensor4d([...logps], [3, 1, 3, 3]);
  for (const form of [sami, constitutionContrast, responseContrast]) {
    assert.deepEqual(form(together).shape, [3, 1, 3]);
    const alone = [0, 1, 2].flatMap((
      r,
    ) => [...form(tf.tensor2d([...logps.subarray(9 * r, 9 * r + 9)], [3, 3])).dataSync()]);
    assert.deepEqual([...form(together).dataSync()], alone);
    const slope = tf.grad((x) => tf.sum(form(x as Tensor)))(tf.tensor2d([[-7]])).dataSync();
    assert.deepEqual([Math.abs(slope[0]), Math.abs(form(tf.tensor2d([[-7]])).dataSync()[0])], [0, 0]);
  }
});

Deno.test("mutual information: between 0 and ln C, 0 for one law, ln C for laws that share nothing", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }), (seed, count, width) => {
      const laws = Array.from(
        { length: count },
        (_, c) => softmax(Rng.seed(seed).fork(c).normals(width).map((z) => 3 * z)),
      );
      const information = mutualInformation(logs(laws));
      assert.ok(information >= -1e-12 && information <= Math.log(count) + 1e-12, `${information}`);
    }),
    { numRuns: 100, seed: 1 },
  );
  const law = logs([[0.2, 0.5, 0.3]])[0];
  assert.ok(Math.abs(mutualInformation([law, law, law])) < 1e-15);
  // e^−745 is the smallest number above 0: half of it is 0.
  assert.equal(mutualInformation([[0, -745], [0, -745]]), 0);
  // By hand: 0.8 ln 1.6 + 0.2 ln 0.4.
  const byHand = 0.8 * Math.log(1.6) + 0.2 * Math.log(0.4);
  assert.ok(Math.abs(mutualInformation(logs([[0.8, 0.2], [0.2, 0.8]])) - byHand) < 1e-15);
});

Deno.test("mutual information: what is no law is named", async () => {
  await startBackend("cpu");
  assert.throws(() => mutualInformation([]), {
    name: "TypeError",
    message: "logps: expected at least one row of one response",
  });
  assert.throws(() => mutualInformation([[0], [0, -1]]), {
    name: "TypeError",
    message: "logps[1]: expected 1 responses as in row 0, got 2",
  });
  for (const [bad, total] of [[[0, 0], 2], [[NaN, 0], NaN]] as const) {
    assert.throws(() => mutualInformation([bad]), {
      name: "RangeError",
      message: `logps[0]: the probabilities sum to ${total}, expected 1`,
    });
  }
});
