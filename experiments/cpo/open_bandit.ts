/**
 * Open Bandit: estimating one policy from the other's log, where the other's own mean is the check.
 *
 * @module
 */
import { crossFit, estimators, type Rounds } from "../../lib/estimators/mod.ts";
import { type BanditLog, loadOpenBandit, type OpenBandit } from "../../lib/datasets/mod.ts";
import type { Rng } from "../../lib/random.ts";
import { question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { resampleRows } from "../../lib/run/resamples.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { openBandit as drawn } from "./data_figures.ts";
import type { CpoOptions } from "./options.ts";
import { direction, DIRECTIONS, relativeError } from "./terms.ts";
import { usesModel, valueArms } from "./valuation.ts";

/** Clicks are rare: an item's rate is drawn towards the log's with the weight of this many views. */
const PRIOR_VIEWS = 200;

/** A log reduced to some of its rows. */
interface Rows {
  readonly item: Uint32Array;
  readonly position: Uint32Array;
  readonly click: Float64Array;
  readonly propensity: Float64Array;
}

function take(log: BanditLog, rows: Uint32Array): Rows {
  const n = rows.length;
  const item = new Uint32Array(n), position = new Uint32Array(n);
  const click = new Float64Array(n), propensity = new Float64Array(n);
  // Plain loops: typed-array `from` with a callback takes ten times as long, and this runs for every resample.
  for (let i = 0; i < n; i++) {
    const row = rows[i];
    item[i] = log.item[row];
    position[i] = log.position[row];
    click[i] = log.click[row];
    propensity[i] = log.propensity[row];
  }
  return { item, position, click, propensity };
}

/** Share of each item at each position, `[position][item]`. */
function frequencies({ item, position }: Rows, { items, positions }: OpenBandit): Float64Array[] {
  const counts = Array.from({ length: positions }, () => new Float64Array(items));
  item.forEach((a, i) => counts[position[i]][a]++);
  return counts.map((row) => {
    const total = row.reduce((a, b) => a + b, 0);
    return row.map((count) => count / total);
  });
}

/**
 * Rounds of a log under the target law `[position][item]`; with `folds`, also the click rate of each item, cross-fitted
 * and shrunk towards the mean of its training folds, at the logged item and averaged over the law.
 */
function roundsUnder(law: readonly Float64Array[], log: Rows, folds: Rng | undefined): Rounds {
  const { item, position, click, propensity } = log;
  const weight = propensity.map((p, i) => law[position[i]][item[i]] / p);
  if (!folds) return { reward: click, weight };
  const items = law[0].length;
  const both = crossFit({ n: item.length, rng: folds }, (train) => {
    const views = new Float64Array(items), clicks = new Float64Array(items);
    for (const i of train) {
      views[item[i]]++;
      clicks[item[i]] += click[i];
    }
    const prior = clicks.reduce((a, b) => a + b, 0) / train.length;
    const rates = clicks.map((c, a) => (c + PRIOR_VIEWS * prior) / (views[a] + PRIOR_VIEWS));
    const direct = law.map((row) => row.reduce((total, p, a) => total + p * rates[a], 0));
    return (test) => {
      const out = new Float64Array(2 * test.length);
      for (let k = 0; k < test.length; k++) {
        out[2 * k] = rates[item[test[k]]];
        out[2 * k + 1] = direct[position[test[k]]];
      }
      return out;
    };
  });
  const column = (k: number) => click.map((_, i) => both[2 * i + k]);
  return { reward: click, weight, prediction: column(0), direct: column(1) };
}

export const openBandit = question({
  id: "open-bandit",
  asks: "Can one policy's clicks be told from the other's log?",
  dataset: "open-bandit",
  replicates: "resamples",
  method: "The sample of the Open Bandit data holds 10,000 rows under a uniform and 10,000 under a Thompson policy. " +
    "Each policy's click rate is estimated from the other's log and compared with its own. The uniform log does not " +
    "record Thompson's probabilities, so that policy is stood for by its item frequencies at each position; in the " +
    "other direction the logged propensities are used. The outcome model is the cross-fitted, shrunken click rate of " +
    "each item.",
  arms: valueArms,
  block: 50,
  conditions: () => DIRECTIONS.map((direction) => ({ direction })),
  seeds: ({ bootstraps }: CpoOptions) => bootstraps + 1,
  prepare: ({ store }) => loadOpenBandit(store),
  counts: ({ uniform, thompson }) => ({ read: uniform.n + thompson.n, leftOut: {} }),
  run({ arm, condition, seeds, streams, prepared: data }) {
    const toThompson = condition.direction === DIRECTIONS[0];
    const [source, target] = toThompson ? [data.uniform, data.thompson] : [data.thompson, data.uniform];
    const draws = streams("rows"), folds = streams("folds");
    const uniform = new Float64Array(data.items).fill(1 / data.items);
    return seeds.map((seed, r) => {
      const log = take(source, resampleRows(source.n, seed, draws[r].fork("source")));
      const own = take(target, resampleRows(target.n, seed, draws[r].fork("target")));
      const law = toThompson ? frequencies(own, data) : Array.from({ length: data.positions }, () => uniform);
      const rounds = roundsUnder(law, log, usesModel(arm) ? folds[r] : undefined);
      const estimate = estimators[arm].estimate(rounds);
      const truth = mean(own.click);
      return {
        estimate: estimate.value,
        truth,
        "relative-error": estimate.value / truth - 1,
        "effective-sample-size": estimate.effectiveSampleSize,
        "largest-weight": estimate.largestWeight,
      };
    });
  },
  claims: DIRECTIONS.map((way, i) =>
    claim(
      ["open-bandit-thompson", "open-bandit-uniform"][i],
      `DR estimates the click rate of the ${way.replace(" from ", " policy from the log of the ")} policy within 25%`,
      relativeError.of("dr", direction(way)).between(-0.25, 0.25),
      {
        kind: "question",
        source: "check on real data, not in the paper",
        note: "The own log's click rate is itself uncertain; both logs are resampled.",
      },
    )
  ),
  ...drawn,
});
