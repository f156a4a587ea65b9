/** Rotary position embedding of neighbouring pairs of columns. */
import { madd } from "./vector";

/**
 * Rotates the first `heads` runs of `head` columns (an even number) of each row and copies the rest.
 *
 * Row r stands at position r mod `length`; `cosines` and `sines` hold `head` numbers a position, each angle twice, the
 * sines with the signs −, +, so that y = x·cos + swapped(x)·sin. `direction` −1 turns back.
 */
export function rotary(
  rows: i32, width: i32, length: i32, heads: i32, head: i32, direction: f32,
  x: usize, cosines: usize, sines: usize, y: usize,
): void {
  const bytes = <usize>width << 2, run = <usize>head << 2;
  const vectors = run & ~15, rotated = run * <usize>heads;
  const way = f32x4.splat(direction);
  let position = 0;
  for (let r = 0; r < rows; r++) {
    const c = cosines + <usize>position * run, s = sines + <usize>position * run;
    for (let h: usize = 0; h < rotated; h += run) {
      let k: usize = 0;
      for (; k < vectors; k += 16) {
        const v = v128.load(x + h + k);
        const turned = f32x4.mul(v128.shuffle<f32>(v, v, 1, 0, 3, 2), f32x4.mul(way, v128.load(s + k)));
        v128.store(y + h + k, madd(v, v128.load(c + k), turned));
      }
      for (; k < run; k += 8) {
        const v = v128.load64_zero(x + h + k);
        const turned = f32x4.mul(v128.shuffle<f32>(v, v, 1, 0, 3, 2), f32x4.mul(way, v128.load64_zero(s + k)));
        v128.store64_lane(y + h + k, madd(v, v128.load64_zero(c + k), turned), 0);
      }
    }
    memory.copy(y + rotated, x + rotated, bytes - rotated);
    x += bytes;
    y += bytes;
    if (++position == length) position = 0;
  }
}
