import assert from "node:assert/strict";
import type { ScoredExample } from "./examples.ts";
import { Measures } from "./measures.ts";
import { objectiveOf } from "./objectives.ts";

const text = (length: number) => ({ ids: new Uint32Array(length), from: 1 });
/** A pair of responses of one and of three tokens: the second has the lower sum and the higher mean. */
const pair: ScoredExample = {
  example: { responses: [text(2), text(4)] },
  policy: [Float32Array.of(0, -3), Float32Array.of(0, -1, -2, -4)],
};
const withReference = { ...pair, reference: [Float32Array.of(0, -2), Float32Array.of(0, -1.5, -3, -3)] };

function measured(name: string, loss: Record<string, unknown>, scored: readonly ScoredExample[]) {
  const measures = new Measures(objectiveOf(name, { loss }));
  measures.add(scored);
  return measures.means();
}

Deno.test("pairs are in order by log-ratios, without a reference by log-probs as the loss reads them", () => {
  assert.deepEqual(measured("dpo", { beta: 1 }, [withReference]), {
    ...{ chosen: -3, rejected: -7, chosenRatio: -1, rejectedRatio: 0.5, accuracy: 0 },
  });
  const bySum = measured("reference-free-dpo", { beta: 1 }, [pair]),
    byMean = measured("simpo", { beta: 1, gamma: 0 }, [pair]);
  assert.deepEqual([bySum.accuracy, byMean.accuracy], [1, 0]);
  assert.deepEqual([byMean.chosen, byMean.rejected, byMean.chosenRatio], [-3, -7, NaN]);
});

Deno.test("LD-DPO's sums have its weight on what is longer", () => {
  const { chosen, rejected, rejectedRatio } = measured("ld-dpo", { beta: 1, alpha: 0.5 }, [withReference]);
  assert.deepEqual([chosen, rejected, rejectedRatio], [-3, -1 - 0.5 * 6, -4 + 1.5 + 0.5 * 6]);
});

Deno.test("single responses count on the side of their label, and have no order", () => {
  const one = (desirable: boolean, logp: number): ScoredExample => ({
    example: { responses: [text(2)], desirable },
    policy: [Float32Array.of(0, logp)],
    reference: [Float32Array.of(0, -1)],
  });
  assert.deepEqual(measured("kto", { beta: 1 }, [one(true, -2), one(false, -5), one(true, -4)]), {
    ...{ chosen: -3, rejected: -5, chosenRatio: -2, rejectedRatio: -4, accuracy: NaN },
  });
});

Deno.test("a pair that differs by rounding alone is half in order", () => {
  const near = (by: number) => [Float32Array.of(0, -3 + by), Float32Array.of(0, -1, -2, -4)];
  const accuracy = (by: number) =>
    measured("dpo", { beta: 1 }, [{ ...pair, policy: near(by), reference: pair.policy }]).accuracy;
  assert.deepEqual([0, -1e-6, 1e-6, -1e-4, 1e-4].map(accuracy), [0.5, 0.5, 0.5, 0, 1]);
});

const at = (...logps: readonly number[]) => logps.map((logp) => Float32Array.of(0, logp));
const close = (found: number | undefined, expected: number) =>
  assert.ok(Math.abs(found! - expected) < 1e-6, `${found}, ${expected}`);

Deno.test("of responses with rewards: the best beside the worst, the reward of the law, and how many count", () => {
  const group = (rewards: number[], policy: number[]): ScoredExample => ({
    example: { responses: rewards.map(() => text(2)), rewards },
    ...{ policy: at(...policy), reference: at(...rewards.map(() => -2)) },
  });
  const found = measured("rloo", {}, [group([1, 3, 0], [-2, -1, -3]), group([5, 5], [-2, -2])]);
  assert.deepEqual([found.chosen, found.rejected, found.chosenRatio, found.rejectedRatio], [-1, -3, 1, -1]);
  assert.equal(found.accuracy, 1); // of the second prompt all are alike
  const weights = [1, Math.E, 1 / Math.E], total = weights.reduce((a, b) => a + b);
  close(found.value, ((weights[0] + 3 * weights[1]) / total + 5) / 2);
  close(found.effective, (total ** 2 / (3 * weights.reduce((a, w) => a + w * w, 0)) + 1) / 2);
  close(found.largest, Math.E);
});

Deno.test("of a log: shown beside sampled texts, weighed by the laws that they came from", () => {
  const one = (policy: number, more: Partial<ScoredExample["example"]>): ScoredExample => ({
    example: { responses: [text(2)], predicted: 0, ...more },
    ...{ policy: at(policy), reference: at(-2) },
  });
  const shown = [one(-2, { outcome: 1, shownTimes: 0.5 }), one(-3, { outcome: 1, lawLogp: -3 })], sampled = one(-1, {});
  const found = measured("dr-cpo", { ratio: { kind: "plain" } }, [...shown, sampled]);
  assert.deepEqual([found.chosen, found.rejected, found.chosenRatio, found.value], [-2.5, -1, -0.5, undefined]);
  const weights = [2, 1, Math.E];
  close(found.largest, Math.E);
  close(found.effective, (3 + Math.E) ** 2 / (3 * weights.reduce((a, w) => a + w * w, 0)));
});

Deno.test("of constitutions: own completions beside others, and whether their own makes them most probable", () => {
  const matrix: ScoredExample = {
    example: { responses: Array.from({ length: 4 }, () => text(2)), constitutions: 2 },
    policy: at(-1, -5, -3, -6),
  };
  const { chosen, rejected, accuracy, effective } = measured("sami", {}, [matrix]);
  assert.deepEqual([chosen, rejected, accuracy, effective], [-3.5, -4, 0.5, undefined]);
});
