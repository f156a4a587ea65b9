import assert from "node:assert/strict";
import { startBackend, type Tensor, tf } from "../backend.ts";
import { biasRelu } from "./bias_relu.ts";
import { embedding } from "./embedding.ts";
import { logSoftmax } from "./log_softmax.ts";
import { rmsNorm } from "./rms_norm.ts";
import { logSigmoid, softplus } from "./softplus.ts";
import { swiglu } from "./swiglu.ts";
import { meanLast } from "./mean.ts";
import { takeAlongLast } from "./take.ts";

await startBackend("wasm");

Deno.test("whole numbers are refused by name, never read as floats", () => {
  tf.tidy(() => {
    const x = tf.ones([2, 4], "int32");
    const calls: Record<string, [string, () => Tensor]> = {
      SignedSoftplus: ["x", () => softplus(x)],
      RowLogSoftmax: ["x", () => logSoftmax(x)],
      Swiglu: ["x", () => swiglu(x)],
      TakeAlongLast: ["x", () => takeAlongLast(x, Uint32Array.of(0, 1), 1)],
      MeanRows: ["x", () => meanLast(x)],
      LookUp: ["table", () => embedding(x, Uint32Array.of(0))],
      RmsNorm: ["gain", () => rmsNorm(tf.ones([2, 4]), tf.ones([4], "int32"), 1e-5)],
      BiasRelu: ["bias", () => biasRelu(tf.ones([1, 2, 4]), tf.ones([1, 1, 4], "int32"), true)],
    };
    for (const [kernel, [input, call]] of Object.entries(calls)) {
      const message = `${kernel}: expected ${input} as float32, got int32; cast it first`;
      assert.throws(call, { name: "TypeError", message });
    }
    assert.throws(() => logSigmoid(x), { name: "TypeError" });
  });
});
