/**
 * The parts of causal attention between its matrix products, on one head's scores at a time: `length` rows of
 * `before` + `length`, of which row t sees the first `before` + t + 1.
 */
import { causalProduct, causalScratch, SCORES, SEEING, SEEN } from "./causal_products";
import { expShifted } from "./exp_row";
import { rowMax } from "./log_softmax";
import { clear, laneSum, loadSome, madd, storeSome } from "./vector";

/** Row t becomes the softmax of scale times what it sees, and 0 behind, in place. */
export function causalSoftmax(length: i32, before: i32, scale: f32, p: usize): void {
  const stride = <usize>(before + length) << 2;
  for (let bytes = <usize>(before + 1) << 2; bytes <= stride; bytes += 4) {
    const vectors = bytes & ~15;
    const shares = f32x4.splat(1 / expShifted(bytes, scale, rowMax(p, bytes), p, p));
    let k: usize = 0;
    for (; k < vectors; k += 16) v128.store(p + k, f32x4.mul(v128.load(p + k), shares));
    if (k < bytes) storeSome(p + k, f32x4.mul(loadSome(p + k, bytes - k), shares), bytes - k);
    clear(p + bytes, stride - bytes);
    p += stride;
  }
}

/** ds = scale·p·(dp − Σ p·dp) in what row t sees and 0 behind, in place of dp. */
export function causalSoftmaxGrad(length: i32, before: i32, scale: f32, p: usize, dp: usize): void {
  const stride = <usize>(before + length) << 2;
  const scales = f32x4.splat(scale);
  for (let bytes = <usize>(before + 1) << 2; bytes <= stride; bytes += 4) {
    const vectors = bytes & ~15;
    let dots = f32x4.splat(0);
    let k: usize = 0;
    for (; k < vectors; k += 16) dots = madd(v128.load(p + k), v128.load(dp + k), dots);
    const left = bytes - k;
    if (left > 0) dots = madd(loadSome(p + k, left), loadSome(dp + k, left), dots);
    const dot = f32x4.splat(laneSum(dots));
    for (k = 0; k < vectors; k += 16) {
      v128.store(dp + k, f32x4.mul(f32x4.mul(scales, v128.load(p + k)), f32x4.sub(v128.load(dp + k), dot)));
    }
    if (left > 0) {
      const share = f32x4.mul(scales, loadSome(p + k, left));
      storeSome(dp + k, f32x4.mul(share, f32x4.sub(loadSome(dp + k, left), dot)), left);
    }
    clear(dp + bytes, stride - bytes);
    p += stride;
    dp += stride;
  }
}

/** Bytes of scratch that {@link ownAttention} and {@link ownAttentionGrad} need. */
export function ownScratch(length: i32, head: i32): i32 {
  return max(causalScratch(length, head), causalScratch(head, length));
}

/**
 * A sequence that goes on from none, all heads: `p` becomes the shares of each and `y` what they see. Rows of x are `width`
 * bytes apart, those of y `held`; a head has `head` numbers, and `group` heads share keys and values.
 */
export function ownAttention(
  length: i32, heads: i32, group: i32, head: i32, scale: f32,
  x: usize, width: usize, p: usize, y: usize, held: usize, scratch: usize,
): void {
  const side = <usize>head << 2, stride = <usize>length << 2;
  for (let h = 0; h < heads; h++) {
    const shared = <usize>(h / group), query = x + <usize>h * side, key = x + (<usize>heads + shared) * side;
    const value = key + <usize>(heads / group) * side, seen = y + <usize>h * side;
    causalProduct(SCORES, length, length, head, query, width, 4, key, 4, width, p, stride, false, scratch);
    causalSoftmax(length, 0, scale, p);
    causalProduct(SEEN, length, head, length, p, stride, 4, value, width, 4, seen, held, false, scratch);
    p += <usize>length * stride;
  }
}

/** The slopes of {@link ownAttention}: from `dy` and the shares `p` to `dx`; `ds` has room for those of one head. */
export function ownAttentionGrad(
  length: i32, heads: i32, group: i32, head: i32, scale: f32,
  x: usize, width: usize, p: usize, dy: usize, held: usize, dx: usize, ds: usize, scratch: usize,
): void {
  const side = <usize>head << 2, stride = <usize>length << 2;
  for (let h = 0; h < heads; h++) {
    const shared = <usize>(h / group), queries = <usize>h * side, keys = (<usize>heads + shared) * side;
    const values = keys + <usize>(heads / group) * side, d = dy + queries;
    const adds = h % group != 0; // heads that share keys and values add up their slopes
    causalProduct(SEEING, length, head, length, p, 4, stride, d, held, 4, dx + values, width, adds, scratch);
    causalProduct(SCORES, length, length, head, d, held, 4, x + values, 4, width, ds, stride, false, scratch);
    causalSoftmaxGrad(length, 0, scale, p, ds);
    causalProduct(SEEN, length, head, length, ds, stride, 4, x + keys, width, 4, dx + queries, width, false, scratch);
    causalProduct(SEEING, length, head, length, ds, 4, stride, x + queries, width, 4, dx + keys, width, adds, scratch);
    p += <usize>length * stride;
  }
}
