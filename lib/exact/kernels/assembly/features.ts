/**
 * The two products with a table of features.
 *
 * Features lie in panels of eight texts, one feature of all eight after the other `[panels, D, 8]`: eight sums side by side,
 * and memory is read from front to back.
 */
import { laneSum, madd } from "./vector";

/**
 * out = start + θ·φ of every text.
 *
 * @param phi `[panels, D, 8]`
 * @param theta `[D]`
 * @param start `[8·panels]`
 * @param out `[8·panels]`
 */
export function scores(panels: i32, d: i32, phi: usize, theta: usize, start: usize, out: usize): void {
  const end = theta + (<usize>d << 3);
  for (let i = 0; i < panels; i++, start += 64, out += 64) {
    let a = v128.load(start), b = v128.load(start, 16), c = v128.load(start, 32), e = v128.load(start, 48);
    for (let k = theta; k < end; k += 8, phi += 64) {
      const t = v128.load64_splat(k);
      a = madd(t, v128.load(phi), a);
      b = madd(t, v128.load(phi, 16), b);
      c = madd(t, v128.load(phi, 32), c);
      e = madd(t, v128.load(phi, 48), e);
    }
    v128.store(out, a);
    v128.store(out, b, 16);
    v128.store(out, c, 32);
    v128.store(out, e, 48);
  }
}

/**
 * out = Σ w φ over all texts.
 *
 * @param phi `[panels, D, 8]`
 * @param w `[8·panels]`, 0 where a panel has no text
 * @param sums room for two numbers a feature `[D, 2]`
 * @param out `[D]`
 */
export function weightedSum(panels: i32, d: i32, phi: usize, w: usize, sums: usize, out: usize): void {
  const bytes = <usize>d << 4;
  for (let k: usize = 0; k < bytes; k += 16) v128.store(sums + k, f64x2.splat(0));
  for (let i = 0; i < panels; i++, w += 64) {
    const a = v128.load(w), b = v128.load(w, 16), c = v128.load(w, 32), e = v128.load(w, 48);
    for (let k = sums, end = sums + bytes; k < end; k += 16, phi += 64) {
      const left = madd(b, v128.load(phi, 16), f64x2.mul(a, v128.load(phi)));
      const right = madd(e, v128.load(phi, 48), f64x2.mul(c, v128.load(phi, 32)));
      v128.store(k, f64x2.add(v128.load(k), f64x2.add(left, right)));
    }
  }
  for (let k: usize = 0; k < bytes; k += 16) f64.store(out + (k >> 1), laneSum(v128.load(sums + k)));
}
