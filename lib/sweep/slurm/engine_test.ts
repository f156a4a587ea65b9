/** The driver against a cluster that is played: what it submits, takes in, submits again, and gives up. */
import assert from "node:assert/strict";
import { inFolder } from "../../run/demo_test_helpers.ts";
import { UserError } from "../../user_error.ts";
import type { Description } from "../description.ts";
import { failureFile, type Job, jobsFrom, shardFile } from "../job.ts";
import { encodeShard } from "../shard.ts";
import { openSweepStore, type SweepStore } from "../store.ts";
import { Refused, type Slurm } from "./commands.ts";
import { slurmEngine } from "./engine.ts";
import type { Standing } from "./queue.ts";
import { slurmRequest } from "./request.ts";

/** What an element does: writes what a real one would write, and says how Slurm has it then. */
type Element = (element: Played) => Standing | undefined;

interface Played {
  readonly round: string;
  readonly shards: string;
  readonly id: string;
  readonly number: number;
  readonly jobs: readonly Job[];
}

const put = (path: string, text: string) => Deno.writeTextFileSync(path, `${text}\n`);
const state = (word: string, reason = "", node = "n1"): Standing => ({ state: word, reason, node });

/** Computes some blocks, then ends. */
function computes(most = Infinity, code = 0, node = "n1"): Element {
  return ({ round, shards, number, jobs }) => {
    put(`${round}/${number}.begun`, node);
    for (const job of jobs.slice(0, most)) {
      Deno.writeFileSync(`${shards}/${shardFile(job)}`, encodeShard("id", job, []));
    }
    put(`${round}/${number}.ended`, String(code));
    return state("COMPLETED", "", node);
  };
}

/** Computes some blocks and is killed. */
function dies(word: Standing, most = 0): Element {
  return (element) => {
    computes(most)(element);
    Deno.removeSync(`${element.round}/${element.number}.ended`);
    return word;
  };
}

/** A cluster on which elements run between two looks: `script` has what the first ones do, all others compute. */
function played(script: Element[] = []) {
  const submitted: string[][] = [],
    cancelled: string[] = [],
    waiting: Played[] = [],
    ended = new Map<string, Standing>();
  const alive = new Set<string>();
  let time = 0, refusals: Error[] = [], silent = false;
  const slurm: Slurm = {
    submit(words) {
      submitted.push([...words]);
      const refusal = refusals.shift();
      if (refusal) return Promise.reject(refusal);
      const job = String(submitted.length), path = words.at(-1)!, round = path.slice(0, -"/job.sh".length);
      const count = Number(/--array=0-(\d+)/.exec(words.join(" "))![1]) + 1;
      for (let number = 0; number < count; number++) {
        const jobs = jobsFrom(Deno.readTextFileSync(`${round}/${number}.jobs`), "jobs"), id = `${job}_${number}`;
        waiting.push({ round, shards: `${round}/../../shards`, id, number, jobs });
        alive.add(id);
      }
      return Promise.resolve(job);
    },
    named: () => Promise.resolve(silent ? undefined : []),
    queue: () =>
      Promise.resolve(
        silent ? undefined : new Map([...[...alive].map((id) => [id, state("RUNNING")] as const), ...ended]),
      ),
    account: () => Promise.resolve(undefined),
    cancel: (ids) => Promise.resolve(void cancelled.push(...ids)),
  };
  return {
    submitted,
    cancelled,
    refuse: (...errors: Error[]) => void (refusals = errors),
    silence: (is: boolean) => void (silent = is),
    surroundings: {
      slurm,
      now: () => time,
      wait(seconds: number) {
        time += seconds;
        for (const element of waiting.splice(0)) {
          const standing = (script.shift() ?? computes())(element);
          alive.delete(element.id);
          if (standing) ended.set(element.id, standing);
        }
        if (time > 10_000) throw new Error("the driver waits for ever");
        return Promise.resolve();
      },
    },
  };
}

/** A sweep of `blocks` blocks of one cell, in a folder. */
async function sweeping(
  blocks: number,
  flags: Record<string, string>,
  cluster: ReturnType<typeof played>,
  check: (result: { said: string[]; store: SweepStore; error?: Error; folder: string }) => void | Promise<void>,
  stopped: () => boolean = () => false,
): Promise<void> {
  await inFolder(async (folder) => {
    const store = openSweepStore(folder), said: string[] = [];
    const counts = { of: () => blocks, common: () => blocks };
    try {
      const engine = slurmEngine(slurmRequest(flags), undefined, cluster.surroundings);
      store.begin("id", [{ name: "n=5", seeds: 2 * blocks }], counts, await engine.attached(folder));
      const description = { backend: "none", args: [] } as unknown as Description;
      const error = await engine.work({
        folder,
        description,
        store,
        show: () => {},
        say: (line) => said.push(line),
        stopped,
      })
        .then(() => undefined, (error: Error) => error);
      await check({ said, store, folder, ...error && { error } });
    } finally {
      store.close();
    }
  });
}

const done = (store: SweepStore) => store.counts().done;

Deno.test("blocks are parted into elements, computed, taken in, and their files removed", async () => {
  const cluster = played();
  await sweeping(7, { "blocks-per-task": "3" }, cluster, ({ store, error, folder }) => {
    assert.equal(error, undefined);
    assert.equal(done(store), 7);
    assert.match(cluster.submitted[0].join(" "), /--array=0-2 /);
    assert.equal(cluster.submitted.length, 1);
    assert.deepEqual([...Deno.readDirSync(`${folder}/shards`)], []);
  });
});

Deno.test("what ended too early is submitted again: its blocks alone, and no more often than was asked for", async () => {
  const fails = dies(state("TIMEOUT", "TimeLimit"), 1);
  const cluster = played([fails, dies(state("NODE_FAIL", "NodeDown")), computes()]);
  await sweeping(6, { "blocks-per-task": "2" }, cluster, ({ store, said, error }) => {
    assert.equal(error, undefined);
    assert.equal(done(store), 6);
    assert.equal(cluster.submitted.length, 2);
    assert.ok(said.includes("1_0 ended with 1 of its blocks left: TIMEOUT (TimeLimit) on n1"), said.join("\n"));
    assert.ok(said.includes("1_1 ended with 2 of its blocks left: NODE_FAIL (NodeDown) on n1"));
  });
  const again = played(Array.from({ length: 9 }, () => dies(state("OUT_OF_MEMORY"))));
  await sweeping(1, { retries: "2" }, again, ({ store }) => {
    assert.equal(again.submitted.length, 3);
    const [{ failure }] = store.cells();
    assert.match(failure!, /^block 0: what computes it ended 3 times \(OUT_OF_MEMORY on n1; 3_0\)$/);
  });
});

Deno.test("files of a node are waited for before its blocks are given to another", async () => {
  // It ended well; one shard is seen only after a while, as in a network folder.
  const late: Element = (element) => {
    const standing = computes(1)(element), [, job] = element.jobs;
    setTimeout(() => Deno.writeFileSync(`${element.shards}/${shardFile(job)}`, encodeShard("id", job, [])));
    return standing;
  };
  const cluster = played([late]);
  const { wait } = cluster.surroundings;
  cluster.surroundings.wait = async (seconds) => {
    await wait(seconds);
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await sweeping(2, { "blocks-per-task": "2" }, cluster, ({ store }) => {
    assert.equal(done(store), 2);
    assert.equal(cluster.submitted.length, 1);
  });
});

Deno.test("a shard that is not whole, or of another sweep, is not taken, and its block runs again", async () => {
  const written = (bytes: (job: Job) => Uint8Array): Element => (element) => {
    const standing = computes()(element), [job] = element.jobs;
    Deno.writeFileSync(`${element.shards}/${shardFile(job)}`, bytes(job));
    return standing;
  };
  for (
    const bytes of [(job: Job) => encodeShard("id", job, []).slice(0, -1), (job: Job) => encodeShard("old", job, [])]
  ) {
    const cluster = played([written(bytes)]);
    await sweeping(1, {}, cluster, ({ store, error }) => {
      assert.equal(error, undefined);
      assert.equal(done(store), 1);
      assert.equal(cluster.submitted.length, 2);
    });
  }
});

Deno.test("a cell that cannot be computed fails with its reason, and is not submitted again", async () => {
  const cluster = played([({ round, shards, number, jobs }) => {
    put(`${round}/${number}.begun`, "n1");
    put(`${shards}/${failureFile(jobs[0])}`, JSON.stringify({ message: "loss is NaN" }));
    put(`${round}/${number}.ended`, "0");
    return state("COMPLETED");
  }]);
  await sweeping(1, {}, cluster, ({ store, error }) => {
    assert.equal(error, undefined);
    assert.equal(store.cells()[0].failure, "loss is NaN");
    assert.equal(cluster.submitted.length, 1);
  });
});

Deno.test("a node on which nothing begins is left out; where that helps nothing, the sweep ends and says so", async () => {
  const blind: Element = () => state("FAILED", "JobLaunchFailure", "n0");
  const one = played([blind]);
  await sweeping(2, { "blocks-per-task": "1" }, one, ({ store }) => {
    assert.equal(done(store), 2);
    assert.ok(!one.submitted[0].join(" ").includes("--exclude"));
    assert.ok(one.submitted[1].includes("--exclude=n0"));
  });
  const all = played(Array.from({ length: 20 }, (_, i) => () => state("FAILED", "JobLaunchFailure", `n${i}`)));
  await sweeping(1, { retries: "2" }, all, ({ error, folder }) => {
    assert.ok(error instanceof UserError);
    assert.equal(
      error.message,
      `nothing could be begun on node n2 (FAILED (JobLaunchFailure) on n2; 3_0): does it see ${folder}, and may it write there?`,
    );
    assert.deepEqual(all.cancelled, ["3"]);
  });
});

Deno.test("no more elements than asked for run at once, whatever is submitted again", async () => {
  const cluster = played([dies(state("PREEMPTED"))]);
  await sweeping(4, { "blocks-per-task": "1", "max-running": "2" }, cluster, ({ store }) => {
    assert.equal(done(store), 4);
    assert.match(cluster.submitted[0].join(" "), /--array=0-3%2 /);
    assert.match(cluster.submitted[1].join(" "), /--array=0-0%2 /);
  });
});

Deno.test("a refusal ends a sweep of which nothing goes on, and its blocks are free", async () => {
  const cluster = played();
  cluster.refuse(new Refused("sbatch refuses: Invalid partition name specified"));
  await sweeping(3, {}, cluster, async ({ error, store, folder }) => {
    assert.match(error!.message, /^sbatch refuses: Invalid partition/);
    assert.equal(store.counts().held, 0);
    // Were it to come all the same, it would find the round taken.
    assert.equal(await Deno.readTextFile(`${folder}/slurm/1/owner`), "nobody\n");
  });
});

Deno.test("a driver that stops leaves its jobs, and the next one takes up what they write", async () => {
  const cluster = played();
  let looks = 0;
  await sweeping(3, {}, cluster, async ({ said, store, folder }) => {
    assert.equal(
      said.at(-1),
      'Slurm job 1 (3 elements) go on; the same command attaches to them, and "scancel 1" ends them',
    );
    assert.equal(store.counts().held, 3);
    // As if it had been killed before it heard the number of the job, which has begun since.
    await Deno.remove(`${folder}/slurm/1/job`);
    await cluster.surroundings.wait(1);
    await Deno.writeTextFile(`${folder}/slurm/1/owner`, "1\n");
    const next = slurmEngine(slurmRequest({}), undefined, cluster.surroundings);
    cluster.silence(true);
    await assert.doesNotReject(next.attached(folder), "the owner says it all");
    await Deno.remove(`${folder}/slurm/1/owner`);
    await Deno.remove(`${folder}/slurm/1/job`);
    const unsure = slurmEngine(slurmRequest({}), undefined, cluster.surroundings);
    await assert.rejects(unsure.attached(folder), /squeue does not answer, and a job may have been submitted/);
    await Deno.writeTextFile(`${folder}/slurm/1/owner`, "1\n");
    cluster.silence(false);
    const last = slurmEngine(slurmRequest({}), undefined, cluster.surroundings), holders = await last.attached(folder);
    assert.deepEqual(holders, ["slurm:1.0", "slurm:1.1", "slurm:1.2"]);
    store.begin("id", [{ name: "n=5", seeds: 6 }], { of: () => 3, common: () => 3 }, holders);
    const description = { backend: "none", args: [] } as unknown as Description, show = () => {}, say = () => {};
    await last.work({ folder, description, store, show, say, stopped: () => false });
    assert.equal(done(store), 3);
    assert.equal(cluster.submitted.length, 1);
  }, () => looks++ > 0);
});

Deno.test("while Slurm does not answer, the files are followed", async () => {
  const cluster = played();
  const { slurm } = cluster.surroundings, { submit } = slurm;
  slurm.submit = async (words) => {
    const job = await submit(words);
    cluster.silence(true);
    return job;
  };
  await sweeping(2, {}, cluster, ({ store, said }) => {
    assert.equal(done(store), 2);
    assert.equal(said.filter((line) => line.startsWith("squeue does not answer")).length, 1);
  });
});
