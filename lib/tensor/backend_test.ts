import assert from "node:assert/strict";
import { backendList, backendNames, startBackend, tf } from "./backend.ts";
import { testedBackends } from "./backends_test_helpers.ts";

Deno.test("every installed engine starts by its name, again after another, and carries tensors over", async () => {
  assert.deepEqual(backendNames, ["auto", ...backendList.map((b) => b.name)]);
  const names = testedBackends;
  await startBackend(names[0]);
  const x = tf.tensor1d([1, 2, 3]);
  for (const name of [...names, ...names]) {
    assert.equal(await startBackend(name), name);
    assert.equal(tf.getBackend(), name === "native" ? "wasm" : name); // one tfjs backend, two ways to multiply
    assert.deepEqual([...tf.add(x, 1).dataSync()], [2, 3, 4]);
  }
  x.dispose();
});

Deno.test("auto takes the first engine that starts, and none that is on request only", async () => {
  assert.equal(await startBackend("auto"), testedBackends[0]);
  assert.deepEqual(backendList.filter((b) => b.onRequest).map((b) => b.name), ["webgpu"]);
});

Deno.test("an unknown engine is refused with the names there are", async () => {
  await assert.rejects(() => startBackend("abacus"), {
    name: "UserError",
    message: `--backend abacus: unknown engine, choose one of ${backendNames.join(", ")}`,
  });
});

Deno.test({
  name: "without permission for a system library, auto says what it does without, and native is refused in one line",
  permissions: { ffi: false },
  fn: async () => {
    const { warn } = console;
    const said: string[] = [];
    console.warn = (line: string) => said.push(line);
    try {
      assert.equal(await startBackend("auto"), "wasm");
    } finally {
      console.warn = warn;
    }
    assert.equal(said.length, 1);
    assert.match(said[0], /^engine: wasm \(.*native: no BLAS: needs --allow-ffi; see deno task doctor\)$/);
    await assert.rejects(() => startBackend("native"), {
      name: "UserError",
      message: "--backend native: no engine started (native: no BLAS: needs --allow-ffi); see deno task doctor",
    });
  },
});
