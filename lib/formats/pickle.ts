/**
 * Plain values out of Python's pickles, without running anything that they name.
 *
 * @module
 */
import { UserError } from "../user_error.ts";

/** Name of the class of a value that was an object of Python; values of calls have their arguments beside it. */
export const PICKLED_CLASS = "__class__";

/** What a pickle names: a class or a function of Python. */
interface Named {
  readonly named: string;
}

/** An object whose fields are known once its state is read. */
type Fields = Record<string, unknown>;

const isNamed = (value: unknown): value is Named => typeof value === "object" && value !== null && "named" in value;

/**
 * The value of a pickle of protocol 2, as `torch.save` writes its `data.pkl`: numbers, texts, lists, and dictionaries with
 * names for keys. An object is its fields, with its class under `__class__`; what a call would have made, such as a member
 * of an enumeration, is its class and the arguments under `args`. Nothing is looked up or called.
 *
 * @param where named in errors
 * @throws UserError for a pickle that is damaged or has what settings do not, such as tensors
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const bytes = Uint8Array.from([0x80, 2, 0x7d, 0x58, 1, 0, 0, 0, 0x61, 0x4b, 7, 0x73, 0x2e]); // {"a": 7}
 * assert.deepEqual(unpickled(bytes, "args.pkl"), { a: 7 });
 * ```
 */
export function unpickled(bytes: Uint8Array, where: string): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [], marks: number[] = [], memo = new Map<number, unknown>();
  let at = 0;
  const damaged = (what: string) =>
    new UserError(`${where}: ${what} at byte ${at} of the pickle; it is damaged or no file of settings`);
  const take = (count: number): number => {
    if (at + count > bytes.length) throw damaged("ends");
    return (at += count) - count;
  };
  const pop = () => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw damaged("nothing to take");
    return stack.pop();
  };
  const toMark = () => {
    const mark = marks.pop();
    if (mark === undefined) throw damaged("no mark");
    return stack.splice(mark);
  };
  const text = (count: number) => new TextDecoder().decode(bytes.subarray(take(count), at));
  const line = () => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw damaged("no end of a line");
    return text(end + 1 - at).slice(0, -1);
  };
  const fieldsOf = (value: unknown): Fields => {
    if (typeof value === "object" && value !== null && !Array.isArray(value) && !isNamed(value)) return value as Fields;
    throw damaged("no dictionary");
  };
  const set = (target: unknown, pairs: readonly unknown[]) => {
    const fields = fieldsOf(target);
    for (let i = 0; i < pairs.length; i += 2) {
      Object.defineProperty(fields, String(pairs[i]), { value: pairs[i + 1], enumerable: true, writable: true });
    }
  };
  const made = (what: unknown, args: unknown): Fields => {
    if (!isNamed(what) || !Array.isArray(args)) throw damaged("no class to make");
    return { [PICKLED_CLASS]: what.named, ...(args.length > 0 && { args }) };
  };
  const recalled = (place: number) => {
    if (!memo.has(place)) throw damaged("nothing kept");
    return memo.get(place);
  };
  const top = () => {
    if (stack.length === 0) throw damaged("nothing there");
    return stack.at(-1);
  };
  const list = (value: unknown): unknown[] => {
    if (!Array.isArray(value)) throw damaged("no list");
    return value;
  };
  const tuple = (count: number) => {
    const items = Array.from({ length: count }, pop).reverse();
    stack.push(items);
  };
  const codes: Readonly<Record<string, () => void>> = {
    "\x80": () => take(1), // protocol
    "N": () => stack.push(null),
    "\x88": () => stack.push(true),
    "\x89": () => stack.push(false),
    "K": () => stack.push(view.getUint8(take(1))),
    "M": () => stack.push(view.getUint16(take(2), true)),
    "J": () => stack.push(view.getInt32(take(4), true)),
    // A whole number of any length, little-endian with its sign.
    "\x8a": () => {
      const from = take(1), count = bytes[from], number = bytes.subarray(take(count), at);
      const unsigned = number.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
      stack.push(Number(BigInt.asIntN(8 * count, unsigned)));
    },
    "G": () => stack.push(view.getFloat64(take(8))),
    "X": () => stack.push(text(view.getUint32(take(4), true))),
    "]": () => stack.push([]),
    "}": () => stack.push({}),
    ")": () => stack.push([]),
    "\x85": () => tuple(1),
    "\x86": () => tuple(2),
    "\x87": () => tuple(3),
    "(": () => marks.push(stack.length),
    "t": () => stack.push(toMark()),
    "a": () => {
      const item = pop();
      list(top()).push(item);
    },
    "e": () => {
      const items = toMark();
      list(top()).push(...items);
    },
    "s": () => {
      const value = pop(), key = pop();
      set(top(), [key, value]);
    },
    "u": () => {
      const pairs = toMark();
      set(top(), pairs);
    },
    "c": () => stack.push({ named: `${line()}.${line()}` } satisfies Named),
    "R": () => {
      const args = pop();
      stack.push(made(pop(), args));
    },
    "\x81": () => {
      const args = pop();
      stack.push(made(pop(), args));
    },
    "b": () => {
      const state = pop();
      set(top(), Object.entries(fieldsOf(state)).flat());
    },
    "q": () => memo.set(view.getUint8(take(1)), top()),
    "r": () => memo.set(view.getUint32(take(4), true), top()),
    "h": () => stack.push(recalled(view.getUint8(take(1)))),
    "j": () => stack.push(recalled(view.getUint32(take(4), true))),
  };
  for (;;) {
    const code = String.fromCharCode(bytes[take(1)]);
    if (code === ".") return pop();
    if (!Object.hasOwn(codes, code)) throw damaged(`unknown code ${code.charCodeAt(0)}`);
    codes[code]();
  }
}
