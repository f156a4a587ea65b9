/** Laws of groups of responses from their logits. */
import { expRow, logRow } from "./exponentials";
import { laneSum } from "./vector";

/**
 * Log-probs and chances of each group.
 *
 * @param n texts, groups · size, and what pads them to an even number
 * @param x logits `[n]`; log-probs when it is done
 * @param p chances, written `[n]`
 * @param rest room for a number a group, and one more where they are odd
 */
export function softmax(n: i32, groups: i32, size: i32, x: usize, p: usize, rest: usize): void {
  const bytes = <usize>size << 3, vectors = bytes & ~15;
  let at = x;
  for (let g = 0; g < groups; g++, at += bytes) {
    let top = f64.load(at);
    if (vectors > 0) {
      let tops = v128.load(at);
      for (let k: usize = 16; k < vectors; k += 16) tops = f64x2.pmax(tops, v128.load(at + k));
      top = max(f64x2.extract_lane(tops, 0), f64x2.extract_lane(tops, 1));
    }
    if (vectors < bytes) top = max(top, f64.load(at + vectors));
    const tops = f64x2.splat(top);
    for (let k: usize = 0; k < vectors; k += 16) v128.store(at + k, f64x2.sub(v128.load(at + k), tops));
    if (vectors < bytes) f64.store(at + vectors, f64.load(at + vectors) - top);
  }
  expRow(n, 1, x, p);
  at = p;
  for (let g = 0; g < groups; g++, at += bytes) {
    let sums = f64x2.splat(0);
    for (let k: usize = 0; k < vectors; k += 16) sums = f64x2.add(sums, v128.load(at + k));
    let total = laneSum(sums);
    if (vectors < bytes) total += f64.load(at + vectors);
    f64.store(rest + (<usize>g << 3), total);
    const shares = f64x2.splat(1 / total);
    for (let k: usize = 0; k < vectors; k += 16) v128.store(at + k, f64x2.mul(v128.load(at + k), shares));
    if (vectors < bytes) f64.store(at + vectors, f64.load(at + vectors) * (1 / total));
  }
  logRow((groups + 1) & ~1, rest);
  at = x;
  for (let g = 0; g < groups; g++, at += bytes) {
    const log = f64.load(rest + (<usize>g << 3)), logs = f64x2.splat(log);
    for (let k: usize = 0; k < vectors; k += 16) v128.store(at + k, f64x2.sub(v128.load(at + k), logs));
    if (vectors < bytes) f64.store(at + vectors, f64.load(at + vectors) - log);
  }
}
