/**
 * A small checkpoint of packed weights.
 *
 * @module
 */
import { ggufBytes } from "../../formats/gguf_test_helpers.ts";
import { Rng } from "../../random.ts";
import { randomBlocks } from "../../tensor/packed_matrix_test_helpers.ts";
import { tinyConfig, tinyMetadata } from "./checkpoint_test_helpers.ts";
import { ggufName, tensorShapes } from "./tensor_names.ts";

const NUMBERS = { Q4_0: 2, Q4_1: 3, Q8_0: 8 } as const;

/** How a matrix is packed: the embedding in 8 bits, as in files of 4 bits it mostly is. */
function packingOf(name: string): keyof typeof NUMBERS {
  if (name.includes("embed") || name.includes("lm_head")) return "Q8_0";
  return /v_proj|down_proj/.test(name) ? "Q4_0" : "Q4_1";
}

/** Writes a GGUF file of a Llama of width 64 whose matrices are packed, with 20 tokens. */
export function writePackedGguf(path: string): void {
  const config = { ...tinyConfig("llama"), width: 64, hidden: 96, headWidth: 16 }, rng = Rng.seed(5);
  const tensors = [...tensorShapes(config)].map(([name, shape]) => {
    const stored = ggufName(name, false), stream = rng.fork(name), count = shape.reduce((a, b) => a * b);
    if (shape.length === 1) {
      const numbers = Float32Array.from(
        stream.normals(count),
        (z) => name.endsWith("norm.weight") ? 1 + 0.1 * z : 0.1 * z,
      );
      return { name: stored, type: 0, shape, data: new Uint8Array(numbers.buffer) };
    }
    const type = packingOf(name);
    return { name: stored, type: NUMBERS[type], shape, data: randomBlocks(type, count, stream).blocks };
  });
  const sizes = { "llama.embedding_length": 64, "llama.feed_forward_length": 96 };
  Deno.writeFileSync(path, ggufBytes({ ...tinyMetadata("llama"), ...sizes }, tensors));
}
