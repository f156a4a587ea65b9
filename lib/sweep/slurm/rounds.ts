/**
 * The submissions of a sweep as files of its folder, from which a driver that was killed is followed by the next one.
 *
 * `FOLDER/slurm/NUMBER` is a round: one array of jobs. It has
 *
 * - `job.sh` and for each element `N.jobs`, its blocks, before anything is submitted;
 * - `submitting`, with the name of the job, before `sbatch` is called, and `job`, with its number, behind;
 * - `owner`: the number of the job that computes it. It is made as a link, which is there whole or not at all and which
 *   one process alone can make: the first element that begins, or a driver that takes the round back;
 * - `N.begun` with the node, `N.ended` with the exit code, and `N.log`: what elements write;
 * - `over`, when all of it was taken into the store or given up.
 *
 * @module
 */
import { refused, writeWhole } from "../../files.ts";
import { type Job, jobsFrom, jobsText } from "../job.ts";

/** A round that is not over. */
export interface Round {
  readonly number: number;
  /** Its folder. */
  readonly path: string;
  /** Name of its job. */
  readonly name: string;
  /** Number of its job; undefined where `sbatch` was called and the driver was killed before it heard. */
  readonly job?: string;
  /** Blocks of each element. */
  readonly elements: readonly (readonly Job[])[];
}

/** What an element has written of itself. */
export interface Written {
  /** Node that it began on; absent where it has not begun. */
  readonly node?: string;
  /** When it began by the clock of the file system, milliseconds since 1970; absent where it has not begun. */
  readonly since?: number;
  /** Exit code; absent where it has not said that it ended. */
  readonly code?: number;
}

/** In `owner` where a driver has taken the round back. */
const NOBODY = "nobody";

/** Who computes an element's blocks, in the words of the store. */
export function holderOf(round: number, element: number): string {
  return `slurm:${round}.${element}`;
}

/** Folder of all rounds. */
function roundsPath(folder: string): string {
  return `${folder}/slurm`;
}

/** The number of the next round: one above all that are there. */
export async function nextRound(folder: string): Promise<number> {
  return Math.max(0, ...await roundNumbers(folder)) + 1;
}

async function roundNumbers(folder: string): Promise<number[]> {
  return (await namesIn(roundsPath(folder))).filter((name) => /^\d+$/.test(name)).map(Number).sort((a, b) => a - b);
}

/** Names in a folder; none where it is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw refused(folder, error);
  }
}

/** The text of a file without the space around it; undefined where it is not there. */
async function textIn(path: string): Promise<string | undefined> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw refused(path, error);
  }
}

/**
 * Writes a round that is about to be submitted: all but `job`.
 *
 * @param script text of `job.sh`
 * @throws UserError when the disk refuses it
 */
export async function writeRound(round: Round, script: string): Promise<void> {
  try {
    await Deno.mkdir(round.path, { recursive: true });
  } catch (error) {
    throw refused(round.path, error);
  }
  await writeWhole(`${round.path}/job.sh`, script);
  for (const [i, jobs] of round.elements.entries()) await writeWhole(`${round.path}/${i}.jobs`, jobsText(jobs));
  await writeWhole(`${round.path}/submitting`, `${round.name}\n`);
}

/** Writes the number that Slurm has given the round's job. */
export async function writeJob(round: Round, job: string): Promise<void> {
  await writeWhole(`${round.path}/job`, `${job}\n`);
}

/** Writes that a round needs no more looking at. */
export async function writeOver({ path }: Pick<Round, "path">): Promise<void> {
  await writeWhole(`${path}/over`, "");
}

/** Path of a round's folder. */
export function roundPath(folder: string, number: number): string {
  return `${roundsPath(folder)}/${number}`;
}

/** Rounds that an earlier driver has begun to submit and that are not over, in their order. */
export async function openRounds(folder: string): Promise<Round[]> {
  const rounds: Round[] = [];
  for (const number of await roundNumbers(folder)) {
    const path = roundPath(folder, number), names = new Set(await namesIn(path));
    if (names.has("over") || !names.has("submitting")) continue;
    const files = [...names].filter((name) => /^\d+\.jobs$/.test(name)).sort((a, b) => parseInt(a) - parseInt(b));
    const elements: Job[][] = [];
    for (const name of files) elements.push(jobsFrom(await textIn(`${path}/${name}`) ?? "", `${path}/${name}`));
    const job = await textIn(`${path}/job`);
    rounds.push({
      ...{ number, path, name: await textIn(`${path}/submitting`) ?? "", elements },
      ...job !== undefined && { job },
    });
  }
  return rounds;
}

/** The number of the job that computes a round; undefined where none has begun to, or where it was taken back. */
export async function ownerOf({ path }: Pick<Round, "path">): Promise<string | undefined> {
  const owner = await textIn(`${path}/owner`);
  return owner === NOBODY ? undefined : owner;
}

/**
 * Takes a round back from whatever job may still come for it: its elements will end without having done anything.
 *
 * @returns the job that has begun to compute it; undefined where it was taken back
 * @throws UserError when the disk refuses it
 */
export async function takeBack({ path }: Pick<Round, "path">): Promise<string | undefined> {
  const mine = `${path}/.${NOBODY}`;
  await writeWhole(mine, `${NOBODY}\n`);
  try {
    await Deno.link(mine, `${path}/owner`);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw refused(`${path}/owner`, error);
  }
  return await ownerOf({ path });
}

/**
 * Reads what the elements of a round have written of themselves; each file once, as it is written once.
 *
 * @param known what was read before, by the numbers of elements; what is new is added
 * @returns the elements of which something is new
 */
export async function readWritten(
  { path }: Pick<Round, "path">,
  known: Map<number, Written>,
): Promise<Map<number, Written>> {
  const found = new Map<number, Written>();
  for (const name of await namesIn(path)) {
    const [, digits, what] = /^(\d+)\.(begun|ended)$/.exec(name) ?? [];
    if (what === undefined) continue;
    const element = Number(digits), before = known.get(element), file = `${path}/${name}`;
    if (what === "ended" ? before?.code !== undefined : before?.node !== undefined) continue;
    const text = await textIn(file) ?? "";
    const more = what === "ended"
      ? { code: Number(text) }
      : { node: text, since: (await Deno.stat(file)).mtime!.getTime() };
    known.set(element, { ...before, ...more });
    found.set(element, known.get(element)!);
  }
  return found;
}

/** Last line of an element's log that says something; empty where there is none. */
export async function lastLine({ path }: Pick<Round, "path">, element: number): Promise<string> {
  const text = await textIn(`${path}/${element}.log`) ?? "";
  return text.split("\n").filter((line) => line.trim() !== "").at(-1)?.trim().slice(0, 500) ?? "";
}
