import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { manifest } from "../datasets/manifest.ts";
import { backendList } from "../tensor/backend.ts";
import { testedBackends } from "../tensor/backends_test_helpers.ts";
import { adapterName, gpuAdapter } from "../tensor/webgpu/adapter.ts";
import { examine } from "./doctor.ts";
import { inFolder } from "./testing.ts";

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
    const lines = (await examine(empty)).trimEnd().split("\n");
    const headings = lines.map((line) => /^(\S.*?) {2}/.exec(line)?.[1]).filter((heading) => heading !== undefined);
    assert.deepEqual(headings, ["Deno", "Machine", "Engines", "git", "Data sets", "Browser"]);
    assert.ok(lines[0].includes(Deno.version.deno));
    for (const { name, absent } of backendList) {
      const line = lines.find((line) => line.trim().startsWith(`${name} `)), why = absent?.();
      const speeds = /^ +\w+ +yes +[\d.e+]+ GFLOP\/s +[\d.e+-]+ ms {2,}\S/;
      if (why !== undefined) assert.ok(new RegExp(`^ +${name} +no +${why}$`).test(line ?? ""), line ?? name);
      else assert.match(line ?? "", testedBackends.includes(name) ? speeds : /^ +\w+ +no +\S/, name);
    }
    const adapter = await gpuAdapter();
    if (adapter !== null) assert.ok(lines.some((line) => line.endsWith(`: ${adapterName(adapter.info)}`)));
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
    for (const line of lines) assert.ok(line.length <= 200, line);
  }));

Deno.test("nothing that is absent or may not be looked at makes it fail", async () => {
  const { code, stdout, stderr } = await doctor([]);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  assert.match(stdout, /^Machine +\w+ unknown, /m);
  assert.match(stdout, /^git +not found, or may not be run: /m);
  assert.match(stdout, /^Data sets +hong-kong +[\d.]+ MB +not readable$/m);
  assert.match(stdout, /^Browser +.*: unknown$/m);
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
