/** y = x / sqrt(mean(x²) + ε) · gain over rows of `width`, and its gradient. */
import { laneSum, madd } from "./vector";

/** 1 / sqrt(mean(x²) + ε) of a row. */
// @ts-ignore: decorator
@inline
function scaleOf(bytes: usize, epsilon: f32, x: usize): f32 {
  const vectors = bytes & ~15;
  let squares = f32x4.splat(0);
  let k: usize = 0;
  for (; k < vectors; k += 16) {
    const v = v128.load(x + k);
    squares = madd(v, v, squares);
  }
  let total = laneSum(squares);
  for (; k < bytes; k += 4) total += load<f32>(x + k) * load<f32>(x + k);
  return 1.0 / sqrt<f32>(total / <f32>(bytes >> 2) + epsilon);
}

export function rmsNorm(rows: i32, width: i32, epsilon: f32, x: usize, gain: usize, y: usize): void {
  const bytes = <usize>width << 2;
  const vectors = bytes & ~15;
  for (let r = 0; r < rows; r++) {
    const s = scaleOf(bytes, epsilon, x), sv = f32x4.splat(s);
    let k: usize = 0;
    for (; k < vectors; k += 16) {
      v128.store(y + k, f32x4.mul(f32x4.mul(v128.load(x + k), sv), v128.load(gain + k)));
    }
    for (; k < bytes; k += 4) store<f32>(y + k, load<f32>(x + k) * s * load<f32>(gain + k));
    x += bytes;
    y += bytes;
  }
}

/**
 * dx = onto + s·(dy·g − x·s²·mean(dy·g·x)), `onto` left out where it is 0; `dgain` (zeroed by the caller) gathers
 * Σ_rows dy·x·s; and y once more, which the gradient of what follows needs: all in one pass over rows that are in the cache.
 */
export function rmsNormGrad(
  rows: i32, width: i32, epsilon: f32, x: usize, gain: usize, dy: usize, onto: usize, dx: usize, dgain: usize, y: usize,
): void {
  const bytes = <usize>width << 2;
  const vectors = bytes & ~15;
  for (let r = 0; r < rows; r++) {
    const s = scaleOf(bytes, epsilon, x), sv = f32x4.splat(s);
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
      const gains = v128.load(gain + k), v = v128.load(x + k);
      const slope = f32x4.mul(sv, f32x4.sub(f32x4.mul(v128.load(dy + k), gains), f32x4.mul(v, cv)));
      v128.store(dx + k, onto ? f32x4.add(v128.load(onto + k), slope) : slope);
      v128.store(y + k, f32x4.mul(f32x4.mul(v, sv), gains));
    }
    for (; k < bytes; k += 4) {
      const slope: f32 = s * (load<f32>(dy + k) * load<f32>(gain + k) - load<f32>(x + k) * c);
      store<f32>(dx + k, onto ? load<f32>(onto + k) + slope : slope);
      store<f32>(y + k, load<f32>(x + k) * s * load<f32>(gain + k));
    }
    x += bytes;
    dy += bytes;
    dx += bytes;
    y += bytes;
    if (onto) onto += bytes;
  }
}
