/**
 * Log-likelihoods of models that know ties, with their derivatives in float64.
 *
 * The same models as losses on tensors: `lib/losses/ties.ts`.
 *
 * @module
 */
import { sigmoid, softplus } from "../exact/logistic.ts";

/** What a comparison says of its first answer. */
export type Outcome = "win" | "tie" | "loss";

/** log P of an outcome, with first and second derivatives in λ, the difference in strength, and in the tie parameter κ. */
export interface Likelihood {
  readonly value: number;
  /** In λ, in κ. */
  readonly slope: readonly [number, number];
  /** λλ, λκ, κκ. */
  readonly curvature: readonly [number, number, number];
}

/** A model of wins, ties and losses whose log P is concave in (λ, κ). */
export interface TieModel {
  /** Below this there is no κ. */
  readonly least: number;
  /** log P of an outcome. */
  at(outcome: Outcome, lambda: number, kappa: number): Likelihood;
  /** κ at which answers of equal strength tie so often, in (0, 1). */
  kappaOf(tie: number): number;
  /** The parameter as its paper writes it. */
  written(kappa: number): number;
}

/**
 * Davidson's model, κ = log ν (Journal of the American Statistical Association 65, 1970):
 *
 *   P(win) : P(tie) : P(loss) = e^{λ/2} : ν : e^{−λ/2}
 *
 * @example Equals, of whom half tie at ν = 2
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(Math.abs(davidsonModel.at("tie", 0, Math.log(2)).value - Math.log(0.5)) < 1e-15);
 * assert.ok(Math.abs(davidsonModel.written(davidsonModel.kappaOf(0.5)) - 2) < 1e-12);
 * ```
 */
export const davidsonModel: TieModel = {
  least: -Infinity,
  at(outcome, lambda, kappa) {
    const own = { win: lambda / 2, tie: kappa, loss: -lambda / 2 }, most = Math.max(own.win, own.tie, own.loss);
    const [win, tie, loss] = [own.win, own.tie, own.loss].map((score) => Math.exp(score - most));
    const sum = win + tie + loss, ahead = (win - loss) / sum / 2, tied = tie / sum;
    const side = outcome === "win" ? 0.5 : outcome === "loss" ? -0.5 : 0;
    return {
      value: own[outcome] - most - Math.log(sum),
      slope: [side - ahead, Number(outcome === "tie") - tied],
      curvature: [ahead * ahead - (win + loss) / sum / 4, ahead * tied, tied * (tied - 1)],
    };
  },
  kappaOf: (tie) => Math.log(2 * tie / (1 - tie)),
  written: Math.exp,
};

/**
 * Rao and Kupper's model, κ = log θ > 0 (Journal of the American Statistical Association 62, 1967): differences below κ are
 * not noticed, which is an ordered logit with thresholds ±κ.
 *
 *   P(win) = σ(λ − κ),   P(loss) = σ(−λ − κ),   P(tie) = (e^{2κ} − 1) σ(λ − κ) σ(−λ − κ)
 *
 * @example Equals, of whom half tie at θ = 3
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(Math.abs(raoKupperModel.at("tie", 0, Math.log(3)).value - Math.log(0.5)) < 1e-15);
 * assert.ok(Math.abs(raoKupperModel.written(raoKupperModel.kappaOf(0.5)) - 3) < 1e-12);
 * ```
 */
export const raoKupperModel: TieModel = {
  least: 0,
  at(outcome, lambda, kappa) {
    /** log σ(s λ − κ). */
    const side = (s: number): Likelihood => {
      const at = s * lambda - kappa, short = sigmoid(-at), bend = -short * sigmoid(at);
      return { value: -softplus(-at), slope: [s * short, -short], curvature: [bend, -s * bend, bend] };
    };
    if (outcome !== "tie") return side(outcome === "win" ? 1 : -1);
    const [win, loss] = [side(1), side(-1)], gap = -Math.expm1(-2 * kappa);
    return {
      // log(e^{2κ} − 1) = 2κ + log(1 − e^{−2κ})
      value: 2 * kappa + Math.log(gap) + win.value + loss.value,
      slope: [win.slope[0] + loss.slope[0], 2 / gap + win.slope[1] + loss.slope[1]],
      curvature: [
        win.curvature[0] + loss.curvature[0],
        win.curvature[1] + loss.curvature[1],
        -4 * Math.exp(-2 * kappa) / (gap * gap) + win.curvature[2] + loss.curvature[2],
      ],
    };
  },
  kappaOf: (tie) => Math.log((1 + tie) / (1 - tie)),
  written: Math.exp,
};
