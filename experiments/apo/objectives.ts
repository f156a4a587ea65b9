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

/**
 * Every objective at one β. A constant factor of a loss is a step size: SFT is multiplied so that it starts as steep as
 * APO-zero on winners, IPO so that it starts as steep as DPO. IPO aims at a margin of 2 in units of the reward.
 */
export const objectives = {
  "sft": (beta: number) => timesSlopes(beta / 4, sftSlopes()),
  "dpo": dpoSlopes,
  "ipo": (beta: number) => timesSlopes(beta * beta / 8, ipoSlopes(beta / 4)),
  "kto": ktoSlopes,
  "apo-zero": apoZeroSlopes,
  "apo-down": apoDownSlopes,
} as const satisfies Record<string, (beta: number) => PairSlopes>;

/** Id of an objective. */
export type Objective = keyof typeof objectives;
/** Ids of all objectives. */
export const objectiveIds = Object.keys(objectives) as Objective[];
