/** What the pages for newcomers say: files that they name are there, and their examples compile. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path/posix";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { inFolder } from "../lib/run/demo_test_helpers.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const read = (path: string) => Deno.readTextFile(join(ROOT, path));
const contributing = await read("CONTRIBUTING.md");

/** Examples that are whole files, by the path that they begin with. */
const examples = new Map(
  [...contributing.matchAll(/^```ts ignore\n\/\/ (\S+)\n([^]+?)^```$/gm)].map(([, path, text]) => [path, text]),
);

Deno.test("files that the pages for newcomers name are there, and tasks as well", async () => {
  let named = 0;
  for (const page of ["CONTRIBUTING.md", "docs/architecture.md", "docs/glossary.md"]) {
    const text = await read(page);
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, to]) => join(dirname(page), to));
    const paths = [...text.matchAll(/(?:lib|experiments|data|docs)\/[\w/.]*\w/g)].map(([path]) => path);
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

Deno.test("each example that is a whole file compiles in its place", () =>
  inFolder(async (folder) => {
    assert.ok(examples.size >= 5);
    const files: string[] = [];
    for (const [path, text] of examples) {
      // Relative to where it is to lie; an example may import another.
      const placed = text.replaceAll(/ from "(\.[^"]+)"/g, (_, to) => {
        const found = join(dirname(path), to);
        return ` from "${examples.has(found) ? join(folder, found) : join(ROOT, found)}"`;
      });
      const file = join(folder, path);
      await Deno.mkdir(dirname(file), { recursive: true });
      await Deno.writeTextFile(file, placed);
      files.push(file);
    }
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--config", join(ROOT, "deno.json"), ...files],
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
  }));
