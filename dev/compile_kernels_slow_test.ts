import assert from "node:assert/strict";
import { binaries, compileKernels, KERNELS } from "./compile_kernels.ts";

for (const [file, flags] of Object.entries(binaries)) {
  Deno.test(`${file} is what its source compiles to`, async () => {
    const committed = await Deno.readFile(new URL(file, KERNELS));
    const compiled = await compileKernels(flags);
    assert.ok(
      committed.length === compiled.length && committed.every((byte, i) => byte === compiled[i]),
      `${file} is not from this source: run deno task kernels`,
    );
  });
}
