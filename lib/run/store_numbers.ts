/**
 * How the store keeps the numbers of a unit: in one piece now, one row each in stores of the first version.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { inTransaction } from "./transaction.ts";
import type { UnitResult } from "./units.ts";

/** Metrics and values of a unit, as its result has them. */
type Numbers = Pick<UnitResult, "metrics" | "values">;

/**
 * Looks up the numbers of a unit by its id and its seeds; undefined where they are not what a unit with these seeds has.
 */
export type NumbersOf = (id: number, seeds: readonly number[]) => Numbers | undefined;

/** Numbers as they are bound: eight bytes each, lowest first, as on every machine that Deno runs on. */
export function packed(values: Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** From the table of units, where each has its numbers beside it. */
export function packedNumbers(db: DatabaseSync): NumbersOf {
  const query = db.prepare("SELECT metrics, numbers FROM unit WHERE id = ?");
  // Thousands of units share a few lists.
  const known = new Map<string, readonly string[] | undefined>();
  return (id, seeds) => {
    const { metrics, numbers } = query.get(id) as { metrics: string; numbers: Uint8Array };
    const names = known.getOrInsertComputed(metrics, namesIn);
    if (names === undefined || numbers.byteLength !== 8 * names.length * seeds.length) return undefined;
    // A copy begins where a double may.
    return { metrics: names, values: new Float64Array(numbers.slice().buffer) };
  };
}

/** From the table of numbers that stores of the first version have. */
export function numbersInRows(db: DatabaseSync): NumbersOf {
  const numbers = db.prepare("SELECT value FROM number WHERE unit = ? ORDER BY ordinal");
  // Two million numbers are read in a second as they are, and in three as objects with their names. Node and Deno have the
  // method, Deno's types do not.
  (numbers as unknown as { setReturnArrays(enabled: boolean): void }).setReturnArrays(true);
  const metricsOf = db.prepare("SELECT metric FROM number WHERE unit = ? AND seed = ? ORDER BY ordinal");
  const order = db.prepare(
    "SELECT group_concat(seed || ' ' || metric, '\n' ORDER BY ordinal) AS names FROM number WHERE unit = ?",
  );
  return (id, seeds) => {
    const rows = numbers.all(id) as unknown as [value: number][];
    const metrics = metricsOf.all(id, seeds[0]).map(({ metric }) => metric as string);
    const planned = seeds.flatMap((seed) => metrics.map((metric) => `${seed} ${metric}`)).join("\n");
    if ((order.get(id)!.names ?? "") !== planned) return undefined;
    return { metrics, values: Float64Array.from(rows, ([value]) => value) };
  };
}

/**
 * Lays a store of the first version out as those of today, whole or not at all: nothing of it is lost, and what is not as
 * it was written stays so.
 */
export function packNumbers(db: DatabaseSync): void {
  inTransaction(db, () => {
    // Another process may have done it meanwhile.
    if (db.prepare("PRAGMA user_version").get()!.user_version !== 1) return;
    const numbersOf = numbersInRows(db);
    const countOf = db.prepare("SELECT count(DISTINCT seed) AS seeds FROM number WHERE unit = ?");
    const units = db.prepare("SELECT id, first_seed, last_seed FROM unit").all().map((unit) => {
      const id = unit.id as number, first = unit.first_seed as number, length = unit.last_seed as number - first + 1;
      const whole = countOf.get(id)!.seeds === length;
      return { id, numbers: whole ? numbersOf(id, Array.from({ length }, (_, i) => first + i)) : undefined };
    });
    // First gone, then written: in the room that the rows leave, since a file of SQLite never shrinks by itself.
    db.exec("DROP TABLE number; PRAGMA user_version = 2");
    db.exec("ALTER TABLE unit ADD COLUMN metrics TEXT NOT NULL DEFAULT '[]'");
    db.exec("ALTER TABLE unit ADD COLUMN numbers BLOB NOT NULL DEFAULT x''");
    const save = db.prepare("UPDATE unit SET metrics = ?, numbers = ? WHERE id = ?");
    const spoil = db.prepare("UPDATE unit SET sha256 = '' WHERE id = ?");
    for (const { id, numbers } of units) {
      if (numbers) save.run(JSON.stringify(numbers.metrics), packed(numbers.values), id);
      else spoil.run(id);
    }
  });
}

/** Names of metrics; undefined where the text is another thing. */
function namesIn(text: string): string[] | undefined {
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) && names.every((name) => typeof name === "string") ? names : undefined;
  } catch {
    return undefined;
  }
}
