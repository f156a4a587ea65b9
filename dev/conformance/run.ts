/**
 * `deno task conformance`: the jasmine suite inside the npm package `@tensorflow/tfjs-core`, on the stock WebAssembly
 * kernels and on ours. No test may fail on ours that passes on the stock ones.
 *
 * @module
 */
import { exitWith } from "../../lib/run/exit.ts";
import { parseFlags } from "../../lib/run/options.ts";
import { UserError } from "../../lib/user_error.ts";
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

/** Asserts that the clock moved on by so much: nothing to do with kernels, and not certain on a busy machine. */
const TIMED = "setTimeout";

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

const HELP =
  `Runs the test suite inside @tensorflow/tfjs-core on its stock WebAssembly kernels and on ours, and names every test
that fails on ours alone.

Usage: deno task conformance [--reduced]

Flags
  --reduced  our kernels with our own products only, without the system BLAS
  --help     this text
`;

if (import.meta.main) {
  await exitWith(async () => {
    const { switches } = parseFlags(Deno.args, [], ["reduced", "help"]);
    if (switches.has("help")) return console.log(HELP.trimEnd());
    const suite = await bundleSuite();
    const stock = await runSuite({ kernels: "stock", suite });
    const passes = new Set(stock.passed), count = stock.passed.length + Object.keys(stock.failed).length;
    console.log(`stock: ${stock.passed.length} passed, ${count - stock.passed.length} failed`);
    let lost = 0;
    for (const kernels of switches.has("reduced") ? ["wasm"] as const : ["wasm", "native"] as const) {
      const ours = await runSuite({ kernels, suite });
      const failed = Object.keys(ours.failed);
      const worse = failed.filter((name) => passes.has(name) && !name.endsWith(` ${TIMED}`));
      console.log(
        `${kernels}: ${ours.passed.length} passed, ${failed.length} failed, ${worse.length} of them pass on stock`,
      );
      for (const name of worse) console.log(`  ${name}\n    ${ours.failed[name].split("\n")[0]}`);
      const missing = count - ours.passed.length - failed.length; // a suite that stops half way has lost tests too
      if (missing !== 0) console.log(`  ${missing} tests did not run`);
      lost += worse.length + Math.abs(missing);
    }
    if (lost > 0) throw new UserError(`${lost} tests fail on our kernels and pass on the stock ones`);
  });
}
