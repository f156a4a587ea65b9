/**
 * Sweeps of the toy experiment in processes of their own, and what they leave.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { ROOT } from "../run/process_test_helpers.ts";
import { SWEEP_STORE } from "./store.ts";

/** Flags of a sweep without training. */
export const GRID = ["--only", "synthetic", "--grid", "n=1000,2000,3000", "--seeds", "8"];

/** A sweep that has not been started. */
function sweepIn(folder: string, ...args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-check", `--allow-read=${ROOT},${folder}`, `--allow-write=${folder}`],
      ...[`--allow-run=git,${Deno.execPath()}`, "--allow-env=PREFLAB_MIRROR,PREFLAB_TASK"],
      ...[`${ROOT}lib/sweep/testdata/toy_sweep.ts`, "--out", `${folder}/out`, ...args],
    ],
    cwd: ROOT,
    env: { PREFLAB_MIRROR: "", NO_COLOR: "1" },
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  });
}

/** Runs a sweep to its end. */
export async function sweep(
  folder: string,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await sweepIn(folder, ...args).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/**
 * Runs a sweep, again and again until it succeeds, while its processes are killed at random moments.
 *
 * @param kills at most, no more than `most` milliseconds apart
 * @returns how many processes were killed
 */
export async function sweepUnderKills(
  folder: string,
  args: readonly string[],
  { seed, kills, most }: { readonly seed: number; readonly kills: number; readonly most: number },
): Promise<number> {
  const numbers = [seed, kills, most].map(String);
  const killer = new Deno.Command(Deno.execPath(), {
    // Evaluated, since only then may a process look at and end others than its children.
    args: ["eval", `await import("${new URL("./testdata/killer.ts", import.meta.url)}")`, folder, ...numbers],
    ...{ stdin: "piped", stdout: "piped" },
  }).spawn();
  try {
    for (let runs = 0; (await sweep(folder, ...args)).code !== 0; runs++) {
      if (runs > 10 * kills) throw new Error("the sweep does not end");
    }
  } finally {
    await killer.stdin.close();
  }
  return Number(new TextDecoder().decode((await killer.output()).stdout));
}

/** Rows of every block by cell and number, in that order, as hexadecimal digits. */
export function shardsIn(folder: string): [string, string][] {
  const db = new DatabaseSync(`${folder}/out/${SWEEP_STORE}`, { readOnly: true });
  try {
    return db.prepare(
      "SELECT name || ' ' || block AS name, hex(bytes) AS bytes FROM shard JOIN cell ON cell.id = cell ORDER BY name, block",
    ).all().map(({ name, bytes }) => [name as string, bytes as string]);
  } finally {
    db.close();
  }
}
