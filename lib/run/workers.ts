/**
 * Unit runners in worker threads.
 *
 * A worker plans the run from the same arguments and computes the units it is sent by number; the rows are the same
 * bytes as in the main thread, since each unit draws from streams of its own.
 *
 * @module
 */
import { backendDevice, engineFacts, startBackend } from "../tensor/backend.ts";
import { UserError } from "../user_error.ts";
import type { UnitRunner } from "./runner.ts";
import type { Unit, UnitResult } from "./units.ts";

/** What a worker needs to plan the same run. */
export interface WorkerSetup {
  /** URL of the experiment's script, which exports the experiment as default. */
  readonly module: string;
  /** Command-line arguments of the run. */
  readonly args: readonly string[];
  /** Value of PREFLAB_MIRROR, if set. */
  readonly mirror: string | undefined;
  /** Name of the engine that the main thread has chosen, or "none". */
  readonly backend: string;
}

/** Asks a worker which engine a choice of `--backend` starts. */
export interface WorkerProbe {
  /** A name of `backendNames`. */
  readonly probe: string;
}

/** The engine of a run. */
export interface Engine {
  /** Its name among `backendNames`, or "none". */
  readonly name: string;
  /** The name, and the device where numbers depend on it. */
  readonly label: string;
  /** What it runs on, by name: library, version, core type, threads. */
  readonly facts: Readonly<Record<string, string>>;
}

/** From a worker: the numbers of a unit or an engine, or why there are none. */
export type WorkerReply =
  | { readonly answer: Engine | UnitResult }
  | { readonly message: string; readonly stack?: string; readonly isUserError: boolean };

function startWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
}

/** Sends a message and waits for its reply; a worker answers one message at a time. */
function ask(worker: Worker, message: number | undefined): Promise<UnitResult>;
function ask(worker: Worker, message: WorkerProbe): Promise<Engine>;
function ask(worker: Worker, message: WorkerProbe | number | undefined): Promise<Engine | UnitResult> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => {
      if ("answer" in data) resolve(data.answer);
      else if (data.isUserError) reject(new UserError(data.message));
      else reject(Object.assign(new Error(data.message), { stack: data.stack }));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage(message);
  });
}

/**
 * Which engine a choice of `--backend` starts, found out in a worker: the main thread of a run with workers never needs
 * one, and does without its memory.
 *
 * @param choice a name of `backendNames`
 * @throws UserError when no engine starts
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(await probeBackend("cpu"), { name: "cpu", label: "cpu", facts: {} });
 * ```
 */
export async function probeBackend(choice: string): Promise<Engine> {
  const worker = startWorker();
  try {
    return await ask(worker, { probe: choice });
  } finally {
    worker.terminate();
  }
}

/**
 * Starts an engine in this thread.
 *
 * @param choice a name of `backendNames`
 * @throws UserError when no engine starts
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(await startEngine("cpu"), { name: "cpu", label: "cpu", facts: {} });
 * ```
 */
export async function startEngine(choice: string): Promise<Engine> {
  const name = await startBackend(choice), device = backendDevice();
  return { name, label: device === undefined ? name : `${name} (${device})`, facts: engineFacts() };
}

/**
 * Starts workers; each plans the run before its first unit.
 *
 * @param count threads
 * @param units the units of the plan, in order
 * @returns one runner a worker, which takes one unit at a time, and what ends them all
 * @example
 * ```ts
 * import { unitsOf } from "./units.ts";
 * import { experimentFlags, planRun } from "./plan.ts";
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const args = ["--only", "synthetic", "--seeds", "2"];
 * const units = unitsOf(await planRun(toy, experimentFlags(toy, args), undefined));
 * const module = import.meta.resolve("./testdata/toy.ts");
 * const { runners, stop } = startWorkers(1, { module, args, mirror: undefined, backend: "none" }, units);
 * assert.deepEqual((await runners[0].run(units[0])).metrics, ["error"]);
 * stop();
 * ```
 */
export function startWorkers(
  count: number,
  setup: WorkerSetup,
  units: readonly Unit[],
): { readonly runners: readonly UnitRunner[]; readonly stop: () => void } {
  const workers = Array.from({ length: count }, () => {
    const worker = startWorker();
    worker.postMessage(setup);
    return worker;
  });
  const index = new Map(units.map((unit, i) => [unit.name, i]));
  const runners = workers.map((worker): UnitRunner => ({ run: (unit) => ask(worker, index.get(unit.name)) }));
  return { runners, stop: () => workers.forEach((worker) => worker.terminate()) };
}
