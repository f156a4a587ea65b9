/**
 * How often a text beats another of the same opening, lengths as they are and as if they were equal.
 *
 * @module
 */
import { lengthFeature } from "../../lib/estimators/length_controlled.ts";
import { fitLogistic } from "../../lib/estimators/mod.ts";
import { sigmoid } from "../../lib/exact/logistic.ts";
import { mean } from "../../lib/statistics/summary.ts";

/** Ridge penalty of what length adds: a handful of texts may be told apart by their lengths without error. */
const PENALTY = 1;

/** A text: what it is worth, and its characters. */
interface Text {
  readonly worth: number;
  readonly length: number;
}

/**
 * Win rates by known worth, half a win for each of two that are worth the same.
 *
 * `controlled` is that of `lengthControlledWinRate` but for a small penalty. It is the win rate as it is where one side wins
 * all, which no length explains, or where differences in length do not differ.
 *
 * @param own `[n]`
 * @param others of the same openings `[n]`
 */
export function winRates(
  own: readonly Text[],
  others: readonly Text[],
): { readonly raw: number; readonly controlled: number } {
  const preference = own.map(({ worth }, i) => (1 + Math.sign(worth - others[i].worth)) / 2), raw = mean(preference);
  const differences = new Set(own.map(({ length }, i) => length - others[i].length));
  if (raw === 0 || raw === 1 || differences.size === 1) return { raw, controlled: raw };
  const feature = lengthFeature(own.map(({ length }) => length), others.map(({ length }) => length))!;
  return { raw, controlled: sigmoid(fitLogistic(feature, preference, { penalty: PENALTY }).intercept) };
}
