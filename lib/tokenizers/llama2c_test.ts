import assert from "node:assert/strict";
import { llama2cTokenizer } from "./llama2c.ts";

/** A file of the format, of a vocabulary whose words follow the bytes. */
function file(words: readonly [string, number][]): Uint8Array {
  const first = ["<unk>", "\n<s>\n", "\n</s>\n", ...Array.from({ length: 256 }, (_, i) => `<0x${i}>`)];
  const parts = [[8, 0, 0, 0]];
  for (const [text, score] of [...first.map((t): [string, number] => [t, 0]), ...words]) {
    const bytes = new TextEncoder().encode(text), head = new DataView(new ArrayBuffer(8));
    head.setFloat32(0, score, true);
    head.setInt32(4, bytes.length, true);
    parts.push([...new Uint8Array(head.buffer), ...bytes]);
  }
  return Uint8Array.from(parts.flat());
}

Deno.test("encoding merges the best pair first, falls back to bytes, and decoding undoes it", () => {
  const words: [string, number][] = [[" ", 0], ["a", 0], ["b", 0], ["ab", 1], ["ba", 2], [" a", 0.5]];
  const tokenizer = llama2cTokenizer(file(words), "a.bin");
  assert.deepEqual([tokenizer.size, tokenizer.start, tokenizer.end], [265, 1, 2]);
  // " aba": "ba" scores highest, then nothing but " a" fits in front.
  assert.deepEqual([...tokenizer.encode("aba")], [264, 263]);
  assert.deepEqual([...tokenizer.encode("aé\n")], [264, 3 + 0xc3, 3 + 0xa9, 3 + 10]);
  for (const text of ["aba", "é\nab", "", "a b"]) {
    assert.equal(tokenizer.decode([1, ...tokenizer.encode(text), 2], { skipSpecial: true }), text);
  }
  assert.equal(tokenizer.decode([1, 264, 2]), "<s> a</s>");
  // As tinystories.py encodes what models learn from: bos=True, eos=False.
  assert.deepEqual([...tokenizer.encode("aba", { special: true })], [1, 264, 263]);
  assert.deepEqual([...tokenizer.encode("", { special: true })], [1]);
});
