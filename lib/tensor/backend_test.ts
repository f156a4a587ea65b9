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
    assert.equal(tf.getBackend(), name);
    assert.deepEqual([...tf.add(x, 1).dataSync()], [2, 3, 4]);
  }
  x.dispose();
});

Deno.test("auto takes the first engine of the list, and none that is on request only", async () => {
  assert.equal(await startBackend("auto"), backendList[0].name);
  assert.deepEqual(backendList.filter((b) => b.onRequest).map((b) => b.name), ["webgpu"]);
  assert.ok(!backendList[0].onRequest);
});

Deno.test("an unknown engine is refused with the names there are", async () => {
  await assert.rejects(() => startBackend("abacus"), {
    name: "UserError",
    message: `--backend abacus: unknown engine, choose one of ${backendNames.join(", ")}`,
  });
});
