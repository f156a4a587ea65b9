import assert from "node:assert/strict";
import { languageModel } from "../../policies/language/model.ts";
import { Slopes } from "../../policies/language/slopes.ts";
import { startBackend, tf } from "../../tensor/backend.ts";
import { evaluate } from "./evaluate.ts";
import type { TextGroups } from "./examples.ts";
import { objectiveOf } from "./objectives.ts";
import { passTexts, scoreTexts } from "./scoring.ts";
import { tinySource } from "./tiny_test_helpers.ts";

Deno.test("texts that share a prompt and the beginning of their responses are scored as they are apart", async () => {
  await startBackend("wasm");
  const model = languageModel(tinySource(), { trained: () => true });
  const texts = [[4, 5, 6, 7, 8], [4, 5, 6, 7, 9, 3], [4, 5, 6, 7, 3]].map((ids) => ({
    ids: Uint32Array.from(ids),
    from: 2,
  }));
  const variables = model.parameters.map(({ variable }) => variable);
  const run = (groups: TextGroups) => {
    const slopes = new Slopes(), pass = passTexts(model, groups, { recomputes: false, collides: false });
    // Slopes that differ from text to text also where the tokens are the same.
    pass.back(pass.logps.map((logps, b) => logps.map((_, t) => 0.3 * b - 0.2 * t)), slopes);
    const gradient = tf.tidy(() => slopes.of(variables).flatMap((slope) => [...slope.dataSync()]));
    slopes.dispose();
    return { logps: pass.logps, gradient };
  };
  const together = run([texts]), apart = run(texts.map((text) => [text]));
  assert.deepEqual(scoreTexts(model, [texts]).length, 3);
  together.logps.forEach((logps, b) => {
    assert.deepEqual([...logps.subarray(0, 2)], [0, 0]);
    logps.forEach((logp, t) => assert.ok(Math.abs(logp - apart.logps[b][t]) < 1e-5, `${b} ${t}`));
  });
  together.gradient.forEach((slope, i) => assert.ok(Math.abs(slope - apart.gradient[i]) < 1e-5, `${i}`));
  model.dispose();
});

Deno.test("log-ratios of long texts keep the digits that their log-probs have not", async () => {
  await startBackend("wasm");
  const length = 4000, text = { ids: new Uint32Array(length), from: 1 }, example = { responses: [text, text] };
  const all = (logp: number) => new Float32Array(length).fill(logp, 1);
  // Sums of some −9000 nats, of which a float32 is 1e-3 wide.
  const chosen = all(-2.25 + 2 ** -20),
    base = all(-2.25),
    scored = { example, policy: [chosen, base], reference: [base, base] };
  const difference = (length - 1) * (chosen[1] - base[1]);
  const { loss } = evaluate(objectiveOf("dpo", { loss: { beta: 1 } }), [scored], [example], 0);
  assert.ok(Math.abs(loss - Math.log1p(Math.exp(-difference))) < 1e-7, `${loss}`);
});
