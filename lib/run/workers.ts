/**
 * Unit runners in worker threads.
 *
 * A worker plans the run from the same arguments and computes the units it is sent by number; the rows are the same
 * bytes as in the main thread, since each unit draws from streams of its own.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import type { Unit, UnitRunner } from "./execute.ts";

/** What a worker needs to plan the same run. */
export interface WorkerSetup {
  /** URL of the experiment's script, which exports the experiment as default. */
  readonly module: string;
  readonly args: readonly string[];
  readonly mirror: string | undefined;
  /** Name of the engine that the main thread has chosen, or "none". */
  readonly backend: string;
}

/** From a worker: rows of a unit, or why there are none. */
export type WorkerReply =
  | { readonly text: string }
  | { readonly message: string; readonly stack?: string; readonly isUserError: boolean };

/**
 * Starts workers.
 *
 * @param units the units of the plan, in order
 */
export function startWorkers(count: number, setup: WorkerSetup, units: readonly Unit[]) {
  const workers = Array.from({ length: count }, () => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.postMessage(setup);
    return worker;
  });
  const index = new Map(units.map((unit, i) => [unit.name, i]));
  const runners = workers.map((worker): UnitRunner => ({
    run: (unit) =>
      new Promise((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => {
          if ("text" in data) resolve(data.text);
          else if (data.isUserError) reject(new UserError(data.message));
          else reject(Object.assign(new Error(data.message), { stack: data.stack }));
        };
        worker.onerror = (event) => {
          event.preventDefault();
          reject(new Error(event.message));
        };
        worker.postMessage(index.get(unit.name));
      }),
  }));
  return { runners, stop: () => workers.forEach((worker) => worker.terminate()) };
}
