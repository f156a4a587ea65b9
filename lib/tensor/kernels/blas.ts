/**
 * A system BLAS, called on the tensors where they lie.
 *
 * @module
 */
import { checkProducts, type Sgemm } from "./blas_check.ts";
import type { Heap } from "./heap.ts";
import { nativeAddress } from "./native_address.ts";
import { whyForbidden } from "./permission.ts";
import { type Multiply, multiplyByAssembly } from "./products.ts";

/**
 * Where a BLAS with the C interface may be, in the order tried; names without a path are the system's to find. Where Debian
 * keeps it stands first: a path says which file it was, and can be granted alone.
 */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  linux: [`/usr/lib/${Deno.build.arch}-linux-gnu/libopenblas.so.0`, "libopenblas.so.0", "libopenblas.so"],
  darwin: [
    "/System/Library/Frameworks/Accelerate.framework/Accelerate",
    "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
  ],
  windows: ["libopenblas.dll"],
};

const SYMBOLS = {
  cblas_sgemm: {
    parameters: ["i32", "i32", "i32", "i32", "i32", "i32", "f32", "u64", "i32", "u64", "i32", "f32", "u64", "i32"],
    result: "void",
  },
  openblas_get_config: { parameters: [], result: "pointer", optional: true },
  openblas_get_corename: { parameters: [], result: "pointer", optional: true },
  openblas_set_num_threads: { parameters: ["i32"], result: "void", optional: true },
} as const;

type Library = Deno.DynamicLibrary<typeof SYMBOLS>;

/** Libraries that multiply rightly, by name: each is opened once and stays open, as engines come and go. */
const opened = new Map<string, Library>();

const ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112;

/** A BLAS that was found and multiplies rightly. */
export interface Blas {
  /** The file or name it was opened by. */
  readonly library: string;
  /** What it says about itself, where it does. */
  readonly version: string;
  /** The kind of processor whose kernels it uses, where it says so: sums round differently with another. */
  readonly core: string | undefined;
  /** Threads it uses, as far as it can be told. */
  readonly threads: number | undefined;
  /** Its product on a heap. */
  readonly multiply: Multiply;
}

/**
 * Opens the first library of a list that has `cblas_sgemm` and multiplies rightly.
 *
 * @param threads threads of a product, >= 1; with another number of threads sums may round differently
 * @param libraries files or names; default: where this system keeps them
 * @throws Error in one line, naming every library that was refused and why
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => openBlas(1, ["libnothing.so"]), /^Error: no BLAS: libnothing.so .+$/);
 * ```
 */
export function openBlas(threads: number, libraries: readonly string[] = LIBRARIES[Deno.build.os] ?? []): Blas {
  if (whyForbidden() !== undefined) throw new Error(`no BLAS: ${whyForbidden()}`);
  const missing: string[] = [], refused: string[] = [];
  for (const library of libraries) {
    try {
      const { symbols } = opened.get(library) ?? openChecked(library);
      symbols.openblas_set_num_threads?.(threads);
      const told = (text: Deno.PointerValue | undefined) =>
        text ? Deno.UnsafePointerView.getCString(text).trim() : undefined;
      return {
        library,
        version: told(symbols.openblas_get_config?.()) ?? "version unknown",
        core: told(symbols.openblas_get_corename?.()),
        threads: symbols.openblas_set_num_threads ? threads : undefined,
        multiply: multiplyBy(symbols.cblas_sgemm),
      };
    } catch (error) {
      const why = reason(error as Error, library);
      if (why === undefined) missing.push(library);
      else refused.push(`${library} ${why}`);
    }
  }
  if (missing.length > 0) refused.unshift(`${missing.join(", ")} not found`);
  throw new Error(`no BLAS: ${refused.join("; ") || `none is known for ${Deno.build.os}`}`);
}

/** @throws Error when it cannot be opened, lacks the product or multiplies wrongly; it is closed then */
function openChecked(path: string): Library {
  const library = Deno.dlopen(path, SYMBOLS);
  try {
    checkProducts(library.symbols.cblas_sgemm);
  } catch (error) {
    library.close();
    throw error;
  }
  opened.set(path, library);
  return library;
}

/** Why a library was refused; undefined where there is none. */
function reason({ message }: Error, library: string): string | undefined {
  if (/undefined symbol|failed to register symbol|symbol not found/i.test(message)) return "lacks cblas_sgemm";
  if (/cannot open shared object|no such file|not found/i.test(message)) return undefined;
  return message.split("\n")[0].replaceAll("Could not open library: ", "").replace(`${library}: `, "");
}

/** Products on a heap's bytes in place; those with a vector are bound by memory, where our kernel is as fast. */
function multiplyBy(sgemm: Sgemm): Multiply {
  return (
    heap: Heap,
    m,
    n,
    k,
    a,
    transposeA,
    b,
    transposeB,
    c,
    aStep = transposeA ? m : k,
    bStep = transposeB ? k : n,
    cStep = n,
    adds = false,
  ) => {
    if (m === 1 || n === 1) {
      return multiplyByAssembly(heap, m, n, k, a, transposeA, b, transposeB, c, aStep, bStep, cStep, adds);
    }
    sgemm(
      ROW_MAJOR,
      transposeA ? TRANSPOSED : PLAIN,
      transposeB ? TRANSPOSED : PLAIN,
      m,
      n,
      k,
      1,
      nativeAddress(heap, a),
      aStep,
      nativeAddress(heap, b),
      bStep,
      adds ? 1 : 0,
      nativeAddress(heap, c),
      cStep,
    );
  };
}
