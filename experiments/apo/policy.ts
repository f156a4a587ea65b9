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

/** The law of one group at some θ; the same object holds one law after the other, since millions are computed. */
export interface Law {
  /** log Σ π_ref e^{θ·φ}. */
  logNormaliser: number;
  /** KL(π ‖ π_ref) in nats. */
  kl: number;
  /** E_π φ `[D]`. */
  readonly mean: Float64Array;
  /** π of each candidate `[A]`. */
  readonly chances: Float64Array;
}

/** Room for a law. */
export function emptyLaw({ size, dimensions }: Candidates): Law {
  return { logNormaliser: 0, kl: 0, mean: new Float64Array(dimensions), chances: new Float64Array(size) };
}

/** θ·φ of candidate i. */
export function score({ features, dimensions }: Candidates, theta: Float64Array, i: number): number {
  let sum = 0;
  for (let k = 0, at = i * dimensions; k < dimensions; k++) sum += theta[k] * features[at + k];
  return sum;
}

/** The law of a group, written into `law`. */
export function lawOf(candidates: Candidates, theta: Float64Array, group: number, law = emptyLaw(candidates)): Law {
  const { features, logReference, size, dimensions } = candidates, { mean, chances } = law;
  const first = group * size, start = first * dimensions;
  // Millions of laws are computed: the loops are plain and write to memory as little as they can.
  let top = -Infinity;
  for (let a = 0; a < size; a++) {
    let logit = 0;
    for (let k = 0, at = start + a * dimensions; k < dimensions; k++) logit += theta[k] * features[at + k];
    logit += logReference[first + a];
    chances[a] = logit;
    if (logit > top) top = logit;
  }
  let total = 0;
  for (let a = 0; a < size; a++) {
    const weight = Math.exp(chances[a] - top);
    chances[a] = weight;
    total += weight;
  }
  for (let k = 0; k < dimensions; k++) {
    let sum = 0;
    for (let a = 0, at = start + k; a < size; a++, at += dimensions) sum += chances[a] * features[at];
    mean[k] = sum / total;
  }
  for (let a = 0; a < size; a++) chances[a] /= total;
  let along = 0;
  for (let k = 0; k < dimensions; k++) along += theta[k] * mean[k];
  law.logNormaliser = top + Math.log(total);
  // E_π log(π/π_ref) = θ·E_π φ − log Z; rounding must not take it below 0.
  law.kl = Math.max(0, along - law.logNormaliser);
  return law;
}

/** Mean KL(π ‖ π_ref) over groups, in nats. */
export function meanKl(candidates: Candidates, theta: Float64Array, groups: readonly number[]): number {
  const law = emptyLaw(candidates);
  return groups.reduce((sum, g) => sum + lawOf(candidates, theta, g, law).kl, 0) / groups.length;
}
