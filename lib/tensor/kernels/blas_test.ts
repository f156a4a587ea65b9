import assert from "node:assert/strict";
import { testedBackends } from "../backends_test_helpers.ts";
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

/** Compiles a library; undefined where there is no C compiler, or it may not be run. */
async function compiled(folder: string, code: string): Promise<string | undefined> {
  const path = `${folder}/library.so`;
  await Deno.writeTextFile(`${folder}/library.c`, code);
  try {
    const { success } = await new Deno.Command("cc", { args: ["-shared", "-fPIC", "-o", path, `${folder}/library.c`] })
      .output();
    return success ? path : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

const PARAMETERS = "int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, " +
  "const float *b, int ldb, float beta, float *c, int ldc";

Deno.test({
  name: "a library that multiplies wrongly is refused by name, and one that is none",
  ignore: Deno.build.os !== "linux",
  fn: async (test) => {
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
      await test.step({
        name: "wrong numbers",
        ignore: library === undefined,
        fn: () =>
          assert.throws(() => openBlas(1, [library!]), {
            message: `no BLAS: ${library} multiplies wrongly: 3 x 2 transposed by 2 x 3 transposed`,
          }),
      });
      await Deno.writeTextFile(`${folder}/text.so`, "text");
      assert.throws(() => openBlas(1, [`${folder}/text.so`]), { message: `no BLAS: ${folder}/text.so file too short` });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "the BLAS of this machine says what it is",
  ignore: !testedBackends.includes("native"),
  fn: () => {
    const { library, version, core, threads } = openBlas(1);
    assert.ok(library.length > 0 && version.length > 0);
    assert.ok(core === undefined || /^\w+$/.test(core));
    assert.ok(threads === 1 || threads === undefined);
  },
});
