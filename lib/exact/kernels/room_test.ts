import assert from "node:assert/strict";
import { Rng } from "../../random.ts";
import { Room } from "./room.ts";

/** Last places by which numbers differ. */
function ulps(found: number, right: number): number {
  return Math.abs(found - right) / (Math.abs(right) * 2 ** -52);
}

Deno.test("exponentials are within a last place of the engine's, from the least to the largest, and keep NaN", () => {
  const rng = Rng.seed(1), n = 20_000, values = new Float64Array(n);
  for (let i = 0; i < n; i++) values[i] = [1, 40, 700][i % 3] * (2 * rng.uniform() - 1);
  values.set([0, -0, 1, -1, -707.9, 708.9, Math.LN2 / 2, -Math.LN2 / 2]);
  const room = new Room(), x = room.put(values), y = room.take(n), { exps } = room.open();
  exps(n, x, y);
  const found = room.view(y, n);
  values.forEach((v, i) => assert.ok(ulps(found[i], Math.exp(v)) <= 2, `e^${v} is ${found[i]}`));
  assert.equal(found[0], 1);
  room.view(x, 4).set([-Infinity, -1e300, Infinity, NaN]);
  exps(4, x, y);
  assert.ok(found[0] < 1e-307 && found[1] < 1e-307 && found[2] > 1e307 && Number.isNaN(found[3]));
});

Deno.test("laws of groups: any size, also odd ones and one of a single response, whose log-prob is 0", () => {
  for (const [groups, size] of [[1, 200], [3, 7], [5, 6], [4, 1], [1, 2401], [2, 3]]) {
    const n = groups * size, even = n + n % 2, rng = Rng.seed(size);
    const logits = rng.normals(n).map((z, i) => 30 * z + (i < size ? 500 : -500));
    const room = new Room(), x = room.put(Float64Array.of(...logits, 0).subarray(0, even)), p = room.take(even);
    const rest = room.take(groups + 1);
    room.open().softmax(even, groups, size, x, p, rest);
    const logp = room.view(x, n), chances = room.view(p, n);
    for (let g = 0; g < groups; g++) {
      const row = [...logits.subarray(g * size, (g + 1) * size)], top = Math.max(...row);
      const total = row.reduce((sum, l) => sum + Math.exp(l - top), 0);
      row.forEach((logit, a) => {
        // Log-probs of -200 or so from logits of 500; sums of as many terms as there are.
        const right = logit - top - Math.log(total), at = g * size + a;
        assert.ok(Math.abs(logp[at] - right) < 1e-12, `${logp[at]} against ${right}`);
        assert.ok(Math.abs(chances[at] - Math.exp(right)) < 1e-13);
      });
      if (size === 1) assert.deepEqual([logp[g], chances[g]], [0, 1]);
    }
  }
});

Deno.test("a logarithm over the whole range of sums, at powers of two and beside them", () => {
  // Of n equal logits each has −log n: the kernel's logarithm is of n.
  for (const n of [1, 2, 3, 4, 5, 7, 8, 9, 181, 182, 1023, 1024, 1025, 100_000]) {
    const even = n + n % 2, room = new Room(), x = room.take(even), p = room.take(even), rest = room.take(2);
    room.open().softmax(even, 1, n, x, p, rest);
    assert.ok(Math.abs(room.view(x, n)[0] + Math.log(n)) <= 2e-16 * Math.log(n) * 2, `log ${n}`);
  }
});

Deno.test("numbers lie apart: what is put stays what it was, and places are 0 at first", () => {
  const room = new Room(),
    a = room.put(Float64Array.of(1, 2, 3)),
    b = room.take(3),
    c = room.put(Int32Array.of(4, 5, 6));
  assert.throws(() => room.view(a, 3), /room: open it/);
  room.open();
  room.view(b, 3).fill(9);
  assert.deepEqual([...room.view(a, 3)], [1, 2, 3]);
  assert.deepEqual([...new Int32Array(room.view(c, 2).buffer, c, 3)], [4, 5, 6]);
  assert.ok([a, b, c].every((at) => at % 16 === 0));
});
