/** What a script may touch that is started for the paths on its command line. */
import assert from "node:assert/strict";
import { inFolder } from "./demo_test_helpers.ts";
import { filled } from "./named_paths.ts";
import { ROOT } from "./process_test_helpers.ts";

const WORDS = ["--no-prompt", "--allow-read=.,{model},{file}", "--allow-write={out}", "{backend=native:--allow-ffi}"];
const flagsFor = (...given: string[]) => filled([...WORDS, "a.ts", ...given]).slice(0, -1 - given.length);

Deno.test("gaps are filled from the command line, in either form of a flag, and what is not given is not granted", () => {
  assert.deepEqual(flagsFor(), ["--no-prompt", "--allow-read=."]);
  assert.deepEqual(flagsFor("--model", "m", "--out=o=1"), ["--no-prompt", "--allow-read=.,m", "--allow-write=o=1"]);
  assert.deepEqual(flagsFor("--file", "f", "--backend", "wasm"), ["--no-prompt", "--allow-read=.,f"]);
  assert.deepEqual(flagsFor("--backend=native"), ["--no-prompt", "--allow-read=.", "--allow-ffi"]);
  assert.deepEqual(flagsFor("--model="), ["--no-prompt", "--allow-read=."]);
  assert.deepEqual(flagsFor("--model"), ["--no-prompt", "--allow-read=."]);
  // A file of weights is no model without the configuration beside it.
  assert.deepEqual(flagsFor("--model", "/a b/m.safetensors"), [
    "--no-prompt",
    "--allow-read=.,/a b/m.safetensors,/a b",
  ]);
  assert.deepEqual(flagsFor("--model", "a/m.bin"), ["--no-prompt", "--allow-read=.,a/m.bin,a"]);
});

Deno.test("a word may be asked for where a choice is another, or none", () => {
  const given = (...flags: string[]) =>
    filled(["{backend!=native:--allow-ffi=here}", "a.ts", ...flags]).slice(0, -1 - flags.length);
  assert.deepEqual([given(), given("--backend", "wasm")], [["--allow-ffi=here"], ["--allow-ffi=here"]]);
  assert.deepEqual(given("--backend", "native"), []);
});

Deno.test("a path that no permission can name is refused, since it would grant others", () => {
  assert.throws(() => flagsFor("--model", "/data,/etc"), {
    name: "UserError",
    message:
      "--model /data,/etc: no permission can name a path with a comma; rename it, or make a link to it and name that",
  });
});

/** The launcher as a task runs it, in front of a script in a folder. */
function launched(folder: string, given: readonly string[]): Deno.Command {
  const words = [...WORDS.filter((word) => !word.startsWith("{")), "--no-check", `${folder}/probe.ts`];
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      `--allow-run=${Deno.execPath()}`,
      `${ROOT}lib/run/named_paths.ts`,
      ...words,
    ]
      .concat(given),
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("the script may touch what was named, whatever white space is in it, and ends with its own exit code", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/probe.ts`,
      `const state = (name, path) => Deno.permissions.querySync({ name, path }).state;
      console.log(state("read", Deno.args[1]), state("read", "/etc"), state("write", Deno.args[3]), state("write", "."));
      Deno.exit(7);`,
    );
    const { code, stdout, stderr } = await launched(folder, ["--model", "/var/a  b", "--out", "o.jsonl"]).output();
    assert.deepEqual([code, text(stdout), text(stderr)], [7, "granted prompt granted prompt\n", ""]);
    const refused = await launched(folder, ["--model", "a,b"]).output();
    assert.equal(refused.code, 2);
    assert.match(text(refused.stderr), /^error: --model a,b: [^\n]+\n$/);
  }));

Deno.test("the script ends with what started it", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/probe.ts`, `console.log("runs"); setInterval(() => {}, 1e6);`);
    const child = launched(folder, []).spawn(), reader = child.stdout.getReader();
    await reader.read();
    child.kill("SIGTERM");
    // The script holds the other end: it is over when there is no more to read.
    while (!(await reader.read()).done);
    assert.notEqual((await child.status).code, 0);
    assert.equal(text(await new Response(child.stderr).bytes()), "");
  }));
