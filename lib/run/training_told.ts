/**
 * A training's settings in words: the lines of its page that say what was run.
 *
 * @module
 */
import { lossNamed, lossTitle } from "../losses/mod.ts";
import { formatDuration, formatNumber } from "../report/numbers.ts";
import type { TrainingRecord } from "./training_record.ts";

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
 * The settings that a training's numbers depend on, by what they are called; those without effect are left out.
 *
 * @example
 * ```ts ignore
 * const { batch, "learning rate": rate } = settingsTold(record); // "8 lines", "0.0001, linear to 0"
 * ```
 */
export function settingsTold(record: TrainingRecord): Record<string, unknown> {
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
