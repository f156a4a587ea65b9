/** bfloat16 by plain arithmetic. */
import { type Named, needing } from "../optional/skipping.ts";

/** Rounded to eight binary digits, to nearest and ties to even: by halves of the last digit, not by bits. */
export function toBfloat16(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const step = 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(value)))) - 7), steps = value / step;
  const below = Math.floor(steps), rest = steps - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
  return (below + Number(up)) * step;
}

/** Name of a test of products in bfloat16, skipped where the machine lacks either library. */
export async function needingBfloat16(name: string): Promise<Named> {
  const blas = await needing("BLAS", name);
  return blas.ignore ? blas : await needing("oneDNN", name);
}
