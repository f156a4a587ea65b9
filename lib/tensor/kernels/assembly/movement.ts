/** Numbers moved, not computed: transposition, slices, repetition, rows by their index. */

/** `[batch, rows, columns]` of 4-byte numbers to `[batch, columns, rows]`, in blocks of 4 x 4. */
export function transpose(batch: i32, rows: i32, columns: i32, x: usize, y: usize): void {
  const xRow = <usize>columns << 2, yRow = <usize>rows << 2;
  for (let z = 0; z < batch; z++) {
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      let from = x + (<usize>j << 2), to = y + <usize>j * yRow;
      let i = 0;
      for (; i + 4 <= rows; i += 4) {
        transpose4(from, xRow, to, yRow);
        from += xRow << 2;
        to += 16;
      }
      for (; i < rows; i++) {
        for (let t: usize = 0; t < 4; t++) store<u32>(to + t * yRow, load<u32>(from + 4 * t));
        from += xRow;
        to += 4;
      }
    }
    for (; j < columns; j++) {
      for (let i = 0; i < rows; i++) {
        store<u32>(y + <usize>j * yRow + (<usize>i << 2), load<u32>(x + <usize>i * xRow + (<usize>j << 2)));
      }
    }
    x += xRow * <usize>rows;
    y += xRow * <usize>rows;
  }
}

/** 4 x 4 numbers from rows that are `from` bytes apart to rows that are `to` bytes apart, transposed. */
// @ts-ignore: decorator
@inline
export function transpose4(source: usize, from: usize, target: usize, to: usize): void {
  const r0 = v128.load(source), r1 = v128.load(source + from);
  const r2 = v128.load(source + 2 * from), r3 = v128.load(source + 3 * from);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(target + to, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(target + 2 * to, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(target + 3 * to, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
}

/** `rows` rows of `bytes` bytes between places whose rows are further apart. */
export function copyRows(rows: i32, bytes: usize, x: usize, xRow: usize, y: usize, yRow: usize): void {
  for (let r = 0; r < rows; r++) {
    memory.copy(y, x, bytes);
    x += xRow;
    y += yRow;
  }
}

/** Each of `blocks` blocks of `bytes` bytes, `times` times in a row. */
export function repeat(blocks: i32, bytes: usize, times: i32, x: usize, y: usize): void {
  if (bytes == 4) {
    const vectors = times & ~3;
    for (let b = 0; b < blocks; b++) {
      const value = v128.load_splat<u32>(x);
      let t = 0;
      for (; t < vectors; t += 4) {
        v128.store(y, value);
        y += 16;
      }
      for (; t < times; t++) {
        store<u32>(y, load<u32>(x));
        y += 4;
      }
      x += 4;
    }
    return;
  }
  for (let b = 0; b < blocks; b++) {
    for (let t = 0; t < times; t++) {
      memory.copy(y, x, bytes);
      y += bytes;
    }
    x += bytes;
  }
}

/** Rows of a table of `size` rows by index, in order; returns the place of the first index out of range, or -1. */
export function gather(count: i32, size: i32, bytes: usize, table: usize, index: usize, y: usize): i32 {
  for (let i = 0; i < count; i++) {
    const row = load<u32>(index + (<usize>i << 2)); // a negative index is a large one
    if (row >= <u32>size) return i;
    if (bytes == 4) store<u32>(y, load<u32>(table + (<usize>row << 2)));
    else memory.copy(y, table + <usize>row * bytes, bytes);
    y += bytes;
  }
  return -1;
}

/** y[index[i]] += x[i] over rows of `width` float32, in order; `y` zeroed by the caller, indices out of range left out. */
export function segmentSum(count: i32, size: i32, width: i32, x: usize, index: usize, y: usize): void {
  const bytes = <usize>width << 2, vectors = bytes & ~15;
  for (let i = 0; i < count; i++) {
    const row = load<u32>(index + (<usize>i << 2));
    if (row < <u32>size) {
      const to = y + <usize>row * bytes;
      let k: usize = 0;
      for (; k < vectors; k += 16) v128.store(to + k, f32x4.add(v128.load(to + k), v128.load(x + k)));
      for (; k < bytes; k += 4) store<f32>(to + k, load<f32>(to + k) + load<f32>(x + k));
    }
    x += bytes;
  }
}
