/** Adding a bias to every row, and cutting off below 0. */

/** y = max(x + b, floor) over rows of `width`, one bias for each of `groups` groups of rows; floor is 0 or −∞. */
export function biasRelu(groups: i32, rows: i32, width: i32, floor: f32, x: usize, b: usize, y: usize): void {
  const bytes = <usize>width << 2;
  const vectors = bytes & ~15;
  const low = f32x4.splat(floor);
  for (let g = 0; g < groups; g++) {
    for (let r = 0; r < rows; r++) {
      let k: usize = 0;
      for (; k < vectors; k += 16) {
        v128.store(y + k, f32x4.pmax(f32x4.add(v128.load(x + k), v128.load(b + k)), low));
      }
      for (; k < bytes; k += 4) store<f32>(y + k, max<f32>(load<f32>(x + k) + load<f32>(b + k), floor));
      x += bytes;
      y += bytes;
    }
    b += bytes;
  }
}

/** dx = dy where y > floor, else 0; `db` (zeroed by the caller) gathers the sums over each group's rows. */
export function biasReluGrad(
  groups: i32, rows: i32, width: i32, floor: f32, y: usize, dy: usize, dx: usize, db: usize,
): void {
  const bytes = <usize>width << 2;
  const vectors = bytes & ~15;
  const low = f32x4.splat(floor);
  for (let g = 0; g < groups; g++) {
    for (let r = 0; r < rows; r++) {
      let k: usize = 0;
      for (; k < vectors; k += 16) {
        const slope = v128.and(v128.load(dy + k), f32x4.gt(v128.load(y + k), low));
        v128.store(dx + k, slope);
        v128.store(db + k, f32x4.add(v128.load(db + k), slope));
      }
      for (; k < bytes; k += 4) {
        const slope: f32 = load<f32>(y + k) > floor ? load<f32>(dy + k) : 0;
        store<f32>(dx + k, slope);
        store<f32>(db + k, load<f32>(db + k) + slope);
      }
      y += bytes;
      dy += bytes;
      dx += bytes;
    }
    db += bytes;
  }
}
