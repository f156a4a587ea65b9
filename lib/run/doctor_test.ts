import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { manifest } from "../datasets/manifest.ts";
import { optionalParts, type PartName, SMOLLM2 } from "../optional/parts.ts";
import { backendList } from "../tensor/backend.ts";
import { testedBackends } from "../tensor/backends_test_helpers.ts";
import { adapterName, gpuAdapter, NO_ADAPTER } from "../tensor/webgpu/adapter.ts";
import { UserError } from "../user_error.ts";
import { examine, type Machine } from "./doctor.ts";
import { inFolder } from "./demo_test_helpers.ts";

await optionalParts.oneDNN.missing(); // the library stays open once it is: before the first test, it is no leak of one

/** The doctor in a process with these permissions and arguments. */
async function doctor(permissions: readonly string[], ...args: string[]) {
  const script = fileURLToPath(new URL("./doctor.ts", import.meta.url));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...permissions, script, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  // Mesa's OpenGL, which is asked for adapters too, misses a desktop session and says so past its caller.
  return { code, stdout: text(stdout), stderr: text(stderr).replaceAll(/^error: XDG_RUNTIME_DIR .*\n/gm, "") };
}

Deno.test("it names every engine with its speed, the one auto takes, every data set and what gets it", () =>
  inFolder(async (empty) => {
    const text = await examine(empty), lines = text.trimEnd().split("\n");
    const headings = lines.map((line) => /^(\S.*?) {2}/.exec(line)?.[1]).filter((heading) => heading !== undefined);
    assert.deepEqual(headings, ["Deno", "Machine", "Engines", "git", "Data sets", "Models", "For tests"]);
    assert.ok(lines[0].includes(Deno.version.deno));
    for (const { name, absent } of backendList) {
      const line = lines.find((line) => line.trim().startsWith(`${name} `)), there = testedBackends.includes(name);
      const speeds = /^ +\w+ +yes +[\d.e+]+ GFLOP\/s +[\d.e+-]+ ms {2,}\S/;
      assert.match(line ?? "", there && !absent?.() ? speeds : /^ +\w+ +no +\S/, name);
    }
    const adapter = await gpuAdapter();
    if (adapter !== null) assert.ok(unfolded(text).includes(`: ${adapterName(adapter.info)} `));
    assert.equal(
      lines.filter((line) => /^ +native (multiplies by \S+ \(|lacks a library: )/.test(line)).length,
      1,
    );
    const [auto, ...more] = lines.filter((line) => line.trim().startsWith("--backend auto takes "));
    assert.match(auto, /^ +--backend auto takes wasm in an experiment[,;]/, "whatever the system has");
    assert.deepEqual(more, []);
    for (const { id } of manifest.datasets) {
      assert.ok(lines.some((line) => new RegExp(`\\b${id} +[\\d.]+ MB +(there|missing)$`).test(line)), id);
    }
    assert.ok(lines.some((line) => /"deno task data( --list)?"/.test(line)));
    const start = lines[0].length - lines[0].replace(/^Deno */, "").length;
    for (const line of lines.slice(1)) assert.match(line.slice(0, start), /^.* {2}$/, "columns are aligned");
  }));

/** Why what a machine may lack is missing, as it is said where it is. */
const lacks: Readonly<Record<PartName, string>> = {
  BLAS: "no BLAS: libopenblas.so.0, libopenblas.so not found",
  oneDNN: "no oneDNN: libdnnl.so.2 not found",
  GPU: "no adapter",
  TensorFlow: "not installed, or may not be read: deno task setup-tensorflow makes it",
  Chromium: "no /usr/bin/chromium",
  LaTeX: "no /usr/bin/pdflatex",
  "C compiler": "no /usr/bin/cc",
  Slurm: "no /usr/sbin/slurmctld",
  SmolLM2: "no data/cache/models/SmolLM2-135M-Instruct.Q4_1.gguf",
  peft: "no data/cache/peft/pyvenv.cfg",
  data: "no data",
};

/** A machine that lacks these parts; engines are not started, and each is slower than the one before. */
function machineWithout(missing: ReadonlySet<string>): Machine {
  const reasons: Readonly<Record<string, string | false>> = {
    native: missing.has("BLAS") && lacks.BLAS,
    webgpu: missing.has("GPU") && NO_ADAPTER,
    wasm: missing.has("WebAssembly") && "did not start",
    cpu: missing.has("JavaScript") && "did not start",
  };
  return {
    engines: backendList.map(({ absent, ...entry }) => ({
      ...entry,
      ...(absent && { absent: () => missing.has("TensorFlow") ? lacks.TensorFlow : undefined }),
    })),
    measure: async (engine) => {
      const why = reasons[engine], step = (backendList.findIndex(({ name }) => name === engine) + 1) / 1000;
      if (why) {
        throw new UserError(`--backend ${engine}: no engine started (${engine}: ${why}); see deno task doctor`);
      }
      const device = "NVIDIA H100 80GB HBM3, with a name that does not end where names of other devices do";
      return await Promise.resolve({ product: 0.0002, step, device: engine === "webgpu" ? device : undefined });
    },
    blas: () => {
      if (missing.has("BLAS")) throw new Error(lacks.BLAS);
      return {
        library: "libopenblas.so.0",
        version: "OpenBLAS 0.3.21 DYNAMIC_ARCH MAX_THREADS=64",
        core: "Zen",
        threads: 1,
      };
    },
    coreType: () => undefined,
    git: () => Promise.resolve("2.39.5; not a checkout"),
    parts: Object.fromEntries(
      Object.entries(optionalParts).map(([name, part]) => [
        name,
        { ...part, missing: () => missing.has(name) ? lacks[name as PartName] : undefined },
      ]),
    ) as Machine["parts"],
  };
}

/** The text with its long lines put together again. */
const unfolded = (text: string) => text.replaceAll(/\n +/g, " ").replaceAll(/ +/g, " ");

Deno.test("whatever a machine lacks, lines are short, and what is missing is named once with how to get it", () =>
  inFolder(async (empty) => {
    const parts = [
      "BLAS",
      "GPU",
      "TensorFlow",
      "WebAssembly",
      "JavaScript",
      "Chromium",
      "LaTeX",
      "C compiler",
      "SmolLM2",
    ];
    for (let mask = 0; mask < 2 ** parts.length; mask++) {
      const missing = new Set(parts.filter((_, i) => mask & 2 ** i)), label = [...missing].join(", ");
      const text = await examine(empty, machineWithout(missing)), said = unfolded(text);
      for (const line of text.split("\n")) assert.ok(line.length <= 120, `${label}: ${line}`);
      assert.doesNotMatch(said, /see deno task doctor|undefined/, label);
      assert.equal(said.includes(`native no ${lacks.BLAS} `), missing.has("BLAS"), label);
      assert.equal(said.includes(`${lacks.BLAS}; ${optionalParts.BLAS.get}.`), missing.has("BLAS"), label);
      assert.equal(said.includes(`webgpu no ${NO_ADAPTER} `), missing.has("GPU"), label);
      assert.equal(said.includes(`tensorflow no ${lacks.TensorFlow} `), missing.has("TensorFlow"), label);
      for (const name of ["Chromium", "LaTeX", "C compiler"] as const) {
        const { use, get } = optionalParts[name];
        const line = missing.has(name)
          ? ` ${name} ${lacks[name]}: without it the ${use} is skipped; ${get}`
          : ` ${name} there, for the ${use}`;
        assert.equal(said.split(line).length, 2, `${label}: ${line}`);
      }
      const model = missing.has("SmolLM2")
        ? ` SmolLM2 ${lacks.SmolLM2}; ${optionalParts.SmolLM2.get}`
        : ` SmolLM2 there, for deno task score, generate and train: --model ${SMOLLM2}`;
      assert.equal(said.split(model).length, 2, `${label}: ${model}`);
      const first = { WebAssembly: "wasm", TensorFlow: "tensorflow", JavaScript: "cpu" };
      const auto = Object.entries(first).find(([part]) => !missing.has(part))?.[1];
      assert.ok(
        said.includes(auto ? ` --backend auto takes ${auto} in an experiment, the fastest` : " No engine starts: "),
        label,
      );
    }
  }));

Deno.test("the library for bfloat16 is there, or it says how to get it", () =>
  inFolder(async (empty) => {
    const { get, use } = optionalParts.oneDNN,
      said = async (...missing: PartName[]) => unfolded(await examine(empty, machineWithout(new Set(missing))));
    assert.ok((await said("oneDNN")).includes(` oneDNN ${lacks.oneDNN}; ${get}`));
    assert.ok((await said()).includes(` oneDNN there, for ${use}`));
  }));

Deno.test("nothing that is absent or may not be looked at makes it fail", async () => {
  const { code, stdout, stderr } = await doctor([]);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  assert.match(stdout, /^Machine +\w+ unknown, /m);
  assert.match(stdout, /^git +not found, or may not be run: /m);
  assert.match(stdout, /^Data sets +hong-kong +[\d.]+ MB +not readable$/m);
  assert.match(stdout, /^For tests +Chromium +unknown: --allow-read=\/usr\/bin\/chromium is not given: /m);
});

Deno.test("--help and a flag it does not know", async () => {
  const help = await doctor([], "--help");
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^Says what this machine offers/);
  assert.deepEqual(await doctor([], "--halp"), {
    code: 2,
    stdout: "",
    stderr: "error: unknown flag --halp, did you mean --help? See --help\n",
  });
});

Deno.test("kernels that the environment forces on OpenBLAS are said, and what to do", () =>
  inFolder(async (empty) => {
    const machine = machineWithout(new Set<PartName>());
    const said = unfolded(await examine(empty, { ...machine, coreType: () => "Haswell" }));
    assert.match(said, /OPENBLAS_CORETYPE=Haswell is set: .*; unset it\./);
    assert.doesNotMatch(unfolded(await examine(empty, machine)), /OPENBLAS_CORETYPE/);
  }));
