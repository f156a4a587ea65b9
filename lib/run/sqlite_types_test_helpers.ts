/**
 * For tests: as what SQLite takes the values that are bound, and what it has in the columns that are read.
 *
 * @module
 */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

/** Types of SQLite, `integer`, `real`, `text`, `blob` or `null`; several of one place joined by a stroke. */
interface Types {
  /** Of each parameter, in their order. */
  readonly bound: readonly string[];
  /** Of each column of the rows that came of it. */
  readonly read: readonly string[];
}

/**
 * Types of all values of each statement that some work prepares and runs, by the statement.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DatabaseSync } from "node:sqlite";
 * const seen = typesDuring(() => {
 *   const db = new DatabaseSync(":memory:");
 *   db.exec("CREATE TABLE a (x INTEGER, y TEXT) STRICT");
 *   db.prepare("INSERT INTO a VALUES (?, ?)").run(1, "1");
 *   db.prepare("SELECT x, y FROM a WHERE y = ?").all("1");
 *   db.close();
 * });
 * assert.deepEqual(seen.get("INSERT INTO a VALUES (?, ?)"), { bound: ["real", "text"], read: [] });
 * assert.deepEqual(seen.get("SELECT x, y FROM a WHERE y = ?"), { bound: ["text"], read: ["integer", "text"] });
 * ```
 */
export function typesDuring(work: () => void): ReadonlyMap<string, Types> {
  const seen = new Map<string, { bound: Set<string>[]; read: Set<string>[] }>(), { prepare } = DatabaseSync.prototype;
  const note = (db: DatabaseSync, sql: string, values: readonly SQLInputValue[], width: number) => {
    const types = seen.getOrInsertComputed(sql, () => ({ bound: [], read: [] }));
    const add = (to: Set<string>[], row: Readonly<Record<string, unknown>>) =>
      Object.values(row).forEach((type, i) => (to[i] ??= new Set()).add(type as string));
    const each = (of: (i: number) => string, count: number) => Array.from({ length: count }, (_, i) => of(i)).join();
    const ask = (text: string) => prepare.call(db, text).all(...values);
    if (values.length > 0) {
      add(
        types.bound,
        ask(`SELECT ${each((i) => `typeof(?${i + 1}) AS c${i}`, values.length)}`)[0],
      );
    }
    if (width === 0) return;
    const columns = each((i) => `c${i}`, width), typesOf = each((i) => `typeof(c${i}) AS c${i}`, width);
    for (const row of ask(`WITH seen(${columns}) AS (${sql}) SELECT ${typesOf} FROM seen`)) add(types.read, row);
  };
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string) {
    const statement = prepare.call(this, sql), width = sql.startsWith("SELECT") ? statement.columns().length : 0;
    for (const method of ["all", "get", "run"] as const) {
      const plain = statement[method].bind(statement) as (...values: SQLInputValue[]) => unknown;
      const noting = (...values: SQLInputValue[]) => {
        note(this, sql, values, width);
        return plain(...values);
      };
      Object.assign(statement, { [method]: noting });
    }
    return statement;
  };
  try {
    work();
  } finally {
    DatabaseSync.prototype.prepare = prepare;
  }
  const joined = (types: readonly Set<string>[]) => types.map((of) => [...of].sort().join("|"));
  return new Map([...seen].map(([sql, { bound, read }]) => [sql, { bound: joined(bound), read: joined(read) }]));
}

/** Types of what the tables hold, by table and column. */
export function typesInTables(path: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'").all();
    return Object.fromEntries(tables.map(({ name }) => {
      const columns = db.prepare("SELECT name FROM pragma_table_info(?)").all(name).map((column) =>
        String(column.name)
      );
      return [
        name,
        Object.fromEntries(columns.map((column) => {
          const types = db.prepare(`SELECT DISTINCT typeof("${column}") AS type FROM "${name}" ORDER BY type`).all();
          return [column, types.map(({ type }) => type).join("|")];
        })),
      ];
    }));
  } finally {
    db.close();
  }
}
