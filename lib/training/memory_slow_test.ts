/** Memory over a long training, as the system sees it: in a process of its own, with the flags that experiments have. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { testedBackends } from "../tensor/backends_test_helpers.ts";
import { TABLE_BYTES } from "./memory_test_helpers.ts";

const STEPS = 10_000, WARM = 3_000, EVERY = 100;

const script = `
  import { startBackend, tf } from ${JSON.stringify(import.meta.resolve("../tensor/backend.ts"))};
  import { trainTable } from ${JSON.stringify(import.meta.resolve("./memory_test_helpers.ts"))};
  await startBackend(Deno.args[0]);
  const resident = [];
  tf.tidy(() => trainTable(${STEPS}, (step) => {
    if (step < ${WARM} || step % ${EVERY} !== 0) return;
    globalThis.gc();
    resident.push(Deno.memoryUsage().rss);
  }));
  console.log(JSON.stringify(resident));
`;

/** Slope of the line that fits numbers at equal steps best, per step. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  let above = 0, squares = 0;
  values.forEach((v, i) => {
    above += (i - middle) * v;
    squares += (i - middle) ** 2;
  });
  return above / squares;
}

for (const backend of testedBackends.filter((name) => ["native", "wasm", "tensorflow"].includes(name))) {
  Deno.test(`resident memory is flat over ${STEPS} steps of training [${backend}]`, async () => {
    const root = fileURLToPath(new URL("../../", import.meta.url));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", `--config=${root}deno.json`, "--v8-flags=--max-semi-space-size=4,--expose-gc", script, backend],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const resident: number[] = JSON.parse(new TextDecoder().decode(stdout));
    assert.equal(resident.length, (STEPS - WARM) / EVERY + 1);
    // A table a step that never came back would be a slope of TABLE_BYTES = 2 KB. What the collector leaves unused in its
    // pages comes and goes by some 2 MB, which is at most 300 bytes a step over these.
    const slope = slopeOf(resident) / EVERY;
    assert.ok(slope < TABLE_BYTES / 4, `resident memory grows by ${Math.round(slope)} bytes a step`);
  });
}
