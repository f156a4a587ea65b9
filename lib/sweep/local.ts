/**
 * The local engine: worker processes on this machine, which take blocks from the store by themselves.
 *
 * @module
 */
import { resolve } from "node:path";
import { startProcess } from "../spawn.ts";
import { UserError } from "../user_error.ts";
import { processArguments, ROOT } from "./block_command.ts";
import type { SweepEngine, Work } from "./engine.ts";
import { Superseded } from "./store.ts";

/** Milliseconds between looks at the store. */
const LOOK = 500;
/** Workers that may end by themselves, one after the other, while no block is saved. */
const ENDINGS = 10;

/** How a worker ended. */
interface Ending {
  readonly code: number;
  readonly signal: string | null;
  readonly said: string;
}

/**
 * Worker processes.
 *
 * @param jobs how many at the same time
 * @param mirror value of PREFLAB_MIRROR, if set
 */
export function localEngine(jobs: number, mirror: string | undefined): SweepEngine {
  let started = 0;
  return {
    attached: () => Promise.resolve([]),
    async work(work) {
      const { store, stopped } = work, workers = new Map<string, Deno.ChildProcess>();
      const ended: [holder: string, ending: Ending][] = [];
      let wake = () => {};
      /** Until a worker ends, or it is time to look. */
      const wait = () =>
        new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, LOOK);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      let failure: Error | undefined, endings = 0, saved = store.counts().done;
      const start = () => {
        const holder = `worker ${++started}`, child = spawn(work, holder, mirror);
        workers.set(holder, child);
        endingOf(child).then((ending) => {
          ended.push([holder, ending]);
          wake();
        });
      };
      try {
        for (;;) {
          for (const [holder, ending] of ended.splice(0)) {
            workers.delete(holder);
            const why = ending.signal ?? `exit code ${ending.code}`;
            if (ending.code === 0) store.release(holder);
            else if (ending.signal === null && ending.code === 2) failure ??= new UserError(ending.said);
            else {
              store.release(holder, ending.said === "" ? why : ending.said);
              endings++;
            }
          }
          const counts = store.counts(), left = counts.blocks - counts.done - counts.held - counts.lost;
          work.show();
          if (counts.done > saved) [endings, saved] = [0, counts.done];
          if (endings > ENDINGS) failure ??= new UserError("workers end before they have saved a block: see above");
          if (failure !== undefined || stopped()) break;
          if (workers.size === 0 && left <= 0 && counts.held === 0) return;
          while (workers.size < Math.min(jobs, workers.size + left)) start();
          if (ended.length === 0) await wait();
        }
        for (const child of workers.values()) terminate(child, "SIGTERM");
        while (ended.length < workers.size) await wait();
        for (const [holder, { code, said }] of ended) {
          if (code === 2) failure ??= new UserError(said);
          store.release(holder);
        }
        if (failure !== undefined) throw failure;
      } catch (error) {
        for (const child of workers.values()) terminate(child, error instanceof Superseded ? "SIGKILL" : "SIGTERM");
        throw error;
      }
    },
  };
}

function spawn({ folder, description, store }: Work, holder: string, mirror: string | undefined): Deno.ChildProcess {
  const place = resolve(folder), given = [place, String(store.epoch), holder];
  return startProcess(Deno.execPath(), {
    args: processArguments("worker.ts", description, place, place, mirror, given),
    cwd: ROOT,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
}

/** How a process ends, and the last of what it says. */
async function endingOf(child: Deno.ChildProcess): Promise<Ending> {
  const text = await new Response(child.stderr).text(), { code, signal } = await child.status;
  return { code, signal, said: text.trim().replace(/^error: /, "").slice(-2000) };
}

function terminate(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // it has ended
  }
}
