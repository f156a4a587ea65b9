/** A newcomer's ten commands, in any order, in a copy of the project: none of them needs --fresh. */
import assert from "node:assert/strict";
import { dirname } from "node:path/posix";
import { Rng } from "../lib/random.ts";
import { inFolder } from "../lib/run/demo_test_helpers.ts";
import { ROOT } from "../lib/run/process_test_helpers.ts";

const ORDERS = 2;

/** Small runs, with the options that two presets have apart from these. */
const SMALL = ["--questions", "confounding", "--prompts", "3", "--n", "30", "--steps", "3", "--seeds", "3"];
const SMOKE = ["compare", "--preset", "smoke", ...SMALL], QUICK = ["compare", ...SMALL];

/** The files of the project as they are now, without what git ignores. */
async function copyTo(folder: string): Promise<void> {
  const args = [
    "ls-files",
    "-co",
    "--exclude-standard",
    "lib",
    "experiments",
    "tasks",
    "data",
    "docs",
    "deno.json",
    "deno.lock",
  ];
  const { stdout } = await new Deno.Command("git", { args, cwd: ROOT }).output();
  for (const path of new TextDecoder().decode(stdout).trim().split("\n")) {
    await Deno.mkdir(`${folder}/${dirname(path)}`, { recursive: true });
    await Deno.copyFile(ROOT + path, `${folder}/${path}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // deleted, and not yet committed
    });
  }
}

const edit = async (path: string, change: (text: string) => string) =>
  await Deno.writeTextFile(path, change(await Deno.readTextFile(path)));

Deno.test(`ten commands in ${ORDERS} orders end well, and never ask for --fresh`, () =>
  inFolder(async (folder) => {
    await copyTo(folder);
    // All six would take minutes in each order; one stands for them.
    const lines = /^ {2}(cpo|distribution|apo|sami|sgpo): .*\n/gm;
    await edit(`${folder}/experiments/all.ts`, (text) => text.replaceAll(lines, ""));
    const task = (args: readonly string[]) =>
      new Deno.Command(Deno.execPath(), {
        args: ["task", "--quiet", ...args],
        cwd: folder,
        env: { PREFLAB_MIRROR: "", NO_COLOR: "1" },
        stdout: "piped",
        stderr: "piped",
      });
    const methods = `${folder}/experiments/compare/methods/mod.ts`, before = await Deno.readTextFile(methods);
    for (let order = 0; order < ORDERS; order++) {
      await Deno.remove(`${folder}/reports`, { recursive: true }).catch(() => {});
      await Deno.writeTextFile(methods, before);
      let last = SMOKE, finished = false;
      /** Runs a task that has to end well; one that draws may say that there is nothing yet. */
      const runs = async (args: readonly string[], draws = false) => {
        const { code, stderr } = await task(args).output(), told = new TextDecoder().decode(stderr);
        const where = `order ${order}: deno task ${args.join(" ")}\n${told}`;
        assert.doesNotMatch(told, /--fresh|\n {4}at /, where);
        if (draws && !finished) {
          assert.equal(code, 2, where);
          return assert.match(told, /^error: reports\/compare: no report yet; run deno task compare first\n$/, where);
        }
        assert.equal(code, 0, where);
        if (!draws) finished = true;
      };
      const commands: Readonly<Record<string, () => Promise<void>>> = {
        smoke: () => runs(last = SMOKE),
        quick: () => runs(last = QUICK),
        "two arms": () => runs(last = [...QUICK, "--arms", "dpo,oracle"]),
        "more seeds": () => runs(last = [...SMOKE.slice(0, -1), "5"]),
        again: () => runs(last),
        "add a method": async () => {
          await Deno.copyFile(
            `${folder}/experiments/compare/testdata/hinge.ts`,
            `${folder}/experiments/compare/methods/hinge.ts`,
          );
          await edit(methods, (text) => `${text}export * from "./hinge.ts";\n`);
          await runs(last = [...SMOKE, "--arms", "hinge,dpo,oracle"]);
        },
        kill: async () => {
          const child = task([...QUICK.slice(0, -1), "200"]).spawn();
          const ended = child.output();
          await new Promise((resolve) => setTimeout(resolve, 1500));
          try {
            child.kill("SIGKILL");
          } catch (error) {
            if (!(error instanceof TypeError)) throw error; // it was faster
          }
          await ended;
        },
        reproduce: () => runs(["reproduce", "--preset", "smoke", "--offline"]),
        report: () => runs(["report", "compare"], true),
        figures: () => runs(["figures", "compare", "--venue", "acl", "--width", "half"], true),
      };
      const names = Object.keys(commands), rng = Rng.seed(3).fork(order);
      assert.equal(names.length, 10);
      for (const i of rng.permutation(names.length)) await commands[names[i]]();
    }
  }));
