import assert from "node:assert/strict";
import { binaries, compileKernels, ROOT } from "./compile_kernels.ts";

for (const file of Object.keys(binaries) as (keyof typeof binaries)[]) {
  Deno.test(`${file} is what its source compiles to`, async () => {
    const committed = await Deno.readFile(new URL(file, ROOT));
    const compiled = await compileKernels(file);
    assert.ok(
      committed.length === compiled.length && committed.every((byte, i) => byte === compiled[i]),
      `${file} is not from this source: run deno task kernels`,
    );
  });
}
