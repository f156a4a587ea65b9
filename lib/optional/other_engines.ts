/**
 * Tests on engines that a run takes on request alone: they have commands of their own, since a GPU that the processor plays
 * takes as long for them as all other engines together.
 *
 * @module
 */
import { skippedTests } from "./skipped_list.ts";

const ENGINES = ["webgpu", "tensorflow"];

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
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const report = `<testcase name="sums [webgpu]" classname="./lib/a_test.ts"><skipped/></testcase>`;
 * assert.deepEqual(onOtherEngines(report), [
 *   "Not run, 1 test on webgpu: deno task test --filter '[webgpu]'",
 * ]);
 * assert.deepEqual(onOtherEngines("<testsuites></testsuites>"), []);
 * ```
 */
export function onOtherEngines(junit: string): string[] {
  const names = skippedTests(junit).map(({ name }) => name);
  return ENGINES.flatMap((engine) => {
    const tests = names.filter((name) => name.endsWith(`[${engine}]`)).length;
    const command = `deno task test --filter '[${engine}]'`;
    return tests === 0 ? [] : [`Not run, ${tests} ${tests === 1 ? "test" : "tests"} on ${engine}: ${command}`];
  });
}
