/**
 * The losses of pairs a second time, for tests alone: float64, straight from the formulas of papers and released code,
 * sharing nothing with the first but names.
 *
 * @module
 */
import type { Divergence } from "./f_divergence.ts";
import { Dual } from "./dual_test_helpers.ts";

/** Log-probs of a batch `[B]`, as far as a loss reads them. */
export interface Pairs {
  readonly policyChosen: ArrayLike<number>;
  readonly policyRejected: ArrayLike<number>;
  readonly referenceChosen?: ArrayLike<number>;
  readonly referenceRejected?: ArrayLike<number>;
  readonly chosenTokens?: ArrayLike<number>;
  readonly rejectedTokens?: ArrayLike<number>;
}

/** Every option of these losses. */
export interface AnyOptions {
  readonly beta?: number;
  readonly labelSmoothing?: number;
  readonly divergence?: Divergence;
  readonly tau?: number;
  readonly eta?: number;
  readonly shift?: number;
  readonly gamma?: number;
  readonly alpha?: number;
  readonly lambda?: number;
  readonly link?: string;
}

interface Pair {
  /** Log-probs. */
  readonly pc: Dual;
  readonly pr: Dual;
  /** Log-ratios, and the same per token. */
  readonly c: Dual;
  readonly r: Dual;
  readonly cMean: Dual;
  readonly rMean: Dual;
}

type Formula = (pair: Pair, options: Required<AnyOptions>) => Dual;

function score(x: Dual, divergence: Divergence = { kind: "reverse-kl" }): Dual {
  switch (divergence.kind) {
    case "reverse-kl":
      return x;
    case "forward-kl":
      return x.times(-1).exp().times(-1);
    case "jensen-shannon":
      return x.logSigmoid();
    case "alpha":
      return power(x, divergence.alpha);
  }
}
const power = (x: Dual, alpha = 0) => alpha === 0 ? x : x.times(-alpha).exp().times(-1 / alpha);
const difference = (a: Dual, b: Dual, divergence?: Divergence) => score(a, divergence).minus(score(b, divergence));
const smoothed = (x: Dual, e = 0) => x.logSigmoid().times(e - 1).minus(e === 0 ? 0 : x.times(-1).logSigmoid().times(e));
const linked = (x: Dual, options: AnyOptions) =>
  options.link === "hinge" ? x.times(-1).plus(1).relu() : smoothed(x, options.labelSmoothing);

/** By name of the table. */
const formulas: Readonly<Record<string, Formula>> = {
  "dpo": ({ c, r }, o) => smoothed(c.minus(r).times(o.beta), o.labelSmoothing),
  "f-dpo": ({ c, r }, o) => smoothed(difference(c, r, o.divergence).times(o.beta), o.labelSmoothing),
  "robust-dpo": ({ c, r }, o) => {
    const x = difference(c, r, o.divergence).times(o.beta), e = o.labelSmoothing;
    return x.logSigmoid().times(e - 1).plus(x.times(-1).logSigmoid().times(e)).times(1 / (1 - 2 * e));
  },
  "dpo-mean": ({ cMean, rMean }, o) => smoothed(cMean.minus(rMean).times(o.beta), o.labelSmoothing),
  "ipo-sum": ({ c, r }, o) => c.minus(r).minus(1 / (2 * o.tau)).square(),
  "ipo-mean": ({ cMean, rMean }, o) => cMean.minus(rMean).minus(1 / (2 * o.tau)).square(),
  "hinge": ({ c, r }, o) => difference(c, r, o.divergence).times(-o.beta).plus(1).relu(),
  "exo-pair": ({ c, r }, o) => {
    const x = difference(c, r, o.divergence).times(o.beta), y = x.times(-1), e = o.labelSmoothing;
    return x.sigmoid().times(x.logSigmoid().minus(Math.log(1 - e)))
      .plus(y.sigmoid().times(y.logSigmoid().minus(Math.log(e))));
  },
  "nca-pair": ({ c, r }, o) =>
    c.times(o.beta).logSigmoid().times(-1)
      .minus(c.times(-o.beta).logSigmoid().times(0.5))
      .minus(r.times(-o.beta).logSigmoid().times(0.5)),
  "bco-pair": ({ c, r }, o) =>
    c.times(o.beta).minus(o.shift).logSigmoid().plus(r.times(-o.beta).plus(o.shift).logSigmoid()).times(-1),
  "sppo-hard": ({ c, r }, o) => c.minus(o.eta / 2).square().plus(r.plus(o.eta / 2).square()),
  "apo-zero": ({ c, r }, o) => c.times(-o.beta).sigmoid().plus(r.times(o.beta).sigmoid()),
  "apo-down": ({ c, r }, o) => c.times(o.beta).sigmoid().plus(c.minus(r).times(-o.beta).sigmoid()),
  "discopop": ({ c, r }, o) => {
    const x = difference(c, r, o.divergence).times(o.beta), blend = x.times(1 / (o.tau ?? 0.05));
    return x.logSigmoid().times(-1).times(blend.times(-1).sigmoid()).plus(blend.logSigmoid().minus(x).exp());
  },
  "reference-free-dpo": ({ pc, pr }, o) => smoothed(pc.minus(pr).times(o.beta), o.labelSmoothing),
  "contrastive-po": ({ pc, pr }, o) => {
    const z = power(pc, o.alpha).minus(power(pr, o.alpha));
    return o.link === "ipo" ? z.minus(1 / (2 * o.beta)).square() : linked(z.times(o.beta), o);
  },
  "simpo": ({ pc, pr }, o) => linked(power(pc, o.alpha).minus(power(pr, o.alpha)).times(o.beta).minus(o.gamma), o),
  "orpo": ({ pc, pr }, o) => pc.minus(pc.log1mexp()).minus(pr.minus(pr.log1mexp())).logSigmoid().times(-o.lambda),
};

/** What {@linkcode plainLosses} finds, each `[B]`; gradients are of the mean. */
export interface PlainLosses {
  readonly losses: Float64Array;
  readonly mean: number;
  readonly policyChosen: Float64Array;
  readonly policyRejected: Float64Array;
}

/** A loss of the table from float64 log-probs. */
export function plainLosses(name: string, pairs: Pairs, options: AnyOptions): PlainLosses {
  const size = pairs.policyChosen.length;
  const duals = (values: ArrayLike<number>, side: number) =>
    Array.from(values, (value, i) => Dual.input(value, side * size + i, 2 * size));
  const pc = duals(pairs.policyChosen, 0), pr = duals(pairs.policyRejected, 1);
  const rc = Array.from(pairs.referenceChosen ?? pc.map(() => 0)),
    rr = Array.from(pairs.referenceRejected ?? rc.map(() => 0));
  const losses = name.startsWith("aot") ? quantiles() : pc.map((_, i) => {
    const c = pc[i].minus(rc[i]), r = pr[i].minus(rr[i]);
    const cMean = c.times(1 / (pairs.chosenTokens?.[i] ?? 1)), rMean = r.times(1 / (pairs.rejectedTokens?.[i] ?? 1));
    return formulas[name]({ pc: pc[i], pr: pr[i], c, r, cMean, rMean }, options as Required<AnyOptions>);
  });
  function quantiles(): Dual[] {
    const sort = (values: Dual[]) => values.toSorted((a, b) => a.value - b.value);
    const constant = (value: number) => new Dual(value, new Float64Array(2 * size));
    const [better, worse] = name === "aot-paired"
      ? [pc.map((d, i) => d.minus(pr[i])), rc.map((v, i) => constant(v - rr[i]))]
      : [pc.map((d, i) => d.minus(rc[i])), pr.map((d, i) => d.minus(rr[i]))];
    const [u, v] = [sort(better), sort(worse)];
    return u.map((d, i) => smoothed(d.minus(v[i]).times(options.beta!), options.labelSmoothing));
  }
  const mean = losses.reduce((sum, loss) => sum.plus(loss)).times(1 / size);
  return {
    losses: Float64Array.from(losses, (loss) => loss.value),
    mean: mean.value,
    policyChosen: mean.slopes.slice(0, size),
    policyRejected: mean.slopes.slice(size),
  };
}
