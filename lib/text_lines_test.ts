/** Lines of files. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { inFolder } from "./run/demo_test_helpers.ts";
import { linesOf } from "./text_lines.ts";

Deno.test("lines are whole wherever the file is cut into pieces, in the middle of a character too", () =>
  inFolder(async (folder) => {
    const lines = Array.from({ length: 4000 }, (_, i) => `${"é😀".repeat(i % 40)}${i}`);
    await Deno.writeTextFile(`${folder}/a`, lines.join("\r\n"));
    assert.deepEqual(await Array.fromAsync(linesOf(`${folder}/a`)), lines);
    await Deno.writeTextFile(`${folder}/b`, "");
    assert.deepEqual(await Array.fromAsync(linesOf(`${folder}/b`)), []);
  }));

Deno.test("what is no text is refused in one line", () =>
  inFolder(async (folder) => {
    const read = (name: string) => Array.fromAsync(linesOf(`${folder}/${name}`));
    await assert.rejects(read("."), { message: `${folder}/.: is a folder; name a file of lines` });
    await assert.rejects(read("none"), { message: `${folder}/none: there is no such file; check the path` });
    await Deno.writeFile(`${folder}/bytes`, Uint8Array.of(97, 10, 98, 0xff, 10));
    await assert.rejects(read("bytes"), { name: "UserError", message: /bytes:1: is no UTF-8 here or soon after/ });
    await Deno.mkdir(`${folder}/folder`);
    await assert.rejects(read("folder"), { name: "UserError", message: /^[^\n]*folder: [^\n]*$/ });
  }));

// As pigz -i, bgzip and `cat a.gz b.gz` write it; DecompressionStream of Deno 2.9.6 refuses all but the first member.
Deno.test("gzip of several members is one text, and one that is cut off is refused", () =>
  inFolder(async (folder) => {
    const [first, second] = ["a\nb", "c\nd\n"].map((text) => gzipSync(text));
    await Deno.writeFile(`${folder}/two.gz`, Uint8Array.from([...first, ...second]));
    assert.deepEqual(await Array.fromAsync(linesOf(`${folder}/two.gz`)), ["a", "bc", "d"]);
    await Deno.writeFile(`${folder}/cut.gz`, Uint8Array.from([...first, ...second.subarray(0, 12)]));
    await assert.rejects(Array.fromAsync(linesOf(`${folder}/cut.gz`)), {
      name: "UserError",
      message: /cut\.gz: no whole gzip file/,
    });
  }));
