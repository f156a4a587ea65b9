/**
 * oneDNN, a library of the system, for products of bfloat16 numbers that are added up in float32.
 *
 * Its C interface of version 2 is called on numbers where they lie. Debian 12 has 2.6.3 as `libdnnl2`.
 *
 * @module
 */
import { type Bfloat16Products, checkBfloat16, type OrderedMatrix } from "./onednn_check.ts";
import { addressOf } from "./native_address.ts";
import { whyForbidden } from "./permission.ts";

/** Where it may be, in the order tried; a path says which file it was. */
const LIBRARIES = [`/usr/lib/${Deno.build.arch}-linux-gnu/libdnnl.so.2`, "libdnnl.so.2"];

const HANDLE = "u64", DESCRIPTION = "buffer", STATUS = "i32";

const SYMBOLS = {
  dnnl_version: { parameters: [], result: "pointer" },
  dnnl_get_effective_cpu_isa: { parameters: [], result: "i32" },
  dnnl_engine_create: { parameters: ["buffer", "i32", "usize"], result: STATUS },
  dnnl_stream_create: { parameters: ["buffer", HANDLE, "u32"], result: STATUS },
  dnnl_stream_wait: { parameters: [HANDLE], result: STATUS },
  dnnl_memory_desc_init_by_strides: {
    parameters: [DESCRIPTION, "i32", "buffer", "i32", "buffer"],
    result: STATUS,
  },
  dnnl_memory_desc_init_by_tag: { parameters: [DESCRIPTION, "i32", "buffer", "i32", "i32"], result: STATUS },
  dnnl_memory_desc_get_size: { parameters: [DESCRIPTION], result: "usize" },
  dnnl_memory_create: { parameters: ["buffer", DESCRIPTION, HANDLE, HANDLE], result: STATUS },
  dnnl_memory_set_data_handle: { parameters: [HANDLE, HANDLE], result: STATUS },
  dnnl_memory_destroy: { parameters: [HANDLE], result: STATUS },
  dnnl_matmul_desc_init: {
    parameters: [DESCRIPTION, DESCRIPTION, DESCRIPTION, HANDLE, DESCRIPTION],
    result: STATUS,
  },
  dnnl_primitive_desc_create: { parameters: ["buffer", DESCRIPTION, HANDLE, HANDLE, HANDLE], result: STATUS },
  dnnl_reorder_primitive_desc_create: {
    parameters: ["buffer", DESCRIPTION, HANDLE, DESCRIPTION, HANDLE, HANDLE],
    result: STATUS,
  },
  dnnl_primitive_desc_query_md: { parameters: [HANDLE, "i32", "i32"], result: "pointer" },
  dnnl_primitive_desc_destroy: { parameters: [HANDLE], result: STATUS },
  dnnl_primitive_create: { parameters: ["buffer", HANDLE], result: STATUS },
  dnnl_primitive_execute: { parameters: [HANDLE, HANDLE, "i32", "buffer"], result: STATUS },
  dnnl_primitive_destroy: { parameters: [HANDLE], result: STATUS },
  omp_set_num_threads: { parameters: ["i32"], result: "void", optional: true },
} as const;

type Library = Deno.DynamicLibrary<typeof SYMBOLS>;
type Symbols = Library["symbols"];

const PROCESSOR = 1, BFLOAT16 = 2, FLOAT32 = 3, ANY_FORMAT = 1, IN_ORDER = 1, WEIGHTS_DESCRIPTION = 131;
const SOURCE = 1, RESULT = 17, WEIGHTS = 33;
/** The bit of the instructions that a product of bfloat16 needs, AVX512_BF16; processors with AMX have it too. */
const HAS_BFLOAT16 = 0x80;
/** Most bytes of a description of memory and of a product: 696 and 2,800 in version 2.6.3. */
const MEMORY_DESCRIPTION = 2048, PRODUCT_DESCRIPTION = 8192;
/** Kinds of products that are ready to run, at most: with another number of rows it is another kind. */
const KINDS_READY = 128;

/** The library, found and tried. */
interface OneDnn extends Bfloat16Products {
  /** What it is, its version and the instructions that it uses. */
  readonly about: string;
  /** Numbers rounded to bfloat16, in the order they have. */
  round(numbers: Float32Array): Uint16Array;
}

let opened: OneDnn | undefined;

/**
 * Opens the library, and tries it once.
 *
 * @param libraries files or names; default: where Debian keeps it, then wherever the system finds it
 * @throws Error in one line: where it may not be loaded, is not there, multiplies wrongly, or the processor does not
 * multiply bfloat16, which it would be slow to play
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => openOneDnn(["libnothing.so"]), /^Error: .+$/);
 * ```
 */
export function openOneDnn(libraries: readonly string[] = LIBRARIES): OneDnn {
  if (opened !== undefined && libraries === LIBRARIES) return opened;
  const why = whyForbidden();
  if (why !== undefined) throw new Error(`no oneDNN: ${why}`);
  for (const library of libraries) {
    let found: Library;
    try {
      found = Deno.dlopen(library, SYMBOLS);
    } catch (error) {
      const { message } = error as Error;
      if (/cannot open shared object|no such file|not found/i.test(message)) continue;
      throw new Error(`no oneDNN: ${library}: ${message.split("\n")[0]}`);
    }
    try {
      const made = oneDnnOf(found.symbols, library);
      checkBfloat16(made);
      return opened = made;
    } catch (error) {
      found.close();
      throw new Error(`no oneDNN: ${library}: ${(error as Error).message}`);
    }
  }
  throw new Error(`no oneDNN: ${libraries.join(", ")} not found`);
}

/** @throws Error where the processor lacks the instructions, or a call fails */
function oneDnnOf(symbols: Symbols, library: string): OneDnn {
  if ((symbols.dnnl_get_effective_cpu_isa() & HAS_BFLOAT16) === 0) {
    throw new Error("this processor does not multiply bfloat16 (AVX512_BF16 or AMX)");
  }
  // One thread: a run shares its work among workers, and more threads may share a sum among them.
  symbols.omp_set_num_threads?.(1);
  const done = (status: number, what: string) => {
    if (status !== 0) throw new Error(`${what} failed with status ${status}`);
  };
  const handle = (what: string, make: (out: BigUint64Array<ArrayBuffer>) => number): bigint => {
    const out = new BigUint64Array(1);
    done(make(out), what);
    return out[0];
  };
  const engine = handle("engine", (out) => symbols.dnnl_engine_create(out, PROCESSOR, 0n));
  const stream = handle("stream", (out) => symbols.dnnl_stream_create(out, engine, IN_ORDER));
  const dims = (sizes: readonly number[]) => {
    const out = new BigInt64Array(12);
    sizes.forEach((size, i) => out[i] = BigInt(size));
    return out;
  };
  const plain = (sizes: readonly number[], type: number, strides: readonly number[]) => {
    const out = new Uint8Array(MEMORY_DESCRIPTION);
    done(
      symbols.dnnl_memory_desc_init_by_strides(out, sizes.length, dims(sizes), type, dims(strides)),
      "description",
    );
    return out;
  };
  const memory = (description: Uint8Array<ArrayBuffer>, at = 0n) =>
    handle("memory", (out) => symbols.dnnl_memory_create(out, description, engine, at));
  const primitive = (description: bigint) => {
    const made = handle("primitive", (out) => symbols.dnnl_primitive_create(out, description));
    symbols.dnnl_primitive_desc_destroy(description);
    return made;
  };
  const reorder = (from: Uint8Array<ArrayBuffer>, to: Uint8Array<ArrayBuffer>) =>
    primitive(
      handle("reorder", (out) => symbols.dnnl_reorder_primitive_desc_create(out, from, engine, to, engine, 0n)),
    );
  /** Arguments of a primitive: numbers of roles, each with a memory. */
  const roles = (pairs: readonly (readonly [role: number, memory: bigint])[]) => {
    const out = new BigUint64Array(2 * pairs.length);
    pairs.forEach(([role, memory], i) => (out[2 * i] = BigInt(role), out[2 * i + 1] = memory));
    return out;
  };
  const run = (primitive: bigint, args: BigUint64Array<ArrayBuffer>) => {
    done(symbols.dnnl_primitive_execute(primitive, stream, args.length / 2, args), "execution");
    done(symbols.dnnl_stream_wait(stream), "execution");
  };
  const productOf = (rows: number, inner: number, outputs: number, weights: Uint8Array<ArrayBuffer>) => {
    const source = plain([rows, inner], BFLOAT16, [inner, 1]), result = plain([rows, outputs], FLOAT32, [outputs, 1]);
    const description = new Uint8Array(PRODUCT_DESCRIPTION);
    done(symbols.dnnl_matmul_desc_init(description, source, weights, 0n, result), "product");
    return {
      source,
      result,
      made: handle("product", (out) => symbols.dnnl_primitive_desc_create(out, description, 0n, engine, 0n)),
    };
  };
  /** Copies numbers once, from one description to another. */
  const copy = (
    from: Uint8Array<ArrayBuffer>,
    numbers: ArrayBufferView,
    to: Uint8Array<ArrayBuffer>,
    out: ArrayBufferView,
  ) => {
    const by = reorder(from, to), source = memory(from, addressOf(numbers)), result = memory(to, addressOf(out));
    run(by, roles([[SOURCE, source], [RESULT, result]]));
    symbols.dnnl_memory_destroy(source);
    symbols.dnnl_memory_destroy(result);
    symbols.dnnl_primitive_destroy(by);
  };

  /** How the library orders a matrix of these sizes for products of many rows, and of few all the same. */
  const orderOf = (inner: number, outputs: number): Uint8Array<ArrayBuffer> => {
    const any = new Uint8Array(MEMORY_DESCRIPTION);
    done(
      symbols.dnnl_memory_desc_init_by_tag(any, 2, dims([inner, outputs]), BFLOAT16, ANY_FORMAT),
      "description",
    );
    const { made } = productOf(512, inner, outputs, any);
    const chosen = symbols.dnnl_primitive_desc_query_md(made, WEIGHTS_DESCRIPTION, 0);
    const out = new Uint8Array(MEMORY_DESCRIPTION);
    new Deno.UnsafePointerView(chosen!).copyInto(out.subarray(0, MEMORY_SIZE));
    symbols.dnnl_primitive_desc_destroy(made);
    return out;
  };

  interface Ordered extends OrderedMatrix {
    readonly description: Uint8Array<ArrayBuffer>;
    readonly memory: bigint;
  }
  interface Kind {
    readonly multiply: (weights: bigint, x: bigint, y: bigint) => void;
    readonly dispose: () => void;
  }
  const kinds = new Map<string, Kind>();
  let rounded = new Uint16Array(0); // x as bfloat16
  const kindOf = ({ inner, outputs, description }: Ordered, rows: number): Kind => {
    const key = `${rows} ${inner} ${outputs}`, known = kinds.get(key);
    if (known !== undefined) return known;
    if (kinds.size >= KINDS_READY) {
      for (const { dispose } of kinds.values()) dispose();
      kinds.clear();
    }
    const { source, result, made } = productOf(rows, inner, outputs, description), product = primitive(made);
    const given = plain([rows, inner], FLOAT32, [inner, 1]), round = reorder(given, source);
    const x = memory(given), short = memory(source), y = memory(result);
    const roundRoles = roles([[SOURCE, x], [RESULT, short]]);
    const productRoles = roles([[SOURCE, short], [WEIGHTS, 0n], [RESULT, y]]);
    const kind: Kind = {
      multiply(weights, from, to) {
        if (rounded.length < rows * inner) rounded = new Uint16Array(rows * inner);
        symbols.dnnl_memory_set_data_handle(x, from);
        symbols.dnnl_memory_set_data_handle(short, addressOf(rounded));
        symbols.dnnl_memory_set_data_handle(y, to);
        productRoles[3] = weights;
        run(round, roundRoles);
        run(product, productRoles);
      },
      dispose() {
        for (const each of [x, short, y]) symbols.dnnl_memory_destroy(each);
        for (const each of [round, product]) symbols.dnnl_primitive_destroy(each);
      },
    };
    kinds.set(key, kind);
    return kind;
  };

  return {
    about: `oneDNN ${versionOf(symbols)}, ${library}, instructions ${
      symbols.dnnl_get_effective_cpu_isa().toString(16)
    }`,
    order(numbers, inner, outputs, isTransposed) {
      const description = orderOf(inner, outputs);
      const bytes = new Uint8Array(Number(symbols.dnnl_memory_desc_get_size(description)));
      copy(plain([inner, outputs], FLOAT32, isTransposed ? [1, inner] : [outputs, 1]), numbers, description, bytes);
      const at = memory(description, addressOf(bytes));
      const ordered: Ordered & { readonly bytes: Uint8Array } = {
        ...{ inner, outputs, description, memory: at, bytes }, // the bytes are its numbers, and live as long as it does
        dispose: () => void symbols.dnnl_memory_destroy(at),
      };
      return ordered;
    },
    round(numbers) {
      const out = new Uint16Array(numbers.length);
      if (numbers.length > 0) {
        copy(plain([numbers.length], FLOAT32, [1]), numbers, plain([numbers.length], BFLOAT16, [1]), out);
      }
      return out;
    },
    multiply: (matrix, rows, x, y) => kindOf(matrix as Ordered, rows).multiply((matrix as Ordered).memory, x, y),
  };
}

/** Bytes of `dnnl_memory_desc_t` in version 2.6.3; the products of another that differs do not pass the check. */
const MEMORY_SIZE = 696;

function versionOf(symbols: Symbols): string {
  const told = new Deno.UnsafePointerView(symbols.dnnl_version()!);
  return [0, 4, 8].map((at) => told.getInt32(at)).join(".");
}
