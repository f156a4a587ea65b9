/** Runs tfjs-core's own suite on one set of kernels, in a thread of its own since the suite resets the engine. */
/// <reference lib="deno.worker" />
import jasmineRequire from "jasmine-core/lib/jasmine-core/jasmine.js";
import long from "long";
import * as util from "node:util";
import seedrandom from "seedrandom";
import { startBackend } from "../../lib/tensor/backend.ts";
import { startStockWasm, wasmFlags } from "../../lib/tensor/kernels/stock.ts";
import type { Outcome, Request } from "./run.ts";

/** What the suite's own set-up reads; it is a copy of tfjs-core of its own, that shares the engine through globals. */
interface SuiteGlobals {
  conformanceModules: Record<string, unknown>;
  conformanceEnvironment: unknown;
}

// deno-lint-ignore no-explicit-any -- untyped package
async function run(request: Request, jasmine: any): Promise<Outcome> {
  await startBackend(request.kernels === "stock" ? "cpu" : request.kernels);
  if (request.kernels === "stock") await startStockWasm();
  const core = jasmine.core(jasmine), environment = core.getEnv();
  Object.assign(globalThis, jasmine.interface(core, environment), { jasmine: core });
  const outcome: Outcome = { passed: [], failed: {} };
  environment.configure({ random: false });
  environment.addReporter({
    specDone({ status, fullName, failedExpectations }: Spec) {
      if (status === "passed") outcome.passed.push(fullName);
      if (status === "failed") outcome.failed[fullName] = failedExpectations[0]?.message ?? "no message";
    },
  });
  const globals = globalThis as unknown as SuiteGlobals;
  globals.conformanceModules = { "jasmine-core/lib/jasmine-core/jasmine.js": jasmine, long, seedrandom, util };
  globals.conformanceEnvironment = {
    name: "wasm",
    backendName: "wasm",
    isDataSync: true,
    flags: wasmFlags, // the suite resets every flag
  };
  const { warn, log } = console;
  console.warn = console.log = () => {}; // specs print what they expect to be printed
  new Function(request.suite)();
  await environment.execute();
  Object.assign(console, { warn, log });
  return outcome;
}

interface Spec {
  readonly status: string;
  readonly fullName: string;
  readonly failedExpectations: readonly { readonly message: string }[];
}

self.onmessage = async ({ data }: MessageEvent<Request>) => self.postMessage(await run(data, jasmineRequire));
