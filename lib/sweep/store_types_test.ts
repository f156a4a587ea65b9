/** What SQLite has of the values of a sweep's store: node:sqlite binds every number as REAL, and columns make of it what they are. */
import assert from "node:assert/strict";
import { inFolder } from "../run/demo_test_helpers.ts";
import { typesDuring, typesInTables } from "../run/sqlite_types_test_helpers.ts";
import { encodeShard } from "./shard.ts";
import { type BlockCounts, openSweepStore, SWEEP_STORE } from "./store.ts";

const blocks: BlockCounts = {
  of: (_, seeds) => Math.ceil(seeds / 2),
  common: (_, before, now) => Math.floor(Math.min(before, now) / 2),
};
/** Texts that look like numbers. */
const IDENTITY = "007", [FIRST, SECOND] = ["1", "1.0"], [HERE, THERE] = ["2", "2.0"];
const shardOf = (cell: string, block: number) =>
  encodeShard(IDENTITY, { cell, block }, [{
    ...{ part: "synthetic", question: "q", arm: "cpo", condition: {}, seeds: [2 * block], metrics: ["m"] },
    values: Float64Array.of(1),
  }]);

/** All that a sweep does with its store. */
function use(folder: string): void {
  const store = openSweepStore(folder),
    of = (cell: string, block: number, seconds: number) => {
      return { job: { cell, seeds: 6, block }, shard: shardOf(cell, block), seconds };
    };
  store.begin(IDENTITY, [FIRST, SECOND].map((name) => ({ name, seeds: 4 })), blocks, [THERE]);
  store.begin(IDENTITY, [FIRST, SECOND].map((name) => ({ name, seeds: 6 })), blocks, [THERE]);
  const jobs = store.claim(HERE, 1);
  assert.deepEqual(jobs, [{ cell: FIRST, seeds: 6, block: 0 }]);
  assert.deepEqual(store.claim(THERE, 2, SECOND).map(({ cell, block }) => `${cell} ${block}`), ["1.0 0", "1.0 1"]);
  store.save(HERE, [of(FIRST, 0, 1)]);
  // Again, and rows of a block that nobody was handed out.
  store.save(HERE, [of(FIRST, 0, 1), of(FIRST, 1, 0)]);
  store.save(THERE, [of(SECOND, 0, 0.25), of(SECOND, 1, 2 ** 53)]);
  store.addSeeds(SECOND, 8, blocks);
  store.claim(HERE, 2);
  assert.deepEqual([store.held().length, store.held(HERE).length, store.held(THERE).length], [1, 1, 0]);
  store.release(HERE, "3");
  assert.deepEqual(store.claim(THERE, 1), [{ cell: FIRST, seeds: 6, block: 2 }]);
  store.release(THERE, "3", 1);
  store.claim(THERE, 9);
  store.fail({ cell: SECOND, seeds: 8, block: 3 }, "4");
  assert.deepEqual(store.counts(), { blocks: 7, done: 4, held: 1, lost: 3, failed: 2 });
  assert.equal(store.cells()[1].failure, "4");
  assert.equal(store.seconds(), 2 ** 53 + 1.25);
  assert.deepEqual([...store.shards(SECOND)].map(({ block }) => block), [0, 1]);
  store.close();
}

/** Types of what each statement is given, and of what comes of it. */
const STATEMENTS: Readonly<Record<string, readonly [bound: string, read: string]>> = {
  "SELECT count(*) FROM sqlite_schema": ["", "integer"],
  "SELECT identity, epoch FROM sweep": ["", "text,integer"],
  "UPDATE sweep SET identity = ?, epoch = epoch + 1": ["text", ""],
  "SELECT * FROM cell WHERE name = ?": ["text", "integer,text,integer,integer,integer,integer,integer,null|text"],
  "INSERT INTO cell (name, wanted, seeds, blocks, next, done) VALUES (?, 1, ?, ?, 0, 0)": ["text,real,real", ""],
  "UPDATE lease SET holder = '', tries = 0 WHERE holder NOT IN (?)": ["text", ""],
  "UPDATE cell SET wanted = 1 WHERE id = ?": ["real", ""],
  "DELETE FROM shard WHERE cell = ? AND block >= ?": ["real,real", ""],
  "DELETE FROM lease WHERE cell = ? AND block >= ?": ["real,real", ""],
  "UPDATE cell SET seeds = ?, blocks = ?, next = min(next, ?), done = done - ? WHERE id = ?": [
    "real,real,real,real,real",
    "",
  ],
  "SELECT epoch FROM sweep": ["", "integer"],
  "SELECT lease.cell, lease.block, name, seeds FROM lease JOIN cell ON cell.id = lease.cell WHERE holder = '' AND wanted AND failure IS NULL LIMIT ?":
    ["real", "integer,integer,text,integer"],
  "SELECT * FROM cell WHERE wanted AND failure IS NULL AND next < blocks AND next = 0 ORDER BY id LIMIT 1": [
    "",
    "integer,text,integer,integer,integer,integer,integer,null",
  ],
  "UPDATE cell SET next = next + ? WHERE id = ?": ["real,real", ""],
  "SELECT 1 FROM shard WHERE cell = ? AND block = ?": ["real,real", "integer"],
  "INSERT INTO lease VALUES (?, ?, ?, 0)": ["real,real,text", ""],
  "SELECT * FROM cell WHERE wanted AND failure IS NULL AND next < blocks AND name = ?": [
    "text",
    "integer,text,integer,integer,integer,integer,integer,null",
  ],
  "SELECT bytes FROM shard WHERE cell = ? AND block = ?": ["real,real", "blob"],
  "SELECT holder FROM lease WHERE cell = ? AND block = ?": ["real,real", "text"],
  "INSERT INTO shard VALUES (?, ?, ?, ?)": ["real,real,real,blob", ""],
  "UPDATE cell SET done = done + 1 WHERE id = ?": ["real", ""],
  "DELETE FROM lease WHERE cell = ? AND block = ?": ["real,real", ""],
  "SELECT * FROM cell WHERE wanted AND failure IS NULL AND next < blocks ORDER BY id LIMIT 1": [
    "",
    "integer,text,integer,integer,integer,integer,integer,null",
  ],
  "SELECT name AS cell, seeds, block, holder FROM lease JOIN cell ON cell.id = lease.cell WHERE holder <> '' AND (?1 IS NULL OR holder = ?1) ORDER BY lease.cell, block":
    ["null|text", "text,integer,integer,text"],
  "SELECT cell, block, tries FROM lease WHERE holder = ? ORDER BY cell, block LIMIT 1": [
    "text",
    "integer,integer,integer",
  ],
  "UPDATE lease SET tries = tries + 1 WHERE cell = ? AND block = ?": ["real,real", ""],
  "UPDATE lease SET holder = '' WHERE holder = ?": ["text", ""],
  "UPDATE lease SET holder = ? WHERE cell = ? AND block = ?": ["text,real,real", ""],
  "UPDATE cell SET failure = coalesce(failure, ?) WHERE id = ?": ["text,real", ""],
  "UPDATE lease SET holder = '' WHERE cell = ? AND block = ?": ["real,real", ""],
  "SELECT count(failure) AS failed, coalesce(sum(blocks), 0) AS blocks, coalesce(sum(min(done, blocks)), 0) AS done, coalesce(sum(CASE WHEN failure IS NULL THEN 0 ELSE blocks - done END), 0) AS lost FROM cell WHERE wanted":
    ["", "integer,integer,integer,integer"],
  "SELECT count(*) AS held FROM lease WHERE holder <> ''": ["", "integer"],
  "SELECT * FROM cell WHERE wanted ORDER BY id": ["", "integer,text,integer,integer,integer,integer,integer,text"],
  "SELECT coalesce(sum(seconds), 0) AS s FROM shard WHERE cell IN (SELECT id FROM cell WHERE wanted)": ["", "real"],
  "SELECT block, bytes FROM shard WHERE cell = ? AND block > ? ORDER BY block LIMIT 1": ["real,real", "integer,blob"],
};

Deno.test("numbers are bound as REAL and read as what their columns are; no column of texts is given or compared with one", () =>
  inFolder((folder) => {
    const seen = [...typesDuring(() => use(folder))].filter(([sql]) => !sql.startsWith("PRAGMA"));
    const told = seen.map(([sql, { bound, read }]) => [sql, [bound.join(), read.join()]]);
    assert.deepEqual(Object.fromEntries(told), STATEMENTS);
    assert.deepEqual(typesInTables(`${folder}/${SWEEP_STORE}`), {
      sweep: { one: "integer", identity: "text", epoch: "integer" },
      cell: {
        ...{ id: "integer", name: "text", wanted: "integer", seeds: "integer", blocks: "integer", next: "integer" },
        ...{ done: "integer", failure: "text" },
      },
      lease: { cell: "integer", block: "integer", holder: "text", tries: "integer" },
      shard: { cell: "integer", block: "integer", seconds: "real", bytes: "blob" },
    });
  }));
