/**
 * The arms: what each objective makes of one pair, as slopes in its two log-ratios.
 *
 * @module
 */
import {
  apoDownSlopes,
  apoZeroSlopes,
  dpoSlopes,
  ipoSlopes,
  ktoSlopes,
  type PairSlopes,
  sftSlopes,
  timesSlopes,
} from "../../lib/losses/pair_slopes.ts";

/** Ids of all objectives. */
export const objectiveIds = ["sft", "dpo", "ipo", "kto", "apo-zero", "apo-down"] as const;
/** Id of an objective. */
export type Objective = typeof objectiveIds[number];

/**
 * Every objective at one β, as a loss of r_w and r_l, the rewards β log π/π0 of winner and loser. A constant factor of a
 * loss is a step size: SFT is multiplied so that it starts as steep as APO-zero on winners, IPO so that it starts as steep
 * as DPO. IPO aims at a margin of 2 in units of the reward.
 */
export const objectives: Readonly<Record<Objective, (beta: number) => PairSlopes>> = {
  /** −log π(y_w), times β/4. */
  "sft": (beta) => timesSlopes(beta / 4, sftSlopes()),
  /** −log σ(r_w − r_l). */
  "dpo": dpoSlopes,
  /** ((r_w − r_l)/β − 1/(2τ))² at τ = β/4, times β²/8. */
  "ipo": (beta) => timesSlopes(beta * beta / 8, ipoSlopes(beta / 4)),
  /** σ(−(r_w − βz0)) + σ(r_l − βz0), z0 = KL(π ‖ π0). */
  "kto": ktoSlopes,
  /** −σ(r_w) + σ(r_l). */
  "apo-zero": apoZeroSlopes,
  /** σ(r_w) − σ(r_w − r_l). */
  "apo-down": apoDownSlopes,
};
