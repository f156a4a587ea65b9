/** y = x / sqrt(mean(x²) + ε) · gain over rows of `width`, and its gradient. */
import { laneSum, madd } from "./vector";

/** `scale` gets 1 / sqrt(mean(x²) + ε) of each row, which the gradient needs. */
export function rmsNorm(
  rows: i32, width: i32, epsilon: f32, x: usize, gain: usize, y: usize, scale: usize,
): void {
  const bytes = <usize>width << 2;
  const vectors = bytes & ~15;
  for (let r = 0; r < rows; r++) {
    let squares = f32x4.splat(0);
    let k: usize = 0;
    for (; k < vectors; k += 16) {
      const v = v128.load(x + k);
      squares = madd(v, v, squares);
    }
    let total = laneSum(squares);
    for (; k < bytes; k += 4) total += load<f32>(x + k) * load<f32>(x + k);
    const s: f32 = 1.0 / sqrt<f32>(total / <f32>width + epsilon);
    store<f32>(scale + (<usize>r << 2), s);
    const sv = f32x4.splat(s);
    for (k = 0; k < vectors; k += 16) {
      v128.store(y + k, f32x4.mul(f32x4.mul(v128.load(x + k), sv), v128.load(gain + k)));
    }
    for (; k < bytes; k += 4) store<f32>(y + k, load<f32>(x + k) * s * load<f32>(gain + k));
    x += bytes;
    y += bytes;
  }
}

/** dx = s·(dy·g − x·s²·mean(dy·g·x)); `dgain` (zeroed by the caller) gathers Σ_rows dy·x·s. */
export function rmsNormGrad(
  rows: i32, width: i32, x: usize, gain: usize, scale: usize, dy: usize, dx: usize, dgain: usize,
): void {
  const bytes = <usize>width << 2;
  const vectors = bytes & ~15;
  for (let r = 0; r < rows; r++) {
    const s = load<f32>(scale + (<usize>r << 2));
    const sv = f32x4.splat(s);
    let dot = f32x4.splat(0);
    let k: usize = 0;
    for (; k < vectors; k += 16) {
      const xs = f32x4.mul(v128.load(x + k), v128.load(dy + k));
      dot = madd(xs, v128.load(gain + k), dot);
      v128.store(dgain + k, madd(xs, sv, v128.load(dgain + k)));
    }
    let total = laneSum(dot);
    for (; k < bytes; k += 4) {
      const xs = load<f32>(x + k) * load<f32>(dy + k);
      total += xs * load<f32>(gain + k);
      store<f32>(dgain + k, load<f32>(dgain + k) + xs * s);
    }
    const c: f32 = total / <f32>width * s * s;
    const cv = f32x4.splat(c);
    for (k = 0; k < vectors; k += 16) {
      const g = f32x4.mul(v128.load(dy + k), v128.load(gain + k));
      v128.store(dx + k, f32x4.mul(sv, f32x4.sub(g, f32x4.mul(v128.load(x + k), cv))));
    }
    for (; k < bytes; k += 4) store<f32>(dx + k, s * (load<f32>(dy + k) * load<f32>(gain + k) - load<f32>(x + k) * c));
    x += bytes;
    dy += bytes;
    dx += bytes;
  }
}
