/**
 * The commands of Slurm that a sweep calls.
 *
 * @module
 */
import { startProcess } from "../../spawn.ts";
import { UserError } from "../../user_error.ts";
import { accountArguments, accountOf, queueArguments, queueOf, type Standings, submittedJob } from "./queue.ts";

/** What is known of jobs by asking Slurm. */
export interface Slurm {
  /**
   * Submits an array.
   *
   * @param words as `submitArguments` makes them
   * @returns the number of its job
   * @throws Refused when Slurm does not take it, UserError when there is no `sbatch`
   */
  submit(words: readonly string[]): Promise<string>;
  /** Numbers of the jobs of a name, ended ones of a short while ago too; undefined where Slurm does not answer. */
  named(name: string): Promise<string[] | undefined>;
  /** How the elements of jobs stand; undefined where Slurm does not answer. Jobs that it has forgotten are not in it. */
  queue(ids: readonly string[]): Promise<Standings | undefined>;
  /** The same from accounting, which forgets nothing; undefined where there is none, or where it does not answer. */
  account(ids: readonly string[]): Promise<Standings | undefined>;
  /** Cancels jobs, as far as Slurm answers. */
  cancel(ids: readonly string[]): Promise<void>;
}

/** Slurm does not take a submission. */
export class Refused extends UserError {}

/** Runs a command to its end. */
type Call = (command: string, args: readonly string[]) => Promise<Called>;

/** How a command ended. */
interface Called {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/**
 * Slurm by its commands.
 *
 * @param call runs one of them
 */
export function slurmBy(call: Call): Slurm {
  /** What a command says; undefined where it fails, which it does while the controller of the cluster is away. */
  const asked = async (command: string, args: readonly string[]): Promise<string | undefined> => {
    const { code, out } = await call(command, args);
    return code === 0 ? out : undefined;
  };
  return {
    async submit(words) {
      const { code, out, errors } = await call("sbatch", words), id = submittedJob(out);
      if (code === 0 && id !== undefined) return id;
      const why = lastSaid(errors) || lastSaid(out) || `exit code ${code}`;
      throw new Refused(`sbatch refuses: ${why}; see --partition, --account, --time and --mem, and sinfo`);
    },
    async named(name) {
      const text = await asked("squeue", ["--noheader", "--states=all", "--format=%F", `--name=${name}`]);
      return text === undefined ? undefined : [...new Set(text.split("\n").map((line) => line.trim()).filter(Boolean))];
    },
    async queue(ids) {
      const { code, out, errors } = await call("squeue", queueArguments(ids));
      // Said where Slurm has forgotten the only job that is asked for, a few minutes after its end.
      if (code !== 0 && !/Invalid job id/.test(errors)) return undefined;
      return queueOf(out);
    },
    async account(ids) {
      // Not every cluster has it, and where it is not set up it says so by failing.
      const text = await asked("sacct", accountArguments(ids)).catch((error) => {
        if (!(error instanceof UserError)) throw error;
      });
      return text === undefined ? undefined : accountOf(text);
    },
    async cancel(ids) {
      await call("scancel", ids);
    },
  };
}

/** The last line that says something, without the name of the program. */
function lastSaid(text: string): string {
  const lines = text.trim().split("\n").map((line) => line.replace(/^\w+: (error: |fatal: )?/, "").trim());
  return lines.filter((line) => line !== "").at(-1) ?? "";
}

/** Runs a command of this machine. @throws UserError where it is not there or may not be run */
export async function callHere(command: string, args: readonly string[]): Promise<Called> {
  try {
    const { code, stdout, stderr } = await startProcess(command, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    return { code, out: new TextDecoder().decode(stdout), errors: new TextDecoder().decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new UserError(`${command}: may be run where the command line itself says --engine slurm; add it there`);
    }
    if (error instanceof Deno.errors.NotFound) {
      throw new UserError(
        `${command}: not on the PATH of this machine; give the command on one that submits to Slurm, or leave --engine slurm out`,
      );
    }
    throw error;
  }
}
