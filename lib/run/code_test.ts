import assert from "node:assert/strict";
import { codeChecksum, reached } from "./code.ts";
import { inFolder } from "./demo_test_helpers.ts";

const FILES: Record<string, string> = {
  "experiments/cpo.ts":
    `import { arms } from "./cpo/arms.ts";\nimport { curve } from "./cpo/figures.ts";\nimport type { Page } from "../lib/run/page.ts";\n`,
  "experiments/cpo/arms.ts": `import {\n  dpo,\n} from "../../lib/losses/dpo.ts";\nexport * from "./more.ts";\n`,
  "experiments/cpo/more.ts": `import "./effect.ts";\nconst late = () => import("./late.ts");\n`,
  "experiments/cpo/effect.ts": "",
  "experiments/cpo/late.ts": `const file = new URL("./kernels.bin", import.meta.url);\n`,
  "experiments/cpo/figures.ts": `import { caption } from "./caption.ts";\n`,
  "experiments/cpo/caption.ts": "",
  "experiments/cpo/kernels.bin": "\u0000\u00ff",
  "lib/losses/dpo.ts": `import { Matrix } from "ml-matrix";\nimport { draw } from "../report/draw.ts";\n`,
  "lib/report/draw.ts": `import { ink } from "../losses/ink.ts";\n`,
  "lib/losses/ink.ts": "",
  "lib/run/page.ts": "",
  "lib/run/main.ts": "",
  "lib/run/streams.ts": "",
  "experiments/sgpo.ts": "",
};

/** A project of a few files. */
async function project(folder: string) {
  const write = async (path: string, text: string) => {
    await Deno.mkdir(`${folder}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, text);
  };
  for (const [path, text] of Object.entries(FILES)) await write(path, text);
  const root = new URL(`file://${folder}/`), module = new URL("experiments/cpo.ts", root).href;
  return { write, checksum: () => codeChecksum(module, root), reached: () => reached(module, root) };
}

Deno.test("what a module reaches: imports of every form, files, packages; no types, no drawing, no driving", () =>
  inFolder(async (folder) => {
    const { files, packages } = await (await project(folder)).reached();
    assert.deepEqual([...files.keys()].sort(), [
      "experiments/cpo.ts",
      "experiments/cpo/arms.ts",
      "experiments/cpo/effect.ts",
      "experiments/cpo/kernels.bin",
      "experiments/cpo/late.ts",
      "experiments/cpo/more.ts",
      "lib/losses/dpo.ts",
      "lib/run/streams.ts",
    ]);
    assert.deepEqual([...packages], ["npm:ml-matrix@6.15.1"]);
  }));

Deno.test("a folder that is named may be there or not: what is installed later changes no checksum", () =>
  inFolder(async (folder) => {
    const { write, checksum, reached } = await project(folder);
    await write("experiments/cpo/late.ts", `const cache = new URL("../../data/cache/engine", import.meta.url);\n`);
    const before = await checksum();
    await write("data/cache/engine/library.so", "code of others");
    assert.equal(await checksum(), before);
    assert.ok(![...(await reached()).files.keys()].some((path) => path.startsWith("data/")));
  }));

Deno.test("the checksum follows every file that is reached and no other", () =>
  inFolder(async (folder) => {
    const { write, checksum, reached } = await project(folder);
    const before = await checksum(), { files } = await reached();
    for (const [path, text] of Object.entries(FILES)) {
      await write(path, `${text}\n// changed`);
      const now = await checksum();
      if (files.has(path)) assert.notEqual(now, before, path);
      else assert.equal(now, before, path);
      await write(path, text);
    }
    assert.equal(await checksum(), before);
    await write("experiments/cpo/effect.ts", "");
    await write("experiments/cpo/other.ts", "");
    await write("experiments/cpo/more.ts", FILES["experiments/cpo/more.ts"].replace("effect", "other"));
    assert.notEqual(await checksum(), before, "a file by another name");
  }));

Deno.test("of the project itself: worlds, policies and kernels count, tests and pages do not", async () => {
  const { files } = await reached(new URL("../../experiments/cpo.ts", import.meta.url).href);
  for (const path of ["lib/worlds/outcomes.ts", "lib/exact/laws.ts", "lib/tensor/kernels/kernels.wasm"]) {
    assert.ok(files.has(path), path);
  }
  for (const path of files.keys()) {
    assert.doesNotMatch(path, /_test\.ts$|^lib\/report|^lib\/run\/(?!columns|resamples|row_counts|streams)/);
  }
});
