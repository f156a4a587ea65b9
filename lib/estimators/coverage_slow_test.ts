/** Coverage of the estimators' intervals over seeded logs. */
import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { bootstrapInterval, dr, type EstimatorId, estimators, outcomeOnly, type Rounds, sndr, snipw } from "./mod.ts";

// Three contexts with four actions each; probabilities are whole fractions, so that a finite log holds the whole law and
// each estimator on it is that estimator's own estimand, biased ones included.
const CONTEXTS = [1, 2, 1]; // of 4
const LOGGING = [[1, 2, 2, 3], [3, 3, 1, 1], [2, 2, 2, 2]]; // of 8
const TARGET = [[0.4, 0.1, 0.3, 0.2], [0.1, 0.2, 0.4, 0.3], [0.1, 0.3, 0.1, 0.5]];
const OUTCOME = [[3, 1, 2, 0], [1, 2, 3, 2], [0, 2, 4, 3]]; // of 4
const MODEL = [[0.6, 0.4, 0.4, 0.2], [0.4, 0.5, 0.6, 0.6], [0.2, 0.4, 0.8, 0.6]];

const cells = CONTEXTS.flatMap((copies, x) =>
  LOGGING[x].map((count, a) => {
    const weight = TARGET[x][a] / (count / 8);
    const direct = TARGET[x].reduce((sum, p, b) => sum + p * MODEL[x][b], 0);
    return { copies: copies * count, weight, direct, prediction: MODEL[x][a], outcome: OUTCOME[x][a] };
  })
);

function assemble(picked: typeof cells, reward: Float64Array): Rounds {
  const column = (name: "weight" | "direct" | "prediction") => Float64Array.from(picked, (cell) => cell[name]);
  return { reward, weight: column("weight"), prediction: column("prediction"), direct: column("direct") };
}

const everyCell = cells.flatMap((cell) => new Array<typeof cell>(cell.copies * 4).fill(cell));
const seen = new Map<typeof cells[number], number>();
const wholeLaw = assemble(
  everyCell,
  Float64Array.from(everyCell, (cell) => {
    const k = seen.get(cell) ?? 0;
    seen.set(cell, k + 1);
    return k % 4 < cell.outcome ? 1 : 0;
  }),
);

function drawLog(n: number, rng: Rng): Rounds {
  const picked = Array.from(rng.categorical(cells.map((cell) => cell.copies), n), (i) => cells[i]);
  return assemble(picked, Float64Array.from(picked, (cell) => rng.bernoulli(cell.outcome / 4) ? 1 : 0));
}

/** Texts from a uniform f0 over all actions of the middle context, and the truth of their term. */
const TEXTS = TARGET[1].map((p, a) => ({ weight: 4 * p, prediction: MODEL[1][a] }));
const GENERATED_TRUTH = TEXTS.reduce((sum, { weight, prediction }) => sum + weight * prediction / 4, 0);

function drawTexts(m: number, rng: Rng): NonNullable<Rounds["generated"]> {
  const picked = Array.from({ length: m }, () => TEXTS[rng.integer(4)]);
  return {
    weight: Float64Array.from(picked, (text) => text.weight),
    prediction: Float64Array.from(picked, (text) => text.prediction),
  };
}

const LOGS = 1000;
/** Four standard deviations of a proportion 0.95 over that many logs: 0.0276. */
const TOLERANCE = 4 * Math.sqrt(0.95 * 0.05 / LOGS);
/**
 * Rounds a log. The two-sided Wald interval of a mean of n terms with skewness g and excess kurtosis k misses by
 * 2 phi(z) [k (z^3 - 3z)/12 - g^2 (z^5 + 2 z^3 - 3z)/18 - (z^3 + z)/4] / n (Hall 1992, section 2.6). Here |g| < 2 and
 * |k| < 6, as the first test shows: the error is below 0.117 (0.8 + 8.5 + 2.4) / 300 = 0.005, a sixth of the tolerance.
 */
const N = 300;

/** Share of logs whose interval holds the truth. */
function coverage(truth: number, interval: (rng: Rng) => { lower: number; upper: number }): number {
  const root = Rng.seed(20260303);
  let covered = 0;
  for (let k = 0; k < LOGS; k++) {
    const { lower, upper } = interval(root.fork(k));
    if (lower <= truth && truth <= upper) covered++;
  }
  return covered / LOGS;
}

function assertCovers(share: number, what: string): void {
  assert.ok(Math.abs(share - 0.95) <= TOLERANCE, `${what}: covered ${share}`);
}

Deno.test("the terms are as tame as the normal approximation needs", () => {
  for (const id of Object.keys(estimators) as EstimatorId[]) {
    const { influence } = estimators[id].estimate(wholeLaw);
    const moment = (p: number) => influence.reduce((sum, x) => sum + x ** p, 0) / influence.length;
    const skewness = moment(3) / moment(2) ** 1.5, kurtosis = moment(4) / moment(2) ** 2 - 3;
    assert.ok(Math.abs(skewness) < 2 && Math.abs(kurtosis) < 6, `${id}: ${skewness}, ${kurtosis}`);
  }
});

for (const [id, { estimate, options }] of Object.entries(estimators)) {
  Deno.test(`the Wald interval of ${id} covers its estimand 95 % of the time`, () => {
    // A level that cuts some weights, so that the altered path is what is tested.
    const given = "lambda" in options && id !== "dr" ? { lambda: 1.5 } : {};
    assertCovers(coverage(estimate(wholeLaw, given).value, (rng) => estimate(drawLog(N, rng), given)), id);
  });
}

Deno.test("with generated texts the intervals of the outcome term, DR and self-normalised DR count both samples", () => {
  // The correction's estimand is the estimate on the whole law less its direct term.
  const direct = outcomeOnly(wholeLaw).value;
  // 120 texts: their term takes four values only, as tame as the rounds' terms.
  const rounds = (rng: Rng) => ({ ...drawLog(N, rng.fork("log")), generated: drawTexts(120, rng.fork("texts")) });
  for (const [name, estimate] of Object.entries({ outcomeOnly, dr, sndr })) {
    const truth = GENERATED_TRUTH + (name === "outcomeOnly" ? 0 : estimate(wholeLaw).value - direct);
    assertCovers(coverage(truth, (rng) => estimate(rounds(rng))), name);
  }
});

Deno.test("the bootstrap interval of self-normalised IPW covers 95 %", () => {
  // The percentiles of 200 resamples scatter about those of all, by either sign, which averages out over logs; their
  // linear interpolation gives away (1 - 0.95) / 200. The n - 1 of the Wald interval is missing: 1 / (2 n) of the width.
  const truth = snipw(wholeLaw).value;
  const share = coverage(
    truth,
    (rng) => bootstrapInterval(drawLog(100, rng), snipw, { rng: rng.fork("bootstrap"), resamples: 200 }),
  );
  assertCovers(share, "bootstrap of snipw");
});
