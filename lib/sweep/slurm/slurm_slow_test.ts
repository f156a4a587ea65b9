/** Sweeps on a real Slurm: nodes that die, tasks that fail, drivers that are killed. */
import assert from "node:assert/strict";
import { needing } from "../../optional/skipping.ts";
import { inFolder } from "../../run/demo_test_helpers.ts";
import { shellWord } from "../../shell.ts";
import { GRID, shardsIn, sweep } from "../sweep_process_test_helpers.ts";
import { type Cluster, endOf, isThere, onCluster, until } from "./slurm_test_helpers.ts";

/** Elements are slow enough to be met, and files are seen at once: both nodes share this machine's disk. */
const SLOWLY = ["--settle", "1", "--blocks-per-task", "2", "--setup"];
const slurm = await needing("Slurm", "");

/** Folders for a sweep on the cluster and for the same by one worker of this machine. */
function sideBySide(use: (cluster: Cluster, here: string, there: string) => Promise<void>): Promise<void> {
  return inFolder((here) => inFolder((there) => onCluster((cluster) => use(cluster, here, there))));
}

/** The rows of both are the same bytes, and the files drawn of them too. */
async function assertSame(here: string, there: string): Promise<void> {
  const alone = await sweep(here, ...GRID, "--jobs", "1");
  assert.equal(alone.code, 0, alone.stderr);
  assert.equal(shardsIn(here).length, 3 * 4);
  assert.deepEqual(shardsIn(there), shardsIn(here));
  assert.equal(await Deno.readTextFile(`${there}/out/results.csv`), await Deno.readTextFile(`${here}/out/results.csv`));
}

Deno.test({
  ...slurm,
  name: `a node that dies and a task that fails leave the rows of one worker${slurm.name}`,
  fn: () =>
    sideBySide(async (cluster, here, there) => {
      const mark = shellWord(`${there}/failed`);
      // The second element ends once without a word, as one that is killed does.
      const setup = `sleep 6\nif [ "$element" = 1 ] && [ ! -e ${mark} ]; then touch ${mark}; exit 9; fi`;
      const driver = cluster.sweep(there, ...GRID, ...SLOWLY, setup),
        end = endOf(driver),
        round = `${there}/out/slurm/1`;
      const begunOn = (node: string) =>
        [0, 1, 2, 3, 4, 5].some((i) =>
          isThere(`${round}/${i}.begun`) && !isThere(`${round}/${i}.ended`) && i !== 1 &&
          Deno.readTextFileSync(`${round}/${i}.begun`).trim() === node
        );
      await until("an element on n1", () => begunOn("n1"));
      await cluster.lose("n1");
      const { code, stderr } = await end;
      assert.equal(code, 0, stderr);
      assert.match(stderr, /_1 ended with 2 of its blocks left: FAILED \(NonZeroExitCode\) on n\d/);
      assert.match(stderr, /ended with \d of its blocks left: NODE_FAIL \(NodeDown\) on n1/);
      await assertSame(here, there);
      assert.deepEqual([...Deno.readDirSync(`${there}/out/shards`)], []);
    }),
});

Deno.test({
  ...slurm,
  name: `a driver that is killed is followed by the same command, which submits nothing twice${slurm.name}`,
  fn: () =>
    sideBySide(async (cluster, here, there) => {
      const round = `${there}/out/slurm/1`, args = [...GRID, ...SLOWLY, "sleep 2"];
      const first = cluster.sweep(there, ...args), end = endOf(first);
      await until("a job", () => isThere(`${round}/job`));
      first.kill("SIGKILL");
      await end;
      // As if it had been killed before it heard what sbatch said.
      const job = (await Deno.readTextFile(`${round}/job`)).trim();
      await Deno.remove(`${round}/job`);
      // A second submission, as one that was on its way then: none of its elements computes.
      const options = (await Deno.readTextFile(`${round}/job.sh`)).match(/^# {3}sbatch (.*)$/m)![1];
      assert.match(options, /--array=0-5 /);
      await until("its first element", () => isThere(`${round}/owner`));
      const words = options.replaceAll("'", "").split(" ");
      const late = (await cluster.ask("sbatch", ...words.with(1, "--job-name=late"))).trim();
      const { code, stderr } = await endOf(cluster.sweep(there, ...args));
      assert.equal(code, 0, stderr);
      assert.ok(stderr.includes(`attached to Slurm job ${job} (`), stderr);
      assert.ok(!stderr.includes("Slurm job " + late), stderr);
      assert.deepEqual([...Deno.readDirSync(`${there}/out/slurm`)].map(({ name }) => name), ["1"]);
      await until("the end of the second", async () =>
        (await cluster.ask("squeue", "--noheader", `--name=late`)).trim() === "");
      const logs = await Promise.all([0, 1, 2, 3, 4, 5].map((i) =>
        Deno.readTextFile(`${round}/${i}.log`)
      ));
      for (const log of logs) {
        assert.equal(log, `these blocks are computed by job ${job}, or were taken back: nothing to do for ${late}\n`);
      }
      await assertSame(here, there);
    }),
});

Deno.test({
  ...slurm,
  name: `what cannot be computed or submitted is said in one line, and the rest is there${slurm.name}`,
  fn: () =>
    sideBySide(async (cluster, _, there) => {
      const refused = await endOf(cluster.sweep(there, ...GRID, "--partition", "nowhere"));
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, /^error: sbatch refuses: .*Invalid partition name specified; see --partition.*\n$/m);
      const nothing = await endOf(
        cluster.sweep(
          there,
          ...GRID,
          "--settle",
          "1",
          "--retries",
          "0",
          "--setup",
          "module() { return 1; }; module load x",
        ),
      );
      assert.equal(nothing.code, 2);
      assert.match(
        nothing.stderr,
        /^error: nothing could be begun on node n\d \(exit code 71; \d+_\d+\): does it see .*\n$/m,
      );
      assert.equal((await cluster.ask("squeue", "--noheader", "--states=pending,running")).trim(), "");
      const fault = ["--only", "synthetic", "--grid", "fault=0,1", "--seeds", "8", "--fresh"];
      const failed = await endOf(cluster.sweep(there, ...fault, "--settle", "1"));
      assert.equal(failed.code, 2, failed.stderr);
      assert.match(failed.stderr, /^fault=1: .*NaN/m);
      assert.equal(shardsIn(there).filter(([name]) => name.startsWith("fault=0")).length, 4);
    }),
});

Deno.test({
  ...slurm,
  name: `a node that does not see the folder is left out, and of nodes that all do not one line is said${slurm.name}`,
  fn: (t) =>
    sideBySide(async (cluster, here, there) => {
      const can = await cluster.blind("n1", there);
      await t.step({
        name: can ? "mounted over" : "mounted over [skipped: no mount namespaces]",
        ignore: !can,
        async fn() {
          const args = [...GRID, "--settle", "1", "--blocks-per-task", "2"];
          const one = await endOf(cluster.sweep(there, ...args));
          assert.equal(one.code, 0, one.stderr);
          assert.match(one.stderr, /nothing could be begun on node n1 \(FAILED \(JobLaunchFailure\) on n1; /);
          await assertSame(here, there);
          await cluster.blind("n0", there);
          const none = await endOf(cluster.sweep(there, ...args, "--fresh"));
          assert.equal(none.code, 2);
          assert.match(
            none.stderr,
            /^error: nothing could be begun on node n\d .*; without n0, n1 sbatch refuses: .*\n$/m,
          );
          const again = await endOf(cluster.sweep(there, ...GRID, "--settle", "1", "--retries", "0", "--fresh"));
          assert.match(again.stderr, /^error: nothing could be begun on node n\d .*: does it see .*\n$/m);
        },
      });
    }),
});
