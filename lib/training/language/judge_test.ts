import assert from "node:assert/strict";
import { languageModel } from "../../policies/language/model.ts";
import { mean } from "../../statistics/summary.ts";
import { startBackend, tf } from "../../tensor/backend.ts";
import { judgeOf } from "./judge.ts";
import { scoreTexts } from "./scoring.ts";
import { CONTINUATION, OPENING, written } from "./stories.ts";
import { textLogps } from "./text_trainer.ts";
import { tinySource } from "./tiny_test_helpers.ts";
import { trainedWeights } from "./trainer.ts";

const all = () => true;
/** A text is worth the share of token 5 in it. */
const liking = (ids: readonly number[]) => ids.filter((id) => id === 5).length / ids.length;

/** A tiny model whose weights are moved by a factor, judged by what it writes. */
function judged(factor: number, budgets: readonly number[]) {
  const source = tinySource(), before = languageModel(source), model = languageModel(source, { trained: all });
  const heldOut = Array.from(
    { length: 6 },
    (_, i) => ({ ids: Array.from({ length: OPENING }, () => 3 + i), seed: i }),
  );
  const stories = { heldOut, untrained: written(before, heldOut, CONTINUATION) };
  const trained = trainedWeights(model, all);
  const judge = judgeOf({ stories, liking, model, trained, before: (texts) => textLogps(before, texts) });
  for (const { variable } of trained) tf.tidy(() => variable.assign(tf.mul(variable, factor)));
  // A second way: what it writes now, run through both models.
  const ids = written(model, heldOut, CONTINUATION);
  const texts = ids.map((own, i) => ({ ids: Uint32Array.from([...heldOut[i].ids, ...own]), from: OPENING }));
  const [now, then] = [model, before].map((of) =>
    scoreTexts(of, [texts]).map((logps) => logps.reduce((a, b) => a + b))
  );
  const told = judge(budgets);
  model.dispose();
  before.dispose();
  return {
    told,
    value: mean(ids.map(liking)) - mean(stories.untrained.map(liking)),
    kl: mean(now.map((logp, i) => logp - then[i])),
  };
}

Deno.test("a model that nothing moved is worth 0 at a KL of 0", async () => {
  await startBackend("wasm");
  const { whole, atBudgets: [{ value, near }] } = judged(1, [1]).told;
  assert.deepEqual([value, near.kl], [0, whole.kl]);
  // Log-probs of a token at a time and of a text at once are float32 sums in another order.
  assert.ok(whole.kl < 1e-4, `${whole.kl}`);
});

Deno.test("value and KL as trained are those of what the model writes, run through both models", async () => {
  await startBackend("wasm");
  const { told: { whole }, value, kl } = judged(1.2, [1]);
  assert.equal(whole.value, value);
  assert.ok(kl > 0.1 && Math.abs(whole.kl - kl) < 1e-4, `${whole.kl} against ${kl}`);
});

Deno.test("at a budget that training met, value is that as trained, whatever other budgets there are", async () => {
  await startBackend("wasm");
  const budget = judged(1.2, [1]).told.whole.kl, { told: { whole, atBudgets } } = judged(1.2, [budget / 4, budget]);
  assert.ok(Math.abs(atBudgets[1].value - whole.value) < 1e-9);
  assert.ok(Math.abs(atBudgets[1].near.kl - budget) < 1e-6);
});

Deno.test("a change so small that its sampled KL is noise is scaled until it reaches the budget", async () => {
  await startBackend("wasm");
  const { whole, atBudgets: [{ near, value }] } = judged(1 + 1e-5, [0.5]).told;
  assert.ok(whole.kl < 1e-3, `${whole.kl}`);
  assert.ok(near.kl >= 0.25 && near.kl <= 1, `${near.kl}`);
  // The place where a change a thousand times as large is read.
  const large = judged(1.2, [0.5]).told.atBudgets[0];
  assert.ok(Math.abs(value - large.value) < 0.1, `${value} against ${large.value}`);
});
