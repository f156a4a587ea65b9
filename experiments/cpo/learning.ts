/**
 * What every policy-learning question needs: outcome models of a log, samples, and exact measures of what was learned.
 *
 * @module
 */
import { crossFit, fitRidgeGcv } from "../../lib/estimators/mod.ts";
import type { Rng } from "../../lib/tensor/random.ts";
import type { OutcomeWorld } from "../../lib/worlds/outcomes.ts";
import type { Sample } from "./arms.ts";

/** Outcome-model features of some texts, row-major. */
export function modelRows(world: OutcomeWorld, texts: ArrayLike<number>): Float64Array {
  const width = world.modelFeatures.length / world.texts;
  const rows = new Float64Array(texts.length * width);
  for (let i = 0; i < texts.length; i++) {
    rows.set(world.modelFeatures.subarray(texts[i] * width, (texts[i] + 1) * width), i * width);
  }
  return rows;
}

/** Predictions over the whole pool of a ridge regression fitted on rows of a log. */
export function poolModel(world: OutcomeWorld, text: ArrayLike<number>, outcome: ArrayLike<number>): Float64Array {
  return fitRidgeGcv(modelRows(world, text), outcome).predict(world.modelFeatures);
}

/**
 * A model of the log fitted without the outcome it predicts: for a logged text by the folds it is not in, for the pool
 * the average over folds.
 */
export function crossFitted(world: OutcomeWorld, log: Sample["log"], rng: Rng): Sample["crossFitted"] {
  const n = log.text.length, folds = 5;
  const pool = new Float64Array(world.texts);
  const logged = crossFit({ n, folds, rng }, (train) => {
    const model = poolModel(world, train.map((i) => log.text[i]), Float64Array.from(train, (i) => log.outcome[i]));
    model.forEach((value, x) => pool[x] += value / folds);
    return (test) => Float64Array.from(test, (i) => model[log.text[i]]);
  });
  return { logged, pool };
}

/** An outcome model of the pool fitted on observational rows, where readers choose what they read. */
export function observationalModel(world: OutcomeWorld, rows: number, rng: Rng): Float64Array {
  const { text, outcome } = world.observational(rows, rng);
  return poolModel(world, text, outcome);
}

/** An outcome model fitted on clean rows whose predictions are then confounded, as the released simulation does. */
export function shiftedModel(world: OutcomeWorld, rows: number, shift: number, rng: Rng): Float64Array {
  const { text, outcome } = world.randomised(rows, rng);
  return world.confoundPredictions(poolModel(world, text, outcome), shift, rng.fork("types of texts"));
}

/** Everything a learner sees in one world. */
export function sampleFrom(
  world: OutcomeWorld,
  { n, generated }: { readonly n: number; readonly generated: number },
  outside: Float64Array,
  rng: Rng,
): Sample {
  const log = world.randomised(n, rng.fork("log"));
  return {
    world,
    log,
    generated: rng.fork("generated").categorical(world.logStart.map(Math.exp), generated),
    outside,
    crossFitted: crossFitted(world, log, rng.fork("folds")),
  };
}

/** Exact measures of a learned policy. */
export function measures({ world, log }: Sample, logF: Float64Array, klWeight: number) {
  const best = world.optimum(klWeight);
  const objective = (f: Float64Array) => world.value(f) - klWeight * world.kl(f);
  let total = 0, squares = 0, largest = 0;
  for (const x of log.text) {
    const w = Math.exp(logF[x] - world.logAssignment[x]);
    total += w;
    squares += w * w;
    largest = Math.max(largest, w);
  }
  return {
    objective: objective(logF),
    "objective-of-f0": objective(world.logStart),
    value: world.value(logF),
    kl: world.kl(logF),
    regret: objective(best) - objective(logF),
    "effective-sample-size": total * total / squares,
    "largest-weight": largest,
  };
}

/** Rows of one unit: the measures of every replicate, metric by metric. */
export function measureAll(samples: readonly Sample[], logF: readonly Float64Array[], klWeight: number) {
  const rows = samples.map((sample, r) => measures(sample, logF[r], klWeight));
  const names = Object.keys(rows[0]) as (keyof typeof rows[0])[];
  return Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])]));
}
