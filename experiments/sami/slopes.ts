/**
 * Derivatives of the losses in the log-probs they read, in float64, for two constitutions and two responses. Tests hold them
 * against the gradients of the library's losses.
 *
 * @module
 */

/** Which cross-entropies a SAMI loss averages: over constitutions (equation 4), over responses (equation 8). */
export type Sides = "both" | "constitution" | "response";

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/**
 * Slopes of the mean SAMI loss of a 2×2 matrix, entry [k, j] = log-prob of response j under constitution k.
 *
 * @param logps row by row, `[4]`
 * @param out row by row, `[4]`
 */
export function samiSlopes(logps: Float64Array, sides: Sides, out: Float64Array): void {
  const [a, b, c, d] = logps;
  out.fill(0);
  const half = sides === "both" ? 0.25 : 0.5; // a mean over the two pairs, and over both sides
  if (sides !== "response") {
    const first = half * sigmoid(c - a), second = half * sigmoid(b - d);
    out[0] -= first;
    out[2] += first;
    out[3] -= second;
    out[1] += second;
  }
  if (sides !== "constitution") {
    const first = half * sigmoid(b - a), second = half * sigmoid(c - d);
    out[0] -= first;
    out[1] += first;
    out[3] -= second;
    out[2] += second;
  }
}

/** Slope of the DPO loss in the chosen log-prob (minus it in the rejected one) at a log-ratio difference. */
export function dpoSlope(difference: number, beta: number): number {
  return -beta * sigmoid(-beta * difference);
}
