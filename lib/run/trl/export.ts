/**
 * What TRL has to be told to minimise a loss of the table, for pairs and texts that are taken to it.
 *
 * @module
 */
import type { JsonObject } from "../../formats/json_text.ts";
import { lossNamed, TRL_VERSION } from "../../losses/mod.ts";
import type { TrlTrainer } from "./losses.ts";

/** A loss with its options, as {@linkcode ../../losses/mod.ts} calls them. */
export interface AskedLoss {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Weight of the likelihood of chosen responses beside it. */
  readonly likelihood?: number;
  /** Arguments of its training alone. */
  readonly training?: JsonObject;
}

/** A training by TRL that minimises the same. */
interface TrlTraining {
  /** Class of the trainer. */
  readonly trainer: `${TrlTrainer}Trainer`;
  /** Arguments of the class of its settings, `DPOConfig` and so on, that make its numbers ours. */
  readonly args: JsonObject;
}

/** Makes TRL's arguments of the table's options; a text where TRL has nothing that does the same. */
type Args = (options: Readonly<Record<string, unknown>>, likelihood: number) => JsonObject | string;

const given = (value: unknown): boolean => value !== undefined && value !== null && value !== 0;
function number(name: string, value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new TypeError(`${name}: expected a number, got ${value}`);
  }
  return value;
}

/** TRL's coefficient of an α-divergence is 1 − α. */
function divergence(value: unknown): JsonObject {
  const { kind, alpha } = typeof value === "string" ? { kind: value, alpha: undefined } : (value ?? {}) as {
    readonly kind?: string;
    readonly alpha?: number;
  };
  if (kind === "forward-kl") return { f_divergence_type: "forward_kl" };
  if (kind === "jensen-shannon") return { f_divergence_type: "js_divergence" };
  if (kind === "alpha") {
    return { f_divergence_type: "alpha_divergence", f_alpha_divergence_coef: 1 - number("alpha", alpha) };
  }
  return {};
}

/** A loss of DPO's trainer; its likelihood is `sft`, a second loss. */
const dpo = (type: string, args: (options: Readonly<Record<string, unknown>>) => JsonObject | string): Args =>
(
  options,
  likelihood,
) => {
  const own = args(options);
  if (typeof own === "string") return own;
  return likelihood === 0
    ? { loss_type: [type], ...own }
    : { loss_type: [type, "sft"], loss_weights: [1, likelihood], ...own };
};
/** A loss of CPO's trainer, whose likelihood has a weight of 1 unless told. */
const cpo = (type: string, args: (options: Readonly<Record<string, unknown>>) => JsonObject): Args =>
(
  options,
  likelihood,
) => ({
  ...{ loss_type: type, beta: number("beta", options.beta), cpo_alpha: likelihood, ...args(options) },
  ...(given(options.labelSmoothing) && { label_smoothing: number("labelSmoothing", options.labelSmoothing) }),
  ...(given(options.alpha) && { alpha: number("alpha", options.alpha) }),
});
const kto = (type: string): Args => ({ beta, desirableWeight, undesirableWeight }) => ({
  ...{ loss_type: type, beta: number("beta", beta) },
  ...(desirableWeight !== undefined && { desirable_weight: number("desirableWeight", desirableWeight) }),
  ...(undesirableWeight !== undefined && { undesirable_weight: number("undesirableWeight", undesirableWeight) }),
});

const beta = (options: Readonly<Record<string, unknown>>) => ({ beta: number("beta", options.beta) });
const unsmoothed = (type: string) => (options: Readonly<Record<string, unknown>>) =>
  given(options.labelSmoothing) ? `TRL's ${type} does not read label_smoothing` : beta(options);
const smoothed = (options: Readonly<Record<string, unknown>>) => ({
  ...beta(options),
  ...(given(options.labelSmoothing) && { label_smoothing: number("labelSmoothing", options.labelSmoothing) }),
});

const ARGS: Readonly<Record<string, readonly [trainer: TrlTrainer, args: Args]>> = {
  "dpo": ["DPO", dpo("sigmoid", unsmoothed("sigmoid"))],
  "f-dpo": [
    "DPO",
    dpo("sigmoid", (options) => {
      const plain = unsmoothed("sigmoid")(options);
      return typeof plain === "string" ? plain : { ...plain, ...divergence(options.divergence) };
    }),
  ],
  "robust-dpo": ["DPO", dpo("robust", (options) => ({ ...smoothed(options), ...divergence(options.divergence) }))],
  "dpo-mean": ["DPO", dpo("sigmoid_norm", unsmoothed("sigmoid_norm"))],
  "ipo-mean": ["DPO", dpo("ipo", ({ tau }) => ({ beta: number("tau", tau) }))],
  "hinge": ["DPO", dpo("hinge", (options) => ({ ...beta(options), ...divergence(options.divergence) }))],
  "exo-pair": ["DPO", dpo("exo_pair", (options) => ({ ...smoothed(options), ...divergence(options.divergence) }))],
  "nca-pair": ["DPO", dpo("nca_pair", beta)],
  "bco-pair": ["DPO", dpo("bco_pair", (options) => given(options.shift) ? "TRL's bco_pair has no δ" : beta(options))],
  "sppo-hard": ["DPO", dpo("sppo_hard", ({ eta }) => ({ beta: 1 / number("eta", eta) }))],
  "apo-zero": ["DPO", dpo("apo_zero", beta)],
  "apo-down": ["DPO", dpo("apo_down", beta)],
  "aot-paired": ["DPO", dpo("aot", smoothed)],
  "aot-unpaired": ["DPO", dpo("aot_unpaired", smoothed)],
  "discopop": [
    "DPO",
    dpo("discopop", (options) => ({
      ...{ ...beta(options), ...divergence(options.divergence) },
      ...(options.tau !== undefined && { discopop_tau: number("tau", options.tau) }),
    })),
  ],
  "wpo": ["DPO", dpo("sigmoid", (options) => ({ ...beta(options), use_weighting: true }))],
  "ld-dpo": ["DPO", dpo("sigmoid", (options) => ({ ...beta(options), ld_alpha: number("alpha", options.alpha) }))],
  "sft": ["DPO", dpo("sft", () => ({}))],
  "reference-free-dpo": ["CPO", cpo("sigmoid", () => ({}))],
  "simpo": [
    "CPO",
    (options, likelihood) =>
      given(options.link) && options.link !== "sigmoid"
        ? `TRL's simpo has no link ${options.link}`
        : cpo("simpo", ({ gamma }) => ({ simpo_gamma: number("gamma", gamma) }))(options, likelihood),
  ],
  "contrastive-po": [
    "CPO",
    (options, likelihood) => cpo(String(options.link ?? "sigmoid"), () => ({}))(options, likelihood),
  ],
  "orpo": [
    "ORPO",
    ({ lambda }, likelihood) =>
      likelihood === 1
        ? { beta: number("lambda", lambda) }
        : "TRL's orpo has the likelihood beside it, with a weight of 1",
  ],
  "kto": ["KTO", kto("kto")],
  "apo-zero-unpaired": ["KTO", kto("apo_zero_unpaired")],
};

/**
 * What TRL minimises the same with.
 *
 * @returns the training, or why TRL has none
 * @throws RangeError for a name that the table does not have, TypeError for an option that is missing
 * @example IPO's τ is TRL's beta; TRL has no cDPO
 * ```ts
 * import assert from "node:assert/strict";
 * const { trainer, args } = trlTraining({ name: "ipo-mean", options: { tau: 0.5 } }) as { trainer: string; args: object };
 * assert.deepEqual([trainer, args], ["DPOTrainer", { loss_type: ["ipo"], beta: 0.5 }]);
 * assert.match(String(trlTraining({ name: "dpo", options: { beta: 1, labelSmoothing: 0.1 } })), /does not read/);
 * ```
 */
export function trlTraining({ name, options, likelihood = 0 }: AskedLoss): TrlTraining | string {
  if (!Object.hasOwn(ARGS, name)) {
    const { trl } = lossNamed(name);
    return trl === undefined ? `TRL ${TRL_VERSION} has no such loss` : `TRL ${TRL_VERSION} has none: ${trl.differs}`;
  }
  const [trainer, args] = ARGS[name], made = args(options, likelihood);
  if (typeof made === "string") return made;
  return { trainer: `${trainer}Trainer`, args: made };
}

/** Why TRL has nothing for lines of which some count for more than others. */
export const WEIGHTED = "lines have weights, and TRL's trainers take none";

/** What else has to be told, so that no row is lost and nothing that is not finite passes for a number. */
const COMMON: Readonly<Record<TrlTrainer, JsonObject>> = (() => {
  // Weights in bfloat16 are another model.
  const all = { logging_steps: 1, logging_nan_inf_filter: false, bf16: false };
  return {
    DPO: { ...all, max_length: null },
    // Lines and their mismatched responses belong to one batch, in the order of the file.
    KTO: { ...all, max_length: null, train_sampling_strategy: "sequential" },
    // These take none for 512 tokens.
    CPO: all,
    ORPO: all,
    SFT: { ...all, max_length: null },
  };
})();

const NOTES: readonly string[] = [
  "A line of the log was measured before its step; a tie counts as wrong, so that " +
  "rewards/accuracies begins at 0.",
  "All that is logged of an evaluation but eval_loss is a mean of batch means: give per_device_eval_batch_size a " +
  "divisor of the number of lines.",
  "Give ref_model the policy as it is: without it the reference is read again from the policy's folder.",
  "Rewards are beta times log-ratios; deno task import-run divides them again.",
];
const LENGTH = "max_length is 1024 unless given: give it more than the longest line has.";
const TRAINER_NOTES: Readonly<Partial<Record<TrlTrainer, readonly string[]>>> = {
  CPO: [LENGTH],
  ORPO: [LENGTH],
  KTO: [
    "The mismatched response of a line is that of the line before it in its batch, where neighbours that share a prompt " +
    "are none; here it is that of the next line with another prompt: hand TRL the lines from the last to the first.",
  ],
};

/** Files of lines. */
interface Lines {
  /** What trainers read. */
  readonly usual: string;
  /** Labelled completions, which are KTO's where there are any. */
  readonly labelled?: string;
}

/** What all losses have in common, beside what counts as here. */
export interface CommonSettings {
  /** Arguments of the trainer's settings. */
  readonly training: JsonObject;
  /** Arguments of peft's `LoraConfig`, where an adapter is trained. */
  readonly peft?: JsonObject;
  /** What stays different. */
  readonly notes: readonly string[];
}

const SFT_NOTE = "DPOTrainer reads pairs; lines of completions alone are SFTTrainer's.";

/** Settings of TRL for several losses. */
interface TrlSettings {
  /** TRL's version. */
  readonly trl: string;
  /** By method: its loss, and either trainer, lines, arguments and notes, or why TRL has none. */
  readonly methods: Readonly<Record<string, JsonObject>>;
  /** Arguments of peft's `LoraConfig`, where an adapter is trained. */
  readonly peft?: JsonObject;
  /** What stays different for all. */
  readonly notes: readonly string[];
}

/**
 * What lies as `trl.json` beside exported lines: for each loss what TRL has to be told, or why it has none, and what stays
 * different.
 *
 * @param asked losses by the ids that their methods have; a text says why these lines do not serve a method
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { methods } = trlSettings({ dpo: { name: "dpo", options: { beta: 0.1 } } }, { usual: "pairs.jsonl" });
 * assert.deepEqual([methods.dpo.trainer, methods.dpo.lines], ["DPOTrainer", "pairs.jsonl"]);
 * ```
 */
export function trlSettings(
  asked: Readonly<Record<string, AskedLoss | string>>,
  { usual, labelled }: Lines,
  { training, peft, notes }: CommonSettings = { training: {}, notes: [] },
): TrlSettings {
  const methods = Object.entries(asked).map(([id, loss]): [string, JsonObject] => {
    if (typeof loss === "string") return [id, { none: loss }];
    const made = trlTraining(loss), differs = lossNamed(loss.name).trl?.differs;
    if (typeof made === "string") return [id, { loss: loss.name, none: made }];
    const [trainer] = ARGS[loss.name], args = { ...COMMON[trainer], ...training, ...loss.training, ...made.args };
    const more = (TRAINER_NOTES[trainer] ?? []).filter((note) => note !== LENGTH || !("max_length" in args));
    return [id, {
      ...{
        loss: loss.name,
        trainer: made.trainer,
        lines: trainer === "KTO" && labelled !== undefined ? labelled : usual,
      },
      ...{ args, notes: [...(differs ? [differs] : []), ...(loss.name === "sft" ? [SFT_NOTE] : []), ...more] },
    }];
  });
  return {
    ...{ trl: TRL_VERSION, methods: Object.fromEntries(methods) },
    ...(peft && { peft }),
    notes: [...NOTES, ...notes],
  };
}
