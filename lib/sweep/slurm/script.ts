/**
 * What is handed to `sbatch`: its options, and the script that every element of an array runs.
 *
 * @module
 */
import { shellWord } from "../../shell.ts";
import { WORK_LEFT } from "../block_command.ts";
import type { SlurmRequest } from "./request.ts";

/** Exit code of an element that could not do what `--setup` asks. */
export const SETUP_FAILED = 71;
/** Exit code of an element that does not see the project's folder (EX_OSFILE of sysexits.h). */
export const NO_PROJECT = 72;

/** Exit code of an element that cannot write to the folder of the round (EX_CANTCREAT of sysexits.h). */
export const NO_CLAIM = 73;

/** One submission: an array whose elements have a file of blocks each. */
interface Submission {
  /** Name of the job, by which it is found again. */
  readonly name: string;
  /** Folder of the round, absolute. */
  readonly round: string;
  /** Elements of the array. */
  readonly elements: number;
  /** How many run at the same time; absent for any number. */
  readonly atOnce?: number;
  /** Nodes that are not to be used. */
  readonly exclude: readonly string[];
}

/**
 * Options of `sbatch` and the path of the script. They stand on the command line and not in the script: there the
 * environment (`SBATCH_PARTITION` and the like) would win over what the user has asked for.
 *
 * The warning comes as SIGUSR2 to the shell alone: at SIGUSR1 Deno 2.9.6 opens a debugger on a port of the node. An
 * element is never put back by Slurm itself: what ended is submitted again by the sweep, which counts how often.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { slurmRequest } from "./request.ts";
 * const words = submitArguments(slurmRequest({ time: "30" }), { name: "s", round: "/s/1", elements: 4, exclude: [] });
 * assert.deepEqual(words.slice(0, 3), ["--parsable", "--job-name=s", "--array=0-3"]);
 * assert.equal(words.at(-1), "/s/1/job.sh");
 * ```
 */
export function submitArguments(request: SlurmRequest, submission: Submission): string[] {
  const { name, round, elements, atOnce, exclude } = submission, { partition, account, time, mem, warning } = request;
  const given = { partition, account, time, mem };
  return [
    "--parsable",
    `--job-name=${name}`,
    `--array=0-${elements - 1}${atOnce === undefined ? "" : `%${atOnce}`}`,
    ...Object.entries(given).flatMap(([flag, value]) => value === undefined ? [] : [`--${flag}=${value}`]),
    ...exclude.length === 0 ? [] : [`--exclude=${exclude}`],
    ...["--ntasks=1", "--cpus-per-task=1", "--export=ALL", "--no-requeue", "--open-mode=append"],
    `--signal=B:USR2@${warning}`,
    // In a file name Slurm replaces what stands behind a percent sign.
    `--output=${round.replaceAll("%", "%%")}/%a.log`,
    `${round}/job.sh`,
  ];
}

/**
 * The script of an array. Its elements say by files that they began, on which node, and how they ended: what is known of
 * them does not depend on accounting.
 *
 * @param options words of `submitArguments`, told in a comment
 * @param project folder that the command runs in
 * @param command of one element; the word `JOBS` stands for its file of blocks
 * @param setup shell lines that each element begins with
 */
export function jobScript(
  { round }: Pick<Submission, "round">,
  options: readonly string[],
  { project, command, setup }: {
    readonly project: string;
    readonly command: (jobs: string) => readonly string[];
    readonly setup?: string;
  },
): string {
  // The file's name ends in the number of the element, which the shell fills in: a word of its own in the arguments.
  const words = command(JOBS).map((word) => word === JOBS ? '"$round/$element.jobs"' : shellWord(word)).join(" ");
  return `#!/bin/bash
# One element of an array: computes the blocks of the file of its number into shards. Written and submitted by
# deno task sweep --engine slurm, as
#   sbatch ${options.map(shellWord).join(" ").replaceAll("\n", "\n#   ")}
round=${shellWord(round)}
element=$SLURM_ARRAY_TASK_ID
job=$SLURM_ARRAY_JOB_ID
node=\${SLURMD_NODENAME:-unknown}

# The first element to begin takes the round for its array. Of an array that was submitted twice only one computes.
claim="$round/.$job.$element.$node"
printf '%s\\n' "$job" >"$claim" && { ln "$claim" "$round/owner" 2>/dev/null; rm -f "$claim"; }
owner=$(cat "$round/owner") || { echo "cannot make a link in $round: is it full, read-only or of another kind?"; exit ${NO_CLAIM}; }
if [ "$owner" != "$job" ]; then
  echo "these blocks are computed by job $owner, or were taken back: nothing to do for $job"
  exit 0
fi

# Files appear whole: written beside, then renamed.
put() { printf '%s\\n' "$2" >"$round/.$element.$1" && mv "$round/.$element.$1" "$round/$element.$1"; }
finish() { put ended "$1"; exit "$1"; }
put begun "$node"

# Slurm's warning before the time limit, preemption and scancel: the block in hand is finished, no other is begun.
warned=
child=
trap 'warned=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' USR2 TERM

cd ${shellWord(project)} || finish ${NO_PROJECT}
${
    setup === undefined
      ? ""
      : `setup() {\n${setup}\n}\nif ! setup; then\n  [ -n "$warned" ] || finish ${SETUP_FAILED}\nfi\n`
  }
[ -z "$warned" ] || finish ${WORK_LEFT}
${words} &
child=$!
# A signal ends "wait" before the child has ended.
while :; do
  wait "$child"
  code=$?
  kill -0 "$child" 2>/dev/null || break
done
# It was asked to stop before it listened.
[ -z "$warned" ] || [ "$code" != 143 ] || code=${WORK_LEFT}
finish "$code"
`;
}

/** Stands in a command for the file of blocks. */
const JOBS = "\u0000jobs";
