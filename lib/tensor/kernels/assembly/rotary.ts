/** Rotary position embedding of pairs of columns that stand in the two halves of a head. */
import { loadSome, madd, storeSome } from "./vector";

/**
 * Rotates the first `heads` runs of 2·`half` columns of each row and copies the rest.
 *
 * Row r stands at position `positions[r]`; `cosines` and `sines` hold `half` numbers a position. `direction` −1 turns back.
 */
export function rotary(
  rows: i32, width: i32, heads: i32, half: i32, direction: f32,
  x: usize, cosines: usize, sines: usize, positions: usize, y: usize,
): void {
  const bytes = <usize>width << 2, side = <usize>half << 2;
  const vectors = side & ~15, left = side - vectors, run = side << 1, rotated = run * <usize>heads;
  const way = f32x4.splat(direction), back = f32x4.splat(-direction);
  for (let r = 0; r < rows; r++) {
    const position = <usize>load<u32>(positions + (<usize>r << 2));
    const c = cosines + position * side, s = sines + position * side;
    for (let h: usize = 0; h < rotated; h += run) {
      const a = x + h, b = a + side, to = y + h;
      let k: usize = 0;
      for (; k < vectors; k += 16) {
        const u = v128.load(a + k), v = v128.load(b + k), cos = v128.load(c + k), sin = v128.load(s + k);
        v128.store(to + k, madd(u, cos, f32x4.mul(v, f32x4.mul(back, sin))));
        v128.store(to + side + k, madd(v, cos, f32x4.mul(u, f32x4.mul(way, sin))));
      }
      if (left > 0) {
        const u = loadSome(a + k, left), v = loadSome(b + k, left);
        const cos = loadSome(c + k, left), sin = loadSome(s + k, left);
        storeSome(to + k, madd(u, cos, f32x4.mul(v, f32x4.mul(back, sin))), left);
        storeSome(to + side + k, madd(v, cos, f32x4.mul(u, f32x4.mul(way, sin))), left);
      }
    }
    memory.copy(y + rotated, x + rotated, bytes - rotated);
    x += bytes;
    y += bytes;
  }
}
