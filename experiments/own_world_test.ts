/** Worlds that users describe: the example gives the built-in rows, and each part of a file reaches what it is about. */
import assert from "node:assert/strict";
import { startBackend } from "../lib/tensor/backend.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { readWorld } from "../lib/worlds/world_file.ts";
import { inFolder } from "../lib/run/demo_test_helpers.ts";
import compare from "./compare.ts";
import ownReaders, { settingFor } from "./compare/own_world.ts";
import { CENTRE } from "./compare/samples.ts";
import cpo from "./cpo.ts";
import ownPool from "./cpo/own_world.ts";
import { reportOf, runInProcess } from "./in_process_test_helpers.ts";

const EXAMPLE = new URL("../examples/world.json", import.meta.url).pathname;
const POOL = ["--preset", "smoke", "--texts", "20", "--steps", "10", "--seeds", "2", "--arms", "cpo,sndr-cpo"];
const READERS = ["--preset", "smoke", "--prompts", "3", "--steps", "5", "--seeds", "2", "--arms", "dpo,dr-cpo"];

/** Question, arm, seed, metric and value of each row of the questions, whatever columns stand between them. */
async function rowsOf(experiment: Experiment, flags: readonly string[], { questions }: Experiment): Promise<string[]> {
  const ids = questions.map(({ id }) => id).filter((id) => !id.startsWith("language"));
  const { csv } = await runInProcess(experiment, [...flags, "--questions", ids.join()]);
  const [header, ...lines] = csv.trimEnd().split("\n").map((line) => line.split(","));
  const kept = header.flatMap((name, i) => name === "experiment" ? [] : [i]);
  return lines.map((line) => kept.filter((i) => line[i] !== "").map((i) => `${header[i]}=${line[i]}`).join());
}

Deno.test("cpo's questions on the pool of the example give cpo's own rows", async () => {
  const own = await rowsOf(ownPool, [...POOL, "--file", EXAMPLE], ownPool);
  assert.ok(own.length > 100);
  assert.deepEqual(own, await rowsOf(cpo, POOL, ownPool));
});

Deno.test("[cpu] compare's questions on the readers of the example give compare's own rows", async () => {
  await startBackend("cpu");
  const own = await rowsOf(ownReaders, [...READERS, "--file", EXAMPLE], ownReaders);
  assert.ok(own.length > 100);
  assert.deepEqual(own, await rowsOf(compare, READERS, ownReaders));
});

Deno.test("a shift of nothing leaves nothing to confound: arms end where they do without choice", () =>
  inFolder(async (folder) => {
    const world = JSON.parse(Deno.readTextFileSync(EXAMPLE));
    const values = async (choice: number) => {
      world.pool.type = { ...world.pool.type, choice, shift: 0 };
      const file = `${folder}/${choice}.json`;
      await Deno.writeTextFile(file, JSON.stringify(world));
      const flags = [...POOL.slice(0, -1), "cpo", "--questions", "policies", "--file", file];
      const { csv } = await runInProcess(ownPool, flags);
      return csv;
    };
    // CPO reads the randomised log alone, whatever readers would choose.
    assert.equal(await values(0), await values(3));
  }));

Deno.test("what a file says of readers is what conditions depart from", () => {
  const { readers } = readWorld(EXAMPLE),
    own = { ...readers!, choice: 2, link: 0.5, record: 0.8, noise: 0.1, overlap: 1 };
  const at = (fields: Partial<typeof CENTRE>) => settingFor(own, { ...CENTRE, n: 10, ...fields });
  const { made: _, ...plain } = at({ confounding: 0.5 });
  assert.deepEqual(plain, { n: 10, confounding: 1, link: 0.5, record: 0.8, noise: 0.1, overlap: 1, complexity: 0 });
  assert.deepEqual([at({ noise: 0.25 }).noise, at({ overlap: 1.5 }).overlap, at({ link: 0 }).link], [0.25, 1.5, 0]);
  assert.equal(at({}).made?.liking, 1.5);
});

Deno.test("a report on an own world answers its questions, and the file that lacks its part is refused", () =>
  inFolder(async (folder) => {
    const run = await runInProcess(ownPool, [...POOL, "--file", EXAMPLE]), report = reportOf(ownPool, run);
    assert.deepEqual(report.sections.map(({ id }) => id), ["policies", "predictions", "log-policies"]);
    for (const { figures, tables } of report.sections) assert.ok(figures.length > 0 && tables.length > 0);
    const file = `${folder}/readers.json`;
    await Deno.writeTextFile(file, JSON.stringify({ ...JSON.parse(Deno.readTextFileSync(EXAMPLE)), pool: undefined }));
    await assert.rejects(
      runInProcess(ownPool, ["--file", file]),
      /readers.json: has no pool; docs\/world.md has the form/,
    );
  }));
