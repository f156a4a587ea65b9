import assert from "node:assert/strict";
import { PACKINGS } from "./dequantise.ts";
import goldens from "./testdata/dequantise.json" with { type: "json" };

Deno.test("blocks unpack to the bits that ggml's own Python package finds", () => {
  assert.deepEqual(Object.keys(goldens.blocks).sort(), [...PACKINGS.keys()].sort());
  for (const [type, { packed, floats }] of Object.entries(goldens.blocks)) {
    const { numbers, bytes, unpack } = PACKINGS.get(type)!, blocks = Uint8Array.fromHex(packed);
    assert.equal(blocks.length, 2 * bytes, type);
    const out = new Float32Array(2 * numbers);
    unpack(blocks, out);
    assert.equal(new Uint8Array(out.buffer).toHex(), floats, type);
  }
});

Deno.test("a block of each kind by hand", () => {
  const unpacked = (type: string, bytes: (block: Uint8Array) => void) => {
    const { numbers, bytes: size, unpack } = PACKINGS.get(type)!, block = new Uint8Array(size);
    const out = new Float32Array(numbers);
    bytes(block);
    unpack(block, out);
    return out;
  };
  // 0x3800 is 0.5 in half precision, 0x4000 is 2.
  const q4 = unpacked("Q4_1", (block) => block.set([0x00, 0x38, 0x00, 0x40, 0xf1]));
  assert.deepEqual([q4[0], q4[16], q4[1]], [0.5 * 1 + 2, 0.5 * 15 + 2, 2]);
  const k = unpacked("Q4_K", (block) => {
    block.set([0x00, 0x38, 0x00, 0x40]);
    block.set([3, 0, 0, 0, 5, 0, 0, 0], 4); // scale and minimum of group 0
    block.set([0xc4], 4 + 4); // and in the upper bits of its byte, those of the minimum of group 4: 3
    block.set([0x21], 4 + 8); // group 4: low bits of the scale 1, of the minimum 2
    block[16] = 0x07; // number 0 of group 0
    block[16 + 64] = 0x09; // number 0 of group 4
  });
  assert.equal(k[0], 0.5 * 3 * 7 - 2 * 4);
  assert.equal(k[128], 0.5 * 1 * 9 - 2 * (2 + 16 * 3));
  const six = unpacked("Q6_K", (block) => {
    block[209] = 0x38;
    block[192] = 2; // scale of numbers 0 to 15
    block[0] = 0x05;
    block[128] = 0x03; // upper bits of number 0
    block[193 + 6] = 255; // scale -1 of numbers 112 to 127
    block[63] = 0x50; // number 127
  });
  assert.equal(six[0], 0.5 * 2 * (5 + 48 - 32));
  assert.equal(six[127], 0.5 * -1 * (5 - 32));
});
