import assert from "node:assert/strict";
import fc from "fast-check";
import { startBackend, tf } from "../backend.ts";
import { heapOf } from "./heap.ts";
import { blockSize, usePool } from "./pool.ts";

const refusal = (bytes: number) =>
  `out of memory: no ${bytes} bytes left for a tensor in the 4 GiB of this engine; make the run smaller, or choose ` +
  "another --backend";

/** An allocator of so many bytes that never reuses, counts what is out, and refuses what it did not give. */
function counted(capacity: number) {
  const out = new Map<number, number>();
  let next = 8; // addresses are multiples of 8, as an allocator's are
  return {
    out,
    _malloc(bytes: number): number {
      if ([...out.values()].reduce((a, b) => a + b, 0) + bytes > capacity) return 0;
      const address = next;
      next += Math.ceil(bytes / 8) * 8;
      out.set(address, bytes);
      return address;
    },
    _free(address: number): void {
      assert.ok(out.delete(address), `${address} was not given, or freed twice`);
    },
  };
}

Deno.test("blocks hold what was asked for, are aligned, and never overlap", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ bytes: fc.nat(5000), free: fc.nat(3) }), { maxLength: 60 }), (steps) => {
      const allocator = counted(Infinity);
      usePool(allocator);
      const live: { from: number; to: number }[] = [];
      for (const { bytes, free } of steps) {
        const from = allocator._malloc(bytes);
        assert.equal(from % 64, 0);
        for (const other of live) assert.ok(from + bytes <= other.from || other.to <= from, "overlap");
        assert.ok([...allocator.out].some(([at, size]) => at <= from && from + bytes <= at + size), "outside");
        live.push({ from, to: from + bytes });
        if (free === 0) allocator._free(live.shift()!.from);
      }
    }),
    { seed: 1 },
  );
});

Deno.test("at most an eighth of a block is unused, beyond a cache line", () => {
  for (let bytes = 0; bytes < 20000; bytes += 7) {
    const size = blockSize(bytes);
    assert.ok(size >= bytes && size - bytes <= Math.max(64, bytes / 8 + 1), `${bytes}: ${size}`);
    assert.equal(blockSize(size), size);
  }
});

Deno.test("full memory: kept blocks are given back first, then the request is refused by its size", () => {
  const allocator = counted(10_000);
  usePool(allocator);
  for (const address of [1000, 2000, 3000].map((bytes) => allocator._malloc(bytes))) allocator._free(address);
  assert.ok(allocator._malloc(9000) > 0); // only with what the three had
  assert.throws(() => allocator._malloc(5000), {
    name: "UserError",
    message: refusal(5000),
  });
});

Deno.test("small blocks are kept by size; blocks of a mebibyte go back at once, whatever sizes come after them", () => {
  const allocator = counted(2 ** 23);
  usePool(allocator);
  const small = allocator._malloc(1000);
  allocator._free(small);
  assert.equal(allocator._malloc(1000), small);
  assert.equal(allocator.out.size, 1);
  // Ten sizes of 4 to 6 MiB, of which the allocator has room for one at a time.
  for (let i = 0; i < 10; i++) allocator._free(allocator._malloc(2 ** 22 + i * 2 ** 18));
  assert.equal(allocator.out.size, 1);
});

Deno.test("an address that is not the pool's is freed by the allocator", () => {
  const allocator = counted(10_000), before = allocator._malloc(100);
  usePool(allocator);
  allocator._free(before);
  assert.equal(allocator.out.size, 0);
});

Deno.test("tensors beyond the memory there can be are refused in one line, and the engine goes on", async () => {
  await startBackend("wasm");
  const heap = heapOf(tf.backend());
  assert.throws(() => heap.output([40_000, 40_000]), {
    name: "UserError",
    message: refusal(6400000000),
  });
  const made: ReturnType<typeof heap.output>[] = [];
  assert.throws(() => { // nothing is written, so no memory is really used
    for (let i = 0; i < 9; i++) made.push(heap.output([2 ** 27]));
  }, { name: "UserError", message: refusal(536870912) });
  assert.ok(made.length > 1);
  for (const tensor of made) assert.ok(heap.address(tensor) > 0 && heap.address(tensor) % 64 === 0);
  made.forEach((tensor) => heap.dispose(tensor));
  assert.deepEqual([...tf.add(tf.ones([2]), 1).dataSync()], [2, 2]);
});
