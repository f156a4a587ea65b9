/**
 * Starts tfjs on a GPU: its WebGPU kernels, with reads that return at once and errors that are not missed.
 *
 * @module
 */
import type * as TF from "@tensorflow/tfjs";
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
 * import * as tf from "@tensorflow/tfjs";
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
  gpu ??= await register(tf);
  if (lost !== undefined) throw new Error(`the GPU was lost: ${lost}`);
  await tf.setBackend("webgpu");
  return gpu;
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
  readAtOnce(tf, backend as unknown as Internals, await createReader(device));
  replaceKernels(tf);
  tf.removeBackend("webgpu"); // the package's own, which would ask for a device of its own
  tf.registerBackend("webgpu", () => backend);
  return { name: adapterName(adapter.info), confirm: () => confirm(device) };
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

async function confirm(device: GPUDevice): Promise<void> {
  const errors: (GPUError | null)[] = [];
  for (const _ of SCOPES) errors.push(await device.popErrorScope());
  for (const scope of SCOPES) device.pushErrorScope(scope);
  const error = errors.find((error) => error !== null);
  if (lost !== undefined) throw gpuError(`it was lost: ${lost}`);
  if (error instanceof GPUOutOfMemoryError) throw gpuError("it has no memory left; make the run smaller");
  if (error) throw gpuError(`it refused a command: ${error.message.split("\n")[0]}`);
}

function gpuError(what: string): UserError {
  return new UserError(`--backend webgpu: the GPU failed, and no number that it gave is used: ${what}`);
}
