/**
 * The list at the end of the test command: what is missing, which tests that skips, how to get it.
 *
 * @module
 */
import { optionalParts, type PartName } from "./parts.ts";

/** Tests that one lack skips. */
interface Group {
  tests: number;
  readonly folders: Map<string, number>;
  readonly details: Set<string>;
}

/**
 * What a run of tests skipped, in lines; empty where it skipped nothing.
 *
 * @param junit the JUnit report that `deno test` writes
 * @throws Error where a test was skipped without saying why
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const skipped = (name: string) => `<testcase name="${name}" classname="./lib/a_test.ts"><skipped/></testcase>`;
 * assert.deepEqual(skippedList(skipped("sums [skipped: no LaTeX]")), [
 *   "Skipped on this machine:",
 *   "  no LaTeX: 1 test in lib. To have it: on Debian, apt-get install texlive-latex-recommended",
 * ]);
 * assert.deepEqual(skippedList("<testsuites></testsuites>"), []);
 * ```
 */
export function skippedList(junit: string): string[] {
  const groups = new Map<string, Group>();
  for (const { name, file } of skippedTests(junit)) {
    const match = /\[skipped: (no [^:\]]+|not on [^\]]+)(?:: ([^\]]+))?\]/.exec(name);
    if (match === null) throw new Error(`${file}: "${name}" is skipped and does not say why: lib/optional/skipping.ts`);
    const [, lack, detail] = match;
    const group = groups.getOrInsertComputed(lack, () => ({ tests: 0, folders: new Map(), details: new Set() }));
    group.tests++;
    const folder = file.replace(/^\.\//, "").split("/").slice(0, -1).slice(0, 2).join("/");
    group.folders.set(folder, (group.folders.get(folder) ?? 0) + 1);
    for (const id of detail?.split(", ") ?? []) group.details.add(id);
  }
  const lines = [...groups].sort(([, a], [, b]) => b.tests - a.tests).map(([lack, group]) => line(lack, group));
  return lines.length === 0 ? [] : ["Skipped on this machine:", ...lines.map((text) => `  ${text}`)];
}

function line(lack: string, { tests, folders, details }: Group): string {
  const [only] = folders.keys();
  const where = folders.size === 1
    ? only
    : [...folders].sort(([, a], [, b]) => b - a).map(([folder, count]) => `${folder} ${count}`).join(", ");
  const which = details.size === 0 ? "" : ` (${[...details].sort().join(", ")})`;
  const part = lack.replace(/^no /, "") as PartName;
  const get = part in optionalParts ? `. To have it: ${optionalParts[part].get}` : "";
  return `${lack}${which}: ${tests} ${tests === 1 ? "test" : "tests"} in ${where}${get}`;
}

/** Steps are tests too. */
function skippedTests(junit: string): { name: string; file: string }[] {
  const pattern = /<testcase name="([^"]*)" classname="([^"]*)"[^>]*>\s*<skipped\s*\/>/g;
  return [...junit.matchAll(pattern)].map(([, name, file]) => ({ name: unescaped(name), file }));
}

function unescaped(text: string): string {
  const marks: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, mark) => marks[mark]);
}
