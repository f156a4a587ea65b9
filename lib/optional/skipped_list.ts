/**
 * The list at the end of the test command: what is missing, which tests that skips, how to get it.
 *
 * @module
 */
import { optionalParts, type PartName } from "./parts.ts";

/** Tests that one lack skips. */
interface Group {
  tests: number;
  readonly details: Set<string>;
}

/**
 * What a run of tests skipped, in lines; empty where it skipped nothing.
 *
 * @param junit the JUnit report that `deno test` writes; a test that a filter leaves out stands in it as skipped
 * @param filter what `deno test --filter` was given: text in the name, or an expression between slashes
 * @throws Error where a test was skipped without saying why
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const report = `<testcase name="sums [skipped: no BLAS]" classname="./lib/a_test.ts"><skipped/></testcase>`;
 * assert.match(skippedList(report)[1], /^ {2}no BLAS: 1 skipped, engine native, the fastest. To have it: /);
 * assert.deepEqual(skippedList("<testsuites></testsuites>"), []);
 * ```
 */
export function skippedList(junit: string, filter = ""): string[] {
  const groups = new Map<string, Group>();
  for (const { name, file } of skippedTests(junit)) {
    if (!chosen(name, filter)) continue;
    const match = /\[skipped: ([^:\]]+)(?:: ([^\]]+))?\]/.exec(name);
    if (match === null) throw new Error(`${file}: "${name}" is skipped and does not say why: lib/optional/skipping.ts`);
    const [, lack, detail] = match;
    const group = groups.getOrInsertComputed(lack, () => ({ tests: 0, details: new Set() }));
    group.tests++;
    for (const id of detail?.split(", ") ?? []) group.details.add(id);
  }
  const lines = [...groups].sort(([, a], [, b]) => b.tests - a.tests).map(([lack, group]) => line(lack, group));
  return lines.length === 0 ? [] : ["Skipped on this machine:", ...lines.map((text) => `  ${text}`)];
}

function chosen(name: string, filter: string): boolean {
  const expression = /^\/(.*)\/$/s.exec(filter)?.[1];
  return expression === undefined ? name.includes(filter) : new RegExp(expression).test(name);
}

function line(lack: string, { tests, details }: Group): string {
  const which = details.size === 0 ? "" : ` (${[...details].sort().join(", ")})`;
  const name = lack.replace(/^no /, "");
  if (!isPart(name)) return `${lack}: ${tests} skipped`;
  const { use, get } = optionalParts[name];
  return `${lack}${which}: ${tests} skipped, ${use}. To have it: ${get}`;
}

function isPart(name: string): name is PartName {
  return name in optionalParts;
}

/** Tests that a JUnit report says were not run; steps are tests too. */
export function skippedTests(junit: string): { name: string; file: string }[] {
  const pattern = /<testcase name="([^"]*)" classname="([^"]*)"[^>]*>\s*<skipped\s*\/>/g;
  return [...junit.matchAll(pattern)].map(([, name, file]) => ({ name: unescaped(name), file }));
}

function unescaped(text: string): string {
  const marks: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, mark) => marks[mark]);
}
