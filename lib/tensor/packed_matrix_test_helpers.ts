/**
 * Packed matrices for tests.
 *
 * @module
 */
import { PACKINGS } from "../formats/dequantise.ts";
import type { Rng } from "../random.ts";
import type { PackedBlocks } from "./packed_matrix.ts";

/** Blocks of any bits, whose scales are about 1/30 of 4 bits and 1/500 of 8, and whose minima are about −1/4. */
export function randomBlocks(type: "Q4_0" | "Q4_1" | "Q8_0", numbers: number, rng: Rng): PackedBlocks {
  const size = PACKINGS.get(type)!.bytes,
    blocks = Uint8Array.from({ length: numbers / 32 * size }, () => rng.integer(256));
  for (let at = 0; at < blocks.length; at += size) {
    blocks[at + 1] = type === "Q8_0" ? 0x18 : 0x28; // the upper byte of half precision: exponents −9 and −5
    if (type === "Q4_1") blocks[at + 3] = 0xb3;
  }
  return { type, blocks };
}

/** The numbers that blocks hold. */
export function numbersIn({ type, blocks }: PackedBlocks): Float32Array {
  const { bytes, numbers, unpack } = PACKINGS.get(type)!, out = new Float32Array(blocks.length / bytes * numbers);
  unpack(blocks, out);
  return out;
}
