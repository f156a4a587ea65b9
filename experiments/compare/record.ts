/**
 * What a platform wrote down of its readers' type, and the propensities that follow from that.
 *
 * @module
 */
import type { Rng } from "../../lib/random.ts";
import { pairChance, type Population, type PopulationLog } from "../../lib/worlds/population.ts";

/** A record of each reader's type. */
export interface TypeRecord {
  /** Correlation of the record with the type, in [0, 1]: 1 where the type itself was recorded, 0 where nothing was. */
  readonly correlation: number;
  /** w, −1 or +1 `[n]`. */
  readonly sign: Int8Array;
}

/** A record of a log's readers; whoever is recorded wrongly at one correlation is so at every lower one. */
export function recordOf({ type }: PopulationLog, correlation: number, rng: Rng): TypeRecord {
  return { correlation, sign: type.map((z) => rng.uniform() < (1 + correlation) / 2 ? z : -z) };
}

/** P(z | w), of the type that w names, then of the other. */
const shares = (correlation: number): [number, number] => [(1 + correlation) / 2, (1 - correlation) / 2];

/** log P(a | x, w) of a record of −1, then of +1, in nats, each `[X, A]`: the mean of what both types are shown. */
export function logShownTo({ logShown }: Population, correlation: number): readonly [Float64Array, Float64Array] {
  const [named, other] = shares(correlation);
  if (other === 0) return logShown;
  const [minus, plus] = logShown.map((logs) => logs.map(Math.exp));
  return [
    minus.map((p, i) => Math.log(named * p + other * plus[i])),
    plus.map((p, i) => Math.log(named * p + other * minus[i])),
  ];
}

/** Chance of showing a and b, in either order, to a reader whose record is w, of both laws `[2][X, A]`. */
export function pairChanceTo(
  laws: readonly Float64Array[],
  { correlation, sign }: TypeRecord,
  unit: number,
  [start, a, b]: readonly [number, number, number],
): number {
  const [named, other] = shares(correlation), w = Number(sign[unit] > 0);
  return named * pairChance(laws[w], start, a, b) +
    (other === 0 ? 0 : other * pairChance(laws[1 - w], start, a, b));
}
