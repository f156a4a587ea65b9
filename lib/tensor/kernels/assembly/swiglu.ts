/** SwiGLU's middle: silu(gate)·up, where each row of x holds the gate and then what it lets through. */
import { expFloats } from "./math";

/** σ(v) in four lanes. */
// @ts-ignore: decorator
@inline
function sigmoidFloats(v: v128): v128 {
  return f32x4.div(f32x4.splat(1.0), f32x4.add(f32x4.splat(1.0), expFloats(f32x4.neg(v))));
}

/** y = g·σ(g)·u over rows g, u of `width` numbers each. */
export function swiglu(rows: i32, width: i32, x: usize, y: usize): void {
  const bytes = <usize>width << 2;
  const vectors = bytes & ~15;
  for (let r = 0; r < rows; r++) {
    let k: usize = 0;
    for (; k < vectors; k += 16) {
      const g = v128.load(x + k);
      v128.store(y + k, f32x4.mul(f32x4.mul(g, sigmoidFloats(g)), v128.load(x + bytes + k)));
    }
    for (; k < bytes; k += 4) {
      const g = v128.load32_splat(x + k);
      const value = f32x4.mul(f32x4.mul(g, sigmoidFloats(g)), v128.load32_splat(x + bytes + k));
      v128.store_lane<f32>(y + k, value, 0);
    }
    x += 2 * bytes;
    y += bytes;
  }
}

/** dg = dy·u·σ(g)·(1 + g·(1 − σ(g))), du = dy·g·σ(g). */
export function swigluGrad(rows: i32, width: i32, x: usize, dy: usize, dx: usize): void {
  const bytes = <usize>width << 2;
  const vectors = bytes & ~15;
  const one = f32x4.splat(1.0);
  for (let r = 0; r < rows; r++) {
    let k: usize = 0;
    while (k < bytes) {
      const whole = k < vectors;
      const g = whole ? v128.load(x + k) : v128.load32_splat(x + k);
      const u = whole ? v128.load(x + bytes + k) : v128.load32_splat(x + bytes + k);
      const d = whole ? v128.load(dy + k) : v128.load32_splat(dy + k);
      const s = sigmoidFloats(g);
      const ds = f32x4.mul(d, s);
      const dg = f32x4.mul(f32x4.mul(ds, u), f32x4.add(one, f32x4.mul(g, f32x4.sub(one, s))));
      const du = f32x4.mul(ds, g);
      if (whole) {
        v128.store(dx + k, dg);
        v128.store(dx + bytes + k, du);
        k += 16;
      } else {
        v128.store_lane<f32>(dx + k, dg, 0);
        v128.store_lane<f32>(dx + bytes + k, du, 0);
        k += 4;
      }
    }
    x += 2 * bytes;
    dy += bytes;
    dx += 2 * bytes;
  }
}
