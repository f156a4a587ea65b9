/** What regressions take of a sample: Newton's method of logistic ones, least squares of linear ones. */
import { expRow, logRow } from "./exponentials";
import { laneSum } from "./vector";

/**
 * Slopes and curvatures of v [y softplus(−η) + (1 − y) softplus(η)] in the score η of each row.
 *
 * @param n rows, an even number; one of weight 0 adds nothing
 * @param y outcomes in [0, 1], and v weights `[n]`
 * @param eta scores, slopes when it is done `[n]`
 * @param curvature written `[n]`
 * @param room `[n]`
 * @returns the sum over all rows
 */
export function logistic(n: i32, y: usize, v: usize, eta: usize, curvature: usize, room: usize): f64 {
  const bytes = <usize>n << 3, unit = f64x2.splat(1), zero = f64x2.splat(0);
  for (let k: usize = 0; k < bytes; k += 16) v128.store(room + k, f64x2.neg(f64x2.abs(v128.load(eta + k))));
  expRow(n, 1, room, room);
  let losses = zero;
  for (let k: usize = 0; k < bytes; k += 16) {
    const e = v128.load(room + k), more = f64x2.add(unit, e), x = v128.load(eta + k);
    const weight = v128.load(v + k), one = v128.load(y + k), none = f64x2.sub(unit, one);
    const large = f64x2.div(unit, more), small = f64x2.mul(e, large), isAbove = f64x2.ge(x, zero);
    const p = v128.bitselect(large, small, isAbove), q = v128.bitselect(small, large, isAbove);
    // p − y without cancellation: it must not vanish while the curvature does not.
    const slope = f64x2.sub(f64x2.mul(none, p), f64x2.mul(one, q));
    v128.store(eta + k, f64x2.mul(weight, slope));
    v128.store(curvature + k, f64x2.mul(f64x2.mul(weight, p), q));
    // log(1 + e) is log m + (e − (m − 1))/m for the float64 number m that 1 + e is rounded to.
    const rest = f64x2.mul(f64x2.sub(e, f64x2.sub(more, unit)), large);
    const straight = f64x2.mul(v128.bitselect(none, one, isAbove), f64x2.abs(x));
    losses = f64x2.add(losses, f64x2.mul(weight, f64x2.add(straight, rest)));
    v128.store(room + k, more);
  }
  logRow(n, room);
  for (let k: usize = 0; k < bytes; k += 16) {
    losses = f64x2.add(losses, f64x2.mul(v128.load(v + k), v128.load(room + k)));
  }
  return laneSum(losses);
}

/**
 * out = Σ w φ_j φ_k over all rows.
 *
 * @param phi `[panels, D, 8]`, and w `[8·panels]`, 0 where a panel has no row
 * @param sums room for two numbers a pair of features `[D(D + 1)/2, 2]`
 * @param out the lower half `[D, D]`
 */
export function weightedGram(panels: i32, d: i32, phi: usize, w: usize, sums: usize, out: usize): void {
  const pairs = <usize>(d * (d + 1)) << 3, size = <usize>d << 6;
  for (let k: usize = 0; k < pairs; k += 16) v128.store(sums + k, f64x2.splat(0));
  for (let i = 0; i < panels; i++, w += 64, phi += size) {
    const a = v128.load(w), b = v128.load(w, 16), c = v128.load(w, 32), e = v128.load(w, 48);
    let s = sums;
    for (let j = phi, end = phi + size; j < end; j += 64) {
      const aj = f64x2.mul(a, v128.load(j)), bj = f64x2.mul(b, v128.load(j, 16));
      const cj = f64x2.mul(c, v128.load(j, 32)), ej = f64x2.mul(e, v128.load(j, 48));
      for (let k = phi; k <= j; k += 64, s += 16) {
        const left = f64x2.add(f64x2.mul(aj, v128.load(k)), f64x2.mul(bj, v128.load(k, 16)));
        const right = f64x2.add(f64x2.mul(cj, v128.load(k, 32)), f64x2.mul(ej, v128.load(k, 48)));
        v128.store(s, f64x2.add(v128.load(s), f64x2.add(left, right)));
      }
    }
  }
  let s = sums;
  for (let j = 0; j < d; j++) {
    for (let k = 0; k <= j; k++, s += 16) f64.store(out + (<usize>(j * d + k) << 3), laneSum(v128.load(s)));
  }
}
