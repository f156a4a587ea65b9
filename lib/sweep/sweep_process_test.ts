/** Sweeps as processes: one answer whoever computes it. */
import assert from "node:assert/strict";
import { inFolder } from "../run/demo_test_helpers.ts";
import { ROOT } from "../run/process_test_helpers.ts";
import { blockCommand } from "./block_command.ts";
import { readDescription } from "./description.ts";
import { takeFolder } from "../run/folder.ts";
import { jobsText, shardFile } from "./job.ts";
import { SWEEP_STORE } from "./store.ts";
import { GRID, shardsIn, sweep, sweepUnderKills } from "./sweep_process_test_helpers.ts";

Deno.test("one worker, two workers and the command for clusters give the same bytes", () =>
  inFolder((one) =>
    inFolder(async (two) => {
      const [alone, shared] = await Promise.all([
        sweep(one, ...GRID, "--jobs", "1"),
        sweep(two, ...GRID, "--jobs", "2"),
      ]);
      assert.deepEqual([alone.code, shared.code], [0, 0], alone.stderr + shared.stderr);
      const shards = shardsIn(one);
      assert.equal(shards.length, 3 * 4);
      assert.deepEqual(shardsIn(two), shards);
      // Beside the store, as a machine that must not open it does.
      const folder = `${two}/out`, job = { cell: "n=2000", seeds: 8, block: 1 };
      await Deno.mkdir(`${folder}/shards`);
      await Deno.writeTextFile(`${folder}/jobs`, jobsText([job]));
      const [program, ...args] = blockCommand(await readDescription(folder), folder, `${folder}/jobs`, undefined);
      const env = { PREFLAB_MIRROR: "" };
      const { code, stderr } = await new Deno.Command(program, { args, cwd: ROOT, env }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      const bytes = await Deno.readFile(`${folder}/shards/${shardFile(job)}`);
      assert.equal(bytes.toHex().toUpperCase(), new Map(shards).get("n=2000 1"));
    })
  ));

Deno.test("a cell that cannot be computed stops no other, and is told with the command that runs it alone", () =>
  inFolder(async (folder) => {
    const { code, stderr, stdout } = await sweep(
      folder,
      "--questions",
      "sampling",
      "--grid",
      "fault=0,1",
      "--seeds",
      "4",
    );
    assert.equal(code, 2);
    assert.match(stderr, /^fault=1: sampling dr-cpo spread=2 seeds 2-3: metric error is NaN at seed 2; [^\n]+\n/m);
    assert.match(stderr, /^ {2}deno task toy --questions sampling --fault 1 --seeds 4 --out reports\/toy-cell$/m);
    assert.match(stderr, /\nerror: 1 of 2 cells could not be computed, see above; [^\n]+\n$/);
    assert.match(stdout, /holds in \d of 2 cells/);
    assert.deepEqual(shardsIn(folder).map(([name]) => name), ["fault=0 0", "fault=0 1", "fault=1 0"]);
    const again = await sweep(folder, "--draw");
    assert.deepEqual([again.code, again.stderr], [0, ""]);
    const alone = await sweep(folder, "--cell", "fault=0");
    assert.deepEqual([alone.code, alone.stderr], [0, ""]);
    assert.match(await Deno.readTextFile(`${folder}/out/cells/fault=0/index.html`), /A toy: fault=0/);
  }));

Deno.test("killed drivers and workers lose nothing, and what was added changes no row", () =>
  inFolder((whole) =>
    inFolder(async (folder) => {
      const first = ["--only", "synthetic", "--grid", "n=30000,40000", "--seeds", "10"];
      const grown = ["--only", "synthetic", "--grid", "n=30000,40000,50000", "--seeds", "15"];
      await sweepUnderKills(folder, first, { seed: 1, kills: 3, most: 1500 });
      const [more, all] = await Promise.all([sweep(folder, ...grown), sweep(whole, ...grown)]);
      assert.deepEqual([more.code, all.code], [0, 0], more.stderr + all.stderr);
      assert.deepEqual(shardsIn(folder), shardsIn(whole));
      const rows = (of: string) => Deno.readTextFile(`${of}/out/results.csv`);
      assert.equal(await rows(folder), await rows(whole));
      // 5 seeds more left the first five blocks of a cell as they were; the rest of the folder is refused to others.
      const other = await sweep(folder, "--only", "synthetic", "--grid", "n=30000", "--seeds", "8");
      assert.match(other.stderr, /^error: --seeds 8: \S+ began with 15 of each cell; [^\n]+\n$/);
      const arms = await sweep(folder, ...grown, "--arms", "cpo");
      assert.match(arms.stderr, /^error: \S+: holds a sweep with other questions or arms; [^\n]+\n$/);
    })
  ));

Deno.test("what cannot begin says so in one line and leaves the folder as it is", () =>
  inFolder(async (folder) => {
    const refused = async (args: readonly string[], why: RegExp) => {
      const { code, stdout, stderr } = await sweep(folder, ...args);
      assert.deepEqual([code, stdout], [2, ""], stderr);
      assert.match(stderr, why);
    };
    await refused(
      ["--only", "synthetic", "--grid", "steps=3,5"],
      /^error: --steps has no effect with --only synthetic[^\n]+\n$/,
    );
    await refused(["--questions", "speeches", "--grid", "n=3"], /^error: [^\n]+\n$/);
    await refused(
      ["--questions", "sampling", "--grid", "steps=3"],
      /^error: --grid: steps has no effect on what was asked[^\n]+\n$/,
    );
    const held = await takeFolder(`${folder}/out`, SWEEP_STORE);
    await refused(GRID, /^error: \S+: another run is writing it; [^\n]+\n$/);
    held.release();
    await Deno.remove(`${folder}/out`, { recursive: true });
    await Deno.writeTextFile(`${folder}/out`, "a file");
    await refused(GRID, /^error: --out \S+: cannot be written \([^\n]+\n$/);
  }));

Deno.test("seeds are added until intervals are narrow, and the report says by which rule", () =>
  inFolder(async (folder) => {
    const args = ["--questions", "sampling", "--grid", "n=5,500", "--seeds", "10", "--until", "0.005", "--most", "40"];
    const { code, stderr } = await sweep(folder, ...args);
    assert.equal(code, 0, stderr);
    const claims = (await Deno.readTextFile(`${folder}/out/claims-by-cell.csv`)).trim().split("\n").map((line) =>
      line.split(",")
    );
    const seeds = claims.slice(1).map((line) => [line[claims[0].indexOf("grid_n")], line[claims[0].indexOf("n")]]);
    assert.deepEqual(seeds, [["5", "40"], ["500", "10"]]);
    const page = await Deno.readTextFile(`${folder}/out/index.html`);
    assert.match(page, /Looks were taken at 10, 20, 40 seeds; each of the 3 uses an interval of 98\.33\s%/);
  }));
