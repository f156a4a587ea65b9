/**
 * The BLAS as a C program has it.
 *
 * @module
 */
import { UserError } from "../../lib/user_error.ts";
import type { Contender } from "../timing.ts";

/** A product of matrices: a batch of `[m, k] x [k, n]`, the right one stored as `[n, k]` where it is transposed. */
export interface ProductShape {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeB: boolean;
}

/** Gives a contender for each shape. */
export type CompiledBlas = (shape: ProductShape, threads: number, budget: number) => Contender;

/**
 * Compiles `sgemm.c`.
 *
 * @param binary where the program goes; its folder is there
 * @returns contenders that run it, or in a line why there are none
 * @example
 * ```ts ignore
 * const compiled = await compileSgemm("reports/bench/sgemm");
 * ```
 */
export async function compileSgemm(binary: string): Promise<CompiledBlas | string> {
  const source = new URL("./sgemm.c", import.meta.url).pathname;
  const command = new Deno.Command("cc", { args: ["-O2", source, "-o", binary, "-l:libopenblas.so.0"] });
  const built = await command.output().catch(() => undefined);
  if (!built?.success) return "C: not found (wants a C compiler and libopenblas.so.0)";
  return ({ batch, m, n, k, transposeB }, threads, budget) => ({
    name: "C",
    async sample() {
      const args = [threads, batch, m, n, k, Number(transposeB), budget].map(String);
      const { success, stdout } = await new Deno.Command(binary, { args }).output();
      if (!success) throw new UserError(`${binary} ${args.join(" ")}: failed`);
      return Number(new TextDecoder().decode(stdout));
    },
  });
}
