/**
 * Log-linear policies π ∝ π_ref e^{θ·φ} over groups of candidate responses, enumerated in float64.
 *
 * @module
 */

/** Groups of candidates, each with a law of its own: the responses of prompts, or one pool of texts. */
export interface Candidates {
  /** φ `[G * A, D]` row-major. */
  readonly features: Float64Array;
  /** log π_ref, normalised within each group `[G * A]`. */
  readonly logReference: Float64Array;
  /** Candidates A of a group. */
  readonly size: number;
  /** Features D. */
  readonly dimensions: number;
}

/** The law of one group at some θ. */
export interface Law {
  /** log Σ π_ref e^{θ·φ}. */
  readonly logNormaliser: number;
  /** E_π φ `[D]`. */
  readonly mean: Float64Array;
  /** KL(π ‖ π_ref) in nats. */
  readonly kl: number;
  /** π of each candidate `[A]`. */
  readonly chances: Float64Array;
}

/** θ·φ of candidate i. */
export function score({ features, dimensions }: Candidates, theta: Float64Array, i: number): number {
  let sum = 0;
  for (let k = 0, at = i * dimensions; k < dimensions; k++) sum += theta[k] * features[at + k];
  return sum;
}

/** The law of a group. */
export function lawOf(candidates: Candidates, theta: Float64Array, group: number): Law {
  const { features, logReference, size, dimensions } = candidates;
  const first = group * size, chances = new Float64Array(size);
  let top = -Infinity;
  for (let a = 0; a < size; a++) {
    chances[a] = logReference[first + a] + score(candidates, theta, first + a);
    if (chances[a] > top) top = chances[a];
  }
  let total = 0;
  for (let a = 0; a < size; a++) total += chances[a] = Math.exp(chances[a] - top);
  const mean = new Float64Array(dimensions);
  for (let a = 0; a < size; a++) {
    const p = chances[a] /= total;
    for (let k = 0, at = (first + a) * dimensions; k < dimensions; k++) mean[k] += p * features[at + k];
  }
  const logNormaliser = top + Math.log(total);
  // E_π log(π/π_ref) = θ·E_π φ − log Z; rounding must not take it below 0.
  const kl = Math.max(0, theta.reduce((sum, t, k) => sum + t * mean[k], 0) - logNormaliser);
  return { logNormaliser, mean, kl, chances };
}

/** Mean KL(π ‖ π_ref) over groups, in nats. */
export function meanKl(candidates: Candidates, theta: Float64Array, groups: readonly number[]): number {
  return groups.reduce((sum, g) => sum + lawOf(candidates, theta, g).kl, 0) / groups.length;
}
