import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { failure } from "../datasets/data_test_helpers.ts";
import { inFolder, questionOf } from "./demo_test_helpers.ts";
import { asEarlier } from "./earlier_store_test_helpers.ts";
import { openRunStore, renewStore, type RunStore, storePath } from "./run_store.ts";
import type { Unit, UnitResult } from "./units.ts";

const basis = { code: "1" }, options = { texts: 20 };
const unitOf = (n: number, seeds = [4, 5, 6]): Unit => {
  return { question: questionOf(), arm: "cpo", condition: { n }, seeds, name: `unit ${n}` };
};
const resultOf = (n: number): UnitResult => ({
  metrics: ["kl", "value"],
  values: Float64Array.of(n, 0.1 * n, -1e-300, 4, 1 / 3, 1e300),
  reads: ["texts"],
  seconds: n,
});
const UNITS = [1, 2, 3];

/** A store of the first version with three units. */
function earlier(folder: string): void {
  const store = openRunStore(folder);
  for (const n of UNITS) store.save(unitOf(n), basis, options, resultOf(n), 1);
  store.close();
  asEarlier(folder);
}

const found = (store: RunStore) => UNITS.map((n) => store.find(unitOf(n), basis, options));
const versionOf = (folder: string) => {
  const db = new DatabaseSync(storePath(folder), { readOnly: true });
  const { user_version: version } = db.prepare("PRAGMA user_version").get()!;
  db.close();
  return version;
};

Deno.test("a store of the first version is read as it lies there, and laid out anew by who writes", () =>
  inFolder((folder) => {
    earlier(folder);
    const before = Deno.readFileSync(storePath(folder));
    const reader = openRunStore(folder, { readOnly: true });
    assert.deepEqual(found(reader), UNITS.map(resultOf));
    reader.close();
    assert.deepEqual(Deno.readFileSync(storePath(folder)), before);
    assert.equal(versionOf(folder), 1);

    const writer = openRunStore(folder);
    assert.equal(versionOf(folder), 2);
    assert.deepEqual(found(writer), UNITS.map(resultOf));
    writer.save(unitOf(4), basis, options, resultOf(4), 1);
    writer.close();
    const again = openRunStore(folder);
    assert.deepEqual([...found(again), again.find(unitOf(4), basis, options)], [1, 2, 3, 4].map(resultOf));
    assert.deepEqual(again.changed, []);
    again.close();
  }));

Deno.test("a store is renewed where it is of the first version, and otherwise left alone", () =>
  inFolder(async (folder) => {
    renewStore(folder);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    earlier(folder);
    renewStore(folder);
    assert.equal(versionOf(folder), 2);
    const whole = Deno.readFileSync(storePath(folder));
    renewStore(folder);
    assert.deepEqual(Deno.readFileSync(storePath(folder)), whole);
    await Deno.writeTextFile(storePath(folder), "theirs");
    renewStore(folder);
    assert.equal(await Deno.readTextFile(storePath(folder)), "theirs");
  }));

const CHANGES = [
  "UPDATE number SET value = value * 1.0000000000000002 WHERE unit = 2 AND ordinal = 1",
  "UPDATE number SET metric = 'regret' WHERE unit = 2 AND metric = 'kl'",
  "UPDATE number SET seed = 10 - seed WHERE unit = 2",
  "UPDATE number SET seed = seed + 1 WHERE unit = 2",
  "DELETE FROM number WHERE unit = 2 AND ordinal = 3",
  "DELETE FROM number WHERE unit = 2",
  "INSERT INTO number SELECT unit, ordinal + 6, seed + 3, metric, value FROM number WHERE unit = 2",
  "UPDATE unit SET last_seed = 999999999999 WHERE id = 2",
];

for (const change of CHANGES) {
  Deno.test(`in a store of the first version a unit that was changed by hand is not used, and the others are: ${change}`, () =>
    inFolder((folder) => {
      earlier(folder);
      const db = new DatabaseSync(storePath(folder));
      db.exec(change);
      db.close();
      for (const readOnly of [true, false]) {
        const store = openRunStore(folder, { readOnly });
        assert.deepEqual(found(store), [resultOf(1), undefined, resultOf(3)], `read only: ${readOnly}`);
        // One whose seeds were changed is not met at all.
        assert.deepEqual(store.changed, change.includes("last_seed") ? [] : ["unit 2"], `read only: ${readOnly}`);
        store.close();
      }
    }));
}

Deno.test("a store of the first version that cannot be laid out anew is as it was", () =>
  inFolder(async (folder) => {
    earlier(folder);
    const db = new DatabaseSync(storePath(folder));
    // Stands in the way of a step in the middle.
    db.exec("CREATE TRIGGER no_update BEFORE UPDATE ON unit BEGIN SELECT raise(ABORT, 'no room'); END");
    db.close();
    const message = await failure(Promise.resolve().then(() => renewStore(folder)));
    assert.match(message, /results\.sqlite: no room; rows saved before are safe: mend that or choose another --out$/);
    assert.equal(versionOf(folder), 1);
    const store = openRunStore(folder, { readOnly: true });
    assert.deepEqual(found(store), UNITS.map(resultOf));
    store.close();
  }));
