/**
 * Numbers out of the blocks that ggml packs them in: a few bits each, with scales in half precision for 32 or 256 of them
 * (ggml-quants.c of llama.cpp; the same numbers to the bit as `gguf.quants.dequantize` of gguf 0.19.0).
 *
 * Every product of a scale and a whole number here has at most 24 bits, so each value is rounded to float32 once.
 *
 * @module
 */
import { HALF } from "./half.ts";

/** How a type packs numbers. */
interface Packing {
  /** Numbers in a block. */
  readonly numbers: number;
  /** Bytes of a block. */
  readonly bytes: number;
  /** Unpacks whole blocks. @param blocks `[n·bytes]` @param out `[n·numbers]` */
  readonly unpack: (blocks: Uint8Array, out: Float32Array) => void;
}

/** Four bits a number: `d·(q - 8)`; low halves of bytes first, then high ones, in all types of 32. */
function unpackQ4_0(blocks: Uint8Array, out: Float32Array): void {
  for (let at = 0, to = 0; to < out.length; at += 18, to += 32) {
    const d = half(blocks, at);
    for (let i = 0; i < 16; i++) {
      const q = blocks[at + 2 + i];
      out[to + i] = d * ((q & 15) - 8);
      out[to + i + 16] = d * ((q >> 4) - 8);
    }
  }
}

/** Four bits: `d·q + m`. */
function unpackQ4_1(blocks: Uint8Array, out: Float32Array): void {
  for (let at = 0, to = 0; to < out.length; at += 20, to += 32) {
    const d = half(blocks, at), m = half(blocks, at + 2);
    for (let i = 0; i < 16; i++) {
      const q = blocks[at + 4 + i];
      out[to + i] = d * (q & 15) + m;
      out[to + i + 16] = d * (q >> 4) + m;
    }
  }
}

/** Five bits, the fifth apart: `d·(q - 16)`. */
function unpackQ5_0(blocks: Uint8Array, out: Float32Array): void {
  for (let at = 0, to = 0; to < out.length; at += 22, to += 32) {
    const d = half(blocks, at), fifth = word(blocks, at + 2);
    for (let i = 0; i < 16; i++) {
      const q = blocks[at + 6 + i];
      out[to + i] = d * ((q & 15 | (fifth >> i & 1) << 4) - 16);
      out[to + i + 16] = d * ((q >> 4 | (fifth >> i + 16 & 1) << 4) - 16);
    }
  }
}

/** Five bits: `d·q + m`. */
function unpackQ5_1(blocks: Uint8Array, out: Float32Array): void {
  for (let at = 0, to = 0; to < out.length; at += 24, to += 32) {
    const d = half(blocks, at), m = half(blocks, at + 2), fifth = word(blocks, at + 4);
    for (let i = 0; i < 16; i++) {
      const q = blocks[at + 8 + i];
      out[to + i] = d * (q & 15 | (fifth >> i & 1) << 4) + m;
      out[to + i + 16] = d * (q >> 4 | (fifth >> i + 16 & 1) << 4) + m;
    }
  }
}

/** Eight bits: `d·q`. */
function unpackQ8_0(blocks: Uint8Array, out: Float32Array): void {
  const signed = new Int8Array(blocks.buffer, blocks.byteOffset, blocks.length);
  for (let at = 0, to = 0; to < out.length; at += 34, to += 32) {
    const d = half(blocks, at);
    for (let i = 0; i < 32; i++) out[to + i] = d * signed[at + 2 + i];
  }
}

/**
 * Eight groups of 32, each with a scale `s` and a minimum `m` of six bits: `d·s·q - e·m`. Groups lie in pairs, one in the
 * low halves of 32 bytes and one in the high; with five bits, bit `g` of 32 more bytes is the fifth of group `g`.
 */
function unpackK(fifths: boolean, size: number): Packing["unpack"] {
  return (blocks, out) => {
    for (let at = 0, to = 0; to < out.length; at += size, to += 256) {
      const d = half(blocks, at), e = half(blocks, at + 2), quants = at + 16 + (fifths ? 32 : 0);
      for (let group = 0; group < 8; group++) {
        const scale = d * scaleOf(blocks, at + 4, group), minimum = e * minimumOf(blocks, at + 4, group);
        const from = quants + 32 * (group >> 1), shift = 4 * (group & 1), start = to + 32 * group;
        for (let i = 0; i < 32; i++) {
          const fifth = fifths ? (blocks[at + 16 + i] >> group & 1) << 4 : 0;
          out[start + i] = scale * (blocks[from + i] >> shift & 15 | fifth) - minimum;
        }
      }
    }
  };
}

/** Scales and minima of eight groups in twelve bytes: those of the last four have their upper two bits in the first eight. */
function scaleOf(bytes: Uint8Array, at: number, group: number): number {
  return group < 4 ? bytes[at + group] & 63 : bytes[at + group + 4] & 15 | bytes[at + group - 4] >> 6 << 4;
}

function minimumOf(bytes: Uint8Array, at: number, group: number): number {
  return group < 4 ? bytes[at + group + 4] & 63 : bytes[at + group + 4] >> 4 | bytes[at + group] >> 6 << 4;
}

/** Six bits, four in `low` and two in `high`, and a scale of eight bits for 16 numbers: `d·s·(q - 32)`. */
function unpackQ6_K(blocks: Uint8Array, out: Float32Array): void {
  const signed = new Int8Array(blocks.buffer, blocks.byteOffset, blocks.length);
  for (let at = 0, to = 0; to < out.length; at += 210, to += 256) {
    const d = half(blocks, at + 208);
    for (let part = 0; part < 8; part++) {
      // 32 numbers each; four parts share 64 bytes of low bits and 32 of high ones.
      const side = part >> 2, quarter = part & 3;
      const low = at + 64 * side + 32 * (quarter & 1), high = at + 128 + 32 * side;
      const lowShift = 4 * (quarter >> 1), highShift = 2 * quarter;
      for (let i = 0; i < 32; i++) {
        const scale = d * signed[at + 192 + 2 * part + (i >> 4)];
        const q = blocks[low + i] >> lowShift & 15 | (blocks[high + i] >> highShift & 3) << 4;
        out[to + 32 * part + i] = scale * (q - 32);
      }
    }
  }
}

/** Two bits, a scale and a minimum of four bits each for 16 numbers: `d·s·q - e·m`; four groups of 32 share 32 bytes. */
function unpackQ2_K(blocks: Uint8Array, out: Float32Array): void {
  for (let at = 0, to = 0; to < out.length; at += 84, to += 256) {
    const d = half(blocks, at + 80), e = half(blocks, at + 82);
    for (let group = 0; group < 16; group++) {
      const both = blocks[at + group], scale = d * (both & 15), minimum = e * (both >> 4);
      const from = at + 16 + 32 * (group >> 3) + 16 * (group & 1), shift = group & 6, start = to + 16 * group;
      for (let i = 0; i < 16; i++) out[start + i] = scale * (blocks[from + i] >> shift & 3) - minimum;
    }
  }
}

/** Three bits, the third apart and missing where four is to be taken off, and a scale of six bits for 16 numbers. */
function unpackQ3_K(blocks: Uint8Array, out: Float32Array): void {
  for (let at = 0, to = 0; to < out.length; at += 110, to += 256) {
    const d = half(blocks, at + 108);
    for (let group = 0; group < 16; group++) {
      // Low bits of scales lie in eight bytes, of the last eight in the high halves; four bytes have the upper two of all.
      const low = blocks[at + 96 + (group & 7)] >> 4 * (group >> 3) & 15;
      const scale = d * ((low | (blocks[at + 104 + (group & 3)] >> 2 * (group >> 2) & 3) << 4) - 32);
      const side = 16 * (group & 1), from = at + 32 + 32 * (group >> 3) + side, shift = group & 6;
      const start = to + 16 * group;
      for (let i = 0; i < 16; i++) {
        const third = blocks[at + side + i] >> (group >> 1) & 1;
        out[start + i] = scale * ((blocks[from + i] >> shift & 3) - (third ? 0 : 4));
      }
    }
  }
}

/** What four bits stand for in `IQ4_NL` and `IQ4_XS`: closer together around zero, as weights are. */
const UNEVEN = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

/** Four bits, unevenly spaced: `d·u(q)`. */
function unpackIQ4_NL(blocks: Uint8Array, out: Float32Array): void {
  for (let at = 0, to = 0; to < out.length; at += 18, to += 32) unpackUneven(half(blocks, at), blocks, at + 2, out, to);
}

/** The same in eight groups of 32, each with a scale of six bits: `d·s·u(q)`. */
function unpackIQ4_XS(blocks: Uint8Array, out: Float32Array): void {
  for (let at = 0, to = 0; to < out.length; at += 136, to += 256) {
    const d = half(blocks, at), upper = blocks[at + 2] | blocks[at + 3] << 8;
    for (let group = 0; group < 8; group++) {
      const low = blocks[at + 4 + (group >> 1)] >> 4 * (group & 1) & 15;
      const scale = d * ((low | (upper >> 2 * group & 3) << 4) - 32);
      unpackUneven(scale, blocks, at + 8 + 16 * group, out, to + 32 * group);
    }
  }
}

function unpackUneven(scale: number, blocks: Uint8Array, at: number, out: Float32Array, to: number): void {
  for (let i = 0; i < 16; i++) {
    out[to + i] = scale * UNEVEN[blocks[at + i] & 15];
    out[to + i + 16] = scale * UNEVEN[blocks[at + i] >> 4];
  }
}

function half(bytes: Uint8Array, at: number): number {
  return HALF[bytes[at] | bytes[at + 1] << 8];
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24;
}

/**
 * The packings that are read, by the name of their type.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { bytes, numbers, unpack } = PACKINGS.get("Q8_0")!;
 * const block = new Uint8Array(bytes), out = new Float32Array(numbers);
 * block.set([0x00, 0x38, 1, 255]); // half precision 0.5, then 1 and -1
 * unpack(block, out);
 * assert.deepEqual([...out.subarray(0, 3)], [0.5, -0.5, 0]);
 * ```
 */
export const PACKINGS: ReadonlyMap<string, Packing> = new Map([
  ["Q4_0", { numbers: 32, bytes: 18, unpack: unpackQ4_0 }],
  ["Q4_1", { numbers: 32, bytes: 20, unpack: unpackQ4_1 }],
  ["Q5_0", { numbers: 32, bytes: 22, unpack: unpackQ5_0 }],
  ["Q5_1", { numbers: 32, bytes: 24, unpack: unpackQ5_1 }],
  ["Q8_0", { numbers: 32, bytes: 34, unpack: unpackQ8_0 }],
  ["Q2_K", { numbers: 256, bytes: 84, unpack: unpackQ2_K }],
  ["Q3_K", { numbers: 256, bytes: 110, unpack: unpackQ3_K }],
  ["Q4_K", { numbers: 256, bytes: 144, unpack: unpackK(false, 144) }],
  ["Q5_K", { numbers: 256, bytes: 176, unpack: unpackK(true, 176) }],
  ["Q6_K", { numbers: 256, bytes: 210, unpack: unpackQ6_K }],
  ["IQ4_NL", { numbers: 32, bytes: 18, unpack: unpackIQ4_NL }],
  ["IQ4_XS", { numbers: 256, bytes: 136, unpack: unpackIQ4_XS }],
]);
