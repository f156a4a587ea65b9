/**
 * What the follower of a preference game answers; without tensors, as the float64 losses read it.
 *
 * @module
 */

/** The follower's best response: of pair i, the fraction `moved[i]` sits at `lo`, the rest where it was. */
export interface BestResponse {
  /** m_i in [0, 1], 0 for a point that stands at `lo` already `[N]`. */
  readonly moved: Float64Array;
  /** d_i = ξ_i − lo, what the moved fraction has travelled `[N]`. */
  readonly distance: Float64Array;
  /** Where the moved fractions sit. */
  readonly lo: number;
  /** Mass of each point, where points differ in it `[N]`. */
  readonly masses?: ArrayLike<number>;
}
