/** Weights of checkpoints as tensors: what each is made of, and what may be trained. */
import assert from "node:assert/strict";
import { startBackend, tf } from "../../tensor/backend.ts";
import { seededWeights, sourceOf, variants } from "./reference_test_helpers.ts";
import { tensorShapes } from "./tensor_names.ts";
import { readWeights } from "./weights.ts";

await startBackend("cpu");
const nothing = { trained: () => false, change: () => undefined };

for (const [name, config] of Object.entries(variants)) {
  Deno.test(`${name}: every tensor of the checkpoint is there once, in the rows that are told`, () => {
    const weights = seededWeights(config), { parameters } = readWeights(sourceOf(config, weights), nothing);
    const names = parameters.flatMap(({ parts }) => parts.map(({ name }) => name));
    assert.deepEqual(names.toSorted(), [...tensorShapes(config).keys()].toSorted());
    for (const { variable, parts } of parameters) {
      const numbers = variable.dataSync(), row = variable.shape[1] ?? 1;
      for (const { name, from, rows } of parts) {
        assert.deepEqual(Float64Array.from(numbers.slice(from * row, (from + rows) * row)), weights.get(name), name);
      }
      assert.equal(parts.reduce((sum, { rows }) => sum + rows, 0), variable.shape[0]);
    }
    tf.dispose(parameters.map(({ variable }) => variable));
  });
}

Deno.test("what a norm, a matrix and the classifier say of training is what was chosen", () => {
  const config = variants["qwen2"], source = sourceOf(config, seededWeights(config));
  const chosen = /layers\.1\.(self_attn\.[qkv]_proj\.|post_attention)|lm_head/;
  const { blocks, last, classifier } = readWeights(source, { ...nothing, trained: (name) => chosen.test(name) });
  const told = blocks.map(({ before, queryKeyValue, out, beforeFeedForward, gateUp, down }) =>
    [before, queryKeyValue, out, beforeFeedForward, gateUp, down].map(({ trained }) => trained)
  );
  assert.deepEqual(told, [Array(6).fill(false), [false, true, false, true, false, false]]);
  assert.deepEqual([last.trained, classifier.trained], [false, true]);
});

Deno.test("of tensors that are one matrix here, all are trained or none", () => {
  const config = variants["qwen2"], source = sourceOf(config, seededWeights(config));
  const trained = (pattern: RegExp) => () => readWeights(source, { ...nothing, trained: (name) => pattern.test(name) });
  assert.throws(trained(/layers\.0\.mlp\.up_proj/), {
    name: "RangeError",
    message: "trained: model.layers.0.mlp.gate_proj.weight, model.layers.0.mlp.up_proj.weight are one matrix here; " +
      "train all of them or none",
  });
  assert.throws(trained(/_proj\.weight/), /q_proj\.bias, .* are one matrix here/);
  trained(/_proj\./)();
});

Deno.test("changes of parts begin at the rows of their part", () => {
  const config = variants["qwen3"], source = sourceOf(config, seededWeights(config));
  const factors = { a: tf.variable(tf.zeros([1, 16])), b: tf.variable(tf.zeros([16, 1])), scale: 1 };
  const change = (name: string) => /[kv]_proj|up_proj/.test(name) ? factors : undefined;
  const { blocks } = readWeights(source, { ...nothing, change });
  for (const { queryKeyValue, gateUp, out } of blocks) {
    assert.deepEqual(queryKeyValue.changes.map(({ from }) => from), [32, 48]);
    assert.deepEqual([gateUp.changes.map(({ from }) => from), out.changes], [[24], []]);
  }
});
