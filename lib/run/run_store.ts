/**
 * The store of a run folder: one SQLite file with the rows of every unit that was ever computed there.
 *
 * A unit's rows are one transaction: a kill at any moment loses what is in flight and nothing else. A unit is found again
 * by what decides its numbers, so that another preset, arm, condition or number of seeds adds rows and takes none away.
 *
 * node:sqlite binds every number as REAL, whole ones too (Deno 2.9.6; Node does so as well). A column of type INTEGER makes
 * whole numbers of them again, one of type TEXT would make "1.0" of 1: what is kept as text is bound as text, and all tables
 * are STRICT. `run_store_types_test.ts` looks at every statement.
 *
 * @module
 */
import type { Basis } from "./basis.ts";
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { UserError } from "../user_error.ts";
import type { RunConfig } from "./run_config.ts";
import { numbersInRows, type NumbersOf, packed, packedNumbers, packNumbers } from "./store_numbers.ts";
import { inTransaction } from "./transaction.ts";
import type { Unit, UnitResult } from "./units.ts";
import { writtenTextsIn } from "./written_text.ts";

/** "prefl" in ASCII, in the header of the file: tells our stores from other databases. */
const APPLICATION = 0x7072656c;
/** Raised when the tables change. */
const VERSION = 2;
/** Stores of this version have a row a number: they are read as they are, and laid out anew when they are written. */
const IN_ROWS = 1;

/** Texts of the units that kept some. Stores that were begun before there were any get it when they are written. */
const TEXTS = `
CREATE TABLE IF NOT EXISTS text (
  unit INTEGER PRIMARY KEY REFERENCES unit ON DELETE CASCADE,
  texts TEXT NOT NULL
) STRICT;`;

const SCHEMA = `
CREATE TABLE basis (
  id INTEGER PRIMARY KEY,
  question TEXT NOT NULL,
  parts TEXT NOT NULL,
  UNIQUE (question, parts)
) STRICT;
CREATE TABLE unit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  basis INTEGER NOT NULL REFERENCES basis,
  arm TEXT NOT NULL,
  condition TEXT NOT NULL,
  first_seed INTEGER NOT NULL,
  last_seed INTEGER NOT NULL,
  options TEXT NOT NULL,
  seconds REAL NOT NULL,
  sha256 TEXT NOT NULL,
  metrics TEXT NOT NULL,
  numbers BLOB NOT NULL,
  UNIQUE (basis, arm, condition, first_seed, last_seed, options)
) STRICT;
CREATE TABLE run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  identity TEXT NOT NULL UNIQUE,
  config TEXT NOT NULL,
  seconds REAL NOT NULL,
  sha256 TEXT NOT NULL
) STRICT;
${TEXTS}
PRAGMA application_id = ${APPLICATION};
PRAGMA user_version = ${VERSION};
`;

/** A store that is open. */
export interface RunStore {
  /**
   * What is saved of a unit.
   *
   * @param options values of the experiment's options: those the unit looked at must be the same
   * @returns undefined where nothing is saved, or what is saved is not as it was written
   */
  find(unit: Unit, basis: Basis, options: Readonly<Record<string, unknown>>): UnitResult | undefined;
  /** The basis under which units of a question were last saved; undefined where there are none. */
  lastBasis(question: string): Basis | undefined;
  /** Units that were looked up and found changed, by name. */
  readonly changed: readonly string[];
  /**
   * Begins a run, or goes on with one of the same identity: its start, its seconds so far and how many units it found are
   * kept.
   */
  begin(config: RunConfig): RunConfig;
  /** Saves a unit and the run's seconds so far, both or neither. @throws UserError when the disk refuses it */
  save(unit: Unit, basis: Basis, options: Readonly<Record<string, unknown>>, result: UnitResult, seconds: number): void;
  /** Records how the run that was begun stands. @throws UserError when the disk refuses it */
  record(config: RunConfig): void;
  /** Removes units of these questions that rest on another basis. */
  prune(current: Readonly<Record<string, Basis>>): void;
  /** The run that was begun last; undefined where there was none. */
  latest(): RunConfig | undefined;
  /** Lets go of the file. */
  close(): void;
}

/** How a store is opened. */
interface OpenOptions {
  /** Look nothing up that was saved before: every unit is computed again and takes the place of its old rows. */
  readonly fresh?: boolean;
  /** Only read: the store must be there. */
  readonly readOnly?: boolean;
}

/**
 * Path of a folder's store.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(storePath("reports/cpo"), "reports/cpo/results.sqlite");
 * ```
 */
export function storePath(folder: string): string {
  return `${folder}/results.sqlite`;
}

/**
 * Opens or creates the store of a folder.
 *
 * @param folder exists; may be written unless `readOnly`
 * @throws UserError when the file is damaged, of another version, no store, or cannot be opened
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { questionOf } from "./demo_test_helpers.ts";
 * const folder = await Deno.makeTempDir();
 * const store = openRunStore(folder);
 * const unit = { question: questionOf(), arm: "cpo", condition: { n: 64 }, seeds: [0, 1], name: "value cpo n=64 seeds 0-1" };
 * const result = { metrics: ["kl"], values: Float64Array.of(0.5, 3), reads: ["texts"], seconds: 1 };
 * store.save(unit, { code: "1" }, { texts: 20, steps: 5 }, result, 1);
 * assert.deepEqual(store.find(unit, { code: "1" }, { texts: 20, steps: 9 })?.values, result.values);
 * assert.equal(store.find(unit, { code: "1" }, { texts: 21, steps: 5 }), undefined);
 * store.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function openRunStore(folder: string, { fresh = false, readOnly = false }: OpenOptions = {}): RunStore {
  const path = storePath(folder);
  const attempt = <T>(work: () => T): T => orUserError(path, work);
  const db = attempt(() => new DatabaseSync(path, { readOnly, timeout: 10_000 }));
  try {
    const numbersOf = attempt(() => prepare(db, path, readOnly));
    const stale = fresh ? number(db.prepare("SELECT coalesce(max(id), 0) FROM unit"), []) : 0;
    return attempt(() => storeOf(db, path, attempt, stale, readOnly, numbersOf));
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Lays a store of an earlier version out as those of today, so that it is read as fast as they are; leaves others, and
 * folders without one, as they are.
 *
 * @param folder may be written
 * @throws UserError when the disk refuses it; the store is then as it was
 * @example
 * ```ts
 * renewStore("reports/no-such-folder"); // nothing to do, and no error
 * ```
 */
export function renewStore(folder: string): void {
  const header = new DataView(new ArrayBuffer(72));
  try {
    using file = Deno.openSync(storePath(folder));
    if (file.readSync(new Uint8Array(header.buffer)) !== header.byteLength) return;
  } catch {
    return; // what is not there or may not be read is told where it is read
  }
  // Where SQLite's file format has them: the version that tables are of, and whose tables they are.
  if (header.getUint32(60) === IN_ROWS && header.getUint32(68) === APPLICATION) openRunStore(folder).close();
}

/** Makes the tables of a new file, and refuses what is no store that this version can read. */
function prepare(db: DatabaseSync, path: string, readOnly: boolean): NumbersOf {
  const tables = number(db.prepare("SELECT count(*) FROM sqlite_schema"), []);
  if (tables === 0 && !readOnly) {
    // Into the file itself at once: a store without its write-ahead log is then an empty one, and not a file of no kind.
    db.exec(`PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; ${SCHEMA} COMMIT; PRAGMA wal_checkpoint(TRUNCATE)`);
  }
  const application = number(db.prepare("PRAGMA application_id"), []);
  const version = number(db.prepare("PRAGMA user_version"), []);
  if (application !== APPLICATION || ![IN_ROWS, VERSION].includes(version)) {
    throw new UserError(`${path}: not a store of this version of preflab; move it away, or choose another --out`);
  }
  // A kill loses no commit in this mode; the loss of power may lose the last ones, and never damages the file.
  if (!readOnly) db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${TEXTS}`);
  const [finding] = db.prepare("PRAGMA quick_check(1)").all();
  const verdict = Object.values(finding)[0];
  if (verdict !== "ok") throw damaged(path, String(verdict));
  if (version === VERSION) return packedNumbers(db);
  if (readOnly) return numbersInRows(db);
  packNumbers(db);
  return packedNumbers(db);
}

function storeOf(
  db: DatabaseSync,
  path: string,
  attempt: <T>(work: () => T) => T,
  stale: number,
  readOnly: boolean,
  numbersOf: NumbersOf,
): RunStore {
  const changed: string[] = [];
  let run = 0;
  const basisIds = db.prepare("SELECT id FROM basis WHERE question = ? AND parts = ?");
  const candidates = db.prepare(
    "SELECT id, options, seconds, sha256 FROM unit WHERE basis = ? AND arm = ? AND condition = ? " +
      "AND first_seed = ? AND last_seed = ? AND id > ? ORDER BY id DESC",
  );
  const statement = lazily(db);
  const hasTexts = number(db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'text'"), []) > 0;
  const textsOf = (id: number) => {
    const row = hasTexts ? statement("SELECT texts FROM text WHERE unit = ?").get(id) : undefined;
    return row && writtenTextsIn(row.texts as string);
  };
  let recorded: RunConfig | undefined;
  const writeRun = (config: RunConfig) => {
    const { text, seconds, sha256 } = sealed(config);
    statement("UPDATE run SET config = ?, seconds = ?, sha256 = ? WHERE id = ?").run(text, seconds, sha256, run);
    recorded = config;
  };

  const find: RunStore["find"] = (unit, basis, options) => {
    const { question, arm, condition, seeds } = unit;
    const row = basisIds.get(question.id, canonicalOf(basis));
    if (row === undefined) return undefined;
    const key = [row.id as number, arm, canonicalOf(condition), seeds[0], seeds.at(-1)!] as const;
    let wrong = false;
    for (const { id, options: saved, seconds, sha256 } of candidates.all(...key, stale)) {
      const looked = recordIn(saved as string);
      if (looked && Object.keys(looked).some((name) => canonical(looked[name]) !== canonical(options[name]))) continue;
      const numbers = numbersOf(id as number, seeds);
      if (numbers) {
        const texts = textsOf(id as number);
        const result: UnitResult = {
          ...{ ...numbers, reads: Object.keys(looked ?? {}), seconds: seconds as number },
          ...texts && { texts },
        };
        if (checksum(unit, basis, saved as string, result) === sha256) return result;
      }
      wrong = true;
    }
    if (wrong) changed.push(unit.name);
    return undefined;
  };

  return {
    find: (...args) => attempt(() => find(...args)),
    changed,
    lastBasis: (question) => {
      const row = attempt(() =>
        statement(
          "SELECT parts FROM basis WHERE question = ? AND id IN (SELECT basis FROM unit) " +
            "ORDER BY (SELECT max(unit.id) FROM unit WHERE unit.basis = basis.id) DESC LIMIT 1",
        ).get(question)
      );
      return row && recordIn(row.parts as string) as Basis | undefined;
    },
    begin: (config) =>
      attempt(() => {
        const before = statement("SELECT config, seconds, sha256 FROM run WHERE identity = ?").get(config.identity);
        const going = before && isWhole(before)
          ? { ...config, ...keptOf(JSON.parse(before.config as string)), wallSeconds: before.seconds as number }
          : config;
        inTransaction(db, () => {
          statement("DELETE FROM run WHERE identity = ?").run(config.identity);
          const insert = statement("INSERT INTO run (identity, config, seconds, sha256) VALUES (?, ?, ?, ?)");
          const { text, seconds, sha256 } = sealed(going);
          run = Number(insert.run(config.identity, text, seconds, sha256).lastInsertRowid);
          recorded = going;
        });
        return going;
      }),
    save: (unit, basis, options, result, seconds) => {
      const { question, arm, condition, seeds } = unit;
      const { metrics, values, texts, reads } = result;
      const looked = canonical(Object.fromEntries(reads.map((name) => [name, options[name]])));
      attempt(() =>
        inTransaction(db, () => {
          const parts = canonical(basis);
          statement("INSERT INTO basis (question, parts) VALUES (?, ?) ON CONFLICT DO NOTHING").run(question.id, parts);
          const { id: ground } = basisIds.get(question.id, parts)! as { id: number };
          const key = [ground, arm, canonical(condition), seeds[0], seeds.at(-1)!, looked] as const;
          const same = "basis = ? AND arm = ? AND condition = ? AND first_seed = ? AND last_seed = ? AND options = ?";
          statement(`DELETE FROM unit WHERE ${same}`).run(...key);
          const insert = statement(
            "INSERT INTO unit (basis, arm, condition, first_seed, last_seed, options, seconds, sha256, metrics, numbers) " +
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          );
          const sha256 = checksum(unit, basis, looked, result);
          const { lastInsertRowid: id } = insert.run(
            ...key,
            ...[result.seconds, sha256, JSON.stringify(metrics)] as const,
            packed(values),
          );
          if (texts) statement("INSERT INTO text (unit, texts) VALUES (?, ?)").run(id, JSON.stringify(texts));
          if (recorded) writeRun({ ...recorded, wallSeconds: seconds });
        })
      );
    },
    record: (config) => attempt(() => writeRun(config)),
    prune: (current) => {
      attempt(() =>
        inTransaction(db, () => {
          for (const [question, basis] of Object.entries(current)) {
            const old = "SELECT id FROM basis WHERE question = ? AND parts <> ?";
            const of = [question, canonical(basis)] as const;
            statement(`DELETE FROM unit WHERE basis IN (${old})`).run(...of);
          }
        })
      );
    },
    latest: () => {
      const row = attempt(() => statement("SELECT config, seconds, sha256 FROM run ORDER BY id DESC LIMIT 1").get());
      if (row === undefined) return undefined;
      if (!isWhole(row)) throw new UserError(`${path}: the last run is not as it was written; run its command again`);
      return { ...JSON.parse(row.config as string), wallSeconds: row.seconds };
    },
    close: () => {
      // One plain file that can be passed on; where another process still reads, it stays as it is.
      if (!readOnly) {
        try {
          db.exec("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
        } catch {
          // a full disk or a reader: the write-ahead log beside the file is part of it and is read with it
        }
      }
      db.close();
    },
  };
}

/** Statements, each prepared when it is first used. */
function lazily(db: DatabaseSync): (sql: string) => ReturnType<DatabaseSync["prepare"]> {
  const prepared = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  return (sql) => {
    let found = prepared.get(sql);
    if (!found) prepared.set(sql, found = db.prepare(sql));
    return found;
  };
}

/** The one number a query gives. */
function number(query: ReturnType<DatabaseSync["prepare"]>, parameters: readonly number[]): number {
  return Number(Object.values(query.get(...parameters)!)[0]);
}

/** Ties numbers to the unit they belong to. */
function checksum(
  { question, arm, condition, seeds }: Unit,
  basis: Basis,
  options: string,
  result: UnitResult,
): string {
  const { metrics, values, texts, seconds } = result;
  const json = JSON.stringify, ground = [condition, seeds, basis].map(canonicalOf);
  // As `canonical` writes the list of them.
  const said = [json(question.id), json(arm), ...ground, json(options), json(metrics), json(seconds)];
  const heading = `[${texts ? [...said, json(texts)] : said}]`;
  return createHash("sha256").update(heading).update(packed(values)).digest("hex");
}

/** A run as a row, with what ties its parts together. */
function sealed(config: RunConfig): { text: string; seconds: number; sha256: string } {
  const text = JSON.stringify(config), seconds = config.wallSeconds;
  return { text, seconds, sha256: sealOf(text, seconds) };
}

function sealOf(config: string, seconds: number): string {
  return createHash("sha256").update(JSON.stringify([config, seconds])).digest("hex");
}

/** Whether a row of runs is as it was written. */
function isWhole({ config, seconds, sha256 }: Record<string, unknown>): boolean {
  return sealOf(config as string, seconds as number) === sha256;
}

/** What a run that goes on keeps of its parts before. */
function keptOf({ started, units }: RunConfig): Pick<RunConfig, "started" | "units"> {
  return { started, units };
}

/** An object as JSON; undefined where the text is another thing. */
function recordIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** JSON with the keys of objects in order: the same text for the same value. */
function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_, inner) =>
      inner !== null && typeof inner === "object" && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => a < b ? -1 : 1))
        : inner,
  ) ?? "undefined";
}

const canonicalTexts = new WeakMap<object, string>();

/** {@linkcode canonical} of an object or list that thousands of units share, made once. */
function canonicalOf(value: object): string {
  return canonicalTexts.getOrInsertComputed(value, canonical);
}

/** What SQLite or the system refuses is the user's to mend. */
function orUserError<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof UserError) throw error;
    const { code, errcode } = error as { code?: unknown; errcode?: number };
    const refused = error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.NotFound;
    // An id that no number holds: only by hand does one get there.
    if (error instanceof RangeError && /too large|out of range|BigInt/i.test(error.message)) {
      throw damaged(path, "an id");
    }
    if (code !== "ERR_SQLITE_ERROR" && !refused) throw error;
    const first = error.message.split("\n")[0].replace(`: ${path}`, "");
    // The low byte is the kind of failure: 11 corrupt, 26 not a database.
    if (errcode !== undefined && [11, 26].includes(errcode & 255)) throw damaged(path, first);
    throw new UserError(`${path}: ${first}; rows saved before are safe: mend that or choose another --out`);
  }
}

function damaged(path: string, why: string): UserError {
  const what = why.replaceAll(/\s+/g, " ").replaceAll("*** in database main *** ", "");
  return new UserError(`${path}: damaged (${what}); --fresh puts it aside and starts over`);
}
