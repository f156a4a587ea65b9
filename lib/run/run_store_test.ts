import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { failure } from "../datasets/data_test_helpers.ts";
import type { RunConfig } from "./run_config.ts";
import { openRunStore, type RunStore, storePath } from "./run_store.ts";
import { inFolder, questionOf } from "./demo_test_helpers.ts";
import type { Unit, UnitResult } from "./units.ts";

const basis = { code: "1" }, options = { texts: 20, steps: 5, sizes: [1, 2] };
const unitOf = (changes: Partial<Unit> = {}): Unit => ({
  question: questionOf(),
  arm: "cpo",
  condition: { n: 64, model: "right" },
  seeds: [0, 1],
  name: "a unit",
  ...changes,
});
const resultOf = (changes: Partial<UnitResult> = {}): UnitResult => ({
  metrics: ["kl", "value"],
  values: Float64Array.of(0.5, 3, -1e-300, 4),
  reads: ["texts"],
  seconds: 1.5,
  ...changes,
});
const configOf = (changes: Partial<RunConfig> = {}) =>
  ({ identity: "a", started: "early", wallSeconds: 0, units: { planned: 0, reused: 0 }, ...changes }) as RunConfig;

/** Saves one unit in a folder. */
function saveOne(folder: string, unit = unitOf(), result = resultOf()): void {
  const store = openRunStore(folder);
  store.save(unit, basis, options, result, 1);
  store.close();
}

Deno.test("every double comes back as it went in, whole numbers too, and lies there as eight bytes, lowest first", () =>
  inFolder((folder) => {
    const doubles = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 40 });
    const store = openRunStore(folder);
    let n = 0;
    fc.assert(fc.property(doubles, (numbers) => {
      const unit = unitOf({ condition: { n: n++ }, seeds: numbers.map((_, i) => i) });
      const values = Float64Array.from(numbers, (x) => x + 0);
      store.save(unit, basis, options, resultOf({ metrics: ["kl"], values }), 1);
      assert.deepEqual(store.find(unit, basis, options)?.values, values);
    }));
    store.save(unitOf(), basis, options, resultOf({ values: Float64Array.of(3, 4, 5, 6) }), 1);
    store.close();
    const db = new DatabaseSync(storePath(folder));
    const { numbers, metrics } = db.prepare("SELECT numbers, metrics FROM unit ORDER BY id DESC").get()!;
    const bytes = new DataView((numbers as Uint8Array).slice().buffer);
    assert.deepEqual([0, 8, 16, 24].map((at) => bytes.getFloat64(at, true)), [3, 4, 5, 6]);
    assert.equal(metrics, '["kl","value"]');
    db.close();
  }));

Deno.test("a unit is found by what decides its numbers, and by nothing else", () =>
  inFolder((folder) => {
    saveOne(folder);
    const store = openRunStore(folder);
    const found = store.find(unitOf({ name: "by another name", condition: { model: "right", n: 64 } }), basis, {
      ...options,
      steps: 6,
    });
    assert.deepEqual(found, resultOf());
    const others: [string, Partial<Unit>, object, object][] = [
      ["arm", { arm: "dr-cpo" }, basis, options],
      ["condition", { condition: { n: 65, model: "right" } }, basis, options],
      ["question", { question: questionOf({ id: "other" }) }, basis, options],
      ["seeds", { seeds: [0, 1, 2] }, basis, options],
      ["block", { seeds: [1, 2] }, basis, options],
      ["code", {}, { code: "2" }, options],
      ["data", {}, { code: "1", data: "3" }, options],
      ["an option it looked at", {}, basis, { ...options, texts: 21 }],
    ];
    for (const [what, changes, otherBasis, otherOptions] of others) {
      const key = [unitOf(changes), otherBasis as typeof basis, otherOptions as typeof options] as const;
      assert.equal(store.find(...key), undefined, what);
    }
    store.close();
  }));

Deno.test("rows of other options, code and seeds are kept beside each other; the same unit takes its own place", () =>
  inFolder((folder) => {
    const store = openRunStore(folder);
    const values = (x: number) => resultOf({ values: Float64Array.of(x, x, x, x) });
    store.save(unitOf(), basis, options, values(1), 1);
    store.save(unitOf(), basis, { ...options, texts: 50 }, values(2), 1);
    store.save(unitOf(), { code: "2" }, options, values(3), 1);
    store.save(unitOf(), basis, options, values(4), 1);
    assert.equal(store.find(unitOf(), basis, options)?.values[0], 4);
    assert.equal(store.find(unitOf(), basis, { ...options, texts: 50 })?.values[0], 2);
    assert.equal(store.find(unitOf(), { code: "2" }, options)?.values[0], 3);
    assert.deepEqual(store.lastBasis("value"), basis);
    assert.equal(store.lastBasis("other"), undefined);
    store.prune({ value: basis });
    assert.equal(store.find(unitOf(), { code: "2" }, options), undefined);
    assert.equal(store.find(unitOf(), basis, options)?.values[0], 4);
    store.close();
    const db = new DatabaseSync(storePath(folder));
    assert.equal(db.prepare("SELECT count(*) n FROM unit").get()!.n, 2);
    db.close();
  }));

Deno.test("a fresh store finds nothing old, keeps it until the new is saved, and finds the new", () =>
  inFolder((folder) => {
    saveOne(folder);
    const fresh = openRunStore(folder, { fresh: true });
    assert.equal(fresh.find(unitOf(), basis, options), undefined);
    const reader = openRunStore(folder, { readOnly: true });
    assert.deepEqual(reader.find(unitOf(), basis, options), resultOf());
    reader.close();
    const values = Float64Array.of(9, 9, 9, 9);
    fresh.save(unitOf(), basis, options, resultOf({ values }), 1);
    assert.deepEqual(fresh.find(unitOf(), basis, options)?.values, values);
    fresh.close();
  }));

Deno.test("whatever is changed by hand in a unit, it is not used, and named", () =>
  inFolder(async (folder) => {
    const changes = [
      "UPDATE unit SET numbers = CAST(x'01' || substr(numbers, 2) AS BLOB)",
      "UPDATE unit SET numbers = CAST(substr(numbers, 9) || substr(numbers, 1, 8) AS BLOB)",
      "UPDATE unit SET numbers = substr(numbers, 1, 24)",
      "UPDATE unit SET numbers = substr(numbers, 1, 31)",
      "UPDATE unit SET numbers = x''",
      "UPDATE unit SET numbers = CAST(numbers || numbers AS BLOB)",
      'UPDATE unit SET metrics = \'["regret","value"]\'',
      'UPDATE unit SET metrics = \'["value","kl"]\'',
      "UPDATE unit SET metrics = '[\"kl\"]'",
      "UPDATE unit SET metrics = '[1, 2]'",
      "UPDATE unit SET metrics = '{'",
      "UPDATE unit SET metrics = '[]', numbers = x''",
      "UPDATE unit SET arm = 'dr-cpo'",
      "UPDATE unit SET options = '{\"texts\":21}'",
      "UPDATE unit SET sha256 = 'x'",
    ];
    for (const change of changes) {
      saveOne(folder);
      const db = new DatabaseSync(storePath(folder));
      db.exec(change);
      db.close();
      const store = openRunStore(folder), names: string[] = [];
      for (const arm of ["cpo", "dr-cpo"]) {
        for (const texts of [20, 21]) {
          assert.equal(store.find(unitOf({ arm, name: arm }), basis, { ...options, texts }), undefined, change);
        }
      }
      names.push(...store.changed);
      assert.ok(names.length > 0, change);
      store.close();
      await Deno.remove(storePath(folder));
    }
  }));

Deno.test("a row put in by hand beside a good one changes nothing", () =>
  inFolder((folder) => {
    saveOne(folder);
    const db = new DatabaseSync(storePath(folder));
    for (const other of ["'{}'", "'{'", "'null'", "'[1]'"]) {
      const columns = "basis, arm, condition, first_seed, last_seed";
      db.exec(`INSERT INTO unit (${columns}, options, seconds, sha256, metrics, numbers)
        SELECT ${columns}, ${other}, seconds, sha256, metrics, numbers FROM unit WHERE id = 1`);
    }
    db.close();
    const store = openRunStore(folder);
    assert.deepEqual(store.find(unitOf(), basis, options), resultOf());
    assert.deepEqual(store.changed, []);
    store.close();
  }));

Deno.test("a store without a table, or with an id that is no number, is one line", () =>
  inFolder(async (folder) => {
    const edits = [
      "ALTER TABLE unit DROP COLUMN numbers",
      "DROP TABLE run",
      "UPDATE unit SET id = 9223372036854775807",
      "INSERT INTO run VALUES (9223372036854775807, 'x', '{}', 1, '')",
    ];
    for (const edit of edits) {
      saveOne(folder);
      const db = new DatabaseSync(storePath(folder));
      db.exec(`PRAGMA foreign_keys = OFF; ${edit}`);
      db.close();
      const message = await failure(
        Promise.resolve().then(() => {
          const store = openRunStore(folder);
          try {
            store.find(unitOf(), basis, options);
            store.begin(configOf());
          } finally {
            store.close();
          }
        }),
      );
      assert.match(message, /results\.sqlite: [^\n]+$/, edit);
      await Deno.remove(storePath(folder));
    }
  }));

Deno.test("a run goes on with its start and its seconds, and the last that was begun is the latest", () =>
  inFolder((folder) => {
    const first = openRunStore(folder);
    assert.equal(first.latest(), undefined);
    first.begin(configOf());
    first.save(unitOf(), basis, options, resultOf(), 7.5);
    // As a kill would leave it: nothing was recorded after the unit.
    first.close();
    const second = openRunStore(folder);
    second.begin(configOf({ identity: "b" }));
    assert.equal(second.latest()?.identity, "b");
    const again = second.begin(configOf({ started: "late" }));
    assert.deepEqual([again.started, again.wallSeconds], ["early", 7.5]);
    second.record({ ...again, complete: true, wallSeconds: 9 });
    assert.deepEqual(second.latest(), { ...configOf({ complete: true, wallSeconds: 9 }) });
    second.close();
  }));

Deno.test("what is no store of ours, or a damaged one, is refused in a line and left as it was", () =>
  inFolder(async (folder) => {
    const path = storePath(folder);
    const open = () => failure(Promise.resolve().then(() => openRunStore(folder).close()));
    new DatabaseSync(path).exec("CREATE TABLE theirs (x)");
    assert.equal(
      await open(),
      `${path}: not a store of this version of preflab; move it away, or choose another --out`,
    );
    await Deno.remove(path);
    await Deno.writeTextFile(path, "no database at all, and longer than a header of one would be ".repeat(9));
    const before = await Deno.readFile(path);
    assert.equal(await open(), `${path}: damaged (file is not a database); --fresh puts it aside and starts over`);
    assert.deepEqual(await Deno.readFile(path), before);
    await Deno.remove(path);
    await Deno.mkdir(path);
    assert.match(await open(), /results\.sqlite: unable to open database file; rows saved before are safe: mend that/);
  }));

Deno.test("a store cut short or overwritten anywhere is refused, or loses nothing", () =>
  inFolder(async (folder) => {
    const path = storePath(folder);
    const unit = (i: number) => unitOf({ condition: { n: i }, name: String(i) });
    const store = openRunStore(folder);
    for (let i = 0; i < 40; i++) store.save(unit(i), basis, options, resultOf(), 1);
    store.close();
    const whole = await Deno.readFile(path);
    let refused = 0;
    for (let at = 100; at < whole.length; at += 997) {
      for (const damaged of [whole.slice(0, at), whole.with(at, whole[at] ^ 0x5a)]) {
        await Deno.writeFile(path, damaged);
        let opened: RunStore | undefined;
        try {
          opened = openRunStore(folder);
          for (let i = 0; i < 40; i++) {
            const found: UnitResult | undefined = opened.find(unit(i), basis, options);
            if (found) assert.deepEqual(found, resultOf());
          }
        } catch (error) {
          assert.equal((error as Error).name, "UserError", String(error));
          refused++;
        } finally {
          opened?.close();
        }
      }
    }
    assert.ok(refused > 0);
  }));

Deno.test("texts are kept beside the numbers, go with their unit, and are not believed once they are changed", () =>
  inFolder((folder) => {
    const texts = [{ seed: 0, prompt: "One day", text: ' it "rained" — \n twice' }];
    saveOne(folder, unitOf(), resultOf({ texts }));
    const store = openRunStore(folder);
    assert.deepEqual(store.find(unitOf(), basis, options)?.texts, texts);
    store.save(unitOf(), basis, options, resultOf(), 1);
    assert.equal(store.find(unitOf(), basis, options)?.texts, undefined);
    store.save(unitOf(), basis, options, resultOf({ texts }), 1);
    store.close();
    const db = new DatabaseSync(storePath(folder));
    assert.equal(
      db.prepare("SELECT count(*) AS n FROM text").get()!.n,
      1,
      "those of the unit that was replaced are gone",
    );
    db.exec("UPDATE text SET texts = replace(texts, 'rained', 'snowed')");
    db.close();
    const again = openRunStore(folder);
    assert.equal(again.find(unitOf(), basis, options), undefined);
    assert.deepEqual(again.changed, ["a unit"]);
    again.close();
  }));

Deno.test("a store from before there were texts is read as it is, and gets room for them once it is written", () =>
  inFolder((folder) => {
    saveOne(folder);
    const db = new DatabaseSync(storePath(folder));
    db.exec("DROP TABLE text");
    db.close();
    const reading = openRunStore(folder, { readOnly: true });
    assert.deepEqual(reading.find(unitOf(), basis, options)?.values, resultOf().values);
    reading.close();
    const texts = [{ seed: 1, prompt: "a", text: "b" }], writing = openRunStore(folder);
    writing.save(unitOf(), basis, options, resultOf({ texts }), 1);
    assert.deepEqual(writing.find(unitOf(), basis, options)?.texts, texts);
    writing.close();
  }));
