/** What CONTRIBUTING.md shows as whole files compiles in its place. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path/posix";
import { fileURLToPath } from "node:url";
import { inFolder } from "../lib/run/demo_test_helpers.ts";
import { wholeFiles } from "./pages_test_helpers.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const examples = await wholeFiles();

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
