/**
 * What an `adapter_config.json` of peft says.
 *
 * @module
 */
import { isObject, type JsonObject } from "../../formats/json_text.ts";
import { UserError } from "../../user_error.ts";
import type { LoraSettings } from "./adapter_layers.ts";
import { Fields } from "./fields.ts";

/** Fields that are read here, or say nothing of what is computed with an adapter that is trained. */
const KNOWN = new Set([
  ...["r", "lora_alpha", "use_rslora", "target_modules", "rank_pattern", "alpha_pattern", "layers_to_transform"],
  ...["layers_pattern", "peft_type", "task_type", "bias", "init_lora_weights", "auto_mapping", "peft_version"],
  ...["base_model_name_or_path", "inference_mode", "lora_dropout", "revision", "qalora_group_size", "megatron_core"],
  ...["loftq_config", "eva_config", "runtime_config", "ensure_weight_tying"],
]);

/** Ways to begin; all others take something out of the weights of the model, which a reader of those would miss. */
const HARMLESS_STARTS: readonly unknown[] = [true, false, "gaussian", "orthogonal", "eva"];

/**
 * The settings of an adapter; the defaults are those of peft 0.21.2.
 *
 * @param where named in errors
 * @throws UserError where a value is missing or wrong, or asks for what is not done: one line that names it
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const json = { peft_type: "LORA", r: 4, lora_alpha: 8, target_modules: ["q_proj"] };
 * assert.deepEqual(adapterSettings(json, "f"), { rank: 4, alpha: 8, rankStabilised: false, targets: ["q_proj"] });
 * assert.throws(() => adapterSettings({ ...json, use_dora: true }, "f"), /^UserError: f: use_dora true is not supported/);
 * ```
 */
export function adapterSettings(json: JsonObject, where: string): LoraSettings {
  const fields = new Fields(json, where);
  if (fields.raw("peft_type") !== "LORA") throw fields.notDone("peft_type");
  if (!["CAUSAL_LM", null, undefined].includes(fields.raw("task_type") as string)) throw fields.notDone("task_type");
  if ((fields.raw("bias") ?? "none") !== "none") throw fields.notDone("bias");
  if (!HARMLESS_STARTS.includes(fields.raw("init_lora_weights") ?? true)) throw fields.notDone("init_lora_weights");
  for (const name of fields.names()) if (!KNOWN.has(name) && !isOff(fields.raw(name))) throw fields.notDone(name);
  const targets = fields.raw("target_modules");
  if (!(typeof targets === "string" || isList(targets, (one): one is string => typeof one === "string"))) {
    throw fields.wrong("target_modules", "a list of names, an expression or all-linear");
  }
  const alpha = fields.number("lora_alpha", 8);
  if (alpha === undefined) throw fields.wrong("lora_alpha", "a positive number");
  const layers = layersOf(fields, targets), rankPattern = pattern(fields, "rank_pattern", Number.isInteger);
  const alphaPattern = pattern(fields, "alpha_pattern", Number.isFinite);
  return {
    rank: fields.size("r", 8),
    alpha,
    rankStabilised: fields.flag("use_rslora", false),
    targets,
    ...(rankPattern && { rankPattern }),
    ...(alphaPattern && { alphaPattern }),
    ...(layers && { layers }),
  };
}

/** Whether a value switches nothing on. */
function isOff(value: unknown): boolean {
  if (value === null || value === false) return true;
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

function isList<T>(value: unknown, is: (one: unknown) => one is T): value is readonly T[] {
  return Array.isArray(value) && value.length > 0 && value.every(is);
}

/** Numbers by expression; undefined where there are none. */
function pattern(fields: Fields, name: string, is: (value: number) => boolean): Record<string, number> | undefined {
  const given = fields.raw(name) ?? {};
  if (!isObject(given) || !Object.values(given).every((one) => typeof one === "number" && one > 0 && is(one))) {
    throw fields.wrong(name, "positive numbers by name");
  }
  return Object.keys(given).length === 0 ? undefined : given as Record<string, number>;
}

/** The layers that are adapted; peft refuses them beside an expression, and finds them by the name before the number. */
function layersOf(fields: Fields, targets: string | readonly string[]): readonly number[] | undefined {
  const given = fields.raw("layers_to_transform") ?? undefined, before = fields.raw("layers_pattern") ?? "layers";
  if (given === undefined || isOff(given)) return undefined;
  const layers = Array.isArray(given) ? given : [given];
  if (!layers.every((one) => Number.isInteger(one) && one >= 0)) {
    throw fields.wrong("layers_to_transform", "a list of layers, counted from 0,");
  }
  if (typeof targets === "string") {
    throw new UserError(`${fields.where}: layers_to_transform goes with a list of target_modules; write the list`);
  }
  const names = Array.isArray(before) ? before : [before];
  if (names.length > 0 && !names.includes("layers")) throw fields.notDone("layers_pattern");
  return layers;
}
