/**
 * Low-rank adapters in the engine (Hu et al. 2022, arXiv 2106.09685): made, trained, read out, merged.
 *
 * @module
 */
import type { Rng } from "../../random.ts";
import { type Tensor, tf, type Variable } from "../../tensor/tf.ts";
import type { Adapter } from "./adapter_files.ts";
import { adaptedLayers, type LoraSettings } from "./adapter_layers.ts";
import type { LanguageModelConfig } from "./config.ts";
import type { LowRank } from "./linear.ts";
import type { WeightSource } from "./weights.ts";

/** An adapter as tensors. */
interface LoadedAdapter {
  /** Trainable factors, A and then B of each layer, in the order of the model. */
  readonly parameters: readonly Variable[];
  /** For `languageModel`: the change of a layer, where it has one. */
  change(name: string): Omit<LowRank, "from"> | undefined;
  /** The adapter as it is now. */
  current(): Adapter;
  /** Frees the factors. */
  dispose(): void;
}

/**
 * An adapter that changes nothing yet: A uniform in ±1/√in, B zero, as peft 0.21.2 starts (Kaiming's bound with a = √5).
 *
 * @throws UserError when the settings name no layer
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Rng } from "../../random.ts";
 * import { tinyConfig } from "./checkpoint_test_helpers.ts";
 * const settings = { rank: 2, alpha: 4, rankStabilised: false, targets: ["q_proj"] };
 * const { factors } = newAdapter(settings, tinyConfig("llama"), Rng.seed(0));
 * const { a, b } = factors.get("model.layers.0.self_attn.q_proj")!;
 * assert.ok(a.every((v) => Math.abs(v) <= 1 / 4) && b.every((v) => v === 0)); // width 16
 * ```
 */
export function newAdapter(settings: LoraSettings, config: LanguageModelConfig, rng: Rng): Adapter {
  const factors = [...adaptedLayers(settings, config, "adapter")].map(([name, layer]) => {
    const { rank, out, in: into } = layer, stream = rng.fork(name), bound = 1 / Math.sqrt(into);
    const a = Float32Array.from({ length: rank * into }, () => bound * (2 * stream.uniform() - 1));
    return [name, { a, b: new Float32Array(out * rank) }] as const;
  });
  return { settings, factors: new Map(factors) };
}

/**
 * Puts an adapter into the engine.
 *
 * @param config of the model it is for
 * @throws UserError when the settings do not fit the model
 * @example
 * ```ts ignore
 * const adapter = loadAdapter(newAdapter(settings, config, rng), config);
 * const model = languageModel(checkpoint, { change: adapter.change });
 * ```
 */
export function loadAdapter({ settings, factors }: Adapter, config: LanguageModelConfig): LoadedAdapter {
  const loaded = new Map<string, Omit<LowRank, "from">>();
  const variable = (values: Float32Array, shape: [number, number]): Variable => {
    const initial = tf.tensor(values.slice(), shape) as Tensor, made = tf.variable(initial);
    initial.dispose();
    return made;
  };
  for (const [name, { rank, scale, out, in: into }] of adaptedLayers(settings, config, "adapter")) {
    const { a, b } = factors.get(name)!;
    loaded.set(name, { a: variable(a, [rank, into]), b: variable(b, [out, rank]), scale });
  }
  const parameters = [...loaded.values()].flatMap(({ a, b }) => [a, b]);
  const numbers = (of: Variable) => of.dataSync<"float32">().slice();
  return {
    parameters,
    change: (name) => loaded.get(name),
    current: () => ({
      settings,
      factors: new Map([...loaded].map(([name, { a, b }]) => [name, { a: numbers(a), b: numbers(b) }])),
    }),
    dispose: () => tf.dispose([...parameters]),
  };
}

/**
 * A checkpoint whose matrices have an adapter's changes in them: W + scale·B·A, added up in float64 and rounded once.
 *
 * @throws UserError when the settings do not fit the model
 * @example
 * ```ts ignore
 * const model = languageModel(merged(checkpoint, readAdapter("reports/adapter", checkpoint.config)));
 * ```
 */
export function merged(source: WeightSource, { settings, factors }: Adapter): WeightSource {
  const layers = adaptedLayers(settings, source.config, "adapter");
  return {
    config: source.config,
    read(weight) {
      const name = weight.replace(/\.weight$/, ""), layer = weight === name ? undefined : layers.get(name);
      const values = source.read(weight);
      if (layer === undefined) return values;
      const { rank, scale, in: into } = layer, { a, b } = factors.get(name)!;
      const row = new Float64Array(into);
      for (let from = 0; from < values.length; from += into) {
        row.fill(0);
        for (let r = 0; r < rank; r++) {
          const share = scale * b[from / into * rank + r];
          for (let i = 0; i < into; i++) row[i] += share * a[r * into + i];
        }
        for (let i = 0; i < into; i++) values[from + i] += row[i];
      }
      return values;
    },
  };
}
