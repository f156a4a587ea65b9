/** Files that lines are appended to. */
import assert from "node:assert/strict";
import { inFolder } from "./demo_test_helpers.ts";
import { linesOut } from "./text_lines_out.ts";

Deno.test("what was there stays until something is written, and a run that writes nothing leaves no file", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a`, lines = Array.from({ length: 30000 }, (_, i) => `line ${i}`);
    linesOut(path, false)[Symbol.dispose]();
    await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
    await Deno.writeTextFile(path, `${lines.join("\n")}\nhalf a li`);
    {
      using out = linesOut(path, true);
      assert.deepEqual(await Array.fromAsync(out.kept), lines);
    }
    assert.ok((await Deno.readTextFile(path)).endsWith("\nhalf a li"));
    {
      using out = linesOut(path, true);
      out.write("b\n");
      out.write("c\n");
    }
    assert.equal(await Deno.readTextFile(path), [...lines, "b", "c", ""].join("\n"));
    await Deno.writeTextFile(path, "half");
    using out = linesOut(path, true);
    assert.deepEqual(await Array.fromAsync(out.kept), []);
  }));

Deno.test("a path that cannot be written is refused with what to do", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a`, "a\n");
    const wrong: readonly (readonly [string, boolean, string])[] = [
      [folder, false, "is a folder; name a file in it with --out"],
      [folder, true, "is a folder; name a file in it with --out"],
      [`${folder}/a`, false, "is there already; remove it, name another with --out, or go on in it with --resume"],
      [`${folder}/b/c`, true, `there is no folder ${folder}/b; make it, or name another file with --out`],
    ];
    for (const [path, resume, what] of wrong) {
      assert.throws(() => linesOut(path, resume), { name: "UserError", message: `${path}: ${what}` });
    }
    assert.equal(await Deno.readTextFile(`${folder}/a`), "a\n");
  }));
