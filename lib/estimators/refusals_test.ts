/** What every estimator refuses, and that no scale of outcomes loses its spread: one test over all of them. */
import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { crossFit } from "./cross_fit.ts";
import {
  type Estimator,
  type EstimatorId,
  estimators,
  lengthControlledWinRate,
  type Rounds,
  tiedWinRate,
} from "./mod.ts";
import { fitLogistic, fitRidge, fitRidgeGcv } from "./outcome_models.ts";
import { frequencyPropensities, logisticPropensities } from "./propensities.ts";
import { bootstrapInterval } from "./resampling.ts";
import { roundsFromActionDistribution } from "./action_log.ts";
import { effectiveSampleSize, importanceWeights, importanceWeightsFromLogs, largestWeight } from "./weights.ts";

const odd = [NaN, Infinity, -Infinity];
const spoilt = (values: ArrayLike<number>, value: number) => Float64Array.from(values, (v, i) => i === 1 ? value : v);
/** Names argument and row, and says what was got. */
function refuses(call: () => unknown, name: string, label: string, row = 1): void {
  assert.throws(call, (error: Error) => {
    assert.equal(error.name, "RangeError", `${label}: ${error.message}`);
    assert.ok(error.message.includes(`${name}[${row}]`), `${label}: ${error.message}`);
    return true;
  }, label);
}

const columns = {
  reward: [0.5, 1, -0.25, 0.75, 2],
  weight: [0.5, 2, 1, 0.25, 1.5],
  prediction: [0.25, 0.5, 0, 0.5, 1],
  direct: [0.5, 0.25, 0.5, 0.75, 0.5],
};
type Column = keyof typeof columns;
const made = (change: Partial<Record<Column, Float64Array>> = {}): Rounds => ({
  ...Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, Float64Array.from(values)])) as Required<
    Pick<Rounds, Column>
  >,
  ...change,
});
const all = Object.entries(estimators) as [EstimatorId, Estimator][];

/** What an estimator reads beside the reward. */
const reads = (id: EstimatorId, column: Column): boolean =>
  column === "reward" || estimators[id].needs.includes(column === "weight" ? "weight" : "prediction") &&
    // The outcome model alone needs no prediction at logged rounds.
    !(id === "outcome-only" && column === "prediction");

Deno.test("every estimator refuses NaN and infinities, naming array and round", () => {
  let refused = 0;
  for (const [id, { estimate }] of all) {
    for (const column of (Object.keys(columns) as Column[]).filter((column) => reads(id, column))) {
      for (const value of odd) {
        refuses(() => estimate(made({ [column]: spoilt(columns[column], value) })), column, `${id} ${column} ${value}`);
        refused++;
      }
    }
    for (const part of estimators[id].needs.includes("prediction") ? ["weight", "prediction"] as const : []) {
      for (const value of odd) {
        const fine = { weight: Float64Array.of(1, 2, 0.5), prediction: Float64Array.of(0.5, 1, 0) };
        const generated = { ...fine, [part]: spoilt(fine[part], value) };
        refuses(() => estimate({ ...made(), generated }), `generated.${part}`, `${id} generated.${part} ${value}`);
      }
    }
  }
  assert.ok(refused >= 60, `${refused}`);
});

Deno.test("so does everything that feeds them", () => {
  const half = [0.5, 0.5, 0.5], logs = [-1, -2, -3], y = [0, 1, 0, 1], x = [0.1, 0.4, 0.2, 0.3];
  const law = [[[0.5], [0.5]], [[0.5], [0.5]], [[0.5], [0.5]]];
  const log = { reward: [1, 0, 1], action: [0, 1, 0], pscore: half, actionDistribution: law, estimatedRewards: law };
  const comparisons = { preference: [1, 0, 1, 0], length: [4, 5, 6, 9], baselineLength: [5, 5, 5, 5] };
  const doors: [string, (value: number) => unknown][] = [
    ["target", (v) => importanceWeights(spoilt(half, v), half)],
    ["propensity", (v) => importanceWeights(half, spoilt(half, v))],
    ["logPropensity", (v) => importanceWeightsFromLogs(logs, spoilt(logs, v))],
    ["weight", (v) => effectiveSampleSize(spoilt(half, v))],
    ["weight", (v) => largestWeight(spoilt(half, v))],
    ["reward", (v) => roundsFromActionDistribution({ ...log, reward: spoilt(log.reward, v) })],
    ["action", (v) => roundsFromActionDistribution({ ...log, action: spoilt(log.action, v) })],
    ["pscore", (v) => roundsFromActionDistribution({ ...log, pscore: spoilt(half, v) })],
    ["position", (v) => roundsFromActionDistribution({ ...log, position: spoilt([0, 0, 0], v) })],
    [
      "actionDistribution",
      (v) => roundsFromActionDistribution({ ...log, actionDistribution: law.with(1, [[0.5], [v]]) }),
    ],
    ["estimatedRewards", (v) => roundsFromActionDistribution({ ...log, estimatedRewards: law.with(1, [[0.5], [v]]) })],
    ["action", (v) => frequencyPropensities(spoilt([0, 1, 1], v), { actions: 2 })],
    ["stratum", (v) => frequencyPropensities([0, 1, 1], { actions: 2, stratum: spoilt([0, 0, 0], v) })],
    ["action", (v) => logisticPropensities(x, spoilt(y, v), { penalty: 1 })],
    ["features", (v) => logisticPropensities(spoilt(x, v), y, { penalty: 1 })],
    ["features", (v) => fitRidge(spoilt(x, v), y, { penalty: 1 })],
    ["outcome", (v) => fitRidge(x, spoilt(y, v), { penalty: 1 })],
    ["weights", (v) => fitRidge(x, y, { penalty: 1, weights: spoilt([1, 1, 1, 1], v) })],
    ["features", (v) => fitRidgeGcv(spoilt(x, v), y)],
    ["outcome", (v) => fitRidgeGcv(x, spoilt(y, v))],
    ["features", (v) => fitLogistic(spoilt(x, v), y, { penalty: 1 })],
    ["outcome", (v) => fitLogistic(x, spoilt(y, v), { penalty: 1 })],
    [
      "reward",
      (v) =>
        bootstrapInterval(made({ reward: spoilt(columns.reward, v) }), estimators.snipw.estimate, { rng: Rng.seed(1) }),
    ],
    [
      "predictions of fold 0",
      (v) =>
        crossFit({ n: 6, folds: 2, rng: Rng.seed(1) }, () => (test) => spoilt(Float64Array.from(test, () => 0), v)),
    ],
    ["preference", (v) => lengthControlledWinRate({ ...comparisons, preference: spoilt(comparisons.preference, v) })],
    ["length", (v) => lengthControlledWinRate({ ...comparisons, length: spoilt(comparisons.length, v) })],
    ["weights", (v) => lengthControlledWinRate({ ...comparisons, weights: spoilt([1, 1, 1, 1], v) })],
    ["tied", (v) => tiedWinRate({ ...comparisons, tied: spoilt([0, 0, 1, 1], v) })],
  ];
  for (const [i, [name, call]] of doors.entries()) {
    for (const value of odd) refuses(() => call(value), name, `door ${i}, ${name} ${value}`);
  }
});

Deno.test("log-probabilities above 0 and probabilities in their place are named; a text never written weighs 0", () => {
  const logs = [-1, -2, -3];
  refuses(() => importanceWeightsFromLogs(spoilt(logs, 0.3), logs), "logTarget", "target");
  refuses(() => importanceWeightsFromLogs(logs, spoilt(logs, 0.3)), "logPropensity", "propensity");
  const wanted =
    "must be a log-probability, at most 0, got 0.2; all lie in (0, 1], as probabilities do: take their logarithms";
  assert.throws(() => importanceWeightsFromLogs([0.2, 0.9], [-1, -1]), { message: `logTarget[0] ${wanted}` });
  assert.throws(() => importanceWeightsFromLogs([-1, -1], [0.2, 1]), { message: `logPropensity[0] ${wanted}` });
  refuses(() => importanceWeightsFromLogs(spoilt(logs, Infinity), logs), "logTarget", "infinite");
  refuses(() => importanceWeightsFromLogs(spoilt(logs, NaN), logs), "logTarget", "NaN");
  assert.deepEqual([...importanceWeightsFromLogs([-Infinity, -2], [-1, -2])], [0, 1]);
  // The rounding of a law that is sure of one text.
  assert.equal(importanceWeightsFromLogs([1e-7, -1], [0, -1]).length, 2);
  assert.throws(() => importanceWeightsFromLogs([-1, -100], [-1, -900]), {
    message: "weight 1 overflows: its log is 800",
  });
  assert.equal(importanceWeightsFromLogs([-900, -2], [-100, -2])[0], 0);
});

Deno.test("what overflows only as a product is named by both", () => {
  for (const [id, { estimate, needs }] of all.filter(([, { needs }]) => needs.includes("weight"))) {
    const weight = spoilt(columns.weight, 1e200);
    refuses(() => estimate(made({ weight, reward: spoilt(columns.reward, 1e200) })), "reward", id);
    if (!needs.includes("prediction")) continue;
    refuses(() => estimate(made({ weight, prediction: spoilt(columns.prediction, 1e200) })), "prediction", id);
  }
});

Deno.test("every estimate scales with the outcomes from 1e-250 to 1e+100: no spread underflows to none", () => {
  const generated = { weight: Float64Array.of(1, 2, 0.5), prediction: Float64Array.of(0.5, 1, 0) };
  for (const [id, { estimate }] of all) {
    for (const scale of [2 ** -830, 2 ** -660, 2 ** 330]) {
      const by = (values: Float64Array) => values.map((value) => scale * value);
      const at = ({ reward, weight, prediction, direct }: Rounds): Rounds => ({
        reward: by(reward),
        weight,
        prediction: by(prediction!),
        direct: by(direct!),
      });
      const more = { weight: generated.weight, prediction: by(generated.prediction) };
      for (
        const [plain, scaled] of [[made(), at(made())], [{ ...made(), generated }, { ...at(made()), generated: more }]]
      ) {
        const [here, there] = [estimate(plain), estimate(scaled)];
        for (const field of ["value", "standardError", "lower", "upper"] as const) {
          const found = there[field] / scale;
          assert.ok(Math.abs(found - here[field]) < 1e-12, `${id} ${field} at ${scale}: ${found} and ${here[field]}`);
        }
        assert.ok(there.standardError > 0, id);
      }
    }
  }
});
