/**
 * What TRL's trainers call the losses of the table. The differences in words, with their sources: docs/trl.md.
 *
 * @module
 */
import type { JsonObject } from "../../formats/json_text.ts";

/** Trainers of TRL 1.16 whose losses the table has; BCO's left it with 1.14. */
export const TRL_TRAINERS = ["DPO", "KTO", "CPO", "ORPO", "SFT"] as const;
/** One of them, without "Trainer" behind it. */
export type TrlTrainer = typeof TRL_TRAINERS[number];

/** A loss of the table as a training by TRL has it. */
interface TrlLoss {
  /** Name in the table of losses. */
  readonly name: string;
  /** Its options, as the table calls them, as far as they are known. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Weight of the likelihood of chosen responses beside it, where there is one. */
  readonly likelihood?: number;
}

/** Makes the table's options of TRL's arguments. */
type Options = (args: JsonObject) => Record<string, unknown>;

const beta: Options = (args) => ({ beta: args.beta });
const smoothed: Options = (args) => ({ beta: args.beta, labelSmoothing: args.label_smoothing });
const divergent = (more: Options): Options => (args) => ({ ...more(args), ...divergence(args) });
const tau: Options = (args) => ({ tau: args.beta });

/** The divergence, where it is not the reverse KL. TRL's coefficient is 1 − α, and within 1e-6 of 1 the reverse KL. */
function divergence({ f_divergence_type: type, f_alpha_divergence_coef: coefficient }: JsonObject) {
  if (type === "forward_kl") return { divergence: { kind: "forward-kl" } };
  if (type === "js_divergence") return { divergence: { kind: "jensen-shannon" } };
  if (type !== "alpha_divergence") return {};
  const alpha = 1 - Number(coefficient);
  return Math.abs(alpha) < 1e-6 ? {} : { divergence: { kind: "alpha", alpha } };
}

const weights: Options = (args) => ({
  ...{ beta: args.beta, desirableWeight: args.desirable_weight, undesirableWeight: args.undesirable_weight },
});
const link = (name?: string): Options => (args) => ({
  ...(name === "ipo" ? { beta: args.beta } : name === "hinge" ? beta(args) : smoothed(args)),
  ...(name !== undefined && { link: name }),
  ...(typeof args.alpha === "number" && args.alpha !== 0 && { alpha: args.alpha }),
});

/** Values of `loss_type` by trainer, with the table's name and options. */
const NAMES: Readonly<Record<TrlTrainer, Readonly<Record<string, readonly [name: string, options: Options]>>>> = {
  DPO: {
    sigmoid: ["dpo", beta], // label_smoothing is not read
    hinge: ["hinge", divergent(beta)],
    ipo: ["ipo-mean", tau],
    exo_pair: ["exo-pair", divergent(smoothed)],
    nca_pair: ["nca-pair", beta],
    robust: ["robust-dpo", divergent(smoothed)],
    bco_pair: ["bco-pair", (args) => ({ beta: args.beta, shift: 0 })],
    sppo_hard: ["sppo-hard", (args) => ({ eta: typeof args.beta === "number" ? 1 / args.beta : undefined })],
    aot: ["aot-paired", smoothed],
    aot_unpaired: ["aot-unpaired", smoothed],
    apo_zero: ["apo-zero", beta],
    apo_down: ["apo-down", beta],
    discopop: ["discopop", divergent((args) => ({ beta: args.beta, tau: args.discopop_tau }))],
    sft: ["sft", () => ({})],
    sigmoid_norm: ["dpo-mean", beta],
  },
  KTO: { kto: ["kto", weights], apo_zero_unpaired: ["apo-zero-unpaired", weights] },
  CPO: {
    sigmoid: ["contrastive-po", link()],
    hinge: ["contrastive-po", link("hinge")],
    ipo: ["contrastive-po", link("ipo")],
    simpo: ["simpo", (args) => ({ ...link()(args), gamma: args.simpo_gamma })],
  },
  ORPO: { "": ["orpo", (args) => ({ lambda: args.beta })] },
  SFT: { "": ["sft", () => ({})], nll: ["sft", () => ({})] },
};

/** Values of a trainer's `loss_type`; one that is empty where it has none. */
export const lossTypes = (trainer: TrlTrainer): string[] => Object.keys(NAMES[trainer]);

/**
 * The loss of the table that a training by TRL minimises.
 *
 * @param type its `loss_type`; the first of several
 * @param args its arguments, as far as they are known
 * @returns undefined for a `loss_type` that the table does not have
 * @example `sigmoid` does not read `label_smoothing`, and IPO's τ is called beta
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(tableLoss("DPO", "sigmoid", { beta: 0.1, label_smoothing: 0.2 }), { name: "dpo", options: { beta: 0.1 } });
 * assert.deepEqual(tableLoss("DPO", "ipo", { beta: 0.5 }), { name: "ipo-mean", options: { tau: 0.5 } });
 * ```
 */
export function tableLoss(trainer: TrlTrainer, type: string, args: JsonObject): TrlLoss | undefined {
  if (!Object.hasOwn(NAMES[trainer], type)) return undefined;
  const [name, options] = NAMES[trainer][type], plain = trainer === "DPO" && type === "sigmoid";
  const known = (of: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined && value !== null));
  const likelihood = trainer === "ORPO" ? 1 : trainer === "CPO" ? args.cpo_alpha : undefined;
  const beside = typeof likelihood === "number" && likelihood > 0 ? { likelihood } : {};
  if (plain && args.use_weighting === true) return { name: "wpo", options: known(beta(args)) };
  if (plain && typeof args.ld_alpha === "number") {
    return { name: "ld-dpo", options: known({ beta: args.beta, alpha: args.ld_alpha }) };
  }
  const under = plain ? divergence(args) : {};
  if ("divergence" in under) return { name: "f-dpo", options: known({ ...beta(args), ...under }) };
  return { name, options: known(options(args)), ...beside };
}
