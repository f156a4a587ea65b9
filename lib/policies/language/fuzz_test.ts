/** Configurations of any values become one that fits together, or are refused in one line. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { adaptedLayers } from "./adapter_layers.ts";
import { adapterSettings } from "./adapter_settings.ts";
import { tinyConfig, tinyJson } from "./checkpoint_test_helpers.ts";
import { configFromJson } from "./config_json.ts";
import { tensorShapes } from "./tensor_names.ts";

const RUNS = { numRuns: 3000, seed: 1 };

/** What stands in fields of files that lie. */
const value = fc.oneof(
  fc.constantFrom(
    0,
    -1,
    1,
    2,
    3,
    7,
    8,
    0.5,
    2 ** 31,
    2 ** 53,
    2 ** 60,
    1e300,
    null,
    true,
    false,
    "",
    "silu",
    "default",
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

function holdsOrRefused(use: () => void): boolean {
  try {
    use();
    return true;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "UserError") throw error;
    assert.ok(
      error.message.startsWith("f") && !error.message.includes("\n") && error.message.length < 400,
      error.message,
    );
    return false;
  }
}

Deno.test("a config.json of any values is read or refused in one line", () => {
  const rope = { rope_type: "llama3", factor: 2, low_freq_factor: 1, high_freq_factor: 4, rope_theta: 500 };
  const names = [
    ...new Set((["llama", "qwen2", "qwen3", "gemma2"] as const).flatMap((family) => Object.keys(tinyJson(family)))),
    ...["rope_scaling", "rope_theta", "layer_types", "use_sliding_window", "max_window_layers", "pad_token_id"],
    ...["tie_word_embeddings", "mlp_bias", "hidden_act", "final_logit_softcapping", "quantization_config", "toString"],
  ];
  const change = fc.dictionary(fc.constantFrom(...names), value, { minKeys: 1, maxKeys: 3 });
  const inRope = fc.dictionary(
    fc.constantFrom(...Object.keys(rope), "type", "original_max_position_embeddings"),
    value,
  );
  let read = 0;
  fc.assert(
    fc.property(
      fc.constantFrom("llama", "qwen2", "qwen3", "gemma2"),
      change,
      inRope,
      (family, changes, ropeChanges) => {
        const json = { ...tinyJson(family), rope_parameters: { ...rope, ...ropeChanges }, ...changes };
        if (!holdsOrRefused(() => void tensorShapes(configFromJson(json, "f")))) return;
        read++;
        const { layers, heads, keyHeads, headWidth, special, vocabulary, window } = configFromJson(json, "f");
        assert.ok(layers <= 1000 && heads % keyHeads === 0 && headWidth % 2 === 0);
        assert.ok([special.start ?? 0, special.padding ?? 0, ...special.end].every((id) => id >= 0 && id < vocabulary));
        assert.ok(window === undefined || window.layers.length === layers);
      },
    ),
    RUNS,
  );
  assert.ok(read > 100, `${read} were read`);
});

Deno.test("an adapter_config.json of any values is read or refused in one line", () => {
  const json = { peft_type: "LORA", r: 4, lora_alpha: 8, target_modules: ["q_proj", "v_proj"], use_rslora: false };
  const names = [
    ...Object.keys(json),
    ...[
      "rank_pattern",
      "alpha_pattern",
      "layers_to_transform",
      "layers_pattern",
      "bias",
      "use_dora",
      "init_lora_weights",
    ],
  ];
  const target = fc.oneof(value, fc.constantFrom(".*_proj", "(", "[", "*", "all-linear", "(?P<a>.)"), fc.string());
  const config = tinyConfig("llama");
  let read = 0;
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), target, { minKeys: 1, maxKeys: 3 }), (changes) => {
      const good = holdsOrRefused(() => {
        const layers = adaptedLayers(adapterSettings({ ...json, ...changes }, "f"), config, "f");
        for (const { rank, scale } of layers.values()) {
          assert.ok(Number.isInteger(rank) && rank >= 1 && Number.isFinite(scale) && scale > 0);
        }
      });
      if (good) read++;
    }),
    RUNS,
  );
  assert.ok(read > 100, `${read} were read`);
});
