/**
 * The Slurm engine: blocks are computed by the elements of job arrays, and come in as files.
 *
 * All that it knows of its jobs lies in the sweep's folder (`rounds.ts`), so a driver that was killed is
 * followed by the next one. It submits, looks, and submits again what ended too early; there is no service behind it.
 *
 * @module
 */
import { resolve } from "node:path";
import { refused } from "../../files.ts";
import { UserError } from "../../user_error.ts";
import { blockCommand, ROOT } from "../block_command.ts";
import type { Description } from "../description.ts";
import type { SweepEngine, Work } from "../engine.ts";
import type { Job } from "../job.ts";
import { Refused, type Slurm } from "./commands.ts";
import { fateOf } from "./fate.ts";
import { hasEnded, type Standings } from "./queue.ts";
import type { SlurmRequest } from "./request.ts";
import {
  holderOf,
  lastLine,
  nextRound,
  openRounds,
  ownerOf,
  readWritten,
  type Round,
  roundPath,
  takeBack,
  writeJob,
  writeOver,
  writeRound,
  type Written,
} from "./rounds.ts";
import { jobScript, submitArguments } from "./script.ts";
import { Shards } from "./shards.ts";

/** Elements that wait or run at the same time: one below the length of an array that Slurm takes where nobody raised it. */
const MOST_ELEMENTS = 1000;
/** Elements that a sweep is parted into where nobody says how many blocks one has. */
const ELEMENTS = 100;
/** Seconds between looks: the first ones, and where nothing moves. */
const SOON = 1, LATE = 15;
/** Seconds after which a submission that Slurm refused while other jobs went on is tried again. */
const AGAIN = 60;

/** Time and the cluster, which tests replace. */
export interface Surroundings {
  readonly slurm: Slurm;
  /** Seconds that pass. */
  now(): number;
  /** Waits so many seconds, or until something is so. */
  wait(seconds: number, unless: () => boolean): Promise<void>;
}

/** A round that is followed. */
interface Followed extends Round {
  readonly job: string;
  /** Elements that have not been taken as ended. */
  readonly alive: Set<number>;
  /** What elements have written. */
  readonly written: Map<number, Written>;
  /** When an element was first seen to have ended, in seconds. */
  readonly ended: Map<number, number>;
}

/**
 * Slurm.
 *
 * @param mirror value of PREFLAB_MIRROR, if set
 */
export function slurmEngine(
  request: SlurmRequest,
  mirror: string | undefined,
  surroundings: Surroundings,
): SweepEngine {
  const followed: Followed[] = [];
  return {
    async attached(folder) {
      followed.push(...await attach(resolve(folder), surroundings.slurm));
      return followed.flatMap(({ number, elements }) => elements.map((_, i) => holderOf(number, i)));
    },
    preview(folder, description, blocks) {
      const elements = Math.min(MOST_ELEMENTS, Math.ceil(blocks / blocksPerTask(request, blocks)));
      const round = roundPath(resolve(folder), 1), { maxRunning } = request;
      const words = submitArguments(request, {
        ...{ name: "preflab-sweep", round, elements, exclude: [] },
        ...maxRunning !== undefined && { atOnce: maxRunning },
      });
      return scriptOf(round, words, resolve(folder), description, request, mirror);
    },
    work: (work) => new Driver(work, request, mirror, surroundings, followed).run(),
  };
}

function blocksPerTask({ blocksPerTask }: SlurmRequest, pending: number): number {
  return blocksPerTask ?? Math.ceil(pending / ELEMENTS);
}

function scriptOf(
  round: string,
  words: readonly string[],
  folder: string,
  description: Pick<Description, "backend" | "args">,
  { setup }: SlurmRequest,
  mirror: string | undefined,
): string {
  return jobScript({ round }, words, {
    project: ROOT,
    command: (jobs) => blockCommand(description, folder, jobs, mirror),
    ...setup !== undefined && { setup },
  });
}

/** Rounds of an earlier driver that are not over, each with the number of its job. */
async function attach(folder: string, slurm: Slurm): Promise<Followed[]> {
  const found: Followed[] = [];
  for (const round of await openRounds(folder)) {
    const job = round.job ?? await unheard(round, slurm);
    if (job === undefined) {
      await writeOver(round);
      continue;
    }
    if (round.job === undefined) await writeJob(round, job);
    found.push(follow(round, job));
  }
  return found;
}

/**
 * The job of a round whose driver was killed before it heard its number; undefined where there is none. It may have been
 * refused, or be on its way: whatever comes later finds the round taken back, and ends.
 */
async function unheard(round: Round, slurm: Slurm): Promise<string | undefined> {
  const owner = await ownerOf(round);
  if (owner !== undefined) return owner;
  const named = await slurm.named(round.name);
  if (named !== undefined) return named.at(-1) ?? await takeBack(round);
  throw new UserError("squeue does not answer, and a job may have been submitted: give the command again later");
}

const amount = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

function follow(round: Round, job: string): Followed {
  return { ...round, job, alive: new Set(round.elements.keys()), written: new Map(), ended: new Map() };
}

/** One call of `work`. */
class Driver {
  readonly #work: Work;
  readonly #request: SlurmRequest;
  readonly #mirror: string | undefined;
  readonly #around: Surroundings;
  readonly #rounds: Followed[];
  readonly #folder: string;
  readonly #shards: Shards;
  /** Nodes on which an element could not begin. */
  readonly #badNodes = new Set<string>();
  /** Rounds with elements that could not begin, since rows came in last. */
  readonly #barren = new Set<number>();
  /** What was told of the last of them. */
  #told = "";
  #silent = false;
  #submitFrom = 0;

  constructor(
    work: Work,
    request: SlurmRequest,
    mirror: string | undefined,
    around: Surroundings,
    rounds: Followed[],
  ) {
    [this.#work, this.#request, this.#mirror, this.#around, this.#rounds] = [work, request, mirror, around, rounds];
    this.#folder = resolve(work.folder);
    this.#shards = new Shards(`${this.#folder}/shards`, work.store);
  }

  async run(): Promise<void> {
    const { store, show, stopped, say } = this.#work, { now, wait } = this.#around;
    await Deno.mkdir(`${this.#folder}/shards`, { recursive: true }).catch((error) => {
      throw refused(`${this.#folder}/shards`, error);
    });
    if (this.#rounds.length > 0) say(`attached to ${this.#jobs()}`);
    for (let pause = SOON;;) {
      const moved = await this.#look();
      show();
      if (stopped()) break;
      const { blocks, done, held, lost } = store.counts(), pending = blocks - done - held - lost;
      if (this.#rounds.length === 0 && pending <= 0) return await this.#shards.removeRest();
      if (this.#rounds.length === 0) this.#submitFrom = 0; // there is nothing to wait for
      if (pending > 0 && now() >= this.#submitFrom && await this.#submit(pending)) continue;
      pause = moved ? SOON : Math.min(LATE, pause * 1.5);
      await wait(pause, stopped);
    }
    if (this.#rounds.length > 0) {
      const ids = this.#rounds.map(({ job }) => job).join(" ");
      say(`${this.#jobs()} go on; the same command attaches to them, and "scancel ${ids}" ends them`);
    }
  }

  #jobs(): string {
    const jobs = this.#rounds.map(({ job, alive }) => `${job} (${amount(alive.size, "element")})`);
    return `Slurm ${jobs.length === 1 ? "job" : "jobs"} ${jobs.join(", ")}`;
  }

  /** Takes in rows, and elements that ended. @returns whether anything moved */
  async #look(): Promise<boolean> {
    // Asked first: what an element had written before it was seen to have ended is then read after that.
    const queue = this.#rounds.length === 0 ? new Map() : await this.#around.slurm.queue(this.#ids());
    for (const round of this.#rounds) {
      for (const [element, { since }] of await readWritten(round, round.written)) {
        if (since !== undefined) this.#shards.began(holderOf(round.number, element), since);
      }
    }
    const came = await this.#shards.collect();
    if (came > 0) this.#barren.clear();
    if (queue === undefined && !this.#silent) this.#work.say("squeue does not answer: following the files alone");
    this.#silent = queue === undefined;
    let moved = came > 0;
    for (const round of [...this.#rounds]) {
      if (await this.#lookAt(round, queue)) moved = true;
      if (round.alive.size > 0) continue;
      await writeOver(round);
      this.#rounds.splice(this.#rounds.indexOf(round), 1);
    }
    return moved;
  }

  #ids(): string[] {
    return this.#rounds.map(({ job }) => job);
  }

  async #lookAt(round: Followed, queue: Standings | undefined): Promise<boolean> {
    const { job, number, elements, alive, written, ended } = round, { now } = this.#around;
    let account: Standings | undefined, asked = false, moved = false;
    for (const element of [...alive]) {
      const id = `${job}_${element}`, holder = holderOf(number, element), left = this.#shards.left(holder);
      let standing = queue?.get(id);
      const files = written.get(element) ?? {};
      if (queue !== undefined && standing === undefined && files.code === undefined && left > 0) {
        if (!asked) [account, asked] = [await this.#around.slurm.account([job]), true];
        standing = account?.get(id);
        // Accounting may lag behind the queue, which knows every element that lives.
        if (standing !== undefined && !hasEnded(standing)) standing = undefined;
      }
      const done = elements[element].length - left;
      const fate = fateOf({ written: files, standing, answered: queue !== undefined, done, left });
      if (fate.is === "alive") {
        ended.delete(element);
        continue;
      }
      if (!ended.has(element)) ended.set(element, now());
      if (left > 0 && now() - ended.get(element)! < this.#request.settle) continue;
      moved = true;
      alive.delete(element);
      this.#shards.forget(holder);
      if (left === 0) continue;
      const log = await lastLine(round, element), at = `${id}${log === "" ? "" : `: ${log}`}`;
      if (fate.is === "not begun") await this.#notBegun(round, holder, fate, at);
      else {
        this.#work.store.release(holder, fate.why && `${fate.why}; ${at}`, this.#request.retries + 1);
        if (fate.why === undefined && files.node === undefined) {
          await this.#barrenRound(round, `cancelled before it began; ${at}`);
        }
        this.#work.say(`${id} ended with ${left} of its blocks left${fate.why === undefined ? "" : `: ${fate.why}`}`);
      }
    }
    return moved;
  }

  /** @throws UserError where that keeps happening and no rows come in */
  async #notBegun(
    round: Followed,
    holder: string,
    { node, why }: { readonly node: string; readonly why: string },
    at: string,
  ): Promise<void> {
    this.#work.store.release(holder);
    if (node !== "") this.#badNodes.add(node);
    this.#told =
      `nothing could be begun on node ${node} (${why}; ${at}): does it see ${this.#folder}, and may it write there?`;
    this.#work.say(this.#told);
    await this.#barrenRound(round, this.#told);
  }

  /** An element ended before it began. @throws UserError where that keeps happening and no rows come in */
  async #barrenRound({ number }: Followed, told: string): Promise<void> {
    this.#barren.add(number);
    if (this.#barren.size <= this.#request.retries) return;
    await this.#around.slurm.cancel(this.#ids());
    throw new UserError(told);
  }

  /**
   * Hands out blocks to a new round and submits it.
   *
   * @returns whether it was submitted
   * @throws UserError when Slurm refuses it and nothing else goes on
   */
  async #submit(pending: number): Promise<boolean> {
    const live = this.#rounds.reduce((sum, { alive }) => sum + alive.size, 0), { maxRunning } = this.#request;
    // Elements of earlier rounds count: their number only falls, so no more run at once than was asked for.
    const atOnce = maxRunning === undefined ? undefined : maxRunning - live;
    if (live >= MOST_ELEMENTS || atOnce !== undefined && atOnce <= 0) return false;
    const number = await nextRound(this.#folder), size = blocksPerTask(this.#request, pending);
    const elements: Job[][] = [];
    while (elements.length < MOST_ELEMENTS - live) {
      const jobs = this.#claim(holderOf(number, elements.length), size);
      if (jobs.length === 0) break;
      elements.push(jobs);
    }
    if (elements.length === 0) return false;
    const path = roundPath(this.#folder, number), name = `preflab-${crypto.randomUUID().slice(0, 8)}`;
    const round = { number, path, name, elements }, exclude = [...this.#badNodes].sort();
    const words = submitArguments(this.#request, {
      ...{ name, round: path, elements: elements.length, exclude },
      ...atOnce !== undefined && { atOnce },
    });
    const { description } = this.#work;
    await writeRound(round, scriptOf(path, words, this.#folder, description, this.#request, this.#mirror));
    const job = await this.#send(round, words);
    if (job === undefined) return false;
    await writeJob(round, job);
    this.#rounds.push(follow(round, job));
    this.#work.say(
      `Slurm job ${job}: ${amount(elements.flat().length, "block")} in ${amount(elements.length, "element")}`,
    );
    return true;
  }

  #claim(holder: string, most: number): Job[] {
    const jobs: Job[] = [], { store } = this.#work;
    while (jobs.length < most) {
      // A claim gives blocks of one cell.
      const more = store.claim(holder, most - jobs.length);
      if (more.length === 0) break;
      jobs.push(...more);
    }
    this.#shards.await(holder, jobs);
    return jobs;
  }

  /** Calls `sbatch`. @returns the number of the job; undefined where it was refused and other jobs go on */
  async #send(round: Round, words: readonly string[]): Promise<string | undefined> {
    const { slurm, now } = this.#around;
    try {
      return await slurm.submit(words);
    } catch (error) {
      // A controller that did not answer in time may have taken it all the same: then it owns the round, or is known by name.
      const job = error instanceof Refused ? (await slurm.named(round.name))?.at(-1) : undefined;
      const queue = job === undefined ? undefined : await slurm.queue([job]);
      if (job !== undefined && queue && [...queue.values()].some((standing) => !hasEnded(standing))) return job;
      const owner = await takeBack(round);
      if (owner !== undefined) return owner;
      await writeOver(round);
      for (const element of round.elements.keys()) {
        this.#shards.forget(holderOf(round.number, element));
        this.#work.store.release(holderOf(round.number, element));
      }
      if (!(error instanceof Refused)) throw error;
      const { message } = error, nodes = [...this.#badNodes].sort().join(", ");
      if (this.#rounds.length > 0) {
        this.#work.say(`${message}; it is tried again while other jobs go on`);
        this.#submitFrom = now() + AGAIN;
        return undefined;
      }
      throw new UserError(nodes === "" ? message : `${this.#told}; without ${nodes} ${message}`);
    }
  }
}
