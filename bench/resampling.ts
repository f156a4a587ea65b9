/**
 * Bootstraps and cross-fitting beside Open Bandit Pipeline, scipy, DoubleML and numpy, one thread each.
 *
 * @module
 */
import process from "node:process";
import { crossFit, differenceOfValues, dr, fitLogistic, fitRidge } from "../lib/estimators/mod.ts";
import { bootstrapIntervals, type EstimatorId, estimators } from "../lib/estimators/mod.ts";
import { sigmoid } from "../lib/exact/logistic.ts";
import { Rng } from "../lib/random.ts";
import { bootstrapSummary } from "../lib/statistics/intervals.ts";
import type { Summary } from "../lib/statistics/leave_one_out.ts";
import { mean, median } from "../lib/statistics/summary.ts";
import { rowsOf } from "./kernels.ts";
import { openLines } from "./peers/lines.ts";
import type { BenchRow } from "./rows.ts";
import { type Contender, takeTurns } from "./timing.ts";

/** Sizes, which `peers/resampling.py` has too. */
const ROUNDS = 100_000, ACTIONS = 10, RESAMPLES = 200, VALUES = 1000, BCA_RESAMPLES = 9999;
const UNITS = 10_000, COVARIATES = 10, FOLDS = 5;

/** Intervals of estimators on one set of draws, from a log and a target whose weights go by action. */
function intervals(ids: readonly EstimatorId[]): () => void {
  const rng = Rng.seed(1), laws = Array.from({ length: ACTIONS }, () => 0.1 + rng.uniform());
  const total = laws.reduce((sum, p) => sum + p), reward = new Float64Array(ROUNDS), weight = new Float64Array(ROUNDS);
  const prediction = new Float64Array(ROUNDS), direct = new Float64Array(ROUNDS);
  for (let i = 0; i < ROUNDS; i++) {
    const action = rng.integer(ACTIONS);
    reward[i] = rng.bernoulli(0.1 + 0.02 * action) ? 1 : 0;
    weight[i] = ACTIONS * laws[action] / total;
    prediction[i] = rng.uniform();
    direct[i] = rng.uniform();
  }
  const rounds = { reward, weight, prediction, direct };
  return () => {
    const terms = ids.map((id) => estimators[id].terms(rounds));
    bootstrapIntervals(terms, { rng: Rng.seed(1), resamples: RESAMPLES });
  };
}

function bca(summary: Summary): () => void {
  const values = Rng.seed(1).normals(VALUES).map(Math.exp);
  return () => void bootstrapSummary(summary, values, { rng: Rng.seed(1), resamples: BCA_RESAMPLES });
}

/** Rows of a matrix whose rows are `width` wide. */
function rowsAt(matrix: Float64Array, width: number, indices: ArrayLike<number>): Float64Array {
  const picked = new Float64Array(indices.length * width);
  for (let i = 0; i < indices.length; i++) {
    for (let j = 0; j < width; j++) picked[i * width + j] = matrix[indices[i] * width + j];
  }
  return picked;
}

/** Average effect of a treatment by AIPW, with linear outcome models of both arms and a logistic propensity, cross-fitted. */
function effect(): () => void {
  const rng = Rng.seed(1), x = rng.normals(UNITS * COVARIATES), treated = new Float64Array(UNITS);
  const outcome = new Float64Array(UNITS), slopes = rng.normals(COVARIATES);
  for (let i = 0; i < UNITS; i++) {
    treated[i] = rng.bernoulli(sigmoid(0.5 * x[i * COVARIATES])) ? 1 : 0;
    outcome[i] = treated[i] + rng.normal();
    for (let j = 0; j < COVARIATES; j++) outcome[i] += x[i * COVARIATES + j] * slopes[j];
  }
  return () => {
    const fitted = crossFit({ n: UNITS, folds: FOLDS, rng: Rng.seed(2) }, (train) => {
      const seen = rowsAt(x, COVARIATES, train), results = rowsAt(outcome, 1, train), arms = rowsAt(treated, 1, train);
      // Of the rows of both arms, those of the other have weight 0.
      const models = [arms.map((d) => 1 - d), arms].map((weights) => fitRidge(seen, results, { penalty: 0, weights }));
      models.push(fitLogistic(seen, arms, { penalty: 0 }));
      return (test) => {
        const rows = rowsAt(x, COVARIATES, test), columns = models.map((model) => model.predict(rows));
        const values = new Float64Array(test.length * columns.length);
        for (let i = 0; i < test.length; i++) for (let c = 0; c < 3; c++) values[3 * i + c] = columns[c][i];
        return values;
      };
    });
    const column = (c: number) => treated.map((_, i) => fitted[3 * i + c]);
    const [without, withIt, chance] = [0, 1, 2].map(column);
    const ofArm = (arm: number, direct: Float64Array) => {
      const weight = treated.map((d, i) => d !== arm ? 0 : 1 / (arm === 1 ? chance[i] : 1 - chance[i]));
      return dr({ reward: outcome, weight, prediction: direct, direct });
    };
    differenceOfValues(ofArm(1, withIt), ofArm(0, without));
  };
}

const LOG = `bootstrap, ${RESAMPLES} resamples, ${ROUNDS} rounds x ${ACTIONS} actions`;
const BCA = `${VALUES} values, ${BCA_RESAMPLES} resamples`;

/** What is measured; the key is the peer's name of it. */
const WORKS: Readonly<
  Record<string, { readonly about: string; readonly peers: readonly string[]; readonly make: () => () => void }>
> = {
  ipw: { about: `IPW, ${LOG}`, peers: ["OBP"], make: () => intervals(["ipw"]) },
  dr: { about: `DR, ${LOG}`, peers: ["OBP"], make: () => intervals(["dr"]) },
  four: {
    about: `IPW, SNIPW, DR, SNDR, ${LOG}`,
    peers: ["OBP"],
    make: () => intervals(["ipw", "snipw", "dr", "sndr"]),
  },
  mean: { about: `BCa of a mean, ${BCA}`, peers: ["scipy"], make: () => bca(mean) },
  median: { about: `BCa of a median, ${BCA}`, peers: ["scipy"], make: () => bca(median) },
  aipw: {
    about: `cross-fitted AIPW, ${UNITS} x ${COVARIATES}, ${FOLDS} folds`,
    peers: ["DoubleML", "numpy"],
    make: effect,
  },
};

/** Processor milliseconds of one call. */
function milliseconds(call: () => void): number {
  const began = process.cpuUsage();
  call();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

/**
 * Processor milliseconds of each work on both sides, in turns; a work has a table with each of its peers.
 *
 * @param options.python that has OBP, scipy, DoubleML and numpy
 * @param options.notes gets what was not found
 */
export async function resamplingRows(
  { rounds, python, notes }: { readonly rounds: number; readonly python: string; readonly notes: string[] },
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [work, { about, peers, make }] of Object.entries(WORKS)) {
    const call = make();
    for (const by of peers) {
      const peer = openLines(python, [new URL("peers/resampling.py", import.meta.url).pathname]);
      try {
        const ask = () => peer.ask<{ by: string; ms: number } | { error: string }>({ work, by });
        const hello = await ask(), contenders: Contender[] = [{ name: "preflab", sample: () => milliseconds(call) }];
        const found = typeof hello !== "string" && !("error" in hello);
        if (found) contenders.unshift({ name: hello.by, sample: async () => (await ask() as { ms: number }).ms });
        else notes.push(`${about}: ${by} not found, ${typeof hello === "string" ? hello : hello.error}`);
        const times = await takeTurns(contenders, rounds);
        const measured = rowsOf("Resampling and cross-fitting, one thread, processor time", about, contenders, times);
        rows.push(...found ? measured : measured.map((row) => ({ ...row, by: `preflab; ${by} not found` })));
      } finally {
        await peer.stop();
      }
    }
  }
  return rows;
}
