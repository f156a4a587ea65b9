/**
 * Compiles our kernels (AssemblyScript, `lib/tensor/kernels/assembly/`) to WebAssembly, twice: with fused multiply-add (relaxed SIMD) and
 * without, for engines that lack it. The same source and compiler give the same bytes, which a test checks.
 *
 * @module
 */

/** Where the binaries lie. */
export const KERNELS = new URL("../lib/tensor/kernels/", import.meta.url);
const SOURCES = new URL("assembly/", KERNELS);

/** The two binaries, by the name of their file in {@linkcode KERNELS}. */
export const binaries = {
  "kernels_relaxed.wasm": ["--enable", "relaxed-simd"],
  "kernels.wasm": [],
} as const;

/**
 * One binary.
 *
 * @param flags what differs between binaries, from {@linkcode binaries}
 * @throws Error with the compiler's message when a source does not compile
 * @example
 * ```ts ignore
 * const bytes = await compileKernels(binaries["kernels.wasm"]);
 * ```
 */
export async function compileKernels(flags: readonly string[]): Promise<Uint8Array> {
  const { default: asc } = await import("assemblyscript/asc");
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([
    "index.ts",
    "--outFile=kernels.wasm",
    "-O3",
    "--noAssert",
    "--runtime=stub",
    "--importMemory",
    "--initialMemory=1",
    "--noExportMemory",
    "--use=abort=", // no messages: they would be static data inside a memory that is not ours
    "--enable=simd",
    ...flags,
  ], {
    readFile: (name) => Deno.readTextFile(new URL(name, SOURCES)).catch(() => null),
    writeFile: (_name, contents) => {
      binary = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`kernels do not compile: ${stderr.toString()}`);
  return binary;
}

if (import.meta.main) {
  for (const [file, flags] of Object.entries(binaries)) {
    const bytes = await compileKernels(flags);
    await Deno.writeFile(new URL(file, KERNELS), bytes);
    console.log(`${file}: ${bytes.length} bytes`);
  }
}
