/**
 * The command lines of processes that compute blocks, with no more permissions than they need.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import type { Description } from "./description.ts";

/** The project's folder, in which these commands run. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Exit code of a process that computes blocks and was stopped before its last one. */
export const WORK_LEFT = 75;

/** What TensorFlow reads of the environment. */
const TENSORFLOW = "TF_NUM_INTRAOP_THREADS,TF_ENABLE_ONEDNN_OPTS,TF_CPP_MIN_LOG_LEVEL";

/**
 * Arguments of Deno for a script of this folder.
 *
 * @param script its name
 * @param folder of the sweep: absolute, or from the project's folder
 * @param writes what it writes
 * @param mirror value of PREFLAB_MIRROR, if set
 * @throws TypeError for a path that no permission can name
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const args = processArguments("worker.ts", { backend: "none", args: [] }, "/tmp/s", "/tmp/s", undefined, ["1"]);
 * assert.deepEqual(args.slice(-3), ["--allow-env=PREFLAB_MIRROR", "lib/sweep/worker.ts", "1"]);
 * ```
 */
export function processArguments(
  script: string,
  { backend, args }: Pick<Description, "backend" | "args">,
  folder: string,
  writes: string,
  mirror: string | undefined,
  given: readonly string[],
): string[] {
  const named = ["--model", "--mirror"].flatMap((flag) => args.includes(flag) ? [args[args.indexOf(flag) + 1]] : []);
  const reads = [".", folder, ...named, ...mirror ? [mirror] : []];
  if ([...reads, writes].some((path) => path.includes(","))) throw new TypeError(`a comma in a path of ${reads}`);
  const library = { tensorflow: ["--allow-ffi=data/cache/tensorflow"], native: ["--allow-ffi"] }[backend] ?? [];
  return [
    ...["run", "--quiet", "--no-prompt", "--no-check", "--v8-flags=--max-semi-space-size=4,--expose-gc"],
    ...[`--allow-read=${reads}`, `--allow-write=${writes}`, ...library],
    `--allow-env=PREFLAB_MIRROR${backend === "tensorflow" ? `,${TENSORFLOW}` : ""}`,
    `lib/sweep/${script}`,
    ...given,
  ];
}

/**
 * The command that computes the blocks of a file into shards beside the sweep's store: for machines that see the folder,
 * and must not open a database on it. It runs in {@linkcode ROOT}.
 *
 * @param jobsFile lines of `jobsText`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const command = blockCommand({ backend: "none", args: [] }, "/tmp/s", "/tmp/s/jobs", undefined);
 * assert.deepEqual(command.slice(-3), ["lib/sweep/block_main.ts", "/tmp/s", "/tmp/s/jobs"]);
 * ```
 */
export function blockCommand(
  description: Pick<Description, "backend" | "args">,
  folder: string,
  jobsFile: string,
  mirror: string | undefined,
): string[] {
  const args = processArguments("block_main.ts", description, folder, `${folder}/shards`, mirror, [folder, jobsFile]);
  return [Deno.execPath(), ...args];
}
