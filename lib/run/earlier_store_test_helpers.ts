/**
 * For tests: a store as the first version laid it out, a row a number.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { storePath } from "./run_store.ts";

/** Lays the store of a folder out as the first version did. */
export function asEarlier(folder: string): void {
  const db = new DatabaseSync(storePath(folder));
  db.exec(`CREATE TABLE number (
    unit INTEGER NOT NULL REFERENCES unit, ordinal INTEGER NOT NULL, seed INTEGER NOT NULL, metric TEXT NOT NULL,
    value REAL NOT NULL, PRIMARY KEY (unit, ordinal)) STRICT, WITHOUT ROWID`);
  const add = db.prepare("INSERT INTO number VALUES (?, ?, ?, ?, ?)");
  for (const row of db.prepare("SELECT id, first_seed, metrics, numbers FROM unit").all()) {
    const metrics: string[] = JSON.parse(row.metrics as string), { id, first_seed: first } = row;
    const values = new Float64Array((row.numbers as Uint8Array).slice().buffer);
    values.forEach((value, i) => {
      add.run(id, i, first as number + Math.floor(i / metrics.length), metrics[i % metrics.length], value);
    });
  }
  db.exec("ALTER TABLE unit DROP COLUMN metrics; ALTER TABLE unit DROP COLUMN numbers; PRAGMA user_version = 1");
  db.close();
}
