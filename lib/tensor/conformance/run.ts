/**
 * `deno task conformance`: the jasmine suite inside the npm package `@tensorflow/tfjs-core`, on the stock WebAssembly
 * kernels and on ours. No test may fail on ours that passes on the stock ones.
 *
 * @module
 */
import { bundleSuite } from "./bundle.ts";

/** What a worker is asked. */
export interface Request {
  /** Whose kernels run. */
  readonly kernels: "stock" | "wasm" | "native";
  /** The suite as one script. */
  readonly suite: string;
}

/** How a run of the suite ended. */
export interface Outcome {
  /** Full names of tests. */
  readonly passed: string[];
  /** First message, by full name. */
  readonly failed: Record<string, string>;
}

function runSuite(request: Request): Promise<Outcome> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  return new Promise<Outcome>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`${request.kernels}: ${event.message}`));
    };
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}

if (import.meta.main) {
  const suite = await bundleSuite();
  const stock = await runSuite({ kernels: "stock", suite });
  const passes = new Set(stock.passed);
  console.log(`stock: ${stock.passed.length} passed, ${Object.keys(stock.failed).length} failed`);
  let lost = 0;
  for (const kernels of ["wasm", "native"] as const) {
    const ours = await runSuite({ kernels, suite });
    const names = Object.keys(ours.failed), worse = names.filter((name) => passes.has(name));
    console.log(
      `${kernels}: ${ours.passed.length} passed, ${names.length} failed, ${worse.length} of them pass on stock`,
    );
    for (const name of worse) console.log(`  ${name}\n    ${ours.failed[name].split("\n")[0]}`);
    lost += worse.length;
    // A suite that stops half way has lost tests too.
    const missing = stock.passed.length + Object.keys(stock.failed).length - ours.passed.length - names.length;
    if (missing !== 0) console.log(`  ${missing} tests did not run`);
    lost += Math.abs(missing);
  }
  Deno.exit(lost === 0 ? 0 : 1);
}
