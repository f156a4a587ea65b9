/**
 * What every policy-learning question needs: outcome models of a log, and samples.
 *
 * @module
 */
import { crossFit, fitRidgeGcv } from "../../lib/estimators/mod.ts";
import { once } from "../../lib/made_once.ts";
import type { Rng } from "../../lib/random.ts";
import type { OutcomeLog, OutcomeWorld } from "../../lib/worlds/outcomes.ts";

/** One replicate's data: what a learner gets to see, and the world for the oracle. Models are fitted when they are read. */
export interface Sample {
  readonly world: OutcomeWorld;
  /** Texts with outcomes `[n]`. */
  readonly log: OutcomeLog;
  /** log of the probability with which each logged text came about, as far as its analyst knows `[n]`. */
  readonly logPropensity: Float64Array;
  /** Texts drawn from f0, without outcomes `[m]`. */
  readonly generated: Uint32Array;
  /** Predicted outcome of every text by a model fitted on other, observational data `[X]`. */
  readonly outside: Float64Array;
  /** Predictions of a model cross-fitted on the log itself: out of fold for logged texts, fold average for the pool. */
  readonly crossFitted: { readonly logged: Float64Array; readonly pool: Float64Array };
}

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
function poolModel(world: OutcomeWorld, text: ArrayLike<number>, outcome: ArrayLike<number>): Float64Array {
  return fitRidgeGcv(modelRows(world, text), outcome).predict(world.modelFeatures);
}

/**
 * A model of the log fitted without the outcome it predicts: for a logged text by the folds it is not in, for the pool
 * the average over folds.
 */
export function crossFitted(world: OutcomeWorld, log: OutcomeLog, rng: Rng): Sample["crossFitted"] {
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

/** log P^R of each logged text. */
export function assigned(world: OutcomeWorld, { text }: OutcomeLog): Float64Array {
  return Float64Array.from(text, (x) => world.logAssignment[x]);
}

/** A sample whose models are fitted when they are first read. */
export function sampleOf(
  given: Omit<Sample, "outside" | "crossFitted">,
  models: { readonly outside: () => Float64Array; readonly crossFitted: () => Sample["crossFitted"] },
): Sample {
  const outside = once(models.outside), crossFitted = once(models.crossFitted);
  return {
    ...given,
    get outside() {
      return outside();
    },
    get crossFitted() {
      return crossFitted();
    },
  };
}

/** Everything a learner sees in one world, whose log is randomised. */
export function sampleFrom(
  world: OutcomeWorld,
  { n, generated }: { readonly n: number; readonly generated: number },
  outside: () => Float64Array,
  rng: Rng,
): Sample {
  const log = world.randomised(n, rng.fork("log"));
  return sampleOf({
    world,
    log,
    logPropensity: assigned(world, log),
    generated: rng.fork("generated").categorical(world.logStart.map(Math.exp), generated),
  }, { outside, crossFitted: () => crossFitted(world, log, rng.fork("folds")) });
}

/** Share of a log that policies are trained on while their settings are chosen; the rest holds the estimate. */
const TRAINING_SHARE = 2 / 3;

/** A sample's log in two parts, of which the second holds what settings are chosen by. */
export interface Split {
  readonly training: Sample;
  /** u with Σ f(x) u(x) the estimate of V(f) `[X]`. */
  readonly heldOut: Float64Array;
}

/** The two parts of a sample's log. */
export function splitLog(sample: Sample, rng: Rng): Split {
  const { world, log, logPropensity, generated } = sample, n = log.text.length, cut = Math.round(TRAINING_SHARE * n);
  const rows = { text: log.text.subarray(0, cut), outcome: log.outcome.subarray(0, cut) };
  const training = sampleOf({ world, log: rows, logPropensity: logPropensity.subarray(0, cut), generated }, {
    outside: () => sample.outside,
    crossFitted: () => crossFitted(world, rows, rng),
  });
  // The doubly robust estimate is Σ f(x) u(x): the model, and the weighted residuals of each text.
  const model = poolModel(world, rows.text, rows.outcome), heldOut = model.slice();
  for (let i = cut; i < n; i++) {
    const x = log.text[i];
    heldOut[x] += (log.outcome[i] - model[x]) * Math.exp(-logPropensity[i]) / (n - cut);
  }
  return { training, heldOut };
}
