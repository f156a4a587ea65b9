/**
 * All of some writes, or none of them.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

/**
 * Runs writes as one transaction, which waits for that of another process.
 *
 * @throws whatever `work` throws, with nothing written
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DatabaseSync } from "node:sqlite";
 * const db = new DatabaseSync(":memory:");
 * assert.throws(() => inTransaction(db, () => db.exec("CREATE TABLE a (x); no such statement")));
 * assert.equal(db.prepare("SELECT count(*) AS n FROM sqlite_schema").get()!.n, 0);
 * ```
 */
export function inTransaction(db: DatabaseSync, work: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (error) {
    try {
      db.exec("ROLLBACK");
    } catch {
      // where the disk is full SQLite has rolled back by itself
    }
    throw error;
  }
}
