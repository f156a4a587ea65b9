/** SwiGLU's middle: silu(gate)·up, where each row of x holds the gate and then what it lets through. */
import { expMinus } from "./exp_row";
import { lanes, loadSome, storeSome } from "./vector";

/** y = g·σ(g)·u over rows g, u of `width` numbers each. */
export function swiglu(rows: i32, width: i32, x: usize, y: usize): void {
  const bytes = <usize>width << 2, vectors = bytes & ~15;
  const one = lanes(1);
  for (let r = 0; r < rows; r++) {
    expMinus(bytes, x, y);
    for (let k: usize = 0; k < bytes; k += 16) {
      const isWhole = k < vectors, left = bytes - k;
      const g = isWhole ? v128.load(x + k) : loadSome(x + k, left);
      const u = isWhole ? v128.load(x + bytes + k) : loadSome(x + bytes + k, left);
      const e = isWhole ? v128.load(y + k) : loadSome(y + k, left);
      const value = f32x4.mul(f32x4.div(g, f32x4.add(one, e)), u);
      if (isWhole) v128.store(y + k, value);
      else storeSome(y + k, value, left);
    }
    x += 2 * bytes;
    y += bytes;
  }
}

/**
 * dg = dy·u·σ(g)·(1 + g·(1 − σ(g))), du = dy·g·σ(g); and y once more, which the gradient of what follows needs: kept, it
 * would take memory, and alone as long as this.
 */
export function swigluGrad(rows: i32, width: i32, x: usize, dy: usize, dx: usize, y: usize): void {
  const bytes = <usize>width << 2, vectors = bytes & ~15;
  const one = lanes(1);
  for (let r = 0; r < rows; r++) {
    expMinus(bytes, x, dx);
    for (let k: usize = 0; k < bytes; k += 16) {
      const isWhole = k < vectors, left = bytes - k;
      const g = isWhole ? v128.load(x + k) : loadSome(x + k, left);
      const u = isWhole ? v128.load(x + bytes + k) : loadSome(x + bytes + k, left);
      const d = isWhole ? v128.load(dy + k) : loadSome(dy + k, left);
      const e = isWhole ? v128.load(dx + k) : loadSome(dx + k, left);
      const s = f32x4.div(one, f32x4.add(one, e)), ds = f32x4.mul(d, s), du = f32x4.mul(ds, g);
      const dg = f32x4.mul(f32x4.mul(ds, u), f32x4.add(one, f32x4.mul(g, f32x4.sub(one, s))));
      const value = f32x4.mul(f32x4.div(g, f32x4.add(one, e)), u);
      if (isWhole) {
        v128.store(y + k, value);
        v128.store(dx + k, dg);
        v128.store(dx + bytes + k, du);
      } else {
        storeSome(y + k, value, left);
        storeSome(dx + k, dg, left);
        storeSome(dx + bytes + k, du, left);
      }
    }
    x += 2 * bytes;
    dy += bytes;
    dx += 2 * bytes;
    y += bytes;
  }
}
