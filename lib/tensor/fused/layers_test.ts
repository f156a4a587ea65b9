import assert from "node:assert/strict";
import { startBackend, type Tensor, tf } from "../backend.ts";
import { u } from "../backends_test_helpers.ts";
import { Rng } from "../../random.ts";
import { biasRelu } from "./bias_relu.ts";
import { embedding, embeddingBack } from "./embedding.ts";
import { rmsNorm, rmsNormBack } from "./rms_norm.ts";
import { rotary, rotaryBack, rotaryTables } from "./rotary.ts";
import { swiglu, swigluBack } from "./swiglu.ts";

await startBackend("wasm");

Deno.test("rotary: products of queries and keys depend on how far apart they are, and lengths stay", () => {
  tf.tidy(() => {
    const head = 16, length = 12, row = [...Rng.seed(1).normals(head)];
    const x = tf.tensor2d(Array.from({ length }, () => row));
    const tables = rotaryTables(length, Array.from({ length: head / 2 }, (_, i) => 10000 ** (-2 * i / head)));
    const y = rotary(x, tables, { heads: 1, positions: Uint32Array.from({ length }, (_, t) => t) }).arraySync();
    const dot = (s: number, t: number) =>
      (y as number[][])[s].reduce((sum, v, i) => sum + v * (y as number[][])[t][i], 0);
    // 16 products below 10, of numbers that are off by u each.
    for (const apart of [0, 1, 5]) {
      for (let s = 1; s + apart < length; s++) assert.ok(Math.abs(dot(s, s + apart) - dot(0, apart)) < 16 * 10 * 4 * u);
    }
    assert.ok(Math.abs(dot(0, 5) - dot(0, 1)) > 0.1);
  });
});

Deno.test("the way back of the gate is its gradient, to the bit", async () => {
  for (const engine of ["cpu", "wasm"]) {
    await startBackend(engine);
    tf.tidy(() => {
      const random = Rng.seed(3),
        normals = (columns: number) => tf.tensor2d(Float32Array.from(random.normals(5 * columns)), [5, columns]);
      const x = normals(14), dy = normals(7);
      const back = swigluBack(x, dy);
      assert.deepEqual(back.dx.dataSync(), tf.grad((x) => swiglu(x as Tensor))(x, dy).dataSync());
      assert.deepEqual(back.y.dataSync(), swiglu(x).dataSync());
      assert.throws(() => swigluBack(x, normals(6)), {
        name: "TypeError",
        message: "x: expected shape [N, 2D] with slopes [N, D], got [5,14] and [5,6]",
      });
    });
  }
});

Deno.test("the way back of a norm is its gradient, to the bit, on top of what it is added to", async () => {
  for (const engine of ["cpu", "wasm"]) {
    await startBackend(engine);
    for (const width of [3, 8, 21]) {
      tf.tidy(() => {
        const random = Rng.seed(4),
          normals = (rows: number) => tf.tensor2d(Float32Array.from(random.normals(rows * width)), [rows, width]);
        const x = normals(5), dy = normals(5), onto = normals(5), gain = tf.reshape(normals(1), [width]) as Tensor;
        const apply = (x: Tensor, gain: Tensor) => rmsNorm(x, gain, 1e-5);
        const [dx, dgain] = tf.grads(apply)([x, gain], dy);
        const back = rmsNormBack(x, gain, 1e-5, dy), added = rmsNormBack(x, gain, 1e-5, dy, onto);
        assert.deepEqual(back.y.dataSync(), apply(x, gain).dataSync());
        assert.deepEqual(back.dx.dataSync(), dx.dataSync());
        assert.deepEqual(back.dgain.dataSync(), dgain.dataSync());
        assert.deepEqual(added.dx.dataSync(), tf.add(onto, dx).dataSync());
      });
    }
  }
});

Deno.test("the way back of a rotation and of a lookup are their gradients, to the bit", async () => {
  for (const engine of ["cpu", "wasm"]) {
    await startBackend(engine);
    tf.tidy(() => {
      const random = Rng.seed(5), normals = () => tf.tensor2d(Float32Array.from(random.normals(4 * 7)), [4, 7]);
      const x = normals(), dy = normals(), turns = { heads: 1, positions: Uint32Array.of(0, 5, 2, 5) };
      const tables = rotaryTables(6, [1, 0.3, 0.1]), turned = (x: Tensor) => rotary(x, tables, turns);
      assert.deepEqual(rotaryBack(dy, tables, turns).dataSync(), tf.grad((x) => turned(x as Tensor))(x, dy).dataSync());
      const ids = Uint32Array.of(2, 0, 2, 1), looked = (table: Tensor) => embedding(table, ids);
      assert.deepEqual(
        embeddingBack(dy, ids, 4).dataSync(),
        tf.grad((table) => looked(table as Tensor))(x, dy).dataSync(),
      );
    });
  }
});

Deno.test("mistakes are named", () => {
  tf.tidy(() => {
    assert.throws(() => embedding(tf.zeros([2, 3]), Uint32Array.of(0, 2)), {
      name: "RangeError",
      message: "ids[1] is 2: expected 0 .. 1",
    });
    assert.throws(() => swiglu(tf.zeros([2, 3])), {
      name: "TypeError",
      message: "x: expected shape [N, 2D], got [2,3]",
    });
    assert.throws(() => biasRelu(tf.zeros([2, 3, 4]), tf.zeros([2, 4]), true), {
      name: "TypeError",
      message: "bias: expected [2, 1, 4] for x [2,3,4], got [2,4]",
    });
    const turn = (positions: Uint32Array) =>
      rotary(tf.zeros([3, 8]), rotaryTables(2, [1, 1, 1, 1]), { heads: 1, positions });
    assert.throws(() => turn(Uint32Array.of(0, 1)), {
      name: "TypeError",
      message: "x: expected [2, at least 1 x 8], got shape [3,8]",
    });
    assert.throws(() => turn(Uint32Array.of(0, 1, 2)), {
      name: "RangeError",
      message: "positions[2] is 2: expected 0 .. 1",
    });
  });
});
