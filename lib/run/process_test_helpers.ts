/**
 * Scripts of the project as a user runs them: in processes with no more permissions than a task has.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** The project's folder, with a slash at its end. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** How a process ended, with what it said. */
interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A process that works in a folder, where no data are cached, and may touch nothing else.
 *
 * @param script path from the project's folder
 */
export function commandIn(
  folder: string,
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      `--allow-read=${ROOT},${folder}`,
      `--allow-write=${folder}`,
      "--allow-run=git",
      "--allow-env=PREFLAB_MIRROR",
      ROOT + script,
      ...args,
    ],
    cwd: folder,
    env: { PREFLAB_MIRROR: "", NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs a script to its end. */
export async function runIn(
  folder: string,
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return ended(await commandIn(folder, script, args, env).output());
}

/** Runs a script and sends it a signal once `due` says so; one that ends earlier is left alone. */
export async function interrupted(
  folder: string,
  script: string,
  args: readonly string[],
  signal: Deno.Signal,
  due: () => boolean,
): Promise<Ended> {
  const child = commandIn(folder, script, args).spawn();
  let over = false;
  const output = child.output().finally(() => over = true);
  while (!over && !due()) await new Promise((resolve) => setTimeout(resolve, 1));
  if (!over) child.kill(signal);
  return ended(await output);
}

/** A moment so many milliseconds from now. */
export function after(milliseconds: number): () => boolean {
  const due = performance.now() + milliseconds;
  return () => performance.now() > due;
}

function ended({ code, stdout, stderr }: Deno.CommandOutput): Ended {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
