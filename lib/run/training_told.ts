/**
 * A training's settings in words: the lines of its page that say what was run.
 *
 * @module
 */
import { basename } from "node:path";
import { type LossEntry, lossNamed, lossTitle } from "../losses/mod.ts";
import { formulaParts } from "../report/math.ts";
import { formatDuration, formatNumber } from "../report/numbers.ts";
import type { Formula } from "../report/types.ts";
import type { ExampleKind } from "../training/language/objective.ts";
import { objectiveOf } from "../training/language/objectives.ts";
import type { ImportedRecord, TrainingRecord } from "./training_record.ts";
import { EXAMPLE_WORDS } from "./training_words.ts";

/** Losses of samples of the policy as it is. */
const ON_POLICY = ["reinforce", "rloo", "rlhf", "reverse-kl"];

/** What is said of a training, whoever ran it. */
export interface TrainingWords {
  readonly title: string;
  readonly paper: string;
  readonly lead: string;
  readonly formulas: readonly Formula[];
  readonly config: Readonly<Record<string, unknown>>;
  /** What the loss is a mean over: pairs, responses or tokens, in the singular. */
  readonly per: string;
  /** What its examples are. */
  readonly data: ExampleKind;
  /** The unit of the log-prob of a response, and how tokens make it: "summed over". */
  readonly nats: string;
  readonly reduction: string;
  /** Longest gradient; 0 for any, undefined where it is not known. */
  readonly clip?: number;
  readonly notes: readonly string[];
  readonly beside?: ImportedRecord["imported"]["beside"];
}

/**
 * Options of a loss behind each other, such as "beta 0.1, divergence forward-kl".
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(optionsTold({ beta: 0.1, divergence: { kind: "alpha", alpha: 0.5 } }), "beta 0.1, divergence alpha 0.5");
 * ```
 */
export function optionsTold(options: Readonly<Record<string, unknown>>): string {
  const told = (value: unknown) => typeof value === "object" ? Object.values(value!).join(" ") : String(value);
  return Object.entries(options).map(([name, value]) => `${name} ${told(value)}`).join(", ");
}

/**
 * What of the model is trained.
 *
 * @example
 * ```ts
 * import { trainOptions } from "./train_options.ts";
 * import assert from "node:assert/strict";
 * const options = trainOptions(["--model", "m", "--pairs", "p", "--layers", "2", "--targets", "q_proj"])!;
 * assert.equal(trainedTold(options), "an adapter of rank 8, alpha 16, on q_proj of the last 2 blocks");
 * ```
 */
export function trainedTold({ whole, adapter, numbers, targets, rankStabilised }: TrainingRecord["options"]): string {
  const last = numbers.layers === 0
    ? ""
    : ` of the last ${numbers.layers === 1 ? "block" : `${numbers.layers} blocks`}`;
  if (whole) return `all weights${last}`;
  if (adapter !== undefined) return `the adapter ${adapter}`;
  const layers = typeof targets === "string" ? "all linear layers" : targets.join(", ");
  const scale = rankStabilised ? ", scaled by alpha/√rank" : "";
  return `an adapter of rank ${numbers.rank}, alpha ${numbers.loraAlpha}${scale}, on ${layers}${last}`;
}

/**
 * The settings that a training's numbers depend on, by what they are called, such as "8 lines" for the batch; those without
 * effect are left out.
 */
function settingsTold(record: TrainingRecord): Record<string, unknown> {
  const { options, lines, heldOut, steps } = record, { numbers, objective, rules, loss, schedule } = options;
  const { batch, micro, warmup, clip, patience } = numbers;
  const title = lossTitle(lossNamed(loss), objective.loss), { likelihood } = objective;
  const places = { keep_start: "the beginning", keep_end: "the end" };
  const starts = {
    tokenizer: "as the tokenizer has it",
    always: "with the start token",
    never: "without a start token",
  };
  const count = (n: number, what: string) => `${formatNumber(n)} ${what}${n === 1 ? "" : "s"}`;
  return {
    command: record.command,
    git: record.git,
    model: options.model,
    "SHA-256 of the model": record.checkpoint,
    trained: trainedTold(options),
    ...(record.adapter !== undefined && { "SHA-256 of the adapter": record.adapter }),
    lines: `${count(lines, "line")} of ${options.pairs}`,
    "held out": heldOut === 0
      ? "nothing"
      : `${count(heldOut, "line")} of ${options.heldOut ?? options.pairs}, looked at ` +
        `every ${count(numbers.evaluateEvery, "step")}${patience > 0 ? `, with a patience of ${patience}` : ""}`,
    "SHA-256 of the lines": record.data,
    texts: `begin ${starts[rules.start]}, end ${rules.end ? "with" : "without"} the end token; of more than ` +
      `${formatNumber(rules.maxLength!)} tokens ${places[rules.truncation!]} is kept`,
    loss: [title, optionsTold(objective.loss)].filter(Boolean).join(", "),
    ...(likelihood && {
      likelihood: `of chosen responses${likelihood.prompt ? " and prompts" : ""}, weight ${likelihood.weight}`,
    }),
    steps: `${formatNumber(steps)}${numbers.steps === 0 ? `, as ${count(numbers.epochs, "epoch")} take` : ""}`,
    batch: `${count(batch, "line")}${micro > 0 && micro < batch ? `, ${micro} at a time` : ""}`,
    "learning rate": `${numbers.learningRate}, ${schedule === "constant" ? "constant" : `${schedule} to 0`}` +
      (warmup > 0 ? `, after ${count(warmup, "step")} from 0 up` : ""),
    "weight decay": numbers.weightDecay,
    clip: clip === 0 ? "none" : `gradients longer than ${clip}`,
    seed: numbers.seed,
    engine: [record.engine, ...Object.entries(record.engineFacts).map(([name, fact]) => `${name} ${fact}`)].join(", "),
    time: formatDuration(record.seconds),
    versions: record.versions,
  };
}

/**
 * A loss's formula with its options, and what stands in it.
 *
 * @example
 * ```ts
 * import { lossNamed } from "../losses/mod.ts";
 * import assert from "node:assert/strict";
 * assert.equal(formulasOf(lossNamed("dpo"), { beta: 0.2 })[0].label, "DPO, labelSmoothing 0, beta 0.2");
 * ```
 */
export function formulasOf(entry: LossEntry, options: Readonly<Record<string, unknown>>): Formula[] {
  const usual = Object.entries(entry.options).map(([key, option]) => [key, option.default] as const);
  const all = { ...Object.fromEntries(usual.filter(([, value]) => value !== undefined)), ...options };
  const [formula, ...definitions] = formulaParts(entry.tex);
  return [
    { tex: formula, label: [lossTitle(entry, options), optionsTold(all)].filter(Boolean).join(", ") },
    ...definitions.map((tex) => ({ tex, label: "where" })),
  ];
}

/**
 * What is said of a training of ours.
 *
 * @param state how far it is
 * @param planned the steps that are to be taken, in words
 * @example
 * ```ts ignore
 * const { title, lead } = ownWords(record, trainingState(saved), "4 steps");
 * ```
 */
export function ownWords(
  record: TrainingRecord,
  { steps, told }: { readonly steps: number; readonly told: string },
  planned: string,
): TrainingWords {
  const { options } = record, entry = lossNamed(options.loss), title = lossTitle(entry, options.objective.loss);
  const { data, terms: [{ per }] } = objectiveOf(options.loss, options.objective);
  const { unit } = EXAMPLE_WORDS[data], setting = optionsTold(options.objective.loss);
  return {
    title: `Training: ${title}`,
    paper: entry.source,
    lead: `${basename(options.model)}, ${trainedTold(options)}: ${formatNumber(steps)} of ${planned} of AdamW on ` +
      `${formatNumber(record.lines)} ${unit}s by ${title}${setting && ` with ${setting}`}. ${told}`,
    formulas: formulasOf(entry, options.objective.loss),
    config: settingsTold(record),
    ...{ data, per: per === "token" ? "token" : unit, clip: options.numbers.clip },
    ...{ nats: "nats", reduction: "summed over" },
    notes: ON_POLICY.includes(options.loss)
      ? [
        `${title} is right on responses of the policy as it is. These are of their lines: of the model before training ` +
        "they are right for the first step, and later as long as most of them count; causal-outcome-only weighs instead.",
      ]
      : [],
  };
}
