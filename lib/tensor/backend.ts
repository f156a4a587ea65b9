/**
 * Chooses and starts the engine under `@tensorflow/tfjs`.
 *
 * tfjs is loaded only when a run starts, so that `--help` and the pure parts of the library stay fast: `tf` is a live
 * binding that is set by {@linkcode startBackend}.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import { registerGradients } from "./gradients.ts";
import { loadTf, tf } from "./tf.ts";
import type { Blas } from "./kernels/blas.ts";
import { whyForbidden } from "./kernels/permission.ts";
import { READY, whatWasMade, whyAbsent } from "./tensorflow/place.ts";
import { hasOpenGl } from "./webgpu/adapter.ts";
import type { Gpu } from "./webgpu/start.ts";

export { type Tensor, tf, type Variable } from "./tf.ts";

/** An engine in words. */
export interface BackendEntry {
  /** What `--backend` takes. */
  readonly name: string;
  /** What it is, in a line. */
  readonly about: string;
  /** Taken only when it is asked for, never by `auto`. */
  readonly onRequest?: true;
  /** Why it is not installed, found out without loading it; undefined where it is. Engines without it always are. */
  readonly absent?: () => string | undefined;
  /**
   * Loads a library of the system, which takes `--allow-ffi` without a path. Where that is not granted, as in the tasks of
   * experiments, `auto` passes it over without a word: there it takes the same engine whatever is installed.
   */
  readonly systemLibrary?: true;
}

/** One engine, and how it starts. */
interface Backend extends BackendEntry {
  /** @param threads of one operation, where the engine can use them */
  start(threads: number): Promise<boolean>;
  /** What its numbers depend on beside the code, once it runs. */
  facts?(): Record<string, string>;
}

/** tfjs's WebAssembly backend with our kernels: the engine under both `native` and `wasm`. */
async function startWasm(): Promise<boolean> {
  const [{ startStockWasm }, { registerKernels }, { heapOf }] = await Promise.all([
    import("./kernels/stock.ts"),
    import("./kernels/mod.ts"),
    import("./kernels/heap.ts"),
  ]);
  if (!await startStockWasm()) return false;
  registerKernels();
  heapOf(tf.backend()); // before the first tensor, so that its memory is pooled too
  return true;
}

/** The GPU that runs, if one does. */
let gpu: Gpu | undefined;
/** The library that multiplies, if one does. */
let blas: Blas | undefined;
/** The engine that runs. */
let running: Backend | undefined;

/** In order of preference; a new engine is one more entry. */
const backends = [
  {
    name: "native",
    about: "WebAssembly kernels with SIMD, matrix products by a system BLAS",
    systemLibrary: true,
    start: async (threads) => {
      const [{ openBlas }, { useMultiply }] = await Promise.all([
        import("./kernels/blas.ts"),
        import("./kernels/products.ts"),
      ]);
      const opened = openBlas(threads);
      if (!await startWasm()) return false;
      useMultiply(opened.multiply);
      blas = opened;
      return true;
    },
    facts: () => {
      const { library, version, core = "unknown", threads = "unknown" } = blas!;
      return { library, version, core, threads: String(threads) };
    },
  },
  {
    name: "wasm",
    about: "WebAssembly kernels with SIMD, one thread",
    start: async () => {
      if (!await startWasm()) return false;
      const { multiplyByAssembly, useMultiply } = await import("./kernels/products.ts");
      useMultiply(multiplyByAssembly);
      return true;
    },
  },
  {
    name: "tensorflow",
    about: "TensorFlow itself, one thread; the faster the larger the products",
    absent: whyAbsent,
    start: async () => {
      if (tf.findBackendFactory("tensorflow") === null) {
        if (hasOpenGl()) throw new Error("must start before a GPU is looked for: their libraries do not go together");
        (await import("./tensorflow/engine.ts")).registerTensorFlow(tf);
      }
      return await tf.setBackend("tensorflow");
    },
    facts: () => {
      const { version, route, gpu } = whatWasMade(READY)!;
      return { library: "TensorFlow", version, route, device: gpu ? "GPU" : "processor" };
    },
  },
  {
    name: "cpu",
    about: "plain JavaScript, the reference",
    start: async () => await tf.setBackend("cpu"),
  },
  {
    name: "webgpu",
    about: "a GPU, through tfjs' WebGPU kernels; on request only",
    onRequest: true,
    start: async () => {
      const { startGpu } = await import("./webgpu/start.ts");
      gpu = await startGpu(tf);
      return true;
    },
    facts: () => ({ device: gpu!.name }),
  },
] as const satisfies readonly Backend[];

/** Names that `--backend` takes. */
export const backendNames: readonly string[] = ["auto", ...backends.map((b) => b.name)];

/** Every engine with a line about it, in the order in which `auto` tries those that are not on request only. */
export const backendList: readonly BackendEntry[] = backends;

/**
 * Loads tfjs and starts an engine.
 *
 * @param choice a name of {@linkcode backendNames}; `auto` takes the first that starts and may, and says on the console
 * which faster ones did not, and why
 * @param options.threads threads of one operation, where the engine can use them, >= 1. Default 1: a run shares its work
 * among workers, and sums round differently with another number of threads
 * @returns the name of the engine that runs
 * @throws UserError when the name is unknown or the engine does not start
 * @example
 * ```ts
 * import { startBackend, tf } from "./backend.ts";
 * import assert from "node:assert/strict";
 * assert.equal(await startBackend("cpu"), "cpu");
 * assert.equal(tf.scalar(2).mul(3).dataSync()[0], 6);
 * ```
 */
export async function startBackend(choice: string, { threads = 1 }: { threads?: number } = {}): Promise<string> {
  if (!backendNames.includes(choice)) {
    throw new UserError(`--backend ${choice}: unknown engine, choose one of ${backendNames.join(", ")}`);
  }
  if (await loadTf()) registerGradients();
  tf.enableProdMode(); // silences the banner and the per-op checks of development mode
  const reasons: string[] = [];
  for (const backend of backends as readonly Backend[]) {
    if (choice === "auto" ? backend.onRequest : backend.name !== choice) continue;
    gpu = undefined;
    blas = undefined;
    running = undefined;
    if (backend.systemLibrary && whyForbidden() !== undefined) {
      if (choice === "auto") continue;
      throw new UserError(
        `--backend ${choice}: no library of the system may be loaded here (${whyForbidden()}); leave --backend out, or ` +
          "start the script with deno run and --allow-ffi",
      );
    }
    const why = backend.absent?.();
    if (why !== undefined) {
      reasons.push(`${backend.name}: ${why}`);
      continue;
    }
    try {
      if (await backend.start(threads)) {
        await tf.ready();
        running = backend;
        if (reasons.length > 0) console.warn(`engine: ${backend.name} (${reasons.join("; ")}; see deno task doctor)`);
        return backend.name;
      }
      reasons.push(`${backend.name}: did not start`);
    } catch (error) {
      reasons.push(`${backend.name}: ${(error as Error).message.split("\n")[0]}`);
    }
  }
  throw new UserError(`--backend ${choice}: no engine started (${reasons.join("; ")}); see deno task doctor`);
}

/**
 * The device that the engine runs on, where its numbers depend on which: the GPU, or undefined on the processor.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.equal(backendDevice(), undefined);
 * ```
 */
export function backendDevice(): string | undefined {
  return gpu?.name;
}

/**
 * What numbers of the engine that runs depend on beside this project's code, for a record of a run: name to value. All that
 * an engine computes in code of this project and of its packages gives none.
 *
 * - `native`: `library` (the file or name it was opened by), `version` (what it says of itself), `core` (the processor
 *   whose kernels it uses) and `threads` of a product
 * - `tensorflow`: `library`, `version`, `route` (how its binding was had) and `device`
 * - `webgpu`: `device`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * assert.deepEqual(engineFacts(), {});
 * ```
 */
export function engineFacts(): Record<string, string> {
  return running?.facts?.() ?? {};
}

/**
 * Makes sure that the numbers read so far are those of the operations that were asked for. Engines on the processor
 * throw where something goes wrong; a GPU says so only when asked.
 *
 * @throws UserError when the engine was lost, ran out of memory or refused an operation since the last call: what was
 * read in between may not be used
 * @example
 * ```ts
 * await startBackend("cpu");
 * await confirmNumbers();
 * ```
 */
export async function confirmNumbers(): Promise<void> {
  await gpu?.confirm();
}
