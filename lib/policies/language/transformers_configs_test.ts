/** What transformers makes of a `config.json`, case by case. */
import assert from "node:assert/strict";
import { configFromJson } from "./config_json.ts";
import goldens from "./testdata/transformers_configs.json" with { type: "json" };

/** What transformers read, where it read it. */
interface Read {
  readonly head_dim: number | null;
  readonly num_key_value_heads: number;
  readonly rms_norm_eps: number;
  readonly tie_word_embeddings: boolean;
  readonly attention_bias: boolean | null;
  readonly mlp_bias: boolean | null;
  readonly bos_token_id: number | null;
  readonly eos_token_id: number | number[] | null;
  readonly pad_token_id: number | null;
  readonly sliding_window: number | null;
  readonly layer_types: string[] | null;
  readonly rope_parameters: {
    readonly rope_type: string;
    readonly rope_theta: number;
    readonly factor?: number;
    readonly original_max_position_embeddings?: number;
  };
  readonly query_pre_attn_scalar: number | null;
  readonly final_logit_softcapping: number | null;
  readonly attn_logit_softcapping: number | null;
}

Deno.test("configurations are those that transformers reads out of the same files", () => {
  assert.ok(goldens.cases.length > 40);
  for (const { json, read } of goldens.cases as unknown as { json: Record<string, unknown>; read: Read }[]) {
    const config = configFromJson(json, "f"), family = config.architecture, gemma = family === "gemma2";
    const rope = read.rope_parameters, scaling = config.rope.scaling;
    const headWidth = read.head_dim ?? Number(json.hidden_size) / Number(json.num_attention_heads);
    const windowed = family === "llama" ? [] : read.layer_types!.map((type) => type === "sliding_attention");
    assert.deepEqual({
      headWidth: config.headWidth,
      keyHeads: config.keyHeads,
      epsilon: config.epsilon,
      tied: config.tied,
      biases: [config.queryKeyValueBias, config.outBias, config.feedForwardBias],
      special: config.special,
      window: config.window,
      base: config.rope.base,
      scaling: scaling?.kind ?? "default",
      factor: scaling?.kind === "linear" || scaling?.kind === "llama3" ? scaling.factor : undefined,
      originalLength: scaling?.kind === "llama3" ? scaling.originalLength : undefined,
      queryScale: config.queryScale,
      caps: [config.attentionSoftCap, config.logitSoftCap],
    }, {
      headWidth,
      keyHeads: read.num_key_value_heads,
      epsilon: read.rms_norm_eps,
      tied: read.tie_word_embeddings,
      biases: family === "qwen2"
        ? [true, false, false]
        : [read.attention_bias, read.attention_bias, family === "llama" && read.mlp_bias],
      special: {
        start: read.bos_token_id ?? undefined,
        end: [read.eos_token_id ?? []].flat(),
        padding: read.pad_token_id ?? undefined,
      },
      window: windowed.includes(true) ? { length: read.sliding_window, layers: windowed } : undefined,
      base: rope.rope_theta,
      scaling: rope.rope_type,
      factor: rope.factor,
      originalLength: rope.rope_type === "llama3" ? rope.original_max_position_embeddings : undefined,
      queryScale: (gemma ? read.query_pre_attn_scalar! : headWidth) ** -0.5,
      caps: gemma
        ? [read.attn_logit_softcapping ?? undefined, read.final_logit_softcapping ?? undefined]
        : [undefined, undefined],
    }, JSON.stringify(json));
  }
});
