import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { codeChecksum, gitState, versions } from "./provenance.ts";
import { inFolder } from "./testing.ts";

const NUMERIC = ["tensor", "losses", "estimators", "policies", "worlds", "datasets", "training", "statistics"];

/** A project of one file a folder. */
async function project(folder: string) {
  const write = async (path: string, text: string) => {
    await Deno.mkdir(`${folder}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, text);
  };
  for (const name of NUMERIC) await write(`lib/${name}/a.ts`, name);
  await write("experiments/cpo.ts", "cpo");
  await write("experiments/cpo/arms.ts", "arms");
  const checksum = () => codeChecksum("cpo", new URL(`file://${folder}/`));
  return { write, checksum };
}

Deno.test("the checksum follows every file that can change a number", () =>
  inFolder(async (folder) => {
    const { write, checksum } = await project(folder);
    const seen = new Set([await checksum()]);
    const files = NUMERIC.map((name) => `lib/${name}/a.ts`);
    files.push(
      "lib/tensor/kernels/matmul.ts",
      "experiments/cpo.ts",
      "experiments/cpo/arms.ts",
      "experiments/cpo/deep/x.ts",
    );
    for (const file of files) {
      await write(file, "changed");
      const now = await checksum();
      assert.ok(!seen.has(now), file);
      seen.add(now);
    }
    await Deno.rename(`${folder}/lib/tensor/a.ts`, `${folder}/lib/tensor/b.ts`);
    assert.ok(!seen.has(await checksum()), "a file by another name");
  }));

Deno.test("it ignores tests, benches, what only tests need, drawing, driving and other experiments", () =>
  inFolder(async (folder) => {
    const { write, checksum } = await project(folder);
    const before = await checksum();
    for (
      const file of [
        "lib/tensor/a_test.ts",
        "lib/tensor/a_bench.ts",
        "lib/estimators/manual_test_helpers.ts",
        "lib/datasets/testing.ts",
        "lib/worlds/testdata/toy.ts",
        "lib/tensor/notes.md",
        "lib/report/page.ts",
        "lib/run/main.ts",
        "experiments/cpo_test.ts",
        "experiments/cpo/arms_test.ts",
        "experiments/cpo2.ts",
        "experiments/cpo-long.ts",
        "experiments/all.ts",
        "experiments/apo/arms.ts",
      ]
    ) {
      await write(file, "changed");
      assert.equal(await checksum(), before, file);
    }
  }));

Deno.test("the checksum of the project itself repeats and differs by experiment", async () => {
  const cpo = await codeChecksum("cpo");
  assert.match(cpo, /^[0-9a-f]{64}$/);
  assert.equal(await codeChecksum("cpo"), cpo);
  assert.notEqual(await codeChecksum("none"), cpo);
});

Deno.test("versions are those of deno.json", () => {
  const all = versions();
  assert.equal(all.deno, Deno.version.deno);
  assert.equal(all["@tensorflow/tfjs"], "4.22.0");
  const packages = Object.keys(config.imports).filter((name) => !name.endsWith("/"));
  assert.deepEqual(Object.keys(all), ["deno", "v8", ...packages]);
  for (const version of Object.values(all)) assert.match(version, /^\d+\.\d+\.\d+/);
});

Deno.test("the commit is a hash or unknown, never an error", async () => {
  const { commit, dirty } = await gitState();
  if (commit === "unknown") assert.equal(dirty, "unknown");
  else {
    assert.match(commit, /^[0-9a-f]{40,}$/);
    assert.equal(typeof dirty, "boolean");
  }
});
