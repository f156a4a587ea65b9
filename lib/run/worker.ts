/**
 * The worker's side of `workers.ts`: the first message sets it up, every later one names a unit by its number.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { startBackend } from "../tensor/backend.ts";
import { UserError } from "../user_error.ts";
import { createRunner, type Unit, type UnitRunner, unitsOf } from "./execute.ts";
import { experimentFlags, planRun } from "./plan.ts";
import type { WorkerReply, WorkerSetup } from "./workers.ts";

let ready: Promise<{ units: Unit[]; runner: UnitRunner }> | undefined;

async function setUp({ module, args, mirror, backend }: WorkerSetup) {
  const { default: experiment } = await import(module);
  const plan = await planRun(experiment, experimentFlags(experiment, args), mirror);
  if (backend !== "none") await startBackend(backend);
  return { units: unitsOf(plan), runner: createRunner(experiment, plan) };
}

self.onmessage = async ({ data }: MessageEvent<WorkerSetup | number>) => {
  if (typeof data !== "number") {
    ready = setUp(data);
    ready.catch(() => {}); // told with the first unit
    return;
  }
  let reply: WorkerReply;
  try {
    const { units, runner } = await ready!;
    reply = { text: await runner.run(units[data]) };
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    reply = { message, stack, isUserError: error instanceof UserError };
  }
  self.postMessage(reply);
};
