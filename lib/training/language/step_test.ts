import assert from "node:assert/strict";
import { losses } from "../../losses/mod.ts";
import { languageModel } from "../../policies/language/model.ts";
import { sequencesOf } from "../../policies/language/sequences.ts";
import { Slopes } from "../../policies/language/slopes.ts";
import { startBackend, tf } from "../../tensor/backend.ts";
import { testOnEveryProcessorBackend } from "../../tensor/backends_test_helpers.ts";
import { evaluate } from "./evaluate.ts";
import type { Example, ScoredExample } from "./examples.ts";
import { FrozenStates } from "./frozen_states.ts";
import { objectiveOf } from "./objectives.ts";
import type { Setting } from "./setting.ts";
import { runBatch } from "./step.ts";
import {
  tinyExamples,
  tinyLabelled,
  tinyObjectives,
  tinyPairs,
  tinyReference,
  tinySetting,
  tinySource,
} from "./tiny_test_helpers.ts";
import { trainedWeights } from "./trainer.ts";

/** Loss, measures and the gradient of all that is trained. */
function gradientOf(setting: Setting, examples: readonly Example[]) {
  const slopes = new Slopes(), result = runBatch(setting, examples, slopes);
  const variables = trainedWeights(setting.model, () => true).map(({ variable }) => variable);
  const gradient = tf.tidy(() => slopes.of(variables).flatMap((slope) => [...slope.dataSync()]));
  slopes.dispose();
  return { result, gradient };
}

testOnEveryProcessorBackend("passes of 1, of 3 and of all examples give one loss and one gradient", (backend) => {
  const model = languageModel(tinySource(), { trained: () => true });
  // Which objective it is matters on one engine as on another: all are tried on the one that is always there.
  for (const objective of tinyObjectives.filter((_, i) => backend === "wasm" || i % 8 === 0)) {
    const examples = tinyExamples(objective, 7), reference = tinyReference(model, examples);
    const of = (micro: number, recomputes = false) => {
      const points = { mean: 0, count: 0 };
      return gradientOf({ model, objective, reference, micro, recomputes, points }, examples);
    };
    const whole = of(7), largest = whole.gradient.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    assert.ok(largest > 1e-4, objective.name);
    for (const other of [of(1), of(3, true)]) {
      for (const [name, value] of Object.entries(whole.result)) {
        const found = other.result[name as keyof typeof whole.result]!;
        const close = Math.abs(found - value) <= 1e-6 * Math.max(1, Math.abs(value));
        assert.ok(close || Number.isNaN(value) && Number.isNaN(found), `${objective.name} ${name}: ${found}, ${value}`);
      }
      const apart = other.gradient.reduce((a, b, i) => Math.max(a, Math.abs(b - whole.gradient[i])), 0);
      assert.ok(apart <= 1e-6 * Math.max(1, largest), `${objective.name}: ${apart} of ${largest}`);
    }
  }
  model.dispose();
});

Deno.test("every loss of the table is trained, or refused for what it lacks", () => {
  const tried = new Set(tinyObjectives.map(({ name }) => name));
  assert.equal(tried.size, 45);
  const refused = losses.filter(({ name }) => !tried.has(name)).map(({ name }) => name);
  assert.deepEqual(refused, ["bradley-terry", "reverse-kl-penalty", "released-causal"]);
  for (const name of refused) {
    assert.throws(() => objectiveOf(name, { loss: {} }), {
      name: "UserError",
      message: new RegExp(`^loss ${name} (reads|is) .*; .* (dpo|dr-cpo|--beta)$`),
    });
  }
  assert.throws(() => objectiveOf("sft", { loss: {}, likelihood: { weight: 1 } }), /^UserError: loss sft is the likel/);
  assert.throws(
    () => objectiveOf("kto", { loss: {}, likelihood: { weight: 1 } }),
    /^UserError: loss kto has no chosen/,
  );
});

Deno.test("slopes of tokens are those that differences of the objective give", async () => {
  await startBackend("cpu");
  const model = languageModel(tinySource());
  const given = new Map<string, readonly [Example[], ReturnType<typeof tinyReference>]>();
  for (const objective of tinyObjectives) {
    const { data } = objective,
      [examples, reference] = given.getOrInsertComputed(data, () => {
        const examples = tinyExamples(objective, data === "constitutions" ? 2 : 4);
        return [examples, tinyReference(model, examples)];
      });
    const scored: ScoredExample[] = examples.map((example, i) => ({
      example,
      policy: example.responses.map(({ ids }, k) =>
        Float32Array.from(ids, (_, t) => t === 0 ? 0 : -1 - 0.37 * ((5 * i + 3 * k + t) % 7))
      ),
      ...(objective.reference && { reference: reference.get(example)!.responses }),
      ...(objective.collides &&
        { logCollision: example.responses.map(({ ids }) => new Float32Array(ids.length).fill(-1.5)) }),
    }));
    // WPO's weights and a follower's answer move with the policy but are held fixed, score functions have slopes of their
    // own, z0 and δ are given: the rest is one function of log-probs.
    if (objective.collides || /^(stackelberg|rlhf$|reverse-kl$)/.test(objective.name)) continue;
    const { slopes } = evaluate(objective, scored, examples, 0.2);
    slopes.forEach((of, i) =>
      of.forEach((texts, k) =>
        texts.forEach((slope, t) => {
          const at = (change: number) => {
            const policy = scored[i].policy.map((logps, j) => j === k ? logps.with(t, logps[t] + change) : logps);
            return evaluate(objective, scored.with(i, { ...scored[i], policy }), examples, 0.2).loss;
          };
          // Of third order in the step, and float32 in the loss: 2u·5/2h = 1e-5.
          const numeric = (at(2 ** -6) - at(-(2 ** -6))) / 2 ** -5, near = 3e-4 * Math.max(1, Math.abs(slope));
          assert.ok(Math.abs(numeric - slope) < near, `${objective.name} [${i}][${k}][${t}]: ${slope}, ${numeric}`);
        })
      )
    );
  }
  model.dispose();
});

Deno.test("WPO weighs pairs by what the policy makes of them, on whatever the head finds", async () => {
  await startBackend("cpu");
  const examples = tinyPairs(3),
    setting = tinySetting({ objective: objectiveOf("wpo", { loss: { beta: 0.4 } }) }, examples);
  const { model } = setting, { loss } = runBatch(setting, examples);
  const dpo = (example: Example) => {
    const one = { ...setting, objective: objectiveOf("dpo", { loss: { beta: 0.4 } }) };
    return runBatch(one, [example]).loss;
  };
  const expected = examples.map((example) => {
    const a = example.responses.map(({ ids, from }) => {
      const rows = Uint32Array.from({ length: ids.length - from }, (_, i) => from - 1 + i);
      const logits = model.logits(sequencesOf([ids]), rows), laws = tf.softmax(logits).arraySync() as number[][];
      const each = laws.map((law, i) =>
        Math.log(law[ids[from + i]]) - Math.log(law.reduce((sum, p) => sum + p * p, 0))
      );
      return each.reduce((x, y) => x + y) / each.length;
    });
    return Math.min(1, Math.exp(a[0] + a[1])) * dpo(example);
  });
  assert.ok(Math.abs(loss - (expected[0] + expected[1] + expected[2]) / 3) < 1e-5 * loss, `${loss} ${expected}`);
  assert.ok(new Set(expected).size === 3);
  model.dispose();
});

Deno.test("kept states below the trained layers change nothing, and are found again", async () => {
  await startBackend("wasm");
  const model = languageModel(tinySource(), { trained: (name) => /layers\.1\.|^model\.norm|^lm_head/.test(name) });
  assert.equal(model.frozenLayers, 1);
  const examples = tinyPairs(5), states = new FrozenStates(1e6), tight = new FrozenStates(100);
  const base = tinySetting({ model }, examples);
  const plain = gradientOf(base, examples);
  for (const kept of [states, states, tight]) {
    const { result, gradient } = gradientOf({ ...base, states: kept, micro: 2 }, examples);
    assert.ok(Math.abs(result.loss - plain.result.loss) < 1e-6);
    gradient.forEach((slope, i) => assert.ok(Math.abs(slope - plain.gradient[i]) < 1e-6));
  }
  assert.deepEqual([states.size, tight.size], [5, 0]);
  model.dispose();
});

Deno.test("an example without a mismatched pair is named where KTO needs one", async () => {
  await startBackend("cpu");
  const examples = tinyLabelled(3).map(({ responses, desirable }) => ({ responses, desirable: desirable! }));
  const setting = tinySetting({ objective: objectiveOf("kto", { loss: { beta: 1 } }) }, examples);
  assert.throws(() => runBatch(setting, examples), {
    name: "RangeError",
    message: "examples[0] has no mismatched pair",
  });
  setting.model.dispose();
});
