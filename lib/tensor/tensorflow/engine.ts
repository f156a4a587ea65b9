/**
 * TensorFlow itself as an engine of tfjs: the kernels of `@tensorflow/tfjs-node-gpu` on the binding that
 * `deno task setup-tensorflow` has made.
 *
 * @module
 */
import { createRequire } from "node:module";
import type * as TF from "@tensorflow/tfjs-core";
import { replaceKernels } from "./kernels.ts";
import { BINDING, PACKAGE, READY, TFJS } from "./place.ts";

/**
 * What TensorFlow reads from the environment when it starts; what the user has set stays.
 *
 * - One thread: with more, sums are cut where the number of cores says, and results depend on the machine. Work is
 *   shared by `--workers`.
 * - Without oneDNN, which prints a banner and is not faster at the sizes here.
 * - Its log holds nothing but hints how to compile it.
 */
const ENVIRONMENT = {
  TF_NUM_INTRAOP_THREADS: "1",
  TF_ENABLE_ONEDNN_OPTS: "0",
  TF_CPP_MIN_LOG_LEVEL: "3",
} as const;

/** Variables of the environment that the engine reads and sets, as `--allow-env` takes them. */
export const environmentNames: string = Object.keys(ENVIRONMENT).join(",");

/** The native binding, as far as it is used here. */
export interface Binding {
  /** Version of the TensorFlow library. */
  readonly TF_Version: string;
  /** Whether a GPU was found. */
  isUsingGpuDevice(): boolean;
}

/**
 * Loads the binding and makes the backend `tensorflow` known to tfjs. It joins the engine that runs: the package finds no
 * second tfjs.
 *
 * @param tf the tfjs that runs
 * @param folder of a finished engine
 * @returns the binding
 * @throws Error when it is not there, may not be loaded, or does not load
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import assert from "node:assert/strict";
 * assert.throws(() => registerTensorFlow(tf, `${Deno.cwd()}/nowhere`), /Cannot find module/);
 * ```
 */
export function registerTensorFlow(tf: typeof TF, folder = READY): Binding {
  for (const [name, value] of Object.entries(ENVIRONMENT)) {
    if (Deno.env.get(name) === undefined) Deno.env.set(name, value);
  }
  Object.assign(globalThis, { [Symbol.for(TFJS)]: tf });
  const load = createRequire(`${folder}/${PACKAGE}/package.json`);
  const binding = load(`./${BINDING}`);
  // The package's own entry would look for its binding by way of its installer, and register file handlers.
  load("./dist/register_all_kernels.js");
  const { NodeJSKernelBackend } = load("./dist/nodejs_kernel_backend.js");
  tf.registerBackend("tensorflow", () => new NodeJSKernelBackend(binding, "@tensorflow/tfjs-node-gpu"));
  replaceKernels(tf);
  return binding;
}
