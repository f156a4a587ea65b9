/** What SQLite has of the values of a run's store: node:sqlite binds every number as REAL, and columns make of it what they are. */
import assert from "node:assert/strict";
import { inFolder, questionOf } from "./demo_test_helpers.ts";
import { asEarlier } from "./earlier_store_test_helpers.ts";
import type { RunConfig } from "./run_config.ts";
import { openRunStore, storePath } from "./run_store.ts";
import { typesDuring, typesInTables } from "./sqlite_types_test_helpers.ts";
import type { Unit, UnitResult } from "./units.ts";

const basis = { code: "1" }, options = { texts: 20, whole: 2 ** 53 };
/** Texts that look like numbers, one of them as another would be written. */
const ARMS = ["1", "1.0", "0012", "1e3", "9007199254740993"];
const LAST = Number.MAX_SAFE_INTEGER;
const seconds = [1, 0.25, 2 ** 53, 1e21, 0];

const unitOf = (k: number): Unit => ({
  ...{ question: questionOf({ id: "7" }), arm: ARMS[k], condition: { n: 2 ** 53, name: "1.0" } },
  ...{ seeds: [LAST - k], name: `unit ${k}` },
});
const resultOf = (k: number): UnitResult => ({
  ...{ metrics: ["1", "kl"], values: Float64Array.of(2 ** 53, k), reads: ["texts", "whole"], seconds: seconds[k] },
  ...k === 0 && { texts: [{ seed: LAST, prompt: "1", text: "1.0" }] },
});
const config = { identity: "1", started: "2", wallSeconds: 3, units: { planned: 1, reused: 0 } } as RunConfig;

/** All that a run does with its store. */
function use(folder: string): void {
  const store = openRunStore(folder);
  store.begin(config);
  store.begin(config);
  ARMS.forEach((_, k) => store.save(unitOf(k), basis, options, resultOf(k), seconds[k]));
  store.record(config);
  assert.deepEqual(ARMS.map((_, k) => store.find(unitOf(k), basis, options)), ARMS.map((_, k) => resultOf(k)));
  assert.deepEqual(store.lastBasis("7"), basis);
  assert.equal(store.latest()?.wallSeconds, 3);
  store.prune({ "8": { code: "2" } });
  store.close();
}

/** Types of what each statement is given, and of what comes of it. */
const STATEMENTS: Readonly<Record<string, readonly [bound: string, read: string]>> = {
  "SELECT count(*) FROM sqlite_schema": ["", "integer"],
  "SELECT count(*) FROM sqlite_schema WHERE name = 'text'": ["", "integer"],
  "SELECT config, seconds, sha256 FROM run WHERE identity = ?": ["text", "text,real,text"],
  "DELETE FROM run WHERE identity = ?": ["text", ""],
  "INSERT INTO run (identity, config, seconds, sha256) VALUES (?, ?, ?, ?)": ["text,text,real,text", ""],
  "INSERT INTO basis (question, parts) VALUES (?, ?) ON CONFLICT DO NOTHING": ["text,text", ""],
  "SELECT id FROM basis WHERE question = ? AND parts = ?": ["text,text", "integer"],
  "DELETE FROM unit WHERE basis = ? AND arm = ? AND condition = ? AND first_seed = ? AND last_seed = ? AND options = ?":
    ["real,text,text,real,real,text", ""],
  "INSERT INTO unit (basis, arm, condition, first_seed, last_seed, options, seconds, sha256, metrics, numbers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)":
    ["real,text,text,real,real,text,real,text,text,blob", ""],
  "INSERT INTO text (unit, texts) VALUES (?, ?)": ["real,text", ""],
  "UPDATE run SET config = ?, seconds = ?, sha256 = ? WHERE id = ?": ["text,real,text,real", ""],
  "SELECT id, options, seconds, sha256 FROM unit WHERE basis = ? AND arm = ? AND condition = ? AND first_seed = ? AND last_seed = ? AND id > ? ORDER BY id DESC":
    ["real,text,text,real,real,real", "integer,text,real,text"],
  "SELECT metrics, numbers FROM unit WHERE id = ?": ["real", "text,blob"],
  "SELECT texts FROM text WHERE unit = ?": ["real", "text"],
  "SELECT parts FROM basis WHERE question = ? AND id IN (SELECT basis FROM unit) ORDER BY (SELECT max(unit.id) FROM unit WHERE unit.basis = basis.id) DESC LIMIT 1":
    ["text", "text"],
  "SELECT config, seconds, sha256 FROM run ORDER BY id DESC LIMIT 1": ["", "text,real,text"],
  "DELETE FROM unit WHERE basis IN (SELECT id FROM basis WHERE question = ? AND parts <> ?)": ["text,text", ""],
};

Deno.test("numbers are bound as REAL and read as what their columns are; no column of texts is given or compared with one", () =>
  inFolder((folder) => {
    const seen = [...typesDuring(() => use(folder))].filter(([sql]) => !sql.startsWith("PRAGMA"));
    const told = seen.map(([sql, { bound, read }]) => [sql, [bound.join(), read.join()]]);
    assert.deepEqual(Object.fromEntries(told), STATEMENTS);
    assert.deepEqual(typesInTables(storePath(folder)), {
      basis: { id: "integer", question: "text", parts: "text" },
      unit: {
        ...{ id: "integer", basis: "integer", arm: "text", condition: "text", first_seed: "integer" },
        ...{ last_seed: "integer", options: "text", seconds: "real", sha256: "text", metrics: "text", numbers: "blob" },
      },
      run: { id: "integer", identity: "text", config: "text", seconds: "real", sha256: "text" },
      text: { unit: "integer", texts: "text" },
    });
  }));

Deno.test("a store of the first version is laid out anew with the same types", () =>
  inFolder((folder) => {
    use(folder);
    const laid = typesInTables(storePath(folder));
    asEarlier(folder);
    const seen = typesDuring(() => {
      const store = openRunStore(folder);
      assert.deepEqual(ARMS.map((_, k) => store.find(unitOf(k), basis, options)), ARMS.map((_, k) => resultOf(k)));
      store.close();
    });
    assert.deepEqual(seen.get("SELECT value FROM number WHERE unit = ? ORDER BY ordinal"), {
      bound: ["real"],
      read: ["real"],
    });
    assert.deepEqual(typesInTables(storePath(folder)), laid);
  }));
