import assert from "node:assert/strict";
import { lacking } from "../optional/skipping.ts";
import { backendList, backendNames, engineFacts, startBackend, tf } from "./backend.ts";
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

/** What a body says on the console's channel for warnings. */
async function warningsOf(body: () => Promise<void>): Promise<string[]> {
  const { warn } = console;
  const said: string[] = [];
  console.warn = (line: string) => said.push(line);
  try {
    await body();
  } finally {
    console.warn = warn;
  }
  return said;
}

/** As experiments have it: libraries of one folder, none of the system's. */
const permissions: [string, Deno.PermissionOptions][] = [
  ["no library", { ffi: false }],
  ["libraries of one folder only", { ffi: ["/nowhere"] }],
];
for (const [granted, permission] of permissions) {
  Deno.test({
    name: `where ${granted} may be loaded, auto takes wasm without a word, and native is refused in one line`,
    permissions: permission,
    fn: async () => {
      const said = await warningsOf(async () => assert.equal(await startBackend("auto"), "wasm"));
      assert.deepEqual(said, []);
      await assert.rejects(() => startBackend("native"), {
        name: "UserError",
        message: "--backend native: no library of the system may be loaded here (needs --allow-ffi); leave --backend " +
          "out, or start the script with deno run and --allow-ffi",
      });
      assert.equal(await startBackend("cpu"), "cpu");
    },
  });
}

Deno.test({
  ...await lacking("BLAS", "where libraries may be loaded and there is none, auto says what it does without"),
  fn: async () => {
    const said = await warningsOf(async () => assert.equal(await startBackend("auto"), "wasm"));
    assert.equal(said.length, 1);
    assert.match(said[0], /^engine: wasm \(native: no BLAS: .+ not found; see deno task doctor\)$/);
  },
});

Deno.test("engines tell what their numbers depend on beside the code", async () => {
  for (const name of testedBackends) {
    await startBackend(name);
    const facts = engineFacts();
    const names: Readonly<Record<string, string[]>> = {
      native: ["library", "version", "core", "threads"],
      tensorflow: ["library", "version", "route", "device"],
      webgpu: ["device"],
    };
    assert.deepEqual(Object.keys(facts), names[name] ?? [], name);
    for (const [fact, value] of Object.entries(facts)) assert.match(value, /^\S[^\n]*$/, `${name}: ${fact}`);
    if (name === "native") assert.match(facts.threads, /^(1|unknown)$/);
  }
});
