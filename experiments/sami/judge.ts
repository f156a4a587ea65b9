/**
 * Win rates by a judge that likes length, exact over all pairs of responses, and two ways to correct them.
 *
 * @module
 */
import { sigmoid } from "../../lib/exact/logistic.ts";

/** Log-odds that an unbiased judge gives per standard deviation of alignment. */
const SHARPNESS = 2;

/** Two policies' responses to the same query and constitution. */
export interface Contest {
  /** Alignment of each response `[A]`. */
  readonly alignment: Float64Array;
  /** log of the length of each response `[A]`. */
  readonly logLength: Float64Array;
  /** Probability of each response under the policy in question `[A]`. */
  readonly policy: Float64Array;
  /** Probability of each response under the other policy `[A]`. */
  readonly other: Float64Array;
}

/** Win rates against the other policy, each in [0, 1]. */
interface JudgedRates {
  /** By a judge whose log-odds rise with alignment alone. */
  readonly fair: number;
  /** By a judge who likes length as well. */
  readonly biased: number;
  /** The biased judge's, averaged over pairs where the response is longer and where it is shorter. */
  readonly balanced: number;
  /** The biased judge's by logistic regression on the difference in log length, at equal lengths. */
  readonly logistic: number;
}

/**
 * Judges all pairs of responses, weighed by their chance.
 *
 * @param bias log-odds of the biased judge per unit of log length
 */
export function judge(contests: readonly Contest[], bias: number): JudgedRates {
  // Pairs of one query and constitution: chance, difference in log length, the biased judge's chance of a win.
  const pairs = contests.reduce((sum, { alignment }) => sum + alignment.length ** 2, 0);
  const [weights, differences, wins] = [new Float64Array(pairs), new Float64Array(pairs), new Float64Array(pairs)];
  let pair = 0;
  let fair = 0, biased = 0, longer = 0, longerWins = 0, shorter = 0, shorterWins = 0;
  for (const { alignment, logLength, policy, other } of contests) {
    for (let y = 0; y < alignment.length; y++) {
      for (let z = 0; z < alignment.length; z++) {
        const weight = policy[y] * other[z] / contests.length, difference = logLength[y] - logLength[z];
        const odds = SHARPNESS * (alignment[y] - alignment[z]), win = sigmoid(odds + bias * difference);
        fair += weight * sigmoid(odds);
        biased += weight * win;
        if (difference > 0) {
          longer += weight;
          longerWins += weight * win;
        } else if (difference < 0) {
          shorter += weight;
          shorterWins += weight * win;
        }
        weights[pair] = weight;
        differences[pair] = difference;
        wins[pair++] = win;
      }
    }
  }
  const balanced = longer > 0 && shorter > 0 ? (longerWins / longer + shorterWins / shorter) / 2 : biased;
  return { fair, biased, balanced, logistic: winsAtEqualLength(weights, differences, wins) };
}

/** σ(a) of the logistic regression σ(a + b·difference) of wins, by Newton steps on its concave likelihood. */
function winsAtEqualLength(weights: Float64Array, differences: Float64Array, wins: Float64Array): number {
  let a = 0, b = 0;
  for (let round = 0; round < 50; round++) {
    let ga = 0, gb = 0, aa = 0, ab = 0, bb = 0;
    for (let i = 0; i < weights.length; i++) {
      const d = differences[i],
        p = sigmoid(a + b * d),
        error = weights[i] * (wins[i] - p),
        h = weights[i] * p * (1 - p);
      ga += error;
      gb += error * d;
      aa += h;
      ab += h * d;
      bb += h * d * d;
    }
    const determinant = aa * bb - ab * ab;
    // Without any difference in length there is no slope to fit.
    const alone = !(determinant > 1e-12 * aa * aa);
    a += alone ? ga / aa : (bb * ga - ab * gb) / determinant;
    b += alone ? 0 : (aa * gb - ab * ga) / determinant;
    if (Math.abs(ga) + Math.abs(gb) < 1e-12) break;
  }
  return sigmoid(a);
}
