/** What the GPU engine promises beyond right numbers: reads of any size, the same bytes again, and no silent failure. */
import assert from "node:assert/strict";
import { backendDevice, confirmNumbers, startBackend, tf } from "../backend.ts";
import { onBackend, testedBackends } from "../backends_test_helpers.ts";
import { Rng } from "../../random.ts";
import { gpuAdapter } from "./adapter.ts";
import { replacements } from "./kernels.ts";

const onGpu = (name: string, body: () => void | Promise<void>) =>
  Deno.test({
    ...onBackend("webgpu", name),
    fn: async () => {
      await startBackend("webgpu");
      await body();
    },
  });

onGpu("the device has a name, other engines have none", async () => {
  assert.ok(backendDevice()!.length > 0);
  await startBackend("cpu");
  assert.equal(backendDevice(), undefined);
});

onGpu("tensors beyond one window are read whole, at once and as promised", async () => {
  const size = 2 ** 21 + 3, ascending = Float32Array.from({ length: size }, (_, i) => i);
  const x = tf.tensor1d(ascending), y = tf.tidy(() => tf.mul(x, 2)), z = tf.tidy(() => tf.sub(y, x));
  const doubled = y.dataSync();
  for (const i of [0, 1, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, size - 1]) assert.equal(doubled[i], Math.fround(2 * i));
  assert.deepEqual(await z.data(), ascending);
  tf.dispose([x, y, z]);
});

onGpu("integers and booleans come back as such", () => {
  const x = tf.tensor1d([1, 2, 3], "int32");
  assert.deepEqual(tf.add(x, x).dataSync(), Int32Array.of(2, 4, 6));
  assert.deepEqual(tf.greater(x, 2).dataSync(), Uint8Array.of(0, 0, 1));
});

onGpu("sums and long products give the same bytes every time", () => {
  const numbers = (shape: [number, number]) =>
    tf.tensor2d(Float32Array.from(Rng.seed(shape[0]).normals(shape[0] * shape[1])), shape);
  tf.tidy(() => {
    const a = numbers([17, 8192]), b = numbers([8192, 33]);
    const first = tf.matMul(a, b).dataSync(), total = tf.sum(a).dataSync();
    for (let i = 0; i < 20; i++) {
      assert.deepEqual(tf.matMul(a, b).dataSync(), first);
      assert.deepEqual(tf.sum(a).dataSync(), total);
    }
  });
});

onGpu("every kernel that is replaced is one that tfjs has, and is not its own", () => {
  for (const { name, because } of replacements) {
    assert.equal(typeof tf.getKernel(name, "webgpu")?.kernelFunc, "function", name);
    assert.ok(because.length > 0);
  }
});

onGpu("reads hold no memory once the event loop has turned", async () => {
  const x = tf.tensor1d([1, 2, 3]);
  const tensors = tf.memory().numTensors;
  for (let i = 0; i < 300; i++) tf.tidy(() => assert.equal(tf.add(x, i).dataSync()[0], i + 1));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(tf.memory().numTensors, tensors);
  x.dispose();
});

onGpu("a command that the GPU refuses is an error, and the next numbers are good again", async () => {
  const { limits } = (await gpuAdapter())!;
  const beyond = Math.floor(limits.maxBufferSize / 4) + 1024;
  tf.tidy(() => {
    const x = tf.fill([beyond], 1);
    // Read or not, what came of it is not used.
    assert.throws(() => tf.slice(x, [0], [1]).dataSync(), {
      name: "UserError",
      message: /^--backend webgpu: the GPU failed, and no number that it gave is used: [^\n]+$/,
    });
  });
  await assert.rejects(confirmNumbers, {
    name: "UserError",
    message: /it (refused a command|has no memory left)[^\n]+$/,
  });
  await confirmNumbers();
  assert.equal(tf.add(1, 2).dataSync()[0], 3);
});

onGpu("a lost GPU is an error at once, named at the end of the unit and at the next start", async () => {
  const x = tf.tensor1d([1, 2]), y = tf.add(x, 1);
  (tf.backend() as unknown as { device: GPUDevice }).device.destroy();
  assert.throws(() => y.dataSync(), { name: "UserError", message: /^--backend webgpu: the GPU failed[^\n]+$/ });
  assert.throws(() => tf.add(x, tf.tensor1d([3, 4])).dataSync()); // wherever tfjs comes upon it
  await assert.rejects(confirmNumbers, { name: "UserError", message: /it was lost: [^\n]+$/ });
  await assert.rejects(() => startBackend("webgpu"), { name: "UserError", message: /the GPU was lost: [^\n]+$/ });
  assert.equal(await startBackend("auto"), testedBackends[0]);
  assert.equal(tf.add(1, 2).dataSync()[0], 3);
});
