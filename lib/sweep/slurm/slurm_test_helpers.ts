/**
 * Sweeps of the toy experiment on a Slurm cluster of this machine.
 *
 * @module
 */
import { ROOT } from "../../run/process_test_helpers.ts";

/** A cluster that runs. */
export interface Cluster {
  /** Starts a sweep of the toy experiment into `FOLDER/out`. */
  sweep(folder: string, ...args: string[]): Deno.ChildProcess;
  /** A command of Slurm, to its end. @returns what it prints */
  ask(command: string, ...args: string[]): Promise<string>;
  /**
   * From now on a node sees another folder in the place of this one.
   *
   * @returns whether this machine can do that
   */
  blind(node: string, folder: string): Promise<boolean>;
  /** Kills all that runs on a node, and its daemon. */
  lose(node: string): Promise<void>;
}

/** Runs something with a cluster of two nodes, and ends the cluster. */
export async function onCluster(use: (cluster: Cluster) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "preflab-slurm-" });
  const script = (...args: string[]) => run({}, `${ROOT}.ci/slurm/cluster`, ...args);
  try {
    const env = { SLURM_CONF: (await script("start", folder)).trim(), PREFLAB_MIRROR: "", NO_COLOR: "1" };
    await use({
      sweep: (out, ...args) =>
        new Deno.Command(Deno.execPath(), {
          args: [
            ...["run", "--quiet", "--no-prompt", "--no-check", `--allow-read=${ROOT},${out}`, `--allow-write=${out}`],
            ...["--allow-run=git,sbatch,squeue,sacct,scancel", "--allow-env=PREFLAB_MIRROR,PREFLAB_TASK"],
            ...[`${ROOT}lib/sweep/testdata/toy_sweep.ts`, "--out", `${out}/out`, "--engine", "slurm", ...args],
          ],
          ...{ cwd: ROOT, env, stdin: "null", stdout: "piped", stderr: "piped" },
        }).spawn(),
      ask: (command, ...args) => run(env, `/usr/bin/${command}`, ...args),
      blind: (node, place) =>
        script("blind", folder, node, place).then(() => true, (error) => {
          if (error instanceof CommandFailed && error.code === 3) return false;
          throw error;
        }),
      lose: async (node) => void await script("lose", folder, node),
    });
  } finally {
    await script("stop", folder);
    await Deno.remove(folder, { recursive: true });
  }
}

/** A command ended with another code than 0. */
class CommandFailed extends Error {
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

async function run(env: Record<string, string>, command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, env }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (code !== 0) throw new CommandFailed(code, `${command} ${args.join(" ")}: ${text(stderr)}`);
  return text(stdout);
}

/** How a sweep ended, and what it said. */
export async function endOf(child: Deno.ChildProcess): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await child.output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** Waits until something is so. @throws Error after a minute */
export async function until(what: string, due: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 60_000; !await due(); await new Promise((later) => setTimeout(later, 100))) {
    if (performance.now() > end) throw new Error(`not within a minute: ${what}`);
  }
}

/** Whether a file is there. */
export function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
