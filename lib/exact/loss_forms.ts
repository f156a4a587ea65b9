/**
 * What a loss looks like to trainers in float64: it writes its value and then its derivatives into room that the caller has,
 * since they come here for every pair of every step.
 *
 * @module
 */

/**
 * A loss of one number a pair: a difference of log-ratios, log-probs or rewards, chosen − rejected.
 *
 * @param margin the difference
 * @param i of the pair among others, for losses that know more of each
 * @param out value, slope and curvature `[3]`
 */
export interface MarginLoss {
  (margin: number, i: number, out: Float64Array): void;
  /** Where it is of the logistic form: trainers then take the slopes of all pairs at once. */
  readonly logistic?: LogisticForm;
}

/** softplus(−m) + against·m with m = scale·margin − shift: −log σ(m), and that of −m to a degree. */
export interface LogisticForm {
  readonly scale: number;
  /** Of pair i. */
  readonly against: (i: number) => number;
  /** Of pair i. */
  readonly shift: (i: number) => number;
}

/**
 * A loss of the two log-ratios of a pair.
 *
 * @param chosen log π(y|x) − log π_ref(y|x) of the chosen response, in nats
 * @param rejected the same of the rejected response
 * @param referencePoint KTO's z0 in nats, >= 0; the others do not read it
 * @param i of the pair among others, for losses that know more of each, and for messages
 * @param out value, slope in the chosen log-ratio and slope in the rejected one `[3]`
 * @throws RangeError naming argument and pair of a number that is not finite
 */
export type PairLoss = (
  chosen: number,
  rejected: number,
  referencePoint: number,
  i: number,
  out: Float64Array,
) => void;

/**
 * A loss of one response with a label.
 *
 * @param logRatio log π(y|x) − log π_ref(y|x) in nats
 * @param desirable its label
 * @param referencePoint KTO's z0 in nats; the others do not read it
 * @param out value, slope and curvature in the log-ratio `[3]`
 */
export type ResponseLoss = (logRatio: number, desirable: boolean, referencePoint: number, out: Float64Array) => void;

/**
 * The mean loss of two responses under two constitutions.
 *
 * @param logps entry [k, j] is the log-prob of response j under constitution k, in nats, row by row `[4]`
 * @param out value and the slopes in each entry, row by row `[5]`
 */
export type MatrixLoss = (logps: Float64Array, out: Float64Array) => void;
