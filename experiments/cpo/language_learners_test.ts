import assert from "node:assert/strict";
import { Rng } from "../../lib/random.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { startBackend, tf } from "../../lib/tensor/backend.ts";
import type { Response } from "../../lib/training/language/examples.ts";
import { losses } from "./language_learners.ts";
import type { Readers } from "./language_readers.ts";

/** Two openings with three texts each; eight rows, of which none shows the last text. */
const T = 6, A = 3;
const text: Response = { ids: Uint32Array.of(1, 2), from: 1 };
const rows = Uint32Array.of(0, 1, 1, 2, 3, 4, 4, 0);
const outcome = Float64Array.of(1, -0.5, 0.25, 2, -1, 0.5, 1.5, -2);
const shown = [0.2, 0.5, 0.3, 0.6, 0.3, 0.1], start = Float64Array.of(-5, -6, -4, -7, -5, -6);
const now = [-4.5, -6.5, -4, -6, -5.5, -5], predicted = Float64Array.of(0.5, 0.1, 1, -0.4, 0.6, 0.2);
const logged = Float64Array.of(0.4, 0.2, 0.1, 0.9, -0.3, 0.7, 0.5, 0.6);
const readers: Readers = {
  texts: [0, 1].map(() => [text, text, text]),
  log: { text: rows, outcome },
  logShown: Float64Array.from(shown, Math.log),
  prediction: { logged, texts: predicted },
  features: new Float64Array(T),
  liking: new Float64Array(T),
  likes: () => 0,
  clean: { texts: [], log: { text: rows, outcome }, features: new Float64Array(T) },
};
const valueOf = (arm: string, step = 0) =>
  tf.tidy(() => losses[arm](readers, Rng.seed(1))({ now: tf.tensor1d(now), start }, step).dataSync()[0]);

/** f/f0 of texts; of rows, the same over how much oftener than by f0 a text was shown. */
const ratio = now.map((logp, t) => Math.exp(logp - start[t]));
const weight = Array.from(rows, (t) => ratio[t] / (A * shown[t]));
const normalised = (weights: readonly number[]) => weights.map((w) => w / mean(weights));
const residual = Array.from(outcome, (y, i) => y - logged[i]);
const estimate = (weights: readonly number[], of: readonly number[]) => mean(weights.map((w, i) => w * of[i]));

Deno.test("what is minimised is minus the paper's estimates, worked out anew", async () => {
  await startBackend("wasm");
  const expected: Record<string, number> = {
    "cpo": estimate(weight, [...outcome]),
    "outcome-only": estimate(ratio, [...predicted]),
    "dr-cpo": estimate(weight, residual) + estimate(ratio, [...predicted]),
    "sndr-cpo": estimate(normalised(weight), residual) + estimate(normalised(ratio), [...predicted]),
  };
  for (const [arm, value] of Object.entries(expected)) {
    assert.ok(Math.abs(valueOf(arm) + value) < 1e-5, `${arm}: ${valueOf(arm)} against ${-value}`);
  }
  assert.equal(valueOf("sndr-cpo-shuffled"), valueOf("sndr-cpo"));
});

Deno.test("fine-tuning raises the texts of the best quarter; DPO tells the better of two rows of an opening", async () => {
  await startBackend("wasm");
  assert.ok(Math.abs(valueOf("sft-best") + (now[2] + now[4]) / 2) < 1e-5);
  // Each pair is of one opening, and every row is in two of them, or of one text.
  const slopes = tf.tidy(() =>
    tf.grad((logp) => losses.dpo(readers, Rng.seed(1))({ now: logp as ReturnType<typeof tf.tensor1d>, start }, 0))(
      tf.tensor1d(now),
    ).dataSync<"float32">().slice()
  ) as unknown as Float32Array;
  for (const opening of [0, 1]) {
    const sum = slopes.slice(opening * A, (opening + 1) * A).reduce((a, b) => a + b);
    assert.ok(Math.abs(sum) < 1e-6, `${slopes}`);
  }
  assert.ok(slopes[2] < 0 && slopes[3] > 0 && slopes[4] < 0 && slopes[5] === 0, `${slopes}`);
});

Deno.test("the released form deals its rows anew at every step, the same for the same seed", async () => {
  await startBackend("wasm");
  assert.equal(valueOf("released", 3), valueOf("released", 3));
  assert.notEqual(valueOf("released", 3), valueOf("released", 4));
});
