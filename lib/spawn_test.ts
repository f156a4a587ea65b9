/** Processes started where the environment speaks to the linker. */
import assert from "node:assert/strict";

const SCRIPT = `
import { startProcess } from ${JSON.stringify(new URL("./spawn.ts", import.meta.url).href)};
const args = ["eval", 'console.log(JSON.stringify(["LD_LIBRARY_PATH", "LD_RUN_PATH", "KEPT"].map((n) => Deno.env.get(n))))'];
console.log(new TextDecoder().decode((await startProcess(Deno.execPath(), { args, stdout: "piped" }).output()).stdout));
`;

const STARTS = `(async (args) => {
  const env = { LD_LIBRARY_PATH: "/nowhere", LD_RUN_PATH: "/nowhere", KEPT: "yes", NO_COLOR: "1" };
  Deno.exit((await new Deno.Command(Deno.execPath(), { args, env }).spawn().status).code);
})`;

Deno.test("LD_LIBRARY_PATH and its like keep nothing from starting, and all else is inherited", async () => {
  const run = async (...grants: string[]) => {
    const args = ["run", "--quiet", "--no-prompt", ...grants, `data:text/typescript,${encodeURIComponent(SCRIPT)}`];
    // Only a process that may run everything can hand such variables on: the suite may not, and `deno eval` may.
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", `${STARTS}(${JSON.stringify(args)})`],
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout));
  };
  const read = `--allow-read=${new URL(".", import.meta.url).pathname}`;
  assert.deepEqual(await run(read, `--allow-run=${Deno.execPath()}`), ["", "", "yes"]);
  // Where everything may be run, nothing is taken away.
  assert.deepEqual(await run(read, "--allow-run"), ["/nowhere", "/nowhere", "yes"]);
});
