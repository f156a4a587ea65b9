import assert from "node:assert/strict";
import { CC } from "../../optional/parts.ts";
import { needing, on } from "../../optional/skipping.ts";
import { openBlas } from "./blas.ts";

Deno.test({
  ...on("linux", "a library that lacks the product, and one that is not there, are refused by name"),
  fn: () => {
    assert.throws(() => openBlas(1, ["libnothing.so.7", "libc.so.6"]), {
      message: "no BLAS: libnothing.so.7 not found; libc.so.6 lacks cblas_sgemm",
    });
    assert.throws(() => openBlas(1, []), { message: `no BLAS: none is known for ${Deno.build.os}` });
  },
});

/** Compiles a library. */
async function compiled(folder: string, code: string): Promise<string> {
  const path = `${folder}/library.so`;
  await Deno.writeTextFile(`${folder}/library.c`, code);
  const { success, stderr } = await new Deno.Command(CC, {
    args: ["-shared", "-fPIC", "-o", path, `${folder}/library.c`],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return path;
}

const PARAMETERS = "int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, " +
  "const float *b, int ldb, float beta, float *c, int ldc";

Deno.test({
  ...await needing("C compiler", "a library that multiplies wrongly is refused by name"),
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      // Right but for one entry of the transposed product.
      const library = await compiled(
        folder,
        `void cblas_sgemm(${PARAMETERS}) {
          for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) {
            float sum = 0;
            for (int p = 0; p < k; p++)
              sum += (ta == 112 ? a[p * lda + i] : a[i * lda + p]) * (tb == 112 ? b[j * ldb + p] : b[p * ldb + j]);
            c[i * ldc + j] = (beta == 0 ? 0 : c[i * ldc + j]) + sum + (ta == 112 && tb == 112 && i == 2 && j == 2 ? 1 : 0);
          }
        }`,
      );
      assert.throws(() => openBlas(1, [library]), {
        message: `no BLAS: ${library} multiplies wrongly: 3 x 2 transposed by 2 x 3 transposed`,
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  ...on("linux", "a file that is no library is refused by name"),
  fn: async () => {
    const path = await Deno.makeTempFile({ suffix: ".so" });
    try {
      await Deno.writeTextFile(path, "text");
      assert.throws(() => openBlas(1, [path]), { message: `no BLAS: ${path} file too short` });
    } finally {
      await Deno.remove(path);
    }
  },
});

Deno.test({
  ...await needing("BLAS", "the BLAS of this machine says what it is"),
  fn: () => {
    const { library, version, core, threads } = openBlas(1);
    assert.ok(library.length > 0 && version.length > 0);
    assert.ok(core === undefined || /^\w+$/.test(core));
    assert.ok(threads === 1 || threads === undefined);
  },
});
