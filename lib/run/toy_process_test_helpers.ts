/**
 * A small experiment in processes of its own, some of them killed, and what it leaves in its folder.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { interrupted, runIn } from "./process_test_helpers.ts";
import type { RunConfig } from "./run_config.ts";
import { openRunStore, storePath } from "./run_store.ts";

/** The experiment, from the project's folder. */
export const TOY = "lib/run/testdata/toy.ts";

/** Runs the experiment in a folder. */
export const run = (folder: string, ...args: string[]) => runIn(folder, TOY, args);

/** The rows that a run leaves, which has to succeed. */
export async function rowsOf(folder: string, ...args: string[]): Promise<string> {
  const { code, stderr } = await run(folder, "--out", "out", ...args);
  assert.equal(code, 0, stderr);
  return await Deno.readTextFile(`${folder}/out/results.csv`);
}

/** Units that are saved so far, as another process sees them. */
export function unitsSaved(folder: string): number {
  try {
    const db = new DatabaseSync(storePath(`${folder}/out`), { readOnly: true });
    try {
      return Number(db.prepare("SELECT count(*) n FROM unit").get()!.n);
    } finally {
      db.close();
    }
  } catch {
    return 0; // not made yet, or being made
  }
}

/** Starts a run and sends a signal once `due` says so. */
export const interrupt = (folder: string, args: readonly string[], signal: Deno.Signal, due: () => boolean) =>
  interrupted(folder, TOY, ["--out", "out", ...args], signal, due);

/** True once so many more units are saved. */
export function grown(folder: string, units: number): () => boolean {
  const before = unitsSaved(folder);
  return () => unitsSaved(folder) >= before + units;
}

/** The configuration of the run that was begun last. */
export function latestOf(folder: string): RunConfig {
  const store = openRunStore(`${folder}/out`, { readOnly: true });
  try {
    return store.latest()!;
  } finally {
    store.close();
  }
}

/** Flags of a run without training: 18 units. */
export const SYNTHETIC = ["--only", "synthetic", "--seeds", "6"];
