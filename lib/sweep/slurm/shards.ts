/**
 * Blocks that elements compute, and the files in which their rows come in.
 *
 * @module
 */
import { refused } from "../../files.ts";
import { failureFile, type Job, shardFile } from "../job.ts";
import { decodeShard } from "../shard.ts";
import type { SweepStore } from "../store.ts";
import { namesIn } from "./rounds.ts";

/** A block on its way. */
interface Awaited {
  readonly job: Job;
  readonly holder: string;
}

/** Shards that are saved in one transaction. */
const AT_ONCE = 200;

/** Takes shards into the store as they appear, and knows what is still awaited. */
export class Shards {
  readonly #path: string;
  readonly #store: SweepStore;
  /** By the name of its file. */
  readonly #awaited = new Map<string, Awaited>();
  /** Names that each holder is awaited with. */
  readonly #left = new Map<string, Set<string>>();
  /** When each holder began the block it is at, by the clock of the file system. */
  readonly #since = new Map<string, number>();

  /** @param path folder of the shards */
  constructor(path: string, store: SweepStore) {
    [this.#path, this.#store] = [path, store];
    for (const { holder, ...job } of store.held()) this.await(holder, [job]);
  }

  /** Blocks of a holder that are not in the store. */
  left(holder: string): number {
    return this.#left.get(holder)?.size ?? 0;
  }

  /** Blocks were handed out. */
  await(holder: string, jobs: readonly Job[]): void {
    for (const job of jobs) {
      this.#awaited.set(shardFile(job), { job, holder });
      this.#left.getOrInsertComputed(holder, () => new Set()).add(shardFile(job));
    }
  }

  /** A holder has begun. @param time milliseconds since 1970 */
  began(holder: string, time: number): void {
    if (!this.#since.has(holder)) this.#since.set(holder, time);
  }

  /** Blocks of a holder are free, and come in from it no more. */
  forget(holder: string): void {
    this.#since.delete(holder);
    for (const name of this.#left.get(holder) ?? []) this.#awaited.delete(name);
    this.#left.delete(holder);
  }

  /**
   * Takes in what has appeared.
   *
   * A file that is not whole is left: to a machine that caches a network folder one may look like that for a while. So is
   * one of the sweep that was here before. Whoever gets its block next writes it anew.
   *
   * @returns how many blocks came in
   * @throws UserError when the disk refuses it
   */
  async collect(): Promise<number> {
    const names = await namesIn(this.#path);
    let count = 0;
    for (let from = 0; from < names.length; from += AT_ONCE) {
      const found = new Map<string, { awaited: Awaited; shard: Uint8Array; time: number }>();
      for (const name of names.slice(from, from + AT_ONCE)) {
        const awaited = this.#awaited.get(name), shard = awaited && await this.#bytes(name);
        if (!awaited || !shard || decodeShard(shard)?.sweep !== this.#store.identity) continue;
        found.set(name, { awaited, shard, time: (await Deno.stat(`${this.#path}/${name}`)).mtime!.getTime() });
      }
      const byHolder = Map.groupBy(found.values(), ({ awaited }) => awaited.holder);
      for (const [holder, list] of byHolder) {
        list.sort((a, b) => a.time - b.time);
        this.#store.save(
          holder,
          list.map(({ awaited: { job }, shard, time }) => ({ job, shard, seconds: this.#seconds(holder, time) })),
        );
      }
      for (const [name, { awaited }] of found) await this.#in(name, awaited);
      count += found.size;
    }
    const failures = names.filter((name) => name.endsWith(".failed"));
    if (failures.length > 0) await this.#fail(new Set(failures));
    return count;
  }

  /** Removes what nobody awaits: rows that came in twice, from an element that had been given up. */
  async removeRest(): Promise<void> {
    for (const name of await namesIn(this.#path)) await Deno.remove(`${this.#path}/${name}`).catch(() => {});
  }

  /** Seconds that a block took which was done at a time: since the one before, or since its element began. */
  #seconds(holder: string, time: number): number {
    const since = this.#since.get(holder) ?? time;
    this.#since.set(holder, time);
    return Math.max(0, time - since) / 1000;
  }

  async #fail(names: ReadonlySet<string>): Promise<void> {
    for (const [name, awaited] of [...this.#awaited]) {
      const file = failureFile(awaited.job), bytes = names.has(file) ? await this.#bytes(file) : undefined;
      if (bytes === undefined) continue;
      const { message } = JSON.parse(new TextDecoder().decode(bytes)) as { message: string };
      this.#store.fail(awaited.job, message);
      await this.#in(name, awaited);
      await Deno.remove(`${this.#path}/${file}`);
    }
  }

  /** A block is awaited no more, and its file has served. */
  async #in(name: string, { holder }: Awaited): Promise<void> {
    this.#awaited.delete(name);
    this.#left.get(holder)?.delete(name);
    await Deno.remove(`${this.#path}/${name}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw refused(`${this.#path}/${name}`, error);
    });
  }

  async #bytes(name: string): Promise<Uint8Array | undefined> {
    try {
      return await Deno.readFile(`${this.#path}/${name}`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw refused(`${this.#path}/${name}`, error);
    }
  }
}
