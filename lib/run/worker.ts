/**
 * The worker's side of `workers.ts`: it is asked for its engine, or set up and then sent units by their number.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { startBackend } from "../tensor/backend.ts";
import { UserError } from "../user_error.ts";
import { experimentFlags, planRun } from "./plan.ts";
import { createRunner, type UnitRunner } from "./runner.ts";
import { type Unit, type UnitResult, unitsOf } from "./units.ts";
import { type Engine, startEngine, type WorkerProbe, type WorkerReply, type WorkerSetup } from "./workers.ts";

let ready: Promise<{ units: Unit[]; runner: UnitRunner }> | undefined;

async function setUp({ module, args, mirror, backend }: WorkerSetup) {
  const { default: experiment } = await import(module);
  const plan = await planRun(experiment, experimentFlags(experiment, args), mirror);
  if (backend !== "none") await startBackend(backend);
  return { units: unitsOf(plan), runner: createRunner(experiment, plan) };
}

/** Milliseconds between collections of garbage. */
const COLLECT_EVERY = 2000;
let collected = performance.now();

/**
 * Most of a unit's memory is in typed arrays, which the engine sees little reason to collect soon: the synthetic part of a
 * quick run on two workers peaks at 0.34 GB with this and 0.48 GB without, for a few per cent of its time. The function
 * is there when the task passes `--expose-gc`.
 */
function collectGarbage(): void {
  if (performance.now() - collected < COLLECT_EVERY) return;
  (globalThis as { gc?: () => void }).gc?.();
  collected = performance.now();
}

async function answer(message: WorkerProbe | number): Promise<Engine | UnitResult> {
  if (typeof message !== "number") return await startEngine(message.probe);
  const { units, runner } = await ready!;
  const result = await runner.run(units[message]);
  collectGarbage();
  return result;
}

self.onmessage = async ({ data }: MessageEvent<WorkerSetup | WorkerProbe | number>) => {
  if (typeof data !== "number" && "module" in data) {
    ready = setUp(data);
    ready.catch(() => {}); // told with the first unit
    return;
  }
  let reply: WorkerReply;
  try {
    reply = { answer: await answer(data) };
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    reply = { message, stack, isUserError: error instanceof UserError };
  }
  self.postMessage(reply);
};
