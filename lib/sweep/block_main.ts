/**
 * Computes the blocks of a file into shards: `block_main.ts FOLDER JOBSFILE`, as `block_command.ts` starts it.
 *
 * Each block becomes a file in FOLDER/shards, whole or not at all; one that is there and whole is left as it is. What cannot
 * be computed becomes a file that says why. SIGTERM lets it finish the block that it is at, and end with 75 (EX_TEMPFAIL of
 * sysexits.h): there is work left. SIGUSR1, a usual warning of schedulers, would open the debugger of Deno 2.9.6 on a port.
 *
 * @module
 */
import { mirrorFromEnvironment } from "../run/main.ts";
import { refused, writeWhole } from "../files.ts";
import { exitWith } from "../run/exit.ts";
import { UserError } from "../user_error.ts";
import { askedBy, breath } from "./asked.ts";
import { WORK_LEFT } from "./block_command.ts";
import { openComputer, reasonOf } from "./compute.ts";
import { readDescription } from "./description.ts";
import { failureFile, type Job, jobsFrom, shardFile } from "./job.ts";
import { decodeShard } from "./shard.ts";

async function textOf(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw refused(path, error);
  }
}

async function isThere(path: string, job: Job, identity: string): Promise<boolean> {
  const bytes = await Deno.readFile(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw refused(path, error);
  });
  const shard = bytes && decodeShard(bytes);
  return shard !== undefined && shard.sweep === identity && shard.cell === job.cell && shard.block === job.block;
}

if (import.meta.main) {
  await exitWith(async () => {
    const [folder, jobsFile, ...rest] = Deno.args;
    if (jobsFile === undefined || rest.length > 0) throw new UserError("block_main.ts takes a folder and a jobs file");
    const asked = askedBy(["SIGTERM"]);
    const description = await readDescription(folder), jobs = jobsFrom(await textOf(jobsFile), jobsFile);
    const computer = await openComputer(description, mirrorFromEnvironment());
    for (const job of jobs) {
      await breath();
      if (asked()) Deno.exit(WORK_LEFT);
      const path = `${folder}/shards/${shardFile(job)}`;
      if (await isThere(path, job, description.identity)) continue;
      const computed = await computer.run(job).catch(reasonOf);
      if (typeof computed !== "string") await writeWhole(path, computed.shard);
      else await writeWhole(`${folder}/shards/${failureFile(job)}`, `${JSON.stringify({ message: computed })}\n`);
    }
  });
}
