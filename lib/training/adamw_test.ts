import assert from "node:assert/strict";
import { assertClose, rounded, testOnEveryBackend, u } from "../tensor/backends_test_helpers.ts";
import { type Tensor, tf, type Variable } from "../tensor/backend.ts";
import { Rng } from "../random.ts";
import { adamW, NonFiniteGradient } from "./adamw.ts";

const shapes = [[2, 3, 7], [2, 1], [2, 129]];
const tensor = (values: ArrayLike<number>, shape: number[]) => tf.tensor(Float32Array.from(values), shape) as Tensor;
const sizeOf = (shape: number[]) => shape.reduce((a, b) => a * b, 1);

function draw(rng: Rng, scale = 1): Float64Array[] {
  return shapes.map((shape, i) => rounded(rng.fork(i).normals(sizeOf(shape)).map((z) => z * scale)));
}

/** Trains on given gradients and returns the parameters. */
function train(
  options: Parameters<typeof adamW>[1],
  steps: number,
  gradientScale: (step: number) => number,
): Float32Array[] {
  const variables = draw(Rng.seed(1)).map((x, i) => tf.variable(tensor(x, shapes[i])));
  const optimiser = adamW(variables, options);
  for (let t = 1; t <= steps; t++) {
    optimiser.step(draw(Rng.seed(2).fork(t), gradientScale(t)).map((g, i) => tensor(g, shapes[i])));
  }
  const values = variables.map((v) => v.dataSync<"float32">());
  optimiser.dispose();
  tf.dispose(variables);
  return values;
}

testOnEveryBackend("AdamW follows the algorithm in float64: decay, clipping of each replicate, bias correction", () => {
  const [rate, decay, clip, steps, R] = [0.01, 0.1, 5, 30, 2];
  // Replicates are clipped at different steps: norms are near 12 (150 numbers a replicate, √150).
  const scaleOf = (t: number) => t % 3 === 0 ? 0.1 : 1;
  const ours = train({ learningRate: rate, weightDecay: decay, clipNorm: clip, replicates: R }, steps, scaleOf);
  const p = draw(Rng.seed(1)), m = p.map((x) => x.map(() => 0)), v = p.map((x) => x.map(() => 0));
  for (let t = 1; t <= steps; t++) {
    const g = draw(Rng.seed(2).fork(t), scaleOf(t));
    for (let r = 0; r < R; r++) {
      const own = (x: Float64Array, j: number) => Math.floor(j / (x.length / R)) === r;
      const norm = Math.sqrt(g.flatMap((x) => [...x.filter((_, j) => own(x, j))]).reduce((s, z) => s + z * z, 0));
      const c = Math.min(1, clip / norm);
      p.forEach((x, i) =>
        x.forEach((_, j) => {
          if (!own(x, j)) return;
          const slope = c * g[i][j];
          m[i][j] = 0.9 * m[i][j] + 0.1 * slope;
          v[i][j] = 0.999 * v[i][j] + 0.001 * slope * slope;
          const step = m[i][j] / (1 - 0.9 ** t) / (Math.sqrt(v[i][j] / (1 - 0.999 ** t)) + 1e-8);
          x[j] -= rate * (step + decay * x[j]);
        })
      );
    }
  }
  // A step is at most 3 rates long and off by some 10u of itself; so is each rounding of a parameter, below 8.
  p.forEach((x, i) => assertClose(ours[i], x, steps * (3 * rate * 10 * u + 8 * u), `parameter ${i}`));
});

testOnEveryBackend("without decay it is tf.train.adam to rounding", () => {
  const steps = 50, ours = train({ learningRate: 0.05, replicates: 2 }, steps, () => 1);
  const variables = draw(Rng.seed(1)).map((x, i) => tf.variable(tensor(x, shapes[i])));
  const stock = tf.train.adam(0.05, 0.9, 0.999, 1e-8);
  for (let t = 1; t <= steps; t++) {
    const gradients = draw(Rng.seed(2).fork(t)).map((g, i) => [variables[i].name, tensor(g, shapes[i])]);
    stock.applyGradients(Object.fromEntries(gradients) as Record<string, Variable>);
  }
  // The stock one keeps 0.999^t in float32: off by t·u, it shifts the root of 1 − 0.999^t by 500u relatively.
  variables.forEach((v, i) => assertClose(ours[i], v.dataSync(), steps * 3 * 0.05 * 500 * u, `parameter ${i}`));
  stock.dispose();
  tf.dispose(variables);
});

testOnEveryBackend("a replicate among others moves as it does alone, to the byte, clipped or not", () => {
  for (const clipNorm of [Infinity, 12.2]) {
    const both = shapes.map((shape) => tf.variable(tensor(Rng.seed(3).normals(sizeOf(shape)), shape)));
    const second = both.map((v) => tf.variable(tf.slice(v, [1], [1])));
    const [together, alone] = [both, second].map((v, i) =>
      adamW(v, { learningRate: 0.1, clipNorm, replicates: 2 - i })
    );
    for (let t = 0; t < 5; t++) {
      const gradients = draw(Rng.seed(4).fork(t)).map((g, i) => tensor(g, shapes[i]));
      const norms = together.step(gradients), own = alone.step(gradients.map((g) => tf.slice(g, [1], [1])));
      assert.equal(norms[1], own[0]);
    }
    both.forEach((v, i) => assert.deepEqual(tf.slice(v, [1], [1]).dataSync(), second[i].dataSync(), `${clipNorm}`));
    [together, alone].forEach((o) => o.dispose());
    tf.dispose([...both, ...second]);
  }
});

testOnEveryBackend("each parameter has its own decay, each step its own rate", () => {
  const started = () => [[1, -2], [3]].map((values) => tf.variable(tf.tensor1d(values)));
  const apart = started(), gradients = [tf.tensor1d([0.5, -1]), tf.tensor1d([2])];
  const optimiser = adamW(apart, { learningRate: 1, weightDecay: [0.3, 0] });
  const alone = started(),
    each = alone.map((v, i) => adamW([v], { learningRate: 0.1, weightDecay: i === 0 ? 0.3 : 0 }));
  const rates = [0.1, 0.1, 0.1];
  rates.forEach((rate) => {
    optimiser.step(gradients, rate);
    each.forEach((one, i) => one.step([gradients[i]]));
  });
  apart.forEach((v, i) => assert.deepEqual(v.dataSync(), alone[i].dataSync()));
  const before = apart.map((v) => v.dataSync().slice());
  optimiser.step(gradients, 0);
  apart.forEach((v, i) => assert.deepEqual(v.dataSync(), before[i]));
  [optimiser, ...each].forEach((o) => o.dispose());
  tf.dispose([...apart, ...alone]);
});

testOnEveryBackend("going on from a state gives the same bytes as not having stopped", () => {
  const variables = () => draw(Rng.seed(1)).map((x, i) => tf.variable(tensor(x, shapes[i])));
  const step = (optimiser: ReturnType<typeof adamW>, t: number) =>
    optimiser.step(draw(Rng.seed(2).fork(t)).map((g, i) => tensor(g, shapes[i])));
  const through = variables(), one = adamW(through, { learningRate: 0.1 });
  for (let t = 0; t < 3; t++) step(one, t);
  const state = one.state(), stopped = through.map((v) => tf.variable(tf.tensor(v.dataSync().slice(), v.shape)));
  const other = adamW(stopped, { learningRate: 0.1 });
  other.restore(state);
  for (let t = 3; t < 6; t++) [one, other].forEach((optimiser) => step(optimiser, t));
  through.forEach((v, i) => assert.deepEqual(v.dataSync(), stopped[i].dataSync()));
  assert.equal(state.steps, 3);
  assert.throws(() => other.restore({ ...state, second: new Float32Array(1) }), {
    name: "TypeError",
    message: `state: expected moments of ${shapes.reduce((sum, shape) => sum + sizeOf(shape), 0)} numbers, got 1`,
  });
  [one, other].forEach((o) => o.dispose());
  tf.dispose([...through, ...stopped]);
});

testOnEveryBackend("tensors that share a parameter's numbers do not change with it", () => {
  const start = tf.tensor1d([1, 2, 3]), x = tf.variable(start), view = tf.reshape(x, [3, 1]);
  const optimiser = adamW([x], { learningRate: 0.5 });
  optimiser.step([tf.tensor1d([1, 1, 1])]);
  assert.deepEqual([[...start.dataSync()], [...view.dataSync()]], [[1, 2, 3], [1, 2, 3]]);
  assert.notEqual(x.dataSync()[0], 1);
  optimiser.dispose();
  x.dispose();
});

testOnEveryBackend("a gradient that is not finite is named and moves nothing", () => {
  const a = tf.variable(tf.ones([3, 2])), b = tf.variable(tf.ones([3, 5]));
  const optimiser = adamW([a, b], { learningRate: 0.5, replicates: 3 });
  for (const bad of [NaN, Infinity, -Infinity]) {
    const g = new Float32Array(15);
    g[13] = bad;
    assert.throws(() => optimiser.step([tf.zeros([3, 2]), tf.tensor2d(g, [3, 5])]), (error) => {
      assert.ok(error instanceof NonFiniteGradient);
      assert.deepEqual([error.value, error.replicate], [bad, 2]);
      return true;
    });
  }
  // Squares of the largest float32 do not overflow.
  assert.ok(Number.isFinite(optimiser.norms([tf.fill([3, 2], 3.4e38), tf.zeros([3, 5])])[0]));
  assert.deepEqual([...a.dataSync()], [1, 1, 1, 1, 1, 1]);
  optimiser.dispose();
  tf.dispose([a, b]);
});

testOnEveryBackend("mistakes are named", () => {
  const x = tf.variable(tf.ones([2, 2]));
  const fails = (options: Parameters<typeof adamW>[1], name: string, message: string) =>
    assert.throws(() => adamW([x], options), { name, message });
  fails({ learningRate: -1 }, "RangeError", "learningRate: expected a number >= 0, got -1");
  fails({ learningRate: 1, weightDecay: NaN }, "RangeError", "weightDecay: expected a number >= 0, got NaN");
  fails({ learningRate: 1, weightDecay: [1, 2] }, "TypeError", "weightDecay: expected 1 numbers, got 2");
  fails({ learningRate: 1, clipNorm: 0 }, "RangeError", "clipNorm: expected a number > 0, got 0");
  fails({ learningRate: 1, replicates: 3 }, "TypeError", "parameters[0]: expected [3, ...], got shape [2,2]");
  const optimiser = adamW([x], { learningRate: 1 });
  assert.throws(() => optimiser.step([tf.ones([4])]), {
    name: "TypeError",
    message: "gradients[0]: expected shape [2,2], got [4]",
  });
  assert.throws(() => optimiser.step([tf.ones([2, 2])], -1), {
    name: "RangeError",
    message: /^learningRate: .* got -1$/,
  });
  optimiser.dispose();
  x.dispose();
});
