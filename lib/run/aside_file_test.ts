import assert from "node:assert/strict";
import { openAside } from "./aside_file.ts";
import { inFolder } from "./testing.ts";

const BLOCKS = [["a", "0,1\n"], ["b λ=1", "0,ö\n"]] as const;

async function keep(path: string, blocks: readonly (readonly [string, string])[]) {
  const aside = await openAside(path, "identity", false);
  for (const [block, text] of blocks) await aside.add(block, text);
  aside.close();
  return await Deno.readFile(path);
}

/** The blocks that count, and the file as it is left. */
async function kept(path: string, identity = "identity", fresh = false) {
  const aside = await openAside(path, identity, fresh);
  const blocks = [...aside.blocks];
  aside.close();
  return blocks;
}

Deno.test("cut anywhere, whole blocks count, the torn one does not, and more can be added", () =>
  inFolder(async (folder) => {
    const path = `${folder}/results.aside`;
    const whole = await keep(path, BLOCKS);
    const first = whole.indexOf(10) + 1;
    for (let length = 0; length <= whole.length; length++) {
      await Deno.writeFile(path, whole.slice(0, length));
      const expected = length < first ? [] : length < whole.length ? [BLOCKS[0]] : BLOCKS;
      await keep(path, [["c", "2\n"]]);
      assert.deepEqual(await kept(path), [...expected, ["c", "2\n"]], `${length} bytes`);
    }
  }));

Deno.test("a changed byte drops its block; another configuration's blocks and, if asked, all are dropped", () =>
  inFolder(async (folder) => {
    const path = `${folder}/results.aside`;
    const whole = await keep(path, BLOCKS);
    const first = whole.indexOf(10) + 1;
    for (let at = 0; at < first - 1; at++) {
      const changed = whole.slice();
      changed[at] ^= 1;
      await Deno.writeFile(path, changed);
      assert.deepEqual(await kept(path), [BLOCKS[1]], `byte ${at}`);
    }
    for (const [identity, fresh] of [["other", false], ["identity", true]] as const) {
      await Deno.writeFile(path, whole);
      assert.deepEqual(await kept(path, identity, fresh), []);
      await assert.rejects(Deno.stat(path), Deno.errors.NotFound, "nothing in it counts");
    }
  }));

Deno.test("the file goes when every block is in its place", () =>
  inFolder(async (folder) => {
    const path = `${folder}/results.aside`;
    await keep(path, BLOCKS);
    const aside = await openAside(path, "identity", false);
    aside.placed("a");
    aside.close();
    await Deno.stat(path);
    const again = await openAside(path, "identity", false);
    for (const [block] of BLOCKS) again.placed(block);
    again.close();
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  }));
