/**
 * The store of a sweep: one SQLite file with its cells, what is being computed, and the rows of every block.
 *
 * Blocks are never listed before they are handed out: a cell has the number of its next one. So a sweep of ten million
 * blocks begins as fast as one of ten. A block that was handed out is leased to its holder until its rows are saved. A
 * lease has no clock: whoever starts holders knows when they end and takes back what they held, and nobody else may.
 *
 * Numbers are bound as REAL and texts as TEXT, as in the store of a run (`store_types_test.ts`).
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { UserError } from "../user_error.ts";
import { inTransaction } from "../run/transaction.ts";
import type { Job } from "./job.ts";
import { checkShard } from "./shard.ts";

/** "prefs" in ASCII, in the header of the file: tells these stores from other databases. */
const APPLICATION = 0x70726673;
/** Raised when the tables change. */
const VERSION = 1;
/** A block whose holders ended that often while they computed it has failed. */
const TRIES = 5;

const SCHEMA = `
CREATE TABLE sweep (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  identity TEXT NOT NULL,
  epoch INTEGER NOT NULL
) STRICT;
CREATE TABLE cell (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  wanted INTEGER NOT NULL,
  seeds INTEGER NOT NULL,
  blocks INTEGER NOT NULL,
  next INTEGER NOT NULL,
  done INTEGER NOT NULL,
  failure TEXT
) STRICT;
CREATE INDEX pending ON cell (id) WHERE wanted AND failure IS NULL AND next < blocks;
CREATE TABLE lease (
  cell INTEGER NOT NULL REFERENCES cell,
  block INTEGER NOT NULL,
  holder TEXT NOT NULL,
  tries INTEGER NOT NULL,
  PRIMARY KEY (cell, block)
) STRICT, WITHOUT ROWID;
CREATE INDEX held ON lease (holder);
CREATE TABLE shard (
  cell INTEGER NOT NULL REFERENCES cell,
  block INTEGER NOT NULL,
  seconds REAL NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (cell, block)
) STRICT;
INSERT INTO sweep VALUES (1, '', 0);
PRAGMA application_id = ${APPLICATION};
PRAGMA user_version = ${VERSION};
`;

/** A cell as a sweep begins with it. */
interface BegunCell {
  /** Its name. */
  readonly name: string;
  /** Its seeds, where it has no more already. */
  readonly seeds: number;
}

/** A cell as it stands. */
export interface CellState {
  readonly name: string;
  /** Seeds it is brought to. */
  readonly seeds: number;
  /** Blocks that these seeds make. */
  readonly blocks: number;
  /** Blocks whose rows are saved. */
  readonly done: number;
  /** Why it cannot be computed, in one line; absent where it can. */
  readonly failure?: string;
}

/** How a sweep stands. */
interface Counts {
  /** Blocks of all cells. */
  readonly blocks: number;
  /** Those whose rows are saved. */
  readonly done: number;
  /** Those that are being computed. */
  readonly held: number;
  /** Those of cells that cannot be computed, without rows. */
  readonly lost: number;
  /** Cells that cannot be computed. */
  readonly failed: number;
}

/** A block that was computed, on its way into the store. */
export interface Done {
  readonly job: Job;
  readonly shard: Uint8Array;
  /** How long it took, seconds. */
  readonly seconds: number;
}

/** How many blocks a number of seeds makes, and how many of the first ones are the same under two numbers. */
export interface BlockCounts {
  of(cell: string, seeds: number): number;
  common(cell: string, before: number, now: number): number;
}

/** A store that is open. */
export interface SweepStore {
  /** Raised by every driver that begins; a process of an earlier one may write no more. */
  readonly epoch: number;
  /** Identity of the sweep; empty before it was begun. */
  readonly identity: string;
  /**
   * Begins a sweep or goes on with it: its cells are the wanted ones, those that failed are tried again, and what others
   * than `attached` held is free. Cells keep their rows, and more seeds than asked for.
   *
   * @throws UserError where the rows that are there are of another identity
   */
  begin(identity: string, cells: Iterable<BegunCell>, blocks: BlockCounts, attached: readonly string[]): void;
  /** Brings a cell to more seeds. */
  addSeeds(cell: string, seeds: number, blocks: BlockCounts): void;
  /**
   * Leases blocks to a holder, those of one cell together; none where nothing is pending.
   *
   * @param most how many at most, above 0
   * @param near the cell that the holder has prepared for
   */
  claim(holder: string, most: number, near?: string): Job[];
  /** What is leased to a holder, or to all of them. */
  held(holder?: string): (Job & { readonly holder: string })[];
  /**
   * Saves rows, all or none, and ends the leases of their blocks. A block that has rows already must get the same bytes.
   *
   * @throws UserError when the disk refuses it or a shard is not whole
   */
  save(holder: string, done: readonly Done[]): void;
  /** A cell cannot be computed: none of its blocks is handed out until the sweep is begun again. */
  fail(job: Job, message: string): void;
  /**
   * A holder has ended: what it held is pending again, or has failed where holders kept ending at it.
   *
   * @param why how it ended; undefined where it was asked to
   * @param tries holders that may end at a block before it has failed
   */
  release(holder: string, why?: string, tries?: number): void;
  counts(): Counts;
  /** The wanted cells in the order of the grid. */
  cells(): CellState[];
  /** Rows of a cell, block after block; a generator holds one shard at a time. */
  shards(cell: string): Generator<{ readonly block: number; readonly bytes: Uint8Array }>;
  /** Seconds that the saved blocks of wanted cells took, added up. */
  seconds(): number;
  close(): void;
}

/** A process of an earlier driver wants to write. */
export class Superseded extends UserError {}

/** Path of a folder's store. */
export const SWEEP_STORE = "sweep.sqlite";

/** How a store is opened. */
interface OpenOptions {
  /** Only read: the store must be there. */
  readonly readOnly?: boolean;
  /** As a process that the driver of this epoch has started. */
  readonly epoch?: number;
}

/**
 * Opens or creates the store of a folder.
 *
 * @throws UserError when the file is damaged, of another version, no store, or cannot be opened
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeShard } from "./shard.ts";
 * const folder = await Deno.makeTempDir();
 * const store = openSweepStore(folder);
 * const blocks = { of: (_: string, seeds: number) => seeds / 2, common: () => 0 };
 * store.begin("id", [{ name: "n=5", seeds: 4 }], blocks, []);
 * const [job] = store.claim("worker 1", 1);
 * store.save("worker 1", [{ job, shard: encodeShard("id", job, []), seconds: 0.1 }]);
 * assert.deepEqual(store.counts(), { blocks: 2, done: 1, held: 0, lost: 0, failed: 0 });
 * store.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function openSweepStore(folder: string, { readOnly = false, epoch }: OpenOptions = {}): SweepStore {
  const path = `${folder}/${SWEEP_STORE}`;
  const db = orUserError(path, () => new DatabaseSync(path, { readOnly, timeout: 30_000 }));
  try {
    return orUserError(path, () => {
      prepare(db, path, readOnly);
      return storeOf(db, path, readOnly, epoch);
    });
  } catch (error) {
    db.close();
    throw error;
  }
}

function prepare(db: DatabaseSync, path: string, readOnly: boolean): void {
  if (Number(one(db, "SELECT count(*) FROM sqlite_schema")) === 0 && !readOnly) {
    db.exec(`PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; ${SCHEMA} COMMIT; PRAGMA wal_checkpoint(TRUNCATE)`);
  }
  if (one(db, "PRAGMA application_id") !== APPLICATION || one(db, "PRAGMA user_version") !== VERSION) {
    throw new UserError(`${path}: not a store of this version of preflab; move it away, or choose another --out`);
  }
  // A kill loses no commit in this mode; the loss of power may lose the last ones, and never damages the file.
  if (!readOnly) db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
}

/** The one value a query gives. */
function one(db: DatabaseSync, sql: string): unknown {
  return Object.values(db.prepare(sql).get()!)[0];
}

/** Rows of `cell`. */
interface CellRow {
  readonly id: number;
  readonly name: string;
  readonly seeds: number;
  readonly blocks: number;
  readonly next: number;
  readonly done: number;
  readonly failure: string | null;
}

function storeOf(db: DatabaseSync, path: string, readOnly: boolean, started: number | undefined): SweepStore {
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  const sql = (text: string) => statements.getOrInsertComputed(text, () => db.prepare(text));
  const attempt = <T>(work: () => T): T => orUserError(path, work);
  let { identity, epoch } = sql("SELECT identity, epoch FROM sweep").get() as { identity: string; epoch: number };
  if (started !== undefined) epoch = started;
  const write = <T>(work: () => T): T => {
    let result: T;
    attempt(() =>
      inTransaction(db, () => {
        if (sql("SELECT epoch FROM sweep").get()!.epoch !== epoch) {
          throw new Superseded(`${path}: another command has gone on with this sweep; this process ends`);
        }
        result = work();
      })
    );
    return result!;
  };
  const cellOf = (name: string) => sql("SELECT * FROM cell WHERE name = ?").get(name) as CellRow | undefined;

  /** A cell with more seeds: blocks that have others now are computed again. */
  const grow = ({ id, name, seeds: before, blocks: had }: CellRow, seeds: number, blocks: BlockCounts) => {
    if (seeds <= before) return;
    const common = Math.min(had, blocks.common(name, before, seeds));
    const { changes } = sql("DELETE FROM shard WHERE cell = ? AND block >= ?").run(id, common);
    sql("DELETE FROM lease WHERE cell = ? AND block >= ?").run(id, common);
    sql("UPDATE cell SET seeds = ?, blocks = ?, next = min(next, ?), done = done - ? WHERE id = ?").run(
      ...[seeds, blocks.of(name, seeds), common, changes, id],
    );
  };

  const store: SweepStore = {
    get epoch() {
      return epoch;
    },
    get identity() {
      return identity;
    },
    begin(of, cells, blocks, attached) {
      if (identity !== "" && identity !== of && Number(one(db, "SELECT count(*) FROM shard")) > 0) {
        throw new UserError(`${path}: rows of another sweep; --fresh starts over, or choose another --out`);
      }
      attempt(() =>
        inTransaction(db, () => {
          if (identity !== of) db.exec("DELETE FROM lease; DELETE FROM cell");
          sql("UPDATE sweep SET identity = ?, epoch = epoch + 1").run(of);
          db.exec("UPDATE cell SET wanted = 0, failure = NULL");
          for (const { name, seeds } of cells) {
            const known = cellOf(name);
            if (known) {
              sql("UPDATE cell SET wanted = 1 WHERE id = ?").run(known.id);
              grow(known, seeds, blocks);
            } else {
              sql("INSERT INTO cell (name, wanted, seeds, blocks, next, done) VALUES (?, 1, ?, ?, 0, 0)").run(
                ...[name, seeds, blocks.of(name, seeds)],
              );
            }
          }
          const alive = attached.map(() => "?").join();
          db.prepare(`UPDATE lease SET holder = '', tries = 0 WHERE holder NOT IN (${alive})`).run(...attached);
        })
      );
      ({ identity, epoch } = sql("SELECT identity, epoch FROM sweep").get() as { identity: string; epoch: number });
    },
    addSeeds: (cell, seeds, blocks) => write(() => grow(cellOf(cell)!, seeds, blocks)),
    claim: (holder, most, near) =>
      write(() => {
        const back = sql(
          "SELECT lease.cell, lease.block, name, seeds FROM lease JOIN cell ON cell.id = lease.cell " +
            "WHERE holder = '' AND wanted AND failure IS NULL LIMIT ?",
        ).all(most);
        if (back.length > 0) {
          return back.map(({ cell, block, name, seeds }) => {
            sql("UPDATE lease SET holder = ? WHERE cell = ? AND block = ?").run(holder, cell, block);
            return { cell: name as string, seeds: seeds as number, block: block as number };
          });
        }
        const open = "SELECT * FROM cell WHERE wanted AND failure IS NULL AND next < blocks";
        const prepared = near === undefined ? undefined : sql(`${open} AND name = ?`).get(near);
        // A cell that nobody has begun, so that each holder prepares for cells of its own; then whichever is left.
        const cell = (prepared ?? sql(`${open} AND next = 0 ORDER BY id LIMIT 1`).get() ??
          sql(`${open} ORDER BY id LIMIT 1`).get()) as CellRow | undefined;
        if (cell === undefined) return [];
        const count = Math.min(most, cell.blocks - cell.next);
        sql("UPDATE cell SET next = next + ? WHERE id = ?").run(count, cell.id);
        const jobs: Job[] = [];
        for (let block = cell.next; block < cell.next + count; block++) {
          // Its rows came in by themselves, from a holder that outlived its driver.
          if (sql("SELECT 1 FROM shard WHERE cell = ? AND block = ?").get(cell.id, block)) continue;
          sql("INSERT INTO lease VALUES (?, ?, ?, 0)").run(cell.id, block, holder);
          jobs.push({ cell: cell.name, seeds: cell.seeds, block });
        }
        return jobs;
      }),
    held: (holder) =>
      attempt(() =>
        sql(
          "SELECT name AS cell, seeds, block, holder FROM lease JOIN cell ON cell.id = lease.cell " +
            "WHERE holder <> '' AND (?1 IS NULL OR holder = ?1) ORDER BY lease.cell, block",
        ).all(holder ?? null) as unknown as (Job & { holder: string })[]
      ),
    save: (holder, done) =>
      write(() => {
        for (const { job, shard, seconds } of done) {
          checkShard(shard, identity, job, path);
          const cell = cellOf(job.cell)!;
          const before = sql("SELECT bytes FROM shard WHERE cell = ? AND block = ?").get(cell.id, job.block);
          if (before === undefined) {
            const lease = sql("SELECT holder FROM lease WHERE cell = ? AND block = ?").get(cell.id, job.block);
            // Of a cell that got more seeds meanwhile: only blocks that are the same under both have kept their leases.
            if (cell.seeds !== job.seeds && lease?.holder !== holder) continue;
            sql("INSERT INTO shard VALUES (?, ?, ?, ?)").run(cell.id, job.block, seconds, shard);
            sql("UPDATE cell SET done = done + 1 WHERE id = ?").run(cell.id);
          } else if (!sameBytes(before.bytes as Uint8Array, shard)) {
            throw new UserError(
              `${job.cell} block ${job.block}: computed twice with other numbers (by ${holder}); is it the same code?`,
            );
          }
          sql("DELETE FROM lease WHERE cell = ? AND block = ?").run(cell.id, job.block);
        }
      }),
    fail: (job, message) =>
      write(() => {
        const { id } = cellOf(job.cell)!;
        sql("UPDATE cell SET failure = coalesce(failure, ?) WHERE id = ?").run(message, id);
        sql("UPDATE lease SET holder = '' WHERE cell = ? AND block = ?").run(id, job.block);
      }),
    release: (holder, why, tries = TRIES) =>
      write(() => {
        const first = sql("SELECT cell, block, tries FROM lease WHERE holder = ? ORDER BY cell, block LIMIT 1")
          .get(holder) as { cell: number; block: number; tries: number } | undefined;
        if (first === undefined) return;
        if (why !== undefined) {
          // Blocks are computed in their order: it ended at the first one that is not saved, or soon after.
          sql("UPDATE lease SET tries = tries + 1 WHERE cell = ? AND block = ?").run(first.cell, first.block);
          if (first.tries + 1 >= tries) {
            sql("UPDATE cell SET failure = coalesce(failure, ?) WHERE id = ?").run(
              `block ${first.block}: what computes it ended ${first.tries + 1} times (${why})`,
              first.cell,
            );
          }
        }
        sql("UPDATE lease SET holder = '' WHERE holder = ?").run(holder);
      }),
    counts: () =>
      attempt(() => {
        const cells = sql(
          "SELECT count(failure) AS failed, coalesce(sum(blocks), 0) AS blocks, coalesce(sum(min(done, blocks)), 0) AS done, " +
            "coalesce(sum(CASE WHEN failure IS NULL THEN 0 ELSE blocks - done END), 0) AS lost FROM cell WHERE wanted",
        ).get() as { failed: number; blocks: number; done: number; lost: number };
        const { held } = sql("SELECT count(*) AS held FROM lease WHERE holder <> ''").get() as { held: number };
        return { blocks: cells.blocks, done: cells.done, held, lost: cells.lost, failed: cells.failed };
      }),
    cells: () =>
      attempt(() =>
        (sql("SELECT * FROM cell WHERE wanted ORDER BY id").all() as unknown as CellRow[])
          .map(({ name, seeds, blocks, done, failure }) => ({
            ...{ name, seeds, blocks, done },
            ...failure !== null && { failure },
          }))
      ),
    *shards(cell) {
      const found = cellOf(cell);
      if (found === undefined) return;
      const next = sql("SELECT block, bytes FROM shard WHERE cell = ? AND block > ? ORDER BY block LIMIT 1");
      for (let row = next.get(found.id, -1); row !== undefined; row = next.get(found.id, row.block)) {
        yield { block: row.block as number, bytes: row.bytes as Uint8Array };
      }
    },
    seconds: () =>
      Number(
        sql("SELECT coalesce(sum(seconds), 0) AS s FROM shard WHERE cell IN (SELECT id FROM cell WHERE wanted)").get()!
          .s,
      ),
    close() {
      statements.clear();
      // One plain file that can be passed on; where another process still reads, it stays as it is.
      if (!readOnly && started === undefined) {
        try {
          db.exec("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
        } catch {
          // a full disk or a reader: the write-ahead log beside the file is part of it and is read with it
        }
      }
      db.close();
    },
  };
  return store;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** What SQLite or the system refuses is the user's to mend. */
function orUserError<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof UserError) throw error;
    const { code, errcode } = error as { code?: unknown; errcode?: number };
    const refused = error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.NotFound;
    if (code !== "ERR_SQLITE_ERROR" && !refused) throw error;
    const first = error.message.split("\n")[0].replace(`: ${path}`, "");
    // The low byte is the kind of failure: 11 corrupt, 26 not a database.
    if (errcode !== undefined && [11, 26].includes(errcode & 255)) {
      throw new UserError(`${path}: damaged (${first}); move it away, and the command computes its rows again`);
    }
    throw new UserError(`${path}: ${first}; rows saved before are safe: mend that or choose another --out`);
  }
}
