/** Setup with small files in place of the real ones; CI makes the real engine. */
import { zipSync } from "fflate";
import assert from "node:assert/strict";
import { sha256Hex } from "../../run/sha256.ts";
import { edits } from "./edits.ts";
import { BINDING, PACKAGE, whatWasMade } from "./place.ts";
import type { Run } from "./run.ts";
import { type Pins, setUp } from "./setup.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const wheel = zipSync({
  "tensorflow/libtensorflow_cc.so.2": encode("library"),
  "tensorflow/include/tensorflow/c/c_api.h": encode("header"),
  "tensorflow/__init__.py": encode("Python"),
  "../outside": encode("not wanted"),
});
const sha256 = await sha256Hex(wheel);
const pinsOf = (sha256: string): Pins => {
  const wheels = [{ package: "tensor-flow", version: "2.0", sha256 }];
  return { cpu: { wheels }, cuda: { wheels } };
};

/** What the programs do, and a log of which were started. */
function machine(
  { installer = "fails", compiler = true, pip = true, runs = (_binding: string): boolean => true } = {},
) {
  const started: string[] = [];
  const ended = (ok: boolean, line = "", output = "") => Promise.resolve({ ok, line, output });
  const write = (path: string, text: string) => {
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(path, text);
  };
  const run: Run = (program, args, folder) => {
    if (program === "python3") {
      started.push("pip");
      if (!pip) return ended(false, "ERROR: no network");
      Deno.writeFileSync(`${args[args.indexOf("--dest") + 1]}/tensor_flow-2.0-cp312-any.whl`, wheel);
      return ended(true);
    }
    if (program === "c++") {
      started.push("compiler");
      if (!compiler) return ended(false, "a.cc:1: error: no such thing");
      const libraries = args.find((arg) => arg.startsWith("-L"))!.slice(2);
      assert.equal(Deno.readTextFileSync(`${libraries}/libtensorflow_cc.so.2`), "library");
      write(`${folder}/${BINDING}`, "compiled");
      return ended(true);
    }
    assert.equal(program, Deno.execPath());
    if (args[0] === "run") {
      started.push("self-test");
      const binding = Deno.readTextFileSync(`${args.at(-1)}/${PACKAGE}/${BINDING}`);
      return runs(binding) ? ended(true, "", '{"version":"2.0","gpu":false}') : ended(false, "Error: no symbol");
    }
    const inside = `${folder}/${PACKAGE}`;
    if (args.some((arg) => arg.startsWith("--allow-scripts"))) {
      started.push("installer");
      if (installer === "fails") return ended(false, "Error: 403");
      if (installer === "works") {
        write(`${inside}/${BINDING}`, "downloaded");
        write(`${inside}/deps/lib/libtensorflow.so.2`, "library");
      }
      return ended(true);
    }
    started.push("npm");
    for (const { file, find, times } of edits) write(`${inside}/${file}`, find.repeat(times));
    write(`${inside}/package.json`, "{}");
    write(`${inside}/binding/tfjs_backend.cc`, "C++");
    write(`${folder}/node_modules/google-protobuf/index.js`, "");
    return ended(true);
  };
  return { run, started };
}

async function inCache(body: (cache: string) => Promise<void>): Promise<void> {
  const cache = await Deno.makeTempDir();
  try {
    await body(cache);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

const make = (cache: string, run: Run, pins = pinsOf(sha256), said: string[] = []) =>
  setUp({ cache, target: "cpu", pins, run, say: (line) => said.push(line) });

Deno.test("where the installer fails it is compiled, once; the second time nothing is started", () =>
  inCache(async (cache) => {
    const { run, started } = machine(), said: string[] = [];
    const made = await make(cache, run, undefined, said);
    assert.deepEqual(started, ["npm", "installer", "pip", "compiler", "self-test"]);
    assert.deepEqual(said, [
      "npm package @tensorflow/tfjs-node-gpu 4.22.0, checksums from npm_packages.lock",
      "its own installer failed: Error: 403",
      "tensor-flow 2.0: fetching and verifying",
      "tensor-flow 2.0: SHA-256 is the pinned one; unpacking",
      "compiling the binding",
      "made: TensorFlow 2.0 on the processor, compiled against tensor-flow 2.0; use it with --backend tensorflow",
    ]);
    const inside = `${cache}/ready/${PACKAGE}`;
    assert.equal(await Deno.readTextFile(`${inside}/deps/include/tensorflow/c/c_api.h`), "header");
    assert.ok(!(await Deno.readTextFile(`${inside}/dist/kernels/TopK.js`)).includes("isNullOrUndefined"));
    assert.deepEqual([...Deno.readDirSync(cache)].map(({ name }) => name), ["ready"], "only what is needed stays");
    assert.deepEqual([...Deno.readDirSync(`${inside}/deps`)].map(({ name }) => name).sort(), [
      "include",
      "lib",
      "unpacked",
    ]);

    said.length = started.length = 0;
    assert.deepEqual(await make(cache, run, undefined, said), made);
    assert.deepEqual(started, []);
    assert.match(said.join(), /^already made: TensorFlow 2\.0 /);
  }));

Deno.test("another pin is another engine: it is made anew", () =>
  inCache(async (cache) => {
    const { run, started } = machine();
    const { recipe } = await make(cache, run);
    started.length = 0;
    const pins = pinsOf(sha256);
    const other = { ...pins, cpu: { wheels: [...pins.cpu.wheels, pins.cpu.wheels[0]] } };
    assert.notEqual((await make(cache, run, other)).recipe, recipe);
    assert.ok(started.includes("compiler"));
  }));

Deno.test("a wheel that is not the pinned one is refused, and nothing is made of it", () =>
  inCache(async (cache) => {
    const { run, started } = machine(),
      wrong = "0".repeat(64),
      path = `${cache}/making/wheels/tensor_flow-2.0-cp312-any.whl`;
    const message = `${path}: SHA-256 ${sha256.slice(0, 12)}... where 000000000000... is pinned`;
    await assert.rejects(make(cache, run, pinsOf(wrong)), {
      name: "UserError",
      message: `${message}; nothing was kept: the index of pip has another file than the pinned one`,
    });
    assert.ok(!started.includes("compiler"));
    assert.equal(whatWasMade(`${cache}/ready`), undefined);
    assert.deepEqual([...Deno.readDirSync(`${cache}/making/wheels`)], []);
    // One that somebody has put there is not thrown away.
    await Deno.writeFile(path, wheel);
    started.length = 0;
    await assert.rejects(make(cache, run, pinsOf(wrong)), { message: `${message}; remove the file` });
    assert.ok(!started.includes("pip"));
    assert.deepEqual(await Deno.readFile(path), wheel);
  }));

Deno.test("it goes on where it broke off, with the wheel that was unpacked or put there", () =>
  inCache(async (cache) => {
    await assert.rejects(make(cache, machine({ pip: false }).run), {
      name: "UserError",
      message: `tensor-flow==2.0: pip could not fetch it (ERROR: no network); mend that, or put the wheel into ` +
        `${cache}/making/wheels`,
    });
    await Deno.writeFile(`${cache}/making/wheels/tensor_flow-2.0-py3-none-any.whl`, wheel);
    const broken = machine({ compiler: false, pip: false });
    await assert.rejects(make(cache, broken.run), {
      name: "UserError",
      message: "the binding does not compile: a.cc:1: error: no such thing",
    });
    const mended = machine({ pip: false });
    assert.equal((await make(cache, mended.run)).version, "2.0");
    assert.deepEqual([...broken.started, ...mended.started].filter((name) => name === "pip"), []);
  }));

Deno.test("a binding that the installer brings is used where it runs, and only there", () =>
  inCache(async (cache) => {
    const works = machine({ installer: "works" });
    assert.equal((await make(`${cache}/a`, works.run)).route, "the package's own installer");
    assert.deepEqual(works.started, ["npm", "installer", "self-test"]);
    assert.equal(await Deno.readTextFile(`${cache}/a/ready/${PACKAGE}/${BINDING}`), "downloaded");

    const old = machine({ installer: "works", runs: (binding) => binding === "compiled" }), said: string[] = [];
    assert.match((await make(`${cache}/b`, old.run, undefined, said)).route, /^compiled against/);
    assert.ok(said.includes("it does not run: Error: no symbol"));

    const gpu = { cache: `${cache}/gpu`, pins: pinsOf(sha256), say: (line: string) => said.push(line) };
    assert.match((await setUp({ ...gpu, target: "cuda", run: works.run })).route, /^compiled against/);
    assert.ok(said.includes("TensorFlow 2.0 from its own installer runs, but not on the GPU"));

    const empty = machine({ installer: "brings nothing" });
    await make(`${cache}/c`, empty.run, undefined, said);
    assert.ok(said.includes("its own installer failed: it ended without a binding"));

    const broken = machine({ runs: () => false });
    await assert.rejects(make(`${cache}/d`, broken.run), /^UserError: the binding was compiled but does not run/);
    assert.equal(whatWasMade(`${cache}/d/ready`), undefined);
    const mended = machine({ pip: false }); // what was unpacked is still there
    await make(`${cache}/d`, mended.run);
    assert.ok(!mended.started.includes("pip"));
  }));
