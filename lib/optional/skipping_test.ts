import assert from "node:assert/strict";
import { optionalParts, type PartName, whyNoFile } from "./parts.ts";
import { lacking, needing, needingData, on } from "./skipping.ts";
import { skippedList } from "./skipped_list.ts";

// Libraries that are there stay open: before tests begin, which are asked to close what they open.
await optionalParts.BLAS.missing();
await optionalParts.oneDNN.missing();

/** A test in a report of the runner, with what it writes for its end. */
const testCase = (file: string, name: string, end = "<skipped/>") =>
  `<testcase name="${name}" classname="${file}" time="0.000" line="1" col="6">\n            ${end}\n        </testcase>`;

Deno.test("a test that needs a part runs where it is there, and names it where it is not", async () => {
  for (const part of Object.keys(optionalParts) as PartName[]) {
    const missing = await optionalParts[part].missing() !== undefined;
    assert.deepEqual(await needing(part, "sums"), {
      name: missing ? `sums [skipped: no ${part}]` : "sums",
      ignore: missing,
      ...(part === "GPU" && { sanitizeOps: false }),
    });
    assert.deepEqual(await lacking(part, "without"), {
      name: missing ? "without" : `without [skipped: ${part} is there]`,
      ignore: !missing,
    });
  }
});

Deno.test("only the data sets that are not at hand are named", () => {
  assert.deepEqual(needingData({ a: {}, b: {} }, "counts"), { name: "counts", ignore: false });
  assert.equal(needingData({ a: undefined, b: {}, c: undefined }, "counts").name, "counts [skipped: no data: a, c]");
});

Deno.test("a test of another system is skipped", () => {
  const other = Deno.build.os === "windows" ? "linux" : "windows";
  assert.deepEqual(on(other, "opens"), { name: `opens [skipped: not on ${other}]`, ignore: true });
});

Deno.test("a folder is no program, and what may not be looked at is unknown", () => {
  assert.equal(whyNoFile("lib"), "lib is no file");
  assert.equal(whyNoFile("lib/optional/parts.ts"), undefined);
  assert.equal(whyNoFile("/usr/bin/nothing-here"), "unknown: --allow-read=/usr/bin/nothing-here is not given");
});

Deno.test("each lack is one line, most tests first, with what the tests are of and how to get it", () => {
  const report = [
    testCase("./lib/run/a_test.ts", "one [skipped: no Chromium]"),
    testCase("./lib/tensor/kernels/b_test.ts", "a &gt; b [native] [skipped: no BLAS]"),
    testCase("./lib/tensor/c_test.ts", "c [native] [skipped: no BLAS]"),
    testCase("./lib/losses/d_test.ts", "d [native] [skipped: no BLAS]"),
    testCase("./lib/losses/d_test.ts", "passes [native]", ""),
    testCase("./lib/datasets/e_test.ts", "e [skipped: no data: imdb, apo]"),
    testCase("./experiments/f_test.ts", "f [skipped: no data: apo]"),
    testCase("./experiments/g_test.ts", "all &gt; a step [skipped: not on windows]"),
    testCase("./experiments/g_test.ts", "without [skipped: GPU is there]"),
  ].join("\n");
  assert.deepEqual(skippedList(report), [
    "Skipped on this machine:",
    `  no BLAS: 3 skipped, engine native, the fastest. To have it: ${optionalParts.BLAS.get}`,
    `  no data (apo, imdb): 2 skipped, tests and questions on real data. To have it: ${optionalParts.data.get}`,
    `  no Chromium: 1 skipped, test that opens a report in a browser. To have it: ${optionalParts.Chromium.get}`,
    "  not on windows: 1 skipped",
    "  GPU is there: 1 skipped",
  ]);
});

Deno.test("a test that is skipped in silence is an error that names it", () => {
  assert.throws(() => skippedList(testCase("./lib/a_test.ts", "sums &amp; products")), {
    message: './lib/a_test.ts: "sums & products" is skipped and does not say why: lib/optional/skipping.ts',
  });
});

Deno.test("what a filter leaves out is not skipped, whether it says why or not", () => {
  const names = ["sums", "products [skipped: no data: emobank]", "laws [engine] [skipped: no BLAS]"]
    .map((name) => testCase("./lib/a_test.ts", name)).join("\n");
  assert.equal(skippedList(names, "[engine]").length, 2);
  assert.match(skippedList(names, "[engine]")[1], /no BLAS: 1 skipped/);
  assert.match(skippedList(names, "/^prod/")[1], /emobank/);
  assert.deepEqual(skippedList(names, "nothing of that name"), []);
});
