/** Choices between numbers, four at a time. */

/** y = max(a, b) or min(a, b) of `count` numbers; `bStep` is 4, or 0 where b is one number. NaN wins. */
export function extreme(count: i32, isLargest: bool, a: usize, b: usize, bStep: usize, y: usize): void {
  const end = y + (<usize>count << 2), vectors = y + ((<usize>count << 2) & ~15);
  const one = v128.load_splat<f32>(b);
  for (; y < vectors; y += 16) {
    const left = v128.load(a), right = bStep ? v128.load(b) : one;
    v128.store(y, isLargest ? f32x4.max(left, right) : f32x4.min(left, right));
    a += 16;
    b += bStep << 2;
  }
  for (; y < end; y += 4) {
    const left = load<f32>(a), right = load<f32>(b);
    store<f32>(y, isLargest ? max<f32>(left, right) : min<f32>(left, right));
    a += 4;
    b += bStep;
  }
}

/** y = x kept within [low, high]; NaN stays. */
export function clip(count: i32, low: f32, high: f32, x: usize, y: usize): void {
  const end = y + (<usize>count << 2), vectors = y + ((<usize>count << 2) & ~15);
  const lows = f32x4.splat(low), highs = f32x4.splat(high);
  for (; y < vectors; y += 16) {
    v128.store(y, f32x4.min(f32x4.max(v128.load(x), lows), highs));
    x += 16;
  }
  for (; y < end; y += 4) {
    store<f32>(y, min<f32>(max<f32>(load<f32>(x), low), high));
    x += 4;
  }
}

/** y (bytes 0 and 1) = a > b, >=, ==, <=, < by `relation` 0 to 4; `bStep` as in {@link extreme}. */
export function compare(count: i32, relation: i32, a: usize, b: usize, bStep: usize, y: usize): void {
  const end = y + count, vectors = y + (count & ~3);
  const one = v128.load_splat<f32>(b);
  for (; y < vectors; y += 4) {
    const left = v128.load(a), right = bStep ? v128.load(b) : one;
    let lanes = f32x4.eq(left, right);
    if (relation == 0) lanes = f32x4.gt(left, right);
    else if (relation == 1) lanes = f32x4.ge(left, right);
    else if (relation == 3) lanes = f32x4.le(left, right);
    else if (relation == 4) lanes = f32x4.lt(left, right);
    const bytes = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(lanes, lanes), lanes); // four bytes of 0 or -1
    store<u32>(y, i32x4.extract_lane(bytes, 0) & 0x01010101);
    a += 16;
    b += bStep << 2;
  }
  for (; y < end; y++) {
    const left = load<f32>(a), right = load<f32>(b);
    let holds = left == right;
    if (relation == 0) holds = left > right;
    else if (relation == 1) holds = left >= right;
    else if (relation == 3) holds = left <= right;
    else if (relation == 4) holds = left < right;
    store<u8>(y, u8(holds));
    a += 4;
    b += bStep;
  }
}

/** y = condition ? a : b of 4-byte numbers; conditions are bytes. */
export function select(count: i32, condition: usize, a: usize, b: usize, y: usize): void {
  const end = y + (<usize>count << 2), vectors = y + ((<usize>count << 2) & ~15);
  for (; y < vectors; y += 16) {
    const wide = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(condition)));
    v128.store(y, v128.bitselect(v128.load(a), v128.load(b), i32x4.ne(wide, i32x4.splat(0))));
    condition += 4;
    a += 16;
    b += 16;
  }
  for (; y < end; y += 4) {
    store<u32>(y, load<u8>(condition) ? load<u32>(a) : load<u32>(b));
    condition++;
    a += 4;
    b += 4;
  }
}
