/**
 * Policies over texts trained by losses of the table: their slopes in log-probs of whole texts, and from there in θ.
 *
 * @module
 */
import { adam, checkBounded } from "../exact/descent.ts";
import { dimensionsOf, type Law, type LawClass, lawOf, score } from "../exact/laws.ts";
import { type Tensor, tf } from "../tensor/backend.ts";
import type { Example, ScoredExample } from "../training/language/examples.ts";
import { type Objective, type Term } from "../training/language/objective.ts";
import type { Reading } from "../training/language/readings.ts";

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

/** A term's readings of samples of one shape. */
interface Readings {
  readonly term: Term;
  readonly places: readonly number[];
  readonly reads: readonly Reading[];
  readonly shares: Float32Array;
  readonly scored: readonly ScoredExample[];
}

/** Samples of one number of responses, with and without an outcome, are evaluated at once. */
function readingsOf({ terms, reference }: Objective, samples: readonly Sample[]): Readings[] {
  const shapes = Map.groupBy(
    samples.keys(),
    (i) => `${samples[i].rows.length} ${samples[i].facts.outcome === undefined}`,
  );
  const scored = samples.map(({ facts, words }): ScoredExample => ({
    example: { ...facts, responses: words.map((count) => ({ ids: new Uint32Array(count + 1), from: 1 })) },
    policy: [],
    // What prices of KL read of the reference: a text's log-prob is set where it is read.
    ...(reference && { reference: words.map((count) => new Float32Array(count + 1)) }),
  }));
  return terms.flatMap((term) =>
    [...shapes.values()].map((places): Readings => {
      const reads = term.reads(samples[places[0]].rows.length), [{ response }] = reads;
      const per = term.per === "token" ? samples.reduce((sum, { words }) => sum + words[response], 0) : samples.length;
      return {
        ...{ term, places, reads, scored: places.map((i) => scored[i]) },
        shares: Float32Array.from(places, (i) => (samples[i].facts.weight ?? 1) * term.weight / per),
      };
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
  const { features, logStart } = space, dimensions = dimensionsOf(space), parts = readingsOf(objective, samples);
  const groups = [...new Set(samples.map(({ group }) => group))], laws = new Map<number, Law>();
  for (const { scored, places } of parts) {
    scored.forEach(({ example, reference }, k) =>
      reference?.forEach((logps, r) =>
        logps[example.responses[r].ids.length - 1] = logStart[samples[places[k]].rows[r]]
      )
    );
  }
  return (theta) => {
    for (const group of groups) laws.set(group, lawOf(space, theta, group, laws.get(group)));
    const ratio = (i: number, response: number) => {
      const { group, rows } = samples[i];
      return score(space, theta, rows[response]) - laws.get(group)!.logNormaliser;
    };
    const point = pointOf(objective, samples, laws, ratio), slopes = new Map<number, number>();
    let loss = 0;
    for (const { term, places, reads, shares, scored } of parts) {
      tf.tidy(() => {
        const means = ({ response, reduction }: Reading, i: number) =>
          reduction === "mean" ? samples[i].words[response] : 1;
        const base = reads.map((read) =>
          Float64Array.from(places, (i, k) => {
            const logp = logStart[samples[i].rows[read.response]] / means(read, i);
            return term.law?.(scored[k].example, logp) ?? logp;
          })
        );
        const policy = reads.map((read, k) =>
          Float64Array.from(places, (i, n) => {
            const start = logStart[samples[i].rows[read.response]];
            const logp = (start + ratio(i, read.response)) / means(read, i);
            return term.ofRatios ? logp - base[k][n] : logp;
          })
        );
        // Where ratios alone count, the larger side is 0: their difference keeps its digits in float32.
        const [ours, theirs] = term.ofRatios
          ? [policy.map((row) => row.map((r) => Math.min(0, r))), policy.map((row) => row.map((r) => Math.min(0, -r)))]
          : [policy, base];
        const tensors = (rows: readonly Float64Array[]) => rows.map((row) => tf.tensor1d(Float32Array.from(row)));
        const given = { reference: tensors(theirs), scored, point };
        const { value, grads } = tf.valueAndGrads((...inputs) => term.loss(inputs as Tensor[], given))(
          tensors(ours),
          tf.tensor1d(shares),
        );
        grads.forEach((grad, k) => {
          const of = grad.dataSync();
          places.forEach((i, n) => {
            const row = samples[i].rows[reads[k].response];
            slopes.set(row, (slopes.get(row) ?? 0) + of[n] / means(reads[k], i));
          });
        });
        value.dataSync().forEach((one, n) => loss += shares[n] * one);
      });
    }
    const gradient = new Float64Array(dimensions);
    for (const [row, slope] of slopes) {
      const { mean } = laws.get(Math.floor(row / space.responses))!;
      for (let k = 0, at = row * dimensions; k < dimensions; k++) gradient[k] += slope * (features[at + k] - mean[k]);
    }
    return { loss, gradient };
  };
}

function pointOf(
  { point, beta = 1 }: Objective,
  samples: readonly Sample[],
  laws: ReadonlyMap<number, Law>,
  ratio: (sample: number, response: number) => number,
): number {
  if (point === undefined) return 0;
  const of = point === "mismatched"
    ? ({ group }: Sample) => laws.get(group)!.kl
    : (_: Sample, i: number) => beta * ratio(i, 0);
  return samples.reduce((sum, sample, i) => sum + of(sample, i), 0) / samples.length;
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
