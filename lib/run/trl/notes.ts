/**
 * What was undone in a training's log, and what cannot be. docs/trl.md has the reasons.
 *
 * @module
 */
import type { JsonObject } from "../../formats/json_text.ts";
import { formatNumber } from "../../report/numbers.ts";
import type { CurvePoint } from "../../training/language/loop.ts";
import type { ReadCurve } from "./curve.ts";
import type { TrlTrainer } from "./losses.ts";

/** What the notes are about. */
interface Noted {
  readonly trainer?: TrlTrainer;
  /** Values of `loss_type`; none where they are not known. */
  readonly types: readonly string[];
  /** The trainer's arguments, as far as they are known. */
  readonly args: JsonObject;
  readonly reference: boolean;
  readonly read: ReadCurve;
  /** Whether what is held out was recomputed. */
  readonly recomputed: boolean;
}

const COLUMNS: Readonly<Partial<Record<keyof CurvePoint, string>>> = {
  chosen: "log-probs of chosen responses",
  rejected: "log-probs of rejected responses",
  chosenRatio: "log-ratios of chosen responses",
  rejectedRatio: "log-ratios of rejected responses",
  accuracy: "the share of pairs in the right order",
  gradientNorm: "the length of the gradient",
  learningRate: "the learning rate",
};

/**
 * Notes on an imported training, a sentence or two each.
 *
 * @example
 * ```ts
 * import { curveOf } from "./curve.ts";
 * import { readTrainerState } from "./trainer_state.ts";
 * import assert from "node:assert/strict";
 * const state = await readTrainerState("lib/run/trl/testdata/trainer_state.json");
 * const read = curveOf(state, { reference: true, where: "f" });
 * const [absent] = notesOf({ trainer: "DPO", types: [], args: {}, reference: true, read, recomputed: false });
 * assert.match(absent, /^Not in the log: log-ratios of chosen responses, log-ratios of rejected responses\. Rewards/);
 * ```
 */
export function notesOf({ trainer, types, args, reference, read, recomputed }: Noted): string[] {
  const { absent, stepsOfLine, ties, overflowed, again } = read, { beta, label_smoothing: smoothing } = args;
  // Of an evaluation without pairs the loss alone is drawn, and that is a mean over lines.
  const looks = read.curve.some(({ on, chosen, accuracy }) =>
    on === "held-out" && (Number.isFinite(chosen) || Number.isFinite(accuracy))
  );
  const [type] = types;
  const knowsBeta = typeof beta === "number", divergence = args.f_divergence_type;
  const ratios = !absent.includes("chosenRatio") || !absent.includes("rejectedRatio");
  const why = [
    ...reference && !knowsBeta ? ["Rewards are β times log-ratios, and β is not known: name it with --beta."] : [],
    ...trainer === "CPO" || trainer === "ORPO"
      ? ["There is no reference: rewards are β times log-probs, and say nothing that log-probs do not."]
      : [],
    ...trainer === "KTO" ? ["KTO's trainer knows no pairs, and counts no order."] : [],
  ];
  const sum = types.map((name, i) => `${weightOf(args, i)}${name}`).join(" + ");
  return [
    ...absent.length === 0 ? [] : [
      [`Not in the log: ${absent.map((name) => COLUMNS[name]).join(", ")}.`, ...why].join(" "),
    ],
    stepsOfLine === 1
      ? "A batch was measured before its step: what TRL logs at step s stands at s − 1, the steps taken before it."
      : `A line of the log is a mean of up to ${
        formatNumber(stepsOfLine)
      } steps, and stands in the middle of them; its ` +
        "gradient and learning rate are those of the last. Single steps cannot be told.",
    ...ratios
      ? [
        `Log-ratios are TRL's rewards divided by β = ${beta}` +
        (type === "ipo" ? ": sums over tokens, though the loss of ipo averages over them" : "") +
        (typeof divergence === "string" && divergence !== "reverse_kl"
          ? `: plain ones, though the loss reads their scores under ${divergence}`
          : "") +
        ".",
      ]
      : [],
    ...ties > 0
      ? [
        `In ${formatNumber(ties)} ${
          ties === 1 ? "line" : "lines"
        } nothing had moved and all pairs were ties, which TRL ` +
        "counts as wrong: the share is ½ here. Other ties cannot be told.",
      ]
      : [],
    ...looks && !recomputed ? batchesNote(args, read.heldOut) : [],
    ...types.length > 1 ? [`The loss is a sum, ${sum}; the formula above is of its first part.`] : [],
    ...trainer === "DPO" && type === "sigmoid" && typeof smoothing === "number" && smoothing > 0
      ? [`label_smoothing ${smoothing} was given, and sigmoid does not read it: the loss is DPO's, not cDPO's.`]
      : [],
    ...trainer === "CPO" && typeof args.cpo_alpha === "number" && args.cpo_alpha > 0
      ? [`Beside the loss stands the likelihood of chosen responses, with cpo_alpha ${args.cpo_alpha} for its weight.`]
      : [],
    ...trainer === "DPO" && type === "bco_pair" ? ["TRL's bco_pair has no shift: δ is 0."] : [],
    ...overflowed.length > 0
      ? [
        `The gradient was not finite in ${formatNumber(overflowed.length)} of the logged steps, first in step ` +
        `${formatNumber(overflowed[0])}: those lengths are left out.`,
      ]
      : [],
    ...again.length > 0
      ? [
        `After ${
          again.map((step) => formatNumber(step)).join(", ")
        } steps there is more than one evaluation, and the ` +
        "first is drawn: another may be of other lines.",
      ]
      : [],
  ];
}

function weightOf({ loss_weights: weights }: JsonObject, i: number): string {
  return Array.isArray(weights) && typeof weights[i] === "number" ? `${weights[i]} ` : "";
}

/** Whether what is logged of an evaluation is a mean over lines. */
function batchesNote({ per_device_eval_batch_size: size }: JsonObject, lines: number | undefined): string[] {
  const undone = "Predictions undo it: name their file behind the log's.";
  if (typeof size !== "number" || lines === undefined) {
    return [
      "Of an evaluation all but the loss are means of the means of its batches, of which the last may be smaller. " +
      undone,
    ];
  }
  const rest = lines % size, batches = Math.ceil(lines / size);
  if (rest === 0 || batches === 1) return [];
  return [
    `Of an evaluation all but the loss are means of the means of ${formatNumber(batches)} batches, the last of ` +
    `${formatNumber(rest)} of the ${formatNumber(lines)} lines: where one process evaluated, not of ${
      formatNumber(size)
    }. ${undone}`,
  ];
}
