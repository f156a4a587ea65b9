/**
 * What some losses compare rewards with: z0 of KTO, from mismatched pairs; δ of BCO, the mean of all rewards so far.
 *
 * @module
 */
import { ktoReferencePoint } from "../../losses/mod.ts";
import { tf } from "../../tensor/backend.ts";
import type { Example, ScoredExample } from "./examples.ts";
import { readSpan, spanOf } from "./readings.ts";
import { scoreTexts } from "./scoring.ts";
import type { Setting } from "./setting.ts";

/** log π − log π_ref of a lone response, in float64. */
function logRatio(example: Example, policy: Float32Array, reference: Float32Array): number {
  const span = spanOf(example, { response: 0, reduction: "sum" });
  return readSpan(policy, span) - readSpan(reference, span);
}

/**
 * The point of a batch; undefined for losses without one.
 *
 * z0 is the mean over the mismatched pairs of all examples of the batch, however it is cut into passes. δ is moved by the
 * rewards of the batch before its loss, as in TRL's BCO trainer, which 1.13.0 was the last to have; a batch that is not learned from moves nothing.
 *
 * @param learns whether the batch is learned from
 * @throws RangeError for an example without a mismatched pair where one is read
 */
export function pointOf(
  { model, objective, reference, micro, points, states }: Setting,
  batch: readonly Example[],
  scored: readonly ScoredExample[],
  learns: boolean,
): number | undefined {
  if (objective.point === undefined) return undefined;
  if (objective.point === "running") {
    if (learns) {
      const rewards = scored.map(({ example, policy: [policy], reference }) =>
        objective.beta! * logRatio(example, policy, reference![0])
      );
      points.mean = (points.mean * points.count + rewards.reduce((a, b) => a + b)) / (points.count + rewards.length);
      points.count += rewards.length;
    }
    return points.mean;
  }
  const ratios = batch.map(() => 0);
  for (let i = 0; i < batch.length; i += micro) {
    const part = batch.slice(i, i + micro),
      texts = part.map((example, k) => {
        if (example.mismatched === undefined) throw new RangeError(`examples[${i + k}] has no mismatched pair`);
        return example.mismatched;
      });
    scoreTexts(model, texts.map((text) => [text]), states && { states }).forEach((policy, k) => {
      const base = reference.get(part[k])!.mismatched!;
      ratios[i + k] = logRatio({ responses: [texts[k]] }, policy, base);
    });
  }
  return tf.tidy(() => {
    const policy = tf.tensor1d(Float32Array.from(ratios, (ratio) => Math.min(0, ratio)));
    const base = tf.tensor1d(Float32Array.from(ratios, (ratio) => Math.min(0, -ratio)));
    return ktoReferencePoint({ policy, reference: base }).dataSync()[0];
  });
}
