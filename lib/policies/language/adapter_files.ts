/**
 * Low-rank adapters on the disk, as peft 0.21.2 has them: `adapter_config.json` and `adapter_model.safetensors`.
 *
 * @module
 */
import { readSmallText } from "../../formats/file_bytes.ts";
import { parseObject } from "../../formats/json_text.ts";
import { SafetensorsFile } from "../../formats/safetensors.ts";
import { writeSafetensors } from "../../formats/safetensors_writer.ts";
import { refused, writeWhole } from "../../files.ts";
import { UserError } from "../../user_error.ts";
import { type AdaptedLayer, adaptedLayers, type LoraSettings } from "./adapter_layers.ts";
import { adapterSettings } from "./adapter_settings.ts";
import type { LanguageModelConfig } from "./config.ts";

/** The two factors of a change. */
interface Factors {
  /** `[r, in]`, row-major. */
  readonly a: Float32Array;
  /** `[out, r]`, row-major. */
  readonly b: Float32Array;
}

/** An adapter: what it is, and its numbers. */
export interface Adapter {
  /** How its layers were chosen. */
  readonly settings: LoraSettings;
  /** Name or path of the model that it was made for, where its file says it. */
  readonly base?: string;
  /** By the name of the linear layer, such as `model.layers.0.self_attn.q_proj`. */
  readonly factors: ReadonlyMap<string, Factors>;
}

const CONFIG = "adapter_config.json", WEIGHTS = "adapter_model.safetensors", LONGEST_CONFIG = 10_000_000;

/** How peft calls the module inside which the model is. */
const INSIDE = "base_model.model.";

/**
 * Reads an adapter for a model.
 *
 * @throws UserError where a file is missing or damaged, asks for what is not done, or is of another model: one line
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { tinyConfig } from "./checkpoint_test_helpers.ts";
 * const folder = await Deno.makeTempDir(), config = tinyConfig("llama");
 * const settings = { rank: 1, alpha: 2, rankStabilised: false, targets: ["v_proj"], layers: [0] };
 * const factors = new Map([["model.layers.0.self_attn.v_proj", { a: new Float32Array(16), b: new Float32Array(8) }]]);
 * await writeAdapter(folder, { settings, factors }, config, "tiny");
 * assert.deepEqual(readAdapter(folder, config), { settings, factors, base: "tiny" });
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function readAdapter(folder: string, config: LanguageModelConfig): Adapter {
  const configPath = `${folder}/${CONFIG}`;
  const json = parseObject(readSmallText(configPath, LONGEST_CONFIG), configPath);
  const settings = adapterSettings(json, configPath), base = json.base_model_name_or_path;
  const layers = adaptedLayers(settings, config, configPath);
  using file = SafetensorsFile.open(`${folder}/${WEIGHTS}`);
  const expected = new Map([...layers].flatMap(([name, layer]) => named(name, layer)));
  for (const [name, shape] of expected) {
    const found = file.tensors.get(name)?.shape;
    if (found === undefined) throw new UserError(`${file.path}: no tensor ${name}; ${CONFIG} asks for it`);
    if (`${found}` !== `${shape}`) {
      throw new UserError(
        `${file.path}: ${name} has the shape [${found}], where ${CONFIG} and the model ask for [${shape}]; take an ` +
          "adapter that was made for this model",
      );
    }
  }
  const extra = [...file.tensors.keys()].find((name) => !expected.has(name));
  if (extra !== undefined) throw new UserError(`${file.path}: has ${extra}, of which ${CONFIG} says nothing`);
  const read = (name: string, part: "A" | "B") => file.readFloats(`${INSIDE}${name}.lora_${part}.weight`);
  return {
    settings,
    ...(typeof base === "string" && base !== "" && { base }),
    factors: new Map([...layers.keys()].map((name) => [name, { a: read(name, "A"), b: read(name, "B") }])),
  };
}

/** Names and shapes of a layer's factors in the file. */
function named(name: string, { rank, out, in: into }: AdaptedLayer): [name: string, shape: [number, number]][] {
  return [[`${INSIDE}${name}.lora_A.weight`, [rank, into]], [`${INSIDE}${name}.lora_B.weight`, [out, rank]]];
}

/**
 * Writes an adapter so that peft reads it; the same adapter gives the same bytes.
 *
 * @param folder is made where it is missing
 * @param config of the model it was made for
 * @param base name or path of that model, for readers
 * @throws TypeError where factors are missing or of another size; UserError where the system refuses to write
 * @example
 * ```ts ignore
 * await writeAdapter("reports/adapter", { settings, factors }, config, "SmolLM2-135M-Instruct");
 * ```
 */
export async function writeAdapter(
  folder: string,
  { settings, factors }: Adapter,
  config: LanguageModelConfig,
  base: string,
): Promise<void> {
  const layers = adaptedLayers(settings, config, folder);
  if (layers.size !== factors.size) throw new TypeError(`${factors.size} pairs of factors for ${layers.size} layers`);
  const tensors = [...layers].flatMap(([name, layer]) => {
    const pair = factors.get(name);
    if (pair === undefined) throw new TypeError(`no factors for ${name}`);
    const [[nameA, shapeA], [nameB, shapeB]] = named(name, layer);
    return [{ name: nameA, shape: shapeA, values: pair.a }, { name: nameB, shape: shapeB, values: pair.b }];
  });
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (error) {
    throw refused(folder, error);
  }
  writeSafetensors(`${folder}/${WEIGHTS}`, tensors, { metadata: { format: "pt" } });
  // In the order of the alphabet, as peft writes them.
  const json = {
    alpha_pattern: settings.alphaPattern ?? {},
    base_model_name_or_path: base,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    layers_pattern: null,
    layers_to_transform: settings.layers ?? null,
    lora_alpha: settings.alpha,
    lora_dropout: 0,
    modules_to_save: null,
    peft_type: "LORA",
    r: settings.rank,
    rank_pattern: settings.rankPattern ?? {},
    target_modules: settings.targets,
    task_type: "CAUSAL_LM",
    use_dora: false,
    use_rslora: settings.rankStabilised,
  };
  await writeWhole(`${folder}/${CONFIG}`, `${JSON.stringify(json, null, 2)}\n`);
}
