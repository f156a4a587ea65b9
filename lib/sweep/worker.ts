/**
 * A local worker: `worker.ts FOLDER EPOCH HOLDER` takes blocks from the sweep's store until none is pending.
 *
 * @module
 */
import { mirrorFromEnvironment } from "../run/main.ts";
import { exitWith } from "../run/exit.ts";
import { askedBy, breath } from "./asked.ts";
import { openComputer, reasonOf } from "./compute.ts";
import { readDescription } from "./description.ts";
import { type Done, openSweepStore } from "./store.ts";

/** Seconds of work that are claimed at once: short beside a sweep, long beside a transaction. */
const BATCH = 0.25;
/** Blocks that are claimed at once at most. */
const MOST = 500;
/** Milliseconds between looks for signals. */
const LOOK = 50;
/** Milliseconds between looks at the memory. */
const COLLECT = 5000;
/**
 * Bytes of typed arrays from which on garbage is collected: the engine sees little reason to do so soon. Not without need:
 * a collection also throws away compiled code, and one every five seconds cost a tenth of the time of plain numbers.
 */
const TYPED_ARRAYS = 2 ** 26;

if (import.meta.main) {
  await exitWith(async () => {
    const [folder, epoch, holder] = Deno.args, parent = Deno.ppid;
    // Of Ctrl-C the driver hears as well, and says so to all.
    const asked = askedBy(["SIGTERM"]), ignored = askedBy(["SIGINT", "SIGHUP"]);
    const computer = await openComputer(await readDescription(folder), mirrorFromEnvironment());
    const store = openSweepStore(folder, { epoch: Number(epoch) });
    try {
      await work();
    } finally {
      store.close();
      asked.forget();
      ignored.forget();
    }

    async function work(): Promise<void> {
      let most = 1, near: string | undefined, looked = performance.now(), collected = looked;
      for (;;) {
        const jobs = store.claim(holder, most, near), done: Done[] = [];
        if (jobs.length === 0) return;
        near = jobs.at(-1)!.cell;
        const began = performance.now();
        for (const job of jobs) {
          if (performance.now() - looked > LOOK) {
            await breath();
            looked = performance.now();
            if (Deno.ppid !== parent) return; // its driver is gone, and the next one starts workers of its own
            if (asked()) break;
          }
          try {
            done.push({ job, ...await computer.run(job) });
          } catch (error) {
            store.fail(job, reasonOf(error));
          }
          if (performance.now() - collected > COLLECT) {
            if (Deno.memoryUsage().external > TYPED_ARRAYS) (globalThis as { gc?: () => void }).gc?.();
            collected = performance.now();
          }
        }
        store.save(holder, done);
        if (asked()) return;
        const each = (performance.now() - began) / 1000 / jobs.length;
        most = Math.max(1, Math.min(MOST, 2 * most, Math.floor(BATCH / each)));
      }
    }
  });
}
