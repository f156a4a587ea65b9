/**
 * Tests on engines that a run takes on request alone: they have commands of their own, since a GPU that the processor plays
 * takes as long for them as all other engines together.
 *
 * @module
 */
import { join } from "node:path/posix";
import { skippedTests } from "./skipped_list.ts";

const ENGINES = ["webgpu", "tensorflow"];

/** What has a test for every engine in its tests imports it, by itself or by helpers. */
const EVERY_ENGINE = "lib/tensor/backends_test_helpers.ts";

/**
 * The files of tests that a filter for one engine can find something in: with it `deno test` would load all the others for
 * nothing.
 *
 * @param sources text of every file of tests and of their helpers, by its path in the project
 * @returns undefined where the filter is for anything else than such an engine
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const sources = new Map([
 *   ["lib/tensor/backends_test_helpers.ts", ""],
 *   ["lib/losses/golden_test_helpers.ts", `import { u } from "../tensor/backends_test_helpers.ts";`],
 *   ["lib/losses/a_test.ts", `import { golden } from "./golden_test_helpers.ts";`],
 *   ["lib/losses/b_test.ts", `import { b } from "./b.ts";`],
 * ]);
 * assert.deepEqual(filesFor("[webgpu]", sources), ["lib/losses/a_test.ts"]);
 * assert.equal(filesFor("sums", sources), undefined);
 * ```
 */
export function filesFor(filter: string, sources: ReadonlyMap<string, string>): string[] | undefined {
  if (!ENGINES.some((engine) => filter === `[${engine}]`)) return undefined;
  const imports = (path: string) =>
    [...sources.get(path)?.matchAll(/\bfrom "(\.[^"]+)"/g) ?? []].map(([, to]) => join(path, "..", to));
  const found = new Set([EVERY_ENGINE]);
  for (let before = 0; found.size > before;) {
    before = found.size;
    for (const path of sources.keys()) if (imports(path).some((to) => found.has(to))) found.add(path);
  }
  return [...found].filter((path) => path.endsWith("_test.ts")).sort();
}

/**
 * What `deno test --filter` takes to leave them out; those that say why they are skipped stay. Its expressions have no
 * "not": names pass by another last letter before the bracket, and `cpu`, which ends as `webgpu` does, by its own.
 *
 * @example
 * ```ts
 * import { backendList } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * const passes = (name: string) => new RegExp(WITHOUT_OTHER_ENGINES.slice(1, -1)).test(name);
 * for (const name of ["a", "a[1]", "a [tensorflow] [skipped: no TensorFlow]"]) assert.ok(passes(name), name);
 * for (const { name } of backendList) assert.equal(passes(`a [${name}]`), !["webgpu", "tensorflow"].includes(name), name);
 * ```
 */
export const WITHOUT_OTHER_ENGINES = `/(skipped: [^\\]]*\\]|[^\\]]|\\[cpu\\]|[^${
  ENGINES.map((name) => name.at(-1)).join("")
}]\\])$/`;

/**
 * Lines that say how many such tests were left out, and the command that runs them; none where there are none.
 *
 * @param junit the JUnit report that `deno test` writes
 * @param sources as {@linkcode filesFor} takes them
 * @throws Error where that command would not find one of them
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const report = `<testcase name="sums [webgpu]" classname="./lib/a_test.ts"><skipped/></testcase>`;
 * const helpers = ["lib/tensor/backends_test_helpers.ts", ""] as const;
 * const sources = new Map([helpers, ["lib/a_test.ts", `import { u } from "./tensor/backends_test_helpers.ts";`]]);
 * assert.deepEqual(onOtherEngines(report, sources), [
 *   "Not run, 1 test on webgpu: deno task test --filter '[webgpu]'",
 * ]);
 * assert.throws(() => onOtherEngines(report, new Map([helpers])), /passes lib\/a_test.ts over/);
 * assert.deepEqual(onOtherEngines("<testsuites></testsuites>", sources), []);
 * ```
 */
export function onOtherEngines(junit: string, sources: ReadonlyMap<string, string>): string[] {
  const skipped = skippedTests(junit);
  return ENGINES.flatMap((engine) => {
    const found = skipped.filter(({ name }) => name.endsWith(`[${engine}]`)), files = filesFor(`[${engine}]`, sources)!;
    const lost = found.map(({ file }) => file.replace(/^\.\//, ""))
      // Tests that the helper registers count as its own, whichever file asks for them.
      .find((file) => file !== EVERY_ENGINE && !files.includes(file));
    if (lost) throw new Error(`--filter '[${engine}]' passes ${lost} over: it does not import ${EVERY_ENGINE}`);
    const tests = found.length;
    const command = `deno task test --filter '[${engine}]'`;
    return tests === 0 ? [] : [`Not run, ${tests} ${tests === 1 ? "test" : "tests"} on ${engine}: ${command}`];
  });
}
