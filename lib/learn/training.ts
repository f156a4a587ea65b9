/**
 * Policies over texts trained by losses of the table: their slopes in log-probs of whole texts, and from there in θ.
 *
 * @module
 */
import { adam, checkBounded } from "../exact/descent.ts";
import { dimensionsOf, gradientInTheta, type LawClass, logLawOf } from "../exact/laws.ts";
import { type Tensor, tf } from "../tensor/backend.ts";
import type { Example, ScoredExample } from "../training/language/examples.ts";
import type { Objective, Term } from "../training/language/objective.ts";

/** Something to learn from: texts of one prompt, by their place in all tables. */
export interface Sample {
  /** The prompt. */
  readonly group: number;
  /** Rows of its responses among all candidates. */
  readonly rows: readonly number[];
  /** Words of each response, for losses that compare means. */
  readonly words: readonly number[];
  /** All else that a loss reads. */
  readonly facts: Omit<Example, "responses">;
}

/** How long training takes and how far it steps, the same for every method, as the experiments have it. */
const STEPS = 150, RATE = 0.02;

/** What a term reads of one response of each sample. */
interface Column {
  /** Places among all candidates `[n]`. */
  readonly cells: Uint32Array;
  /** 1 for sums over a text, 1 over its words for means `[n]`. */
  readonly scale: Float64Array;
  /** The number of the law that the term weighs it against: the reference unless the sample says otherwise `[n]`. */
  readonly base: Float64Array;
  /** That of the reference less it `[n]`. */
  readonly gap: Float64Array;
}

/** A term with samples of one shape. */
interface Readings {
  readonly term: Term;
  readonly columns: readonly Column[];
  readonly shares: Float32Array;
  readonly scored: readonly ScoredExample[];
}

/** Samples of one number of responses, with and without an outcome, are evaluated at once. */
function readingsOf({ terms, reference }: Objective, samples: readonly Sample[], logStart: Float64Array): Readings[] {
  const shapes = Map.groupBy(samples, ({ rows, facts }) => `${rows.length} ${facts.outcome === undefined}`);
  /** A text whose log-prob is that of its last token. */
  const text = (count: number) => ({ ids: new Uint32Array(count + 1), from: 1 });
  const scoredOf = ({ facts, words, rows }: Sample): ScoredExample => ({
    ...{ example: { ...facts, responses: words.map(text) }, policy: [] },
    ...(reference && {
      reference: words.map((count, r) => {
        const logps = new Float32Array(count + 1);
        logps[count] = logStart[rows[r]];
        return logps;
      }),
    }),
  });
  return terms.flatMap((term) =>
    [...shapes.values()].map((some): Readings => {
      const reads = term.reads(some[0].rows.length), [{ response }] = reads, scored = some.map(scoredOf);
      const per = term.per === "token" ? samples.reduce((sum, { words }) => sum + words[response], 0) : samples.length;
      const columns = reads.map(({ response, reduction }): Column => {
        const cells = Uint32Array.from(some, ({ rows }) => rows[response]);
        const scale = Float64Array.from(some, ({ words }) => reduction === "mean" ? 1 / words[response] : 1);
        const own = Float64Array.from(cells, (cell, n) => logStart[cell] * scale[n]);
        const base = own.map((logp, n) => term.law?.(scored[n].example, logp) ?? logp);
        return { cells, scale, base, gap: own.map((logp, n) => logp - base[n]) };
      });
      const shares = Float32Array.from(some, ({ facts: { weight = 1 } }) => weight * term.weight / per);
      return { term, columns, shares, scored };
    })
  );
}

/** What is measured of an objective at some θ. */
interface Slopes {
  readonly loss: number;
  /** `[D]` */
  readonly gradient: Float64Array;
}

/**
 * An objective over samples as a function of θ. What losses compare rewards with is exact here: z0 of KTO is the mean KL over
 * the samples' prompts, so that no mismatched pairs are drawn; δ of BCO is the mean reward of all samples.
 *
 * @example DPO at π0 costs log 2, and raises the chosen text
 * ```ts
 * import assert from "node:assert/strict";
 * import { startBackend } from "../tensor/backend.ts";
 * import { objectiveOf } from "../training/language/objectives.ts";
 * await startBackend("cpu");
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * const sample = { group: 0, rows: [0, 1], words: [1, 1], facts: {} };
 * const { loss, gradient } = objectiveAt(objectiveOf("dpo", { loss: { beta: 1 } }), even, [sample])(Float64Array.of(0));
 * assert.ok(Math.abs(loss - Math.LN2) < 1e-6 && Math.abs(gradient[0] + 0.5) < 1e-6);
 * ```
 */
export function objectiveAt(
  objective: Objective,
  space: LawClass,
  samples: readonly Sample[],
): (theta: Float64Array) => Slopes {
  const { logStart, responses } = space, dimensions = dimensionsOf(space);
  const parts = readingsOf(objective, samples, logStart);
  const laws = [...new Set(samples.map(({ group }) => group))].map((group) => ({
    ...{ group, first: group * responses, logp: new Float64Array(responses), chances: new Float64Array(responses) },
  }));
  const ratios = new Float64Array(logStart.length), slopes = new Float64Array(logStart.length);
  const kls = new Float64Array(logStart.length / responses), part = new Float64Array(dimensions);
  return (theta) => {
    for (const { group, first, logp, chances } of laws) {
      logLawOf(space, theta, group, logp, chances);
      let kl = 0;
      for (let a = 0; a < responses; a++) kl += chances[a] * (ratios[first + a] = logp[a] - logStart[first + a]);
      kls[group] = kl;
    }
    slopes.fill(0);
    const point = pointOf(objective, samples, kls, ratios);
    let loss = 0;
    for (const one of parts) loss += addSlopes(one, logStart, ratios, point, slopes);
    const gradient = new Float64Array(dimensions);
    for (const { group, first, chances } of laws) {
      gradientInTheta(space, group, chances, slopes.subarray(first, first + responses), part);
      for (let k = 0; k < dimensions; k++) gradient[k] += part[k];
    }
    return { loss, gradient };
  };
}

/** Adds a term's slopes in the log-prob of each cell, and returns its share of the loss. */
function addSlopes(
  { term, columns, shares, scored }: Readings,
  logStart: Float64Array,
  ratios: Float64Array,
  point: number,
  slopes: Float64Array,
): number {
  let loss = 0;
  tf.tidy(() => {
    const rows = (of: (column: Column, n: number) => number) =>
      columns.map((column) => tf.tensor1d(Float32Array.from(column.cells, (_, n) => of(column, n))));
    // Where ratios alone count, the larger side is 0: their difference keeps its digits in float32.
    const ratio = ({ cells, scale, gap }: Column, n: number) => ratios[cells[n]] * scale[n] + gap[n];
    const [policy, reference] = term.ofRatios
      ? [rows((column, n) => Math.min(0, ratio(column, n))), rows((column, n) => Math.min(0, -ratio(column, n)))]
      : [
        rows(({ cells, scale }, n) => (logStart[cells[n]] + ratios[cells[n]]) * scale[n]),
        rows(({ base }, n) => base[n]),
      ];
    const { value, grads } = tf.valueAndGrads((...inputs) =>
      term.loss(inputs as Tensor[], { reference, scored, point })
    )(
      policy,
      tf.tensor1d(shares),
    );
    grads.forEach((grad, k) => {
      const { cells, scale } = columns[k], of = grad.dataSync();
      for (let n = 0; n < cells.length; n++) slopes[cells[n]] += of[n] * scale[n];
    });
    value.dataSync().forEach((one, n) => loss += shares[n] * one);
  });
  return loss;
}

/** What rewards are compared with, exactly. */
function pointOf(
  { point, beta = 1 }: Objective,
  samples: readonly Sample[],
  kls: Float64Array,
  ratios: Float64Array,
): number {
  if (point === undefined) return 0;
  let sum = 0;
  for (const { group, rows } of samples) sum += point === "mismatched" ? kls[group] : beta * ratios[rows[0]];
  return sum / samples.length;
}

/**
 * θ after training from π0 by Adam on all samples at once.
 *
 * @param run whose training it is, for errors
 * @returns `[D]`
 * @throws DivergenceError where θ runs away; RangeError where a loss refuses what it reads
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { startBackend } from "../tensor/backend.ts";
 * import { objectiveOf } from "../training/language/objectives.ts";
 * await startBackend("cpu");
 * const even = { logStart: Float64Array.of(-Math.LN2, -Math.LN2), features: Float64Array.of(1, 0), responses: 2 };
 * const sample = { group: 0, rows: [0, 1], words: [1, 1], facts: {} };
 * assert.ok(trained(objectiveOf("dpo", { loss: { beta: 1 } }), even, [sample], { arm: "dpo", seed: 0 })[0] > 1);
 * ```
 */
export function trained(
  objective: Objective,
  space: LawClass,
  samples: readonly Sample[],
  run: { readonly arm: string; readonly seed: number },
): Float64Array {
  const theta = new Float64Array(dimensionsOf(space)), at = objectiveAt(objective, space, samples);
  const move = adam(theta, RATE);
  for (let step = 0; step < STEPS; step++) {
    move(at(theta).gradient);
    checkBounded(theta, (k) => `weight ${k}`, { ...run, step });
  }
  return theta;
}
