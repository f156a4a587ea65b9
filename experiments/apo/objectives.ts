/**
 * The arms: what each objective makes of one pair, as a loss of its two log-ratios.
 *
 * @module
 */
import type { PairLoss } from "../../lib/exact/loss_forms.ts";
import { exactPair } from "../../lib/losses/exact.ts";
import { timesLoss } from "../../lib/losses/exact_pairs.ts";

/** Ids of all objectives. */
export const objectiveIds = ["sft", "dpo", "ipo", "kto", "apo-zero", "apo-down"] as const;
/** Id of an objective. */
export type Objective = typeof objectiveIds[number];

/**
 * Every objective at one β, as a loss of r_w and r_l, the rewards β log π/π0 of winner and loser. A constant factor of a
 * loss is a step size: SFT is multiplied so that it starts as steep as APO-zero on winners, IPO so that it starts as steep
 * as DPO. IPO aims at a margin of 2 in units of the reward.
 */
export const objectives: Readonly<Record<Objective, (beta: number) => PairLoss>> = {
  /** −log π(y_w), times β/4. */
  "sft": (beta) => timesLoss(beta / 4, exactPair("sft", {})),
  /** −log σ(r_w − r_l). */
  "dpo": (beta) => exactPair("dpo", { beta }),
  /** ((r_w − r_l)/β − 1/(2τ))² at τ = β/4, times β²/8. */
  "ipo": (beta) => timesLoss(beta * beta / 8, exactPair("ipo-sum", { tau: beta / 4 })),
  /** σ(−(r_w − βz0)) + σ(r_l − βz0), z0 = KL(π ‖ π0). */
  "kto": (beta) => exactPair("kto", { beta }),
  /** −σ(r_w) + σ(r_l). */
  "apo-zero": (beta) => exactPair("apo-zero", { beta }),
  /** σ(r_w) − σ(r_w − r_l). */
  "apo-down": (beta) => exactPair("apo-down", { beta }),
};
