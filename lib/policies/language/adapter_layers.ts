/**
 * Which layers a low-rank adapter changes, and by how much (Hu et al. 2022, arXiv 2106.09685): `W + scale·B·A`.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";
import type { LanguageModelConfig } from "./config.ts";
import { tensorShapes } from "./tensor_names.ts";

/** What an adapter is to be, in the words of peft 0.21.2 `LoraConfig`. */
export interface LoraSettings {
  /** Rank `r` of the change. */
  readonly rank: number;
  /** The change is scaled by `alpha/r`. */
  readonly alpha: number;
  /** Scaled by `alpha/√r` instead (Kalajdzievski 2023, arXiv 2312.03732). */
  readonly rankStabilised: boolean;
  /** Ends of names such as `q_proj` or whole names; or one expression for whole names; or `all-linear`. */
  readonly targets: readonly string[] | string;
  /** Other ranks, by expressions for ends of names; the first that fits counts. */
  readonly rankPattern?: Readonly<Record<string, number>>;
  /** Other alphas, likewise. */
  readonly alphaPattern?: Readonly<Record<string, number>>;
  /** Layers of the model that are adapted, from 0; all unless given. Only with targets that are a list. */
  readonly layers?: readonly number[];
}

/** A linear layer that is adapted. */
export interface AdaptedLayer {
  /** Rank `r`. */
  readonly rank: number;
  /** What `B·A` is multiplied by. */
  readonly scale: number;
  /** Width of what comes out: `B` is `[out, r]`. */
  readonly out: number;
  /** Width of what goes in: `A` is `[r, in]`. */
  readonly in: number;
}

/**
 * The layers that settings name, in the order of the model, by names such as `model.layers.0.self_attn.q_proj`.
 *
 * @param where the settings come from, named in errors
 * @throws UserError where they name no layer, one that cannot be adapted here, or an expression that cannot be read
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { tinyConfig } from "./checkpoint_test_helpers.ts";
 * const settings = { rank: 4, alpha: 8, rankStabilised: false, targets: ["v_proj"], layers: [1] };
 * const layers = adaptedLayers(settings, tinyConfig("llama"), "adapter");
 * assert.deepEqual([...layers], [["model.layers.1.self_attn.v_proj", { rank: 4, scale: 2, out: 8, in: 16 }]]);
 * ```
 */
export function adaptedLayers(
  { rank, alpha, rankStabilised, targets, rankPattern = {}, alphaPattern = {}, layers }: LoraSettings,
  config: LanguageModelConfig,
  where: string,
): ReadonlyMap<string, AdaptedLayer> {
  const matches = matcher(targets, where), found = new Map<string, AdaptedLayer>();
  const ranks = patterns(rankPattern, where), alphas = patterns(alphaPattern, where);
  for (const name of ["model.embed_tokens", "lm_head", "model.norm"]) {
    if (matches(name)) throw new UserError(`${where}: ${name} cannot be adapted; name linear layers of blocks`);
  }
  for (const [weight, [out, into]] of tensorShapes(config)) {
    const name = /^(model\.layers\.\d+\..*_proj)\.weight$/.exec(weight)?.[1];
    if (name === undefined || !matches(name)) continue;
    if (layers !== undefined && !layers.includes(Number(name.split(".")[2]))) continue;
    const own = first(ranks, name) ?? rank, top = first(alphas, name) ?? alpha;
    found.set(name, { rank: own, scale: top / (rankStabilised ? Math.sqrt(own) : own), out, in: into });
  }
  if (found.size > 0) return found;
  if (layers !== undefined && !layers.some((layer) => layer >= 0 && layer < config.layers)) {
    throw new UserError(
      `${where}: adapts none of the model's ${config.layers} layers, but ${
        layers.join(", ").slice(0, 80)
      } counted from ` +
        "0; take an adapter that was made for this model",
    );
  }
  throw new UserError(`${where}: no layer is called ${JSON.stringify(targets).slice(0, 80)}; name some, or all-linear`);
}

function matcher(targets: LoraSettings["targets"], where: string): (name: string) => boolean {
  if (typeof targets !== "string") {
    return (name) => targets.some((target) => name === target || name.endsWith(`.${target}`));
  }
  if (targets.toLowerCase() === "all-linear") return (name) => name.endsWith("_proj");
  const whole = expression(`^(?:${targets})$`, where);
  return (name) => whole.test(name);
}

function patterns(byPattern: Readonly<Record<string, number>>, where: string): [RegExp, number][] {
  return Object.entries(byPattern).map(([end, value]) => [expression(`^(?:.*\\.)?(?:${end})$`, where), value]);
}

function first(patterns: readonly (readonly [RegExp, number])[], name: string): number | undefined {
  return patterns.find(([pattern]) => pattern.test(name))?.[1];
}

/** Expressions of peft are Python's; where they are written otherwise there, they are refused here. */
function expression(source: string, where: string): RegExp {
  try {
    return new RegExp(source);
  } catch (error) {
    throw new UserError(
      `${where}: ${(error as Error).message.split("\n")[0].slice(0, 200)}; write it as JavaScript reads it`,
    );
  }
}
