/** What the pages for newcomers say: files and tasks that they name are there. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path/posix";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { wholeFiles } from "./pages_test_helpers.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const read = (path: string) => Deno.readTextFile(join(ROOT, path));
const examples = await wholeFiles();

Deno.test("files that the pages for newcomers name are there, and tasks as well", async () => {
  let named = 0;
  for (const page of ["CONTRIBUTING.md", "docs/architecture.md", "docs/glossary.md"]) {
    const text = await read(page);
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, to]) => join(dirname(page), to));
    const paths = [...text.matchAll(/\b(?:lib|experiments|tasks|bench|data|docs)\/[\w/.]*\w/g)].map(([path]) => path);
    for (const path of new Set([...links, ...paths])) {
      if (examples.has(path) || /(^|\/)(NAME|coin|cache)\b/.test(path)) continue;
      await assert.doesNotReject(Deno.stat(join(ROOT, path)), `${page}: ${path}`);
      named++;
    }
    for (const [, task] of text.matchAll(/deno task ([\w:-]+)/g)) {
      assert.ok(Object.hasOwn(config.tasks, task) || task === "coin", `${page}: deno task ${task}`);
    }
  }
  assert.ok(named > 80, `${named} files`);
});
