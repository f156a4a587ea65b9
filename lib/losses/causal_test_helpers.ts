/**
 * The causal losses a second time, for tests alone: float64, one example at a time, straight from the definitions, sharing
 * no code with the first.
 *
 * @module
 */
import type { Ratio, ReleasedOptions } from "./causal.ts";

type Numbers = ArrayLike<number>;

/** −w_i (y_i − b_i) for one batch. */
export function manualWeighted(logpF: Numbers, logpOld: Numbers, advantage: Numbers, ratio: Ratio): Float64Array {
  const weights = Float64Array.from(logpF, (l, i) => Math.exp(l - logpOld[i]));
  const mean = weights.reduce((a, b) => a + b, 0) / weights.length;
  return weights.map((w, i) => {
    const a = advantage[i];
    if (ratio.kind === "plain") return -w * a;
    if (ratio.kind === "self-normalised") return -(w / mean) * a;
    const clipped = w < ratio.low ? ratio.low : w > ratio.high ? ratio.high : w;
    return -Math.min(w * a, clipped * a);
  });
}

/** A batch of the released trainer. */
export interface ReleasedBatch {
  readonly logpF: Numbers;
  readonly logpR: Numbers;
  readonly outcome: Numbers;
  readonly prediction: Numbers;
  readonly generated?: { readonly logpF: Numbers; readonly logpF0: Numbers; readonly prediction: Numbers };
  readonly entropy?: Numbers;
}

/** What {@linkcode manualReleased} finds. */
interface Released {
  readonly losses: Float64Array;
  /** Sum of the sizes of what each loss adds up: what its rounding errors are relative to. */
  readonly scales: Float64Array;
  /** The largest |log weight|. */
  readonly span: number;
}

/** The released loss, with the unpaired outcome term left unclipped. */
export function manualReleased(batch: ReleasedBatch, options: ReleasedOptions): Released {
  const softmax = (x: Numbers) => {
    const top = Math.max(...Array.from(x));
    const e = Float64Array.from(x, (v) => Math.exp(v - top));
    return e.map((v) => v / e.reduce((a, b) => a + b, 0));
  };
  const minus = (a: Numbers, b: Numbers) => Float64Array.from(a, (v, i) => v - b[i]);
  const times = (a: Numbers, b: Numbers) => Float64Array.from(a, (v, i) => v * b[i]);
  const clipped = (w: Numbers, a: Numbers) =>
    Float64Array.from(w, (v, i) => Math.min(v * a[i], Math.min(Math.max(v, 0.8), 1.2) * a[i]));
  const { logpF, logpR, outcome, prediction, generated, entropy } = batch;
  let w = softmax(minus(logpF, logpR));
  if (options.uniformTexts) w = times(w, softmax(logpR)).map((v) => v / options.uniformTexts!);
  const advantage = minus(outcome, prediction);
  const ipw = options.stabilise?.ipw ? clipped(w, advantage) : times(w, advantage);
  let second = w, guess = prediction;
  if (generated) {
    second = softmax(minus(generated.logpF, generated.logpF0));
    if (options.normaliseOutcomeTerm) second = times(second, softmax(generated.logpF0));
    guess = generated.prediction;
  }
  const out = generated && options.stabilise?.outcome ? clipped(second, guess) : times(second, guess);
  const sign = options.higherIsBetter ? -1 : 1, bonus = options.entropy?.weight ?? 0;
  const h = (i: number) => bonus * (entropy?.[i] ?? 0);
  return {
    losses: w.map((_, i) => sign * (options.outcomeWeight * out[i] + options.ipwWeight * ipw[i] + h(i))),
    scales: w.map((_, i) => {
      const sizes = Math.abs(outcome[i]) + Math.abs(prediction[i]);
      const share = options.stabilise?.ipw ? Math.max(w[i], 0.8) : w[i];
      return options.outcomeWeight * Math.abs(out[i]) + options.ipwWeight * share * sizes + Math.abs(h(i));
    }),
    span: Math.max(...[...w, ...second].map((v) => Math.abs(Math.log(v)))),
  };
}
