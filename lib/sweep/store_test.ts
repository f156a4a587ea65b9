import assert from "node:assert/strict";
import { inFolder } from "../run/demo_test_helpers.ts";
import { encodeShard } from "./shard.ts";
import { type BlockCounts, openSweepStore, Superseded, type SweepStore } from "./store.ts";

/** Two seeds a block. */
const blocks: BlockCounts = {
  of: (_, seeds) => Math.ceil(seeds / 2),
  common: (_, before, now) => Math.floor(Math.min(before, now) / 2),
};
const cells = (seeds: number, ...names: string[]) => names.map((name) => ({ name, seeds }));
const shardOf = (cell: string, block: number, value = 1) =>
  encodeShard("id", { cell, block }, [{
    ...{ part: "synthetic", question: "q", arm: "cpo", condition: {}, seeds: [2 * block], metrics: ["m"] },
    values: Float64Array.of(value),
  }]);

/** A store in which a sweep has begun. */
const begun = (folder: string, seeds: number, ...names: string[]): SweepStore => {
  const store = openSweepStore(folder);
  store.begin("id", cells(seeds, ...names), blocks, []);
  return store;
};
const finish = (store: SweepStore, holder: string, most = 99) => {
  const jobs = store.claim(holder, most);
  store.save(holder, jobs.map((job) => ({ job, shard: shardOf(job.cell, job.block), seconds: 1 })));
  return jobs.map(({ cell, block }) => `${cell} ${block}`);
};

Deno.test("each block is handed out once, to holders that begin cells of their own", () =>
  inFolder((folder) => {
    const store = begun(folder, 6, "n=1", "n=2"), taken: string[] = [];
    const [a] = store.claim("a", 1), [b] = store.claim("b", 1);
    assert.deepEqual([a.cell, b.cell], ["n=1", "n=2"]);
    assert.deepEqual(store.claim("a", 1, "n=1").map(({ cell, block }) => [cell, block]), [["n=1", 1]]);
    for (let jobs = store.claim("c", 2); jobs.length > 0; jobs = store.claim("c", 2)) {
      taken.push(...jobs.map(({ cell, block }) => `${cell} ${block}`));
    }
    assert.deepEqual(taken, ["n=1 2", "n=2 1", "n=2 2"]);
    assert.deepEqual(store.counts(), { blocks: 6, done: 0, held: 6, lost: 0, failed: 0 });
    store.close();
  }));

Deno.test("what an ended holder held is handed out again, and fails where holders keep ending at it", () =>
  inFolder((folder) => {
    const store = begun(folder, 4, "n=1");
    for (let tries = 1; tries <= 5; tries++) {
      assert.deepEqual(store.claim(`w${tries}`, 2).map(({ block }) => block), [0, 1]);
      store.release(`w${tries}`, "SIGKILL");
    }
    assert.deepEqual(store.claim("w6", 2), []);
    assert.equal(store.cells()[0].failure, "block 0: what computes it ended 5 times (SIGKILL)");
    // A sweep that begins again tries again.
    store.begin("id", cells(4, "n=1"), blocks, []);
    store.claim("w7", 2);
    store.release("w7"); // asked to stop: no fault of the block
    assert.deepEqual(finish(store, "w8"), ["n=1 0", "n=1 1"]);
    store.close();
  }));

Deno.test("a process of an earlier driver writes no more; holders that a cluster still runs keep what they hold", () =>
  inFolder((folder) => {
    const store = begun(folder, 4, "n=1"), worker = openSweepStore(folder, { epoch: store.epoch });
    const [job] = worker.claim("orphan", 1), [other] = store.claim("slurm 7", 1);
    store.begin("id", cells(4, "n=1"), blocks, ["slurm 7"]);
    assert.throws(() => worker.save("orphan", [{ job, shard: shardOf("n=1", 0), seconds: 1 }]), Superseded);
    assert.deepEqual(store.held().map(({ holder, block }) => [holder, block]), [["slurm 7", 1]]);
    store.save("slurm 7", [{ job: other, shard: shardOf("n=1", 1), seconds: 1 }]);
    assert.deepEqual(finish(store, "next"), ["n=1 0"]);
    worker.close();
    store.close();
  }));

Deno.test("a block saved twice must be the same, and torn rows are not taken", () =>
  inFolder((folder) => {
    const store = begun(folder, 2, "n=1"), [job] = store.claim("a", 1), shard = shardOf("n=1", 0);
    const torn = shard.slice(0, -1);
    assert.throws(() => store.save("a", [{ job, shard: torn, seconds: 1 }]), /not as it was written/);
    assert.equal(store.counts().done, 0);
    store.save("a", [{ job, shard, seconds: 1 }]);
    store.save("b", [{ job, shard, seconds: 9 }]);
    assert.throws(
      () => store.save("b", [{ job, shard: shardOf("n=1", 0, 2), seconds: 1 }]),
      /computed twice with other/,
    );
    assert.deepEqual(store.counts(), { blocks: 1, done: 1, held: 0, lost: 0, failed: 0 });
    store.close();
  }));

Deno.test("more seeds keep whole blocks and compute the last one again where it was short", () =>
  inFolder((folder) => {
    const store = begun(folder, 5, "n=1"); // blocks of 2, 2 and 1 seeds
    assert.deepEqual(finish(store, "a"), ["n=1 0", "n=1 1", "n=1 2"]);
    store.addSeeds("n=1", 8, blocks);
    assert.deepEqual(finish(store, "a"), ["n=1 2", "n=1 3"]);
    // What is begun again with fewer keeps what is there, and cells that are wanted no more keep their rows.
    store.begin("id", cells(5, "n=2"), blocks, []);
    assert.deepEqual(finish(store, "a"), ["n=2 0", "n=2 1", "n=2 2"]);
    store.begin("id", cells(5, "n=1", "n=2"), blocks, []);
    assert.deepEqual([store.counts().done, finish(store, "a")], [7, []]);
    assert.deepEqual([...store.shards("n=1")].map(({ block }) => block), [0, 1, 2, 3]);
    assert.throws(() => store.begin("other", [], blocks, []), /rows of another sweep; --fresh starts over/);
    store.close();
  }));
