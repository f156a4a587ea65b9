/**
 * Which parts of a model are trained, in the words of the command line.
 *
 * @module
 */
import type { LoraSettings } from "../policies/language/adapter_layers.ts";
import type { LanguageModelConfig } from "../policies/language/config.ts";

/** Linear layers of a block, as peft's `all-linear` finds them. */
const ALL_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

/** A list of names as the command line writes it. */
export const targetsOf = (text: string): readonly string[] | string => text === "all-linear" ? text : text.split(",");

/**
 * Settings of an adapter in the last layers.
 *
 * @param layers how many; 0 for all
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const settings = { rank: 8, alpha: 16, rankStabilised: false, targets: ["q_proj"] };
 * assert.deepEqual(inLastLayers(settings, 2, { layers: 30 }).layers, [28, 29]);
 * assert.equal(inLastLayers(settings, 0, { layers: 30 }).layers, undefined);
 * ```
 */
export function inLastLayers(
  { targets, ...settings }: Omit<LoraSettings, "layers">,
  layers: number,
  config: Pick<LanguageModelConfig, "layers">,
): LoraSettings {
  return {
    ...settings,
    // peft takes numbers of layers beside a list of names alone.
    targets: layers > 0 && targets === "all-linear" ? ALL_LINEAR : targets,
    ...(layers > 0 && { layers: Array.from({ length: layers }, (_, i) => config.layers - layers + i) }),
  };
}

/**
 * Whether a weight is in the last layers.
 *
 * @param layers how many; 0 for all weights, those outside of blocks among them
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const trained = ofLastLayers(1, { layers: 2 });
 * assert.ok(trained("model.layers.1.mlp.up_proj.weight") && !trained("model.layers.0.mlp.up_proj.weight"));
 * assert.ok(!trained("model.norm.weight") && ofLastLayers(0, { layers: 2 })("model.norm.weight"));
 * ```
 */
export function ofLastLayers(layers: number, config: Pick<LanguageModelConfig, "layers">): (name: string) => boolean {
  const first = config.layers - layers;
  return (name) => layers === 0 || Number(/^model\.layers\.(\d+)\./.exec(name)?.[1] ?? -1) >= first;
}
