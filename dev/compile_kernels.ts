/**
 * Compiles our kernels (AssemblyScript, `assembly/` beside each binary) to WebAssembly. Those of tensors twice: with fused
 * multiply-add (relaxed SIMD) and without, for engines that lack it; those of laws in float64 once, since their bits are
 * the same everywhere. The same source and compiler give the same bytes, which a test checks.
 *
 * @module
 */

/** What {@linkcode binaries} are named from. */
export const ROOT = new URL("../", import.meta.url);

/** The binaries, by their files, each with the flags of its own. */
export const binaries = {
  "lib/tensor/kernels/kernels_relaxed.wasm": ["--enable", "relaxed-simd"],
  "lib/tensor/kernels/kernels.wasm": [],
  "lib/exact/kernels/kernels.wasm": [],
} as const;

/**
 * One binary.
 *
 * @param file one of {@linkcode binaries}
 * @throws Error with the compiler's message when a source does not compile
 * @example
 * ```ts ignore
 * const bytes = await compileKernels("lib/exact/kernels/kernels.wasm");
 * ```
 */
export async function compileKernels(file: keyof typeof binaries): Promise<Uint8Array> {
  const sources = new URL("assembly/", new URL(file, ROOT));
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
    ...binaries[file],
  ], {
    readFile: (name) => Deno.readTextFile(new URL(name, sources)).catch(() => null),
    writeFile: (_name, contents) => {
      binary = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`kernels do not compile: ${stderr.toString()}`);
  return binary;
}

if (import.meta.main) {
  for (const file of Object.keys(binaries) as (keyof typeof binaries)[]) {
    const bytes = await compileKernels(file);
    await Deno.writeFile(new URL(file, ROOT), bytes);
    console.log(`${file}: ${bytes.length} bytes`);
  }
}
