/**
 * Comparisons with ties, drawn from a model whose parameters are known.
 *
 * @module
 */
import { Rng } from "../random.ts";
import { davidsonOutcome, raoKupperOutcome } from "../losses/ties.ts";
import type { TiedComparisons, TieModelName } from "./tied_win_rate.ts";

/**
 * Probabilities of a model.
 *
 * @param tie ν of Davidson, θ of Rao and Kupper
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(probabilities("davidson", 0, 2).tie, 0.5);
 * ```
 */
export const probabilities = (model: TieModelName, lambda: number, tie: number) =>
  model === "davidson" ? davidsonOutcome(lambda, tie) : raoKupperOutcome(lambda, tie);

/**
 * Answers of a model that are longer by 60 on average, judged with a taste for length. In a group half of the comparisons
 * share one draw, which leaves each by itself as the model has it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(drawnTies(1, 8, { model: "davidson" }).tied.length, 8);
 * ```
 */
export function drawnTies(
  seed: number,
  n: number,
  { model, theta = 0.4, phi = 1, tie = 1.8, perGroup = 1 }: {
    readonly model: TieModelName;
    readonly theta?: number;
    readonly phi?: number;
    readonly tie?: number;
    readonly perGroup?: number;
  },
): TiedComparisons {
  const rng = Rng.seed(seed).fork(`${model} ${n} ${perGroup}`), own = rng.fork("own"), shared = rng.fork("shared");
  const which = rng.fork("which"), gaps = rng.fork("gaps").normals(n), baselineLength = new Array<number>(n).fill(500);
  const groups = baselineLength.map((_, i) => Math.floor(i / perGroup));
  const common = groups.map(() => shared.uniform());
  const length = Array.from(gaps, (z) => 560 + 80 * z), preference: number[] = [], tied: number[] = [];
  length.forEach((value, i) => {
    const { win, tie: draw } = probabilities(model, theta + phi * Math.tanh((value - 500) / 80), tie);
    const u = own.uniform(), at = perGroup > 1 && which.uniform() < 0.5 ? common[groups[i]] : u;
    preference.push(Number(at < win));
    tied.push(Number(at >= win && at < win + draw));
  });
  return { preference, tied, length, baselineLength, ...(perGroup > 1 && { groups }) };
}
