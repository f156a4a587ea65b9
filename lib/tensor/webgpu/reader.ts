/**
 * Reads of GPU buffers that return their numbers at once, as `dataSync` must.
 *
 * Gradients of tfjs are synchronous, so an operation that computes on the host can only be written with such reads; and
 * a promised one costs over 10 ms in Deno, against 0.2 ms. WebGPU only offers `mapAsync`, but Deno's waits for the device
 * before it returns its promise: the range is there to be taken. Two precautions make a wrong number impossible where that
 * should ever change: what is not mapped cannot be taken (an error), and every read carries a receipt. The promises that
 * nobody waits for keep 6 KB each until the event loop turns, which it does between units.
 *
 * @module
 */

/** Bytes read in one go; larger buffers take several. */
const WINDOW = 2 ** 22;

/** Copies bytes out of a GPU buffer, after all commands that were submitted or recorded before. */
export interface Reader {
  /**
   * The first `bytes` of a buffer, a multiple of 4.
   *
   * @param record records a copy behind the commands so far, and submits them all
   * @throws Error when the device did not carry out the copy: it is lost, out of memory, or refused a command
   */
  read(
    buffer: GPUBuffer,
    bytes: number,
    record: (copies: (encoder: GPUCommandEncoder) => void) => void,
  ): ArrayBuffer;
  /**
   * Makes sure that the device still carries out what it is told.
   *
   * @throws Error when it does not
   */
  check(): void;
}

/**
 * A reader for a device.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const device = await (await navigator.gpu.requestAdapter())?.requestDevice();
 * if (device) {
 *   const { read } = await createReader(device);
 *   const buffer = device.createBuffer({ size: 8, usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
 *   device.queue.writeBuffer(buffer, 0, Float32Array.of(1, 2));
 *   const bytes = read(buffer, 8, (copies) => {
 *     const encoder = device.createCommandEncoder();
 *     copies(encoder);
 *     device.queue.submit([encoder.finish()]);
 *   });
 *   assert.deepEqual([...new Float32Array(bytes)], [1, 2]);
 *   await new Promise((resolve) => setTimeout(resolve, 50)); // the buffer of reads is handed back meanwhile
 * }
 * ```
 */
export async function createReader(device: GPUDevice): Promise<Reader> {
  const staging = device.createBuffer({
    size: WINDOW + 4,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const receipt = device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
  // Deno ends the process when a range is taken from a buffer that was never mapped and waited for.
  await staging.mapAsync(GPUMapMode.READ);
  staging.unmap();
  let reads = 0;
  const submit = (copies: (encoder: GPUCommandEncoder) => void) => {
    const encoder = device.createCommandEncoder();
    copies(encoder);
    device.queue.submit([encoder.finish()]);
  };
  const reader: Reader = {
    check: () => void reader.read(receipt, 4, submit),
    read(buffer, bytes, record) {
      const out = new Uint8Array(bytes);
      for (let start = 0; start < bytes; start += WINDOW) {
        const length = Math.min(WINDOW, bytes - start);
        reads = (reads + 1) >>> 0;
        device.queue.writeBuffer(receipt, 0, Uint32Array.of(reads));
        record((encoder) => {
          encoder.copyBufferToBuffer(buffer, start, staging, 0, length);
          encoder.copyBufferToBuffer(receipt, 0, staging, length, 4);
        });
        staging.mapAsync(GPUMapMode.READ, 0, length + 4).catch(() => {}); // the range itself says whether it is there
        const range = staging.getMappedRange(0, length + 4);
        const [carried] = new Uint32Array(range, length, 1);
        out.set(new Uint8Array(range, 0, length), start);
        staging.unmap();
        // A refused command leaves the numbers of an earlier read in place, which look like any others.
        if (carried !== reads) throw new Error("the GPU refused a command, so there is nothing to read");
      }
      return out.buffer;
    },
  };
  return reader;
}
