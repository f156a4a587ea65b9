/** Rows of a table by index. */

/** y[i] = table[ids[i]], rows of `width`. */
export function lookUp(count: i32, width: i32, ids: usize, table: usize, y: usize): void {
  const bytes = <usize>width << 2;
  for (let i: usize = 0; i < <usize>count << 2; i += 4) {
    memory.copy(y, table + <usize>load<u32>(ids + i) * bytes, bytes);
    y += bytes;
  }
}

/** dtable[ids[i]] += dy[i], in order; `dtable` is zeroed by the caller. */
export function lookUpGrad(count: i32, width: i32, ids: usize, dy: usize, dtable: usize): void {
  const bytes = <usize>width << 2;
  const vectors = bytes & ~15;
  for (let i: usize = 0; i < <usize>count << 2; i += 4) {
    const to = dtable + <usize>load<u32>(ids + i) * bytes;
    let k: usize = 0;
    for (; k < vectors; k += 16) v128.store(to + k, f32x4.add(v128.load(to + k), v128.load(dy + k)));
    for (; k < bytes; k += 4) store<f32>(to + k, load<f32>(to + k) + load<f32>(dy + k));
    dy += bytes;
  }
}
