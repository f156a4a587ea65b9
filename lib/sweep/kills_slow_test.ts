/** Drivers and workers killed at random moments: no row is lost, doubled or torn. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { inFolder } from "../run/demo_test_helpers.ts";
import { shardsIn, sweep, sweepUnderKills } from "./sweep_process_test_helpers.ts";

const ARGS = ["--only", "synthetic", "--grid", "n=40000,50000,60000", "--seeds", "40", "--jobs", "2"];
/** Kills of the whole test. */
const KILLS = 50;

Deno.test(`a sweep that is killed at ${KILLS} random moments has the rows of one that is not`, () =>
  inFolder(async (folder) => {
    const { code, stderr } = await sweep(folder, ...ARGS);
    assert.equal(code, 0, stderr);
    const shards = shardsIn(folder), rows = await Deno.readTextFile(`${folder}/out/results.csv`);
    assert.equal(shards.length, 3 * 20);
    for (let killed = 0, seed = 1; killed < KILLS; seed++) {
      await inFolder(async (other) => {
        killed += await sweepUnderKills(other, ARGS, { seed, kills: Math.min(10, KILLS - killed), most: 2500 });
        const db = new DatabaseSync(`${other}/out/sweep.sqlite`, { readOnly: true });
        try {
          assert.deepEqual(Object.values(db.prepare("PRAGMA integrity_check").get()!), ["ok"]);
          assert.equal(db.prepare("SELECT count(*) AS n FROM lease").get()!.n, 0);
        } finally {
          db.close();
        }
        assert.deepEqual(shardsIn(other), shards);
        assert.equal(await Deno.readTextFile(`${other}/out/results.csv`), rows);
      });
    }
  }));
