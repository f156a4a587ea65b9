/**
 * GGUF files for tests.
 *
 * @module
 */

/** A number with the type it is stored as, by the number of the type. */
interface Typed {
  readonly type: number;
  readonly value: number | bigint | boolean | string | readonly unknown[];
  /** Of the elements, where it is a list. */
  readonly inner?: number;
}

/** A tensor as it is stored. */
interface StoredTensor {
  readonly name: string;
  /** Number of its ggml type. */
  readonly type: number;
  /** The slowest first. */
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** What may be written otherwise than it should be. */
interface Lies {
  readonly version?: number;
  readonly alignment?: number;
  /** Offsets of the tensors from the start of the data. */
  readonly offsets?: readonly bigint[];
}

/** The bytes of a GGUF file: numbers become float32 where they are no whole numbers and int32 otherwise, unless typed. */
export function ggufBytes(
  metadata: Readonly<Record<string, Typed | number | string | boolean | readonly string[]>>,
  tensors: readonly StoredTensor[],
  { version = 3, alignment = 32, offsets }: Lies = {},
): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  const put = (size: number, write: (view: DataView) => void) => {
    const view = new DataView(new ArrayBuffer(size));
    write(view);
    out.push(...new Uint8Array(view.buffer));
  };
  const u32 = (value: number) => put(4, (view) => view.setUint32(0, value, true));
  const u64 = (value: number | bigint) => put(8, (view) => view.setBigUint64(0, BigInt(value), true));
  const text = (value: string) => {
    const bytes = new TextEncoder().encode(value);
    u64(bytes.length);
    for (const byte of bytes) out.push(byte);
  };
  const value = (type: number, given: unknown, inner = 8) => {
    const number = Number(given);
    const writers: Record<number, () => void> = {
      0: () => put(1, (view) => view.setUint8(0, number)),
      1: () => put(1, (view) => view.setInt8(0, number)),
      2: () => put(2, (view) => view.setUint16(0, number, true)),
      3: () => put(2, (view) => view.setInt16(0, number, true)),
      4: () => u32(number),
      5: () => put(4, (view) => view.setInt32(0, number, true)),
      6: () => put(4, (view) => view.setFloat32(0, number, true)),
      7: () => put(1, (view) => view.setUint8(0, number)),
      8: () => text(String(given)),
      9: () => {
        const list = given as readonly unknown[];
        u32(inner);
        u64(list.length);
        for (const one of list) {
          if (isTyped(one)) value(one.type, one.value, one.inner);
          else value(inner, one);
        }
      },
      10: () => u64(given as bigint),
      11: () => put(8, (view) => view.setBigInt64(0, BigInt(given as bigint), true)),
      12: () => put(8, (view) => view.setFloat64(0, number, true)),
    };
    writers[type]();
  };
  u32(0x46554747);
  u32(version);
  u64(tensors.length);
  u64(Object.keys(metadata).length);
  for (const [name, given] of Object.entries(metadata)) {
    text(name);
    const { type, value: inside, inner } = isTyped(given) ? given : { type: typeOf(given), value: given, inner: 8 };
    u32(type);
    value(type, inside, inner);
  }
  let at = 0;
  tensors.forEach(({ name, type, shape, data }, i) => {
    text(name);
    u32(shape.length);
    for (const size of shape.toReversed()) u64(size);
    u32(type);
    u64(offsets?.[i] ?? at);
    at += Math.ceil(data.length / alignment) * alignment;
  });
  while (out.length % alignment !== 0) out.push(0);
  const bytes = new Uint8Array(out.length + at);
  bytes.set(out);
  let to = out.length;
  for (const { data } of tensors) {
    bytes.set(data, to);
    to += Math.ceil(data.length / alignment) * alignment;
  }
  return bytes;
}

function isTyped(value: unknown): value is Typed {
  return typeof value === "object" && value !== null && "type" in value;
}

function typeOf(value: number | string | boolean | readonly string[]): number {
  if (typeof value === "string") return 8;
  if (typeof value === "boolean") return 7;
  if (typeof value === "number") return Number.isInteger(value) ? 5 : 6;
  return 9;
}
