/**
 * An objective and its slopes in the log-probs of tokens.
 *
 * @module
 */
import { type Tensor, tf } from "../../tensor/backend.ts";
import type { Example, ScoredExample } from "./examples.ts";
import type { Objective, Term } from "./objective.ts";
import { readSpan, spanOf } from "./readings.ts";

/** What {@linkcode evaluate} finds. */
interface Evaluated {
  /** The part's share of the batch's objective. */
  readonly loss: number;
  /** Slope of the batch's objective in the log-prob of each token, by example, response and position. */
  readonly slopes: readonly (readonly Float32Array[])[];
}

/**
 * The share of some examples in the objective of a batch, and its slope in the log-probs of their tokens.
 *
 * Shares of the parts of a batch add up to it, unless the objective couples examples: then the part is to be the batch.
 *
 * @param part examples to be evaluated
 * @param batch all examples that the objective is a mean over
 * @param point z0 or δ, where the loss has one
 * @throws RangeError where a loss refuses what it reads: log-probs that are not finite, by side and row
 * @example
 * ```ts
 * import { startBackend } from "../../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * import { objectiveOf } from "./objectives.ts";
 * await startBackend("cpu");
 * const response = { ids: Uint32Array.of(5, 6), from: 1 }, logps = Float32Array.of(0, -2);
 * const example = { responses: [response, response] };
 * const scored = { example, policy: [logps, logps], reference: [logps, logps] };
 * const { loss, slopes } = evaluate(objectiveOf("dpo", { loss: { beta: 0.1 } }), [scored], [example], 0);
 * assert.ok(Math.abs(loss - Math.LN2) < 1e-7);
 * assert.ok(Math.abs(slopes[0][0][1] + 0.05) < 1e-8); // −β/2
 * ```
 */
export function evaluate(
  { terms, reference }: Objective,
  part: readonly ScoredExample[],
  batch: readonly Example[],
  point: number,
): Evaluated {
  const slopes = part.map(({ policy }) => policy.map(({ length }) => new Float32Array(length)));
  let loss = 0;
  for (const term of terms) {
    const share = term.weight / divisor(term, batch);
    for (const places of alike(part)) loss += addTerm(term, part, places, share, reference, point, slopes);
  }
  return { loss, slopes };
}

/** Places of examples of each shape: their numbers of responses, and whether an outcome was observed. */
function alike(part: readonly ScoredExample[]): number[][] {
  const shapeOf = (i: number) => `${part[i].example.responses.length} ${part[i].example.outcome === undefined}`;
  return [...Map.groupBy(part.keys(), shapeOf).values()];
}

/** Adds a term's slopes for some examples of one shape, and returns their share of the loss. */
function addTerm(
  term: Term,
  part: readonly ScoredExample[],
  places: readonly number[],
  share: number,
  reference: boolean,
  point: number,
  slopes: readonly (readonly Float32Array[])[],
): number {
  const some = places.map((i) => part[i]), shares = some.map(({ example: { weight = 1 } }) => weight * share);
  const reads = term.reads(some[0].example.responses.length);
  const spans = reads.map((reading) => some.map(({ example }) => spanOf(example, reading)));
  let loss = 0;
  tf.tidy(() => {
    const read = (of: "policy" | "reference") =>
      reads.map(({ response }, k) =>
        Float64Array.from(some, (scored, i) => readSpan(scored[of]![response], spans[k][i]))
      );
    const policy = read("policy"), base = reference ? read("reference") : [];
    const { law } = term;
    if (law !== undefined) base.forEach((row) => row.forEach((logp, i) => row[i] = law(some[i].example, logp)));
    if (term.ofRatios) policy.forEach((numbers, k) => anchor(numbers, base[k]));
    const tensors = (numbers: readonly Float64Array[]) => numbers.map((row) => tf.tensor1d(Float32Array.from(row)));
    const given = { reference: tensors(base), scored: some, point };
    const { value, grads } = tf.valueAndGrads((...inputs) => term.loss(inputs as Tensor[], given))(
      tensors(policy),
      tf.tensor1d(shares),
    );
    grads.forEach((grad, k) => {
      const { response } = reads[k], of = grad.dataSync();
      places.forEach((place, i) => {
        const { from, to, weight } = spans[k][i], slope = weight * of[i], out = slopes[place][response];
        for (let t = from; t < to; t++) out[t] += slope;
      });
    });
    value.dataSync().forEach((one, i) => loss += shares[i] * one);
  });
  return loss;
}

/** What a term's sum over a batch is divided by. */
function divisor({ per, reads }: Term, batch: readonly Example[]): number {
  if (per === "example") return batch.length;
  return batch.reduce((sum, example) => {
    const { from, to } = spanOf(example, reads(example.responses.length)[0]);
    return sum + to - from;
  }, 0);
}

/** Moves both sides so that the larger log-prob is 0: their difference keeps its digits in float32. */
function anchor(policy: Float64Array, reference: Float64Array): void {
  for (let i = 0; i < policy.length; i++) {
    const ratio = policy[i] - reference[i];
    policy[i] = Math.min(0, ratio);
    reference[i] = Math.min(0, -ratio);
  }
}
