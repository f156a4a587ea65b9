/**
 * Losses that `deno task train` knows, and their options on its command line.
 *
 * @module
 */
import { type LossEntry, losses, lossNamed, type LossOption } from "../losses/mod.ts";
import { FORMS } from "../training/language/line_forms.ts";
import { objectiveOf } from "../training/language/objectives.ts";
import { UserError } from "../user_error.ts";
import { flagName } from "./options.ts";

/** Options of losses that no flag sets: z0 of KTO and δ of BCO are found by the trainer, an entropy is not computed. */
const FOUND: Readonly<Record<string, readonly string[]>> = {
  kto: ["referencePoint"],
  bco: ["shift"],
  "causal-cpo": ["entropyBonus"],
};

const beta: LossOption = { range: "> 0", text: "multiplies log-ratios, which are rewards then" };
const klWeight: LossOption = { default: 0, range: ">= 0", text: "λ, the price of KL(π‖π0), estimated on the texts" };
const radius: LossOption = { default: 0.01, range: ">= 0", text: "ε of the follower, which answers each batch" };
const window: LossOption = { default: 0.1, range: ">= 0", text: "how far its window ends below the lowest margin" };

/** Options of objectives that their losses do not have. */
const BESIDE: Readonly<Record<string, Readonly<Record<string, LossOption>>>> = {
  ...{ "causal-cpo": { klWeight }, "causal-outcome-only": { klWeight }, "dr-cpo": { klWeight } },
  davidson: { beta },
  "rao-kupper": { beta },
  "stackelberg-margin": { radius, window },
  "stackelberg-probability": { radius },
};

/** What is taken where an option is not given, though the table has no default. */
const USUAL: Readonly<Record<string, string>> = { beta: "0.1", ratio: "plain" };

/** Losses that lines can be trained on. */
export const trainableLosses: readonly LossEntry[] = losses.filter(({ name }) => {
  try {
    return objectiveOf(name, { loss: {} }) !== undefined;
  } catch {
    return false;
  }
});

const optionsOf = ({ name, options }: LossEntry) => [
  ...Object.entries(options).filter(([key]) => !FOUND[name]?.includes(key)),
  ...Object.entries(BESIDE[name] ?? {}),
];

/** Flags of all losses. */
export const lossFlags: readonly string[] = [
  ...new Set(trainableLosses.flatMap((entry) => optionsOf(entry).map(([key]) => flagName(key)))),
];

/** Words behind each other in indented lines that are not too long. */
export function wrapped(text: string, indent: string): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 110) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(indent + word);
  }
  return lines.join("\n");
}

/** Losses by the lines that they read, for `--help`. */
export const LOSSES_HELP: string = (Object.keys(FORMS) as (keyof typeof FORMS)[]).map((form) => {
  const own = trainableLosses.filter(({ name }) => {
    return (name === "sft" ? "likelihood" : objectiveOf(name, { loss: {} }).data) === form;
  });
  return `  ${FORMS[form].written.replaceAll(" or {", "\n  or {")}\n${
    wrapped(own.map(({ name }) => name).join(", "), "      ")
  }`;
}).join("\n");

/** The value of a loss's option. */
function lossValue(key: string, text: string): unknown {
  if (key === "divergence") {
    const [kind, alpha] = text.split(":");
    return alpha === undefined ? { kind } : { kind, alpha: Number(alpha) };
  }
  if (key === "ratio") return ratioOf(text);
  const value = text.trim() === "" ? NaN : Number(text);
  return Number.isNaN(value) ? text : value;
}

function ratioOf(text: string): Readonly<Record<string, unknown>> {
  const [kind, ...bounds] = text.split(":");
  if (bounds.length === 0 && (kind === "plain" || kind === "self-normalised")) return { kind };
  const [low, high] = bounds.map(Number);
  if (kind === "stabilised" && bounds.length === 2) return { kind, low, high };
  throw new UserError(`--ratio ${text}: choose one of plain, self-normalised, stabilised:LOW:HIGH`);
}

/**
 * Options of a loss out of the flags.
 *
 * @throws UserError for a flag that another loss has, and for an option that is needed
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const options = lossOptions(trainableLoss("stackelberg-margin"), { radius: "0.5" });
 * assert.deepEqual(options, { beta: 0.1, radius: 0.5, window: 0.1 });
 * ```
 */
export function lossOptions(
  entry: LossEntry,
  values: Readonly<Record<string, string | undefined>>,
): Record<string, unknown> {
  const own = optionsOf(entry), known = new Set(own.map(([key]) => flagName(key))), beside = BESIDE[entry.name] ?? {};
  const idle = lossFlags.find((flag) => values[flag] !== undefined && !known.has(flag));
  if (idle !== undefined) {
    const has = known.size === 0 ? "it has no options" : `it has ${[...known].map((flag) => `--${flag}`).join(", ")}`;
    throw new UserError(`--${idle} has no effect with loss ${entry.name}; ${has}`);
  }
  return Object.fromEntries(own.flatMap(([key, { default: usual, range, text }]) => {
    const given = values[flagName(key)] ?? USUAL[key];
    if (given !== undefined) return [[key, lossValue(key, given)]];
    if (usual === undefined) {
      throw new UserError(`loss ${entry.name} needs --${flagName(key)}: ${range}; ${text}`);
    }
    return Object.hasOwn(beside, key) ? [[key, usual]] : [];
  }));
}

/**
 * A loss by its name, in the words of an error of the command line.
 *
 * @throws UserError for an unknown name, and for a loss that cannot be trained on lines, with the reason
 */
export function trainableLoss(name: string): LossEntry {
  const isKnown = losses.some((entry) => entry.name === name);
  if (isKnown) objectiveOf(name, { loss: {} });
  try {
    return lossNamed(name, trainableLosses);
  } catch (error) {
    throw new UserError(`--loss: ${(error as Error).message}`);
  }
}
