/**
 * Starts tfjs on a GPU: its WebGPU kernels, with reads that return at once and errors that are not missed.
 *
 * @module
 */
import type * as TF from "@tensorflow/tfjs-core";
import { UserError } from "../../user_error.ts";
import { adapterName, gpuAdapter, NO_ADAPTER } from "./adapter.ts";
import { replaceKernels } from "./kernels.ts";
import { createReader, type Reader } from "./reader.ts";

/** Numbers as tfjs keeps them on the host. */
type Values = ReturnType<typeof TF.util.convertBackendValuesAndArrayBuffer>;

/** What of tfjs' WebGPU backend is used here; its own types leave the fields out. */
interface Internals {
  readonly tensorMap: { get(id: object): { values: Values | null; dtype: string; resource: GPUBuffer } };
  commandEncoder: GPUCommandEncoder;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  convertAndCacheOnCPU(id: object, values: Values): Values;
  readSync(id: object): Values;
  read(id: object): Promise<Values>;
}

/** A running GPU. */
export interface Gpu {
  /** Its adapter's name. */
  readonly name: string;
  /**
   * Asks the GPU whether it did what it was told since the last call.
   *
   * @throws UserError when it is lost, ran out of memory or refused a command: no number that was read in between may be
   * used
   */
  confirm(): Promise<void>;
}

/** Errors that a device reports, one scope each: the innermost last. */
const SCOPES = ["internal", "out-of-memory", "validation"] as const;

let gpu: Gpu | undefined;
let lost: string | undefined;

/**
 * Starts the backend "webgpu" of tfjs on the fastest adapter, or takes up the one that was started before.
 *
 * @throws Error when there is no adapter, it was lost, or its arithmetic is not float32's
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import assert from "node:assert/strict";
 * import { gpuAdapter } from "./adapter.ts";
 * if (await gpuAdapter() !== null) {
 *   const { confirm } = await startGpu(tf);
 *   assert.equal(tf.add(1, 2).dataSync()[0], 3);
 *   await confirm();
 * }
 * ```
 */
export async function startGpu(tf: typeof TF): Promise<Gpu> {
  const started = gpu ?? await register(tf);
  if (lost !== undefined) throw new Error(`the GPU was lost: ${lost}`);
  await tf.setBackend("webgpu");
  if (gpu === undefined) tf.tidy(() => checkArithmetic(tf));
  return gpu = started;
}

/** WGSL lets a device do without NaN and infinity; a run would then not see that it has gone wrong. */
function checkArithmetic(tf: typeof TF): void {
  const x = tf.tensor1d([NaN, Infinity, -Infinity, 3]), small = tf.tensor1d([2 ** -23]);
  const found = {
    "x·0": tf.mul(x, 0).dataSync(),
    "x − x": tf.sub(x, x).dataSync(),
    "1 + x − 1": tf.sub(tf.add(small, 1), 1).dataSync(),
    "x·x": tf.matMul(tf.tensor2d([[1, 2 ** -12]]), tf.tensor2d([[1], [2 ** -12]])).dataSync(),
  };
  const expected = { "x·0": [NaN, NaN, NaN, 0], "x − x": [NaN, NaN, NaN, 0], "1 + x − 1": [2 ** -23], "x·x": [1] };
  for (const [what, right] of Object.entries(expected)) {
    const numbers = [...found[what as keyof typeof found]];
    // 1 + 2^-24 is half way between 1 and the next number: either is right.
    if (right.every((v, i) => Object.is(v, numbers[i]) || (what === "x·x" && numbers[i] === 1 + 2 ** -23))) continue;
    throw new Error(`arithmetic of the GPU is not that of float32: ${what} is ${numbers} where it should be ${right}`);
  }
}

async function register(tf: typeof TF): Promise<Gpu> {
  const adapter = await gpuAdapter();
  if (adapter === null) throw new Error(NO_ADAPTER);
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = adapter.limits;
  const { maxComputeWorkgroupsPerDimension, maxComputeWorkgroupSizeX, maxComputeInvocationsPerWorkgroup } =
    adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: {
      ...{ maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize },
      ...{ maxComputeWorkgroupsPerDimension, maxComputeWorkgroupSizeX, maxComputeInvocationsPerWorkgroup },
    },
  });
  device.lost.then(({ message }) => lost = message.split("\n")[0] || "no reason given");
  for (const scope of SCOPES) device.pushErrorScope(scope);
  const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
  // Small tensors would be computed in JavaScript: numbers would depend on sizes, and tests would miss the GPU's kernels.
  tf.env().set("WEBGPU_CPU_FORWARD", false);
  const backend = new WebGPUBackend(device, adapter.info);
  const reader = await createReader(device);
  readAtOnce(tf, backend as unknown as Internals, reader);
  replaceKernels(tf);
  tf.removeBackend("webgpu"); // the package's own, which would ask for a device of its own
  tf.registerBackend("webgpu", () => backend);
  return { name: adapterName(adapter.info), confirm: () => confirm(device, reader) };
}

/** Gives the backend reads that wait for the GPU, synchronous and promised ones alike. */
function readAtOnce(tf: typeof TF, backend: Internals, reader: Reader): void {
  const record = (copies: (encoder: GPUCommandEncoder) => void) => {
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    copies(backend.commandEncoder);
    backend.submitQueue();
  };
  backend.readSync = (id) => {
    const { values, dtype, resource } = backend.tensorMap.get(id);
    if (values !== null && values !== undefined) return values;
    try {
      const bytes = reader.read(resource, resource.size, record);
      return backend.convertAndCacheOnCPU(id, tf.util.convertBackendValuesAndArrayBuffer(bytes, dtype as "bool"));
    } catch (error) {
      throw gpuError((error as Error).message);
    }
  };
  backend.read = (id) => Promise.resolve(backend.readSync(id));
}

/** Milliseconds within which a device that does not answer says why. */
const PATIENCE = 100;

async function confirm(device: GPUDevice, reader: Reader): Promise<void> {
  const errors: (GPUError | null)[] = [];
  for (const _ of SCOPES) errors.push(await device.popErrorScope());
  for (const scope of SCOPES) device.pushErrorScope(scope);
  const error = errors.find((error) => error !== null);
  try {
    reader.check();
  } catch (error) {
    await new Promise((resolve) => setTimeout(resolve, PATIENCE));
    throw gpuError(lost === undefined ? (error as Error).message : `it was lost: ${lost}`);
  }
  if (error instanceof GPUOutOfMemoryError) throw gpuError("it has no memory left; make the run smaller");
  if (error) throw gpuError(`it refused a command: ${error.message.split("\n")[0]}`);
}

function gpuError(what: string): UserError {
  return new UserError(`--backend webgpu: the GPU failed, and no number that it gave is used: ${what}`);
}
