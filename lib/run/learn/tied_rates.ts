/**
 * Win rates at equal length by models that know ties, for data in which some pairs are ties.
 *
 * @module
 */
import { type TiedWinRate, tiedWinRate, type TieModelName } from "../../estimators/tied_win_rate.ts";
import type { MethodResult } from "../../learn/cross_validate.ts";
import type { LearnData } from "../../learn/data.ts";
import { labelOf } from "../../report/methods.ts";
import type { TableSpec } from "../../report/types.ts";
import { UserError } from "../../user_error.ts";

/** Models, with what their papers call the tie parameter. */
const MODELS: readonly (readonly [TieModelName, string])[] = [
  ["davidson", "Davidson, ν"],
  ["rao-kupper", "Rao and Kupper, θ"],
];

/** What is said of ties: nothing where no pair is one. */
interface TiedRates {
  readonly tables: readonly TableSpec[];
  readonly notes: readonly string[];
}

/**
 * Of the text that each policy prefers against the other: its win rate were both equally long, where ties are an outcome of
 * their own.
 *
 * @example Without ties there is nothing to say
 * ```ts
 * import assert from "node:assert/strict";
 * import { pairsData } from "../../learn/data.ts";
 * const data = pairsData([{ prompt: "a", chosen: "b", rejected: "c" }]);
 * assert.deepEqual(tiedRates(data, []), { tables: [], notes: [] });
 * ```
 */
export function tiedRates(data: LearnData, results: readonly MethodResult[]): TiedRates {
  if (data.kind !== "pairs") return { tables: [], notes: [] };
  const ties = data.rows.filter(({ tied }) => tied).length;
  if (ties === 0) return { tables: [], notes: [] };
  const found = results.flatMap(({ id, rows }) =>
    MODELS.map(([model, name]) => {
      const comparisons = {
        preference: rows.map(({ won }) => won),
        tied: data.rows.map(({ tied }) => Number(tied)),
        length: rows.map((row) => row["picked-words"]),
        baselineLength: rows.map((row) => row["other-words"]),
        groups: data.groups,
        weights: data.rows.map(({ weight }) => weight),
      };
      return { id, name, rate: attempted(() => tiedWinRate(comparisons, { model })) };
    })
  );
  const total = data.rows.reduce((sum, { weight }) => sum + weight, 0);
  /** Log-likelihood of all pairs below that of the model that fits the method's picks best. */
  const behind = (own: string, { logLikelihood }: TiedWinRate) =>
    total * found.reduce(
      (most, { id, rate }) =>
        id === own && typeof rate !== "string" ? Math.max(most, rate.logLikelihood - logLikelihood) : most,
      0,
    );
  const table: TableSpec = {
    id: "tied-win-rate",
    caption:
      `Win rates at equal length where ties are an outcome of their own (${ties} of ${data.rows.length} pairs): P(win) + ` +
      "P(tie)/2 of the text that a policy prefers, and P(tie), were both texts equally long, by the models of Davidson (1970) " +
      "and of Rao and Kupper (1967). Intervals are of 95 % over prompts.",
    columns: [
      { key: "method", label: "method", method: true },
      { key: "model", label: "model, its parameter" },
      { key: "rate", label: "win rate at equal length", lower: "lower", upper: "upper", better: "higher" },
      { key: "ties", label: "ties at equal length", lower: "ties-lower", upper: "ties-upper" },
      { key: "parameter", label: "tie parameter" },
      { key: "length", label: "length effect, log odds" },
      { key: "behind", label: "log-likelihood behind the better fit" },
    ],
    rows: found.flatMap(({ id, name, rate }) =>
      typeof rate === "string" ? [] : [{
        ...{
          method: id,
          model: name,
          rate: rate.winRate.estimate,
          lower: rate.winRate.lower,
          upper: rate.winRate.upper,
        },
        ...{ ties: rate.tieRate.estimate, "ties-lower": rate.tieRate.lower, "ties-upper": rate.tieRate.upper },
        ...{ parameter: rate.tieParameter, length: rate.lengthEffect, behind: behind(id, rate) },
      }]
    ),
  };
  return {
    tables: table.rows.length > 0 ? [table] : [],
    notes: found.flatMap(({ id, name, rate }) =>
      typeof rate === "string" ? [`No win rate with ties of ${labelOf(id)} by ${name}: ${rate}.`] : []
    ),
  };
}

/** A rate, or why there is none: one side may win all, or lengths tell everything. */
function attempted(rate: () => TiedWinRate): TiedWinRate | string {
  try {
    return rate();
  } catch (error) {
    if (error instanceof RangeError || error instanceof UserError) return error.message;
    throw error;
  }
}
