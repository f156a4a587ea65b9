import assert from "node:assert/strict";
import { tf } from "../backend.ts";
import { testOnEveryBackend } from "../backends_test_helpers.ts";
import { Rng } from "../../random.ts";
import { cachedAttention, writeCache } from "./cached_attention.ts";
import { groupedProduct } from "./grouped_product.ts";
import { rowwiseProduct } from "./rowwise_product.ts";

const tensor = (name: string, shape: number[]) => {
  const count = shape.reduce((a, b) => a * b);
  return tf.tensor(Float32Array.from(Rng.seed(3).fork(name).normals(count)), shape);
};

testOnEveryBackend("a row is the same to the bit, whatever rows there are beside it", () => {
  const rows = 11, weight = tensor("weight", [37, 70]), x = tensor("x", [rows, 70]);
  const all = rowwiseProduct(x, weight).dataSync();
  const cache = tensor("cache", [rows, 20, 32]), queries = tensor("queries", [rows, 64]);
  const options = { heads: 4, keyHeads: 2, scale: 0.3 };
  const slots = Uint32Array.from({ length: rows }, (_, i) => i), positions = slots.map((i) => (7 * i) % 20);
  const seen = cachedAttention(queries, cache, { ...options, slots, positions }).dataSync();
  for (const [from, count] of [[0, 1], [3, 2], [4, 3], [2, 4], [5, 5], [1, 8], [10, 1]]) {
    const some = rowwiseProduct(tf.slice(x, [from, 0], [count, 70]), weight).dataSync();
    assert.deepEqual(some, all.slice(37 * from, 37 * (from + count)), `${count} rows from ${from}`);
    const part = (of: Uint32Array) => of.slice(from, from + count);
    const few = tf.slice(queries, [from, 0], [count, 64]);
    const own = cachedAttention(few, cache, { ...options, slots: part(slots), positions: part(positions) }).dataSync();
    assert.deepEqual(own, seen.slice(32 * from, 32 * (from + count)), `attention of ${count} rows from ${from}`);
  }
});

testOnEveryBackend("a group of rows is the same to the bit, whatever groups there are beside it", () => {
  // More than one panel of weights, and one that is not full; lengths on and off the tiles of a product.
  for (const [outputs, columns] of [[37, 70], [21, 6200]]) {
    const lengths = Uint32Array.of(1, 5, 12, 3, 1, 2), rows = 24;
    const weight = tensor("weight", [outputs, columns]), x = tensor("x", [rows, columns]);
    const all = groupedProduct(x, weight, lengths).dataSync();
    const alone = (from: number, some: Uint32Array) => {
      const count = some.reduce((a, b) => a + b);
      const own = groupedProduct(tf.slice(x, [from, 0], [count, columns]), weight, some).dataSync();
      assert.deepEqual(own, all.slice(outputs * from, outputs * (from + count)), `${some} rows from ${from}`);
    };
    let from = 0;
    lengths.forEach((length, i) => {
      alone(from, lengths.slice(i, i + 1));
      alone(from, lengths.slice(i, i + 2));
      from += length;
    });
  }
});

Deno.test("what does not fit is named", () => {
  const cache = tf.zeros([2, 3, 4]),
    at = (slot: number, position: number) => ({
      slots: Uint32Array.of(slot),
      positions: Uint32Array.of(position),
    });
  const refused = (run: () => unknown, name: string, message: string) => assert.throws(run, { name, message });
  refused(
    () => writeCache(cache, tf.zeros([1, 4]), at(0, 0)),
    "TypeError",
    "x: expected more than 4 columns, got shape [1,4]",
  );
  refused(
    () => writeCache(cache, tf.zeros([2, 6]), at(0, 0)),
    "TypeError",
    "expected 2 slots and positions, got 1 and 1",
  );
  for (const [slot, position] of [[2, 0], [0, 3]]) {
    refused(
      () => writeCache(cache, tf.zeros([1, 6]), at(slot, position)),
      "RangeError",
      `row 0 has slot ${slot} and position ${position}: expected less than 2 and 3`,
    );
  }
  refused(
    () => cachedAttention(tf.zeros([1, 7]), cache, { heads: 1, keyHeads: 1, scale: 1, ...at(0, 0) }),
    "TypeError",
    "x: expected [N, (1 + 2 x 1) x 2], got shape [1,7]",
  );
  refused(
    () => rowwiseProduct(tf.zeros([1, 3]), tf.zeros([2, 4])),
    "TypeError",
    "weight: expected [out, 3], got shape [2,4]",
  );
  const grouped = (lengths: number[], weight: [number, number]) => () =>
    groupedProduct(tf.zeros([3, 3]), tf.zeros(weight), Uint32Array.from(lengths));
  refused(grouped([3], [2, 4]), "TypeError", "weight: expected [out, 3], got shape [2,4]");
  refused(grouped([1, 1], [2, 3]), "TypeError", "lengths: expected a sum of 3, got 1,1");
  refused(grouped([3, 0], [2, 3]), "TypeError", "lengths: expected a sum of 3, got 3,0");
});
