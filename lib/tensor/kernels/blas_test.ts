import assert from "node:assert/strict";
import { openBlas } from "./blas.ts";

Deno.test({
  name: "a library that lacks the product, and one that is not there, are refused by name",
  ignore: Deno.build.os !== "linux",
  fn: () => {
    assert.throws(() => openBlas(1, ["libnothing.so.7", "libc.so.6"]), {
      message: "no BLAS: libnothing.so.7 not found; libc.so.6 lacks cblas_sgemm",
    });
    assert.throws(() => openBlas(1, []), { message: `no BLAS: none is known for ${Deno.build.os}` });
  },
});

Deno.test("the BLAS of this machine says what it is", () => {
  const { library, version, threads } = openBlas(1);
  assert.ok(library.length > 0 && version.length > 0);
  assert.ok(threads === 1 || threads === undefined);
});
