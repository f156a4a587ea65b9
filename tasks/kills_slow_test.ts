/** Runs and drawings that are killed at random moments: no row is lost or doubled, no page marries two runs. */
import assert from "node:assert/strict";
import { after, interrupted } from "../lib/run/process_test_helpers.ts";
import { inFolder } from "../lib/run/demo_test_helpers.ts";
import { Rng } from "../lib/random.ts";
import { scriptOf } from "./scripts_test_helpers.ts";

/** Kills of each kind. */
const KILLS = 12;

/** Starts a task and kills it after so many milliseconds, unless it has ended. */
const task = (folder: string, script: string, args: readonly string[], killAfter = Infinity) =>
  interrupted(folder, scriptOf(script), args, "SIGKILL", after(killAfter));

const SMALL = ["--preset", "smoke", "--questions", "corners,policies", "--steps", "3", "--texts", "20"];

/**
 * All files of a report that follow from its rows, by path. A kill between the two renames of a folder leaves it under the
 * name that it was set aside with.
 */
async function drawn(folder: string): Promise<Map<string, string>> {
  const report = `${folder}/reports/cpo`, files = new Map<string, string>();
  const there = [...Deno.readDirSync(report)].map(({ name }) => name);
  for (const sub of ["", "figures", "tables"]) {
    const kept = sub === "" || there.includes(sub)
      ? sub
      : there.find((name) => name.startsWith(`${sub}.`) && /old$/.test(name));
    assert.ok(kept !== undefined, `${sub} is neither there nor set aside: ${there.join(" ")}`);
    for (const { name, isFile } of Deno.readDirSync(`${report}/${kept}`)) {
      if (!isFile || !/\.(csv|svg|tex|md)$/.test(name)) continue;
      files.set(`${sub}/${name}`, await Deno.readTextFile(`${report}/${kept}/${name}`));
    }
  }
  return new Map([...files].sort());
}

async function whole(folder: string, args: readonly string[]): Promise<Map<string, string>> {
  const { code, stderr } = await task(folder, "cpo", args);
  assert.equal(code, 0, stderr);
  return await drawn(folder);
}

Deno.test(`${KILLS} kills of runs with changing options and workers: rows, claims and figures are the same bytes`, async () => {
  const random = Rng.seed(11).fork("kills of runs");
  let expected = new Map<string, string>(), time = 0;
  await inFolder(async (folder) => {
    const began = performance.now();
    expected = await whole(folder, SMALL);
    time = performance.now() - began;
  });
  let kills = 0;
  while (kills < KILLS) {
    await inFolder(async (folder) => {
      for (const length = 1 + random.integer(6); kills < KILLS;) {
        const others = [[], ["--seeds", "4"], ["--arms", "ipw,dr,dr-cpo"], ["--confounding", "0,0.5"], ["--fresh"]];
        const args = [...SMALL, ...others[random.integer(others.length)], "--workers", String(1 + random.integer(3))];
        const { code, stderr } = await task(folder, "cpo", args, random.uniform() * time);
        assert.ok(code === 0 || code === 128 + 9, `${args.join(" ")}: ${stderr}`);
        if (code !== 0) kills++;
        if (random.integer(length) === 0) break;
      }
      assert.deepEqual(await whole(folder, SMALL), expected);
      const left = [...Deno.readDirSync(`${folder}/reports/cpo`)].map(({ name }) => name);
      assert.ok(left.includes("results.sqlite") && !left.includes("results.sqlite-wal"), left.join(" "));
    });
  }
});

Deno.test(`${KILLS} kills while drawing: samples keeps one run's files or refuses, and the next drawing is whole`, () =>
  inFolder(async (folder) => {
    const random = Rng.seed(12).fork("kills of drawing");
    const runs = [[...SMALL, "--seeds", "3"], [...SMALL, "--seeds", "5"]];
    const expected = [await whole(folder, runs[0]), await whole(folder, runs[1])];
    const began = performance.now();
    await whole(folder, runs[0]);
    const time = performance.now() - began;
    let refusals = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const which = random.integer(2);
      await task(folder, "cpo", runs[which], time * (0.5 + random.uniform() / 2));
      for (const text of (await drawn(folder)).values()) assert.ok(text.length > 0);
      const { code, stderr } = await task(folder, "samples", ["cpo"]);
      if (code !== 0) {
        assert.equal(code, 2);
        // Samples of more seeds are not given up for a smaller run, whole or not.
        if (/^error: reports\/samples\/cpo: has 5 seeds [^\n]*, and this run 3 [^\n]*\n$/.test(stderr)) continue;
        assert.match(stderr, /^error: reports\/cpo: .*(not of the rows|not as it was drawn|is missing)[^\n]*\n$/);
        refusals++;
      } else {
        const kept = `${folder}/reports/samples/cpo`;
        const { seeds } = JSON.parse(await Deno.readTextFile(`${kept}/run.json`));
        const files = expected[seeds === 3 ? 0 : 1];
        assert.equal(await Deno.readTextFile(`${kept}/claims.csv`), files.get("/claims.csv"));
        for (const { name } of Deno.readDirSync(`${kept}/figures`)) {
          assert.equal(await Deno.readTextFile(`${kept}/figures/${name}`), files.get(`figures/${name}`), name);
        }
      }
    }
    assert.ok(refusals > 0, "some kills fall between two files");
    for (const [i, args] of runs.entries()) assert.deepEqual(await whole(folder, args), expected[i]);
  }));
