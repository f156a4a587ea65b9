/**
 * The registry of methods: one method has one name, colour, dash and symbol in every figure of every experiment.
 *
 * Hues are those of Okabe and Ito (Color Universal Design, 2008); lightness was chosen so that each colour has a
 * contrast of 3:1 or more on its page and the five hues and black stay 20 CIELAB units apart in the three kinds of
 * colour blindness. Methods of one family share a hue; dash and symbol tell them apart without colour.
 *
 * @module
 */

/** Shapes that can be drawn filled or open. */
export type MethodSymbol = "circle" | "square" | "diamond" | "triangle" | "triangle2" | "cross" | "star";

/** How a method looks in every figure. */
export interface MethodStyle {
  /** Name in legends, tables and tips. */
  readonly label: string;
  /** Colour on a white page and in figure files, `#rrggbb`. */
  readonly light: string;
  /** Colour on the dark page, `#rrggbb`. */
  readonly dark: string;
  /** SVG dash pattern such as "6 3"; empty for a solid line. */
  readonly dash: string;
  /** Shape of its dots. */
  readonly symbol: MethodSymbol;
  /** False draws the outline of the symbol only. */
  readonly filled: boolean;
}

const ORANGE = { light: "#d48000", dark: "#f2bc00" };
const VERMILION = { light: "#9c3000", dark: "#e2581f" };
const BLUE = { light: "#0060b0", dark: "#3d9bf2" };
const BLUE_DEEP = { light: "#003a6b", dark: "#a3cffa" };
const BLUE_SOFT = { light: "#3f8fc9", dark: "#6f9fd0" };
const GREEN = { light: "#00a070", dark: "#1fd394" };
const GREEN_DEEP = { light: "#00563c", dark: "#9deccb" };
const GREEN_SOFT = { light: "#4d9980", dark: "#3f9f7b" };
const PURPLE = { light: "#8a4a78", dark: "#cc62a4" };
const GREY = { light: "#6f6f6f", dark: "#a3a3a3" };
const INK = { light: "#1a1a1a", dark: "#f0f0f0" };

const SOLID = "";
const LONG = "7 3";
const SHORT = "3 2.5";
const DOTTED = "1.2 2.8";
const DASH_DOT = "8 3 2 3";

const registry = new Map<string, MethodStyle>(Object.entries<MethodStyle>({
  "naive": { label: "Naive", ...ORANGE, dash: DASH_DOT, symbol: "triangle", filled: true },
  "outcome-only": { label: "Outcome only", ...VERMILION, dash: SHORT, symbol: "star", filled: false },
  "ipw": { label: "IPW", ...BLUE, dash: SOLID, symbol: "circle", filled: true },
  "snipw": { label: "SNIPW", ...BLUE_SOFT, dash: LONG, symbol: "diamond", filled: true },
  "clipped": { label: "Clipped IPW", ...BLUE_DEEP, dash: SHORT, symbol: "triangle2", filled: true },
  "dr": { label: "DR", ...GREEN, dash: SOLID, symbol: "star", filled: true },
  "sndr": { label: "SNDR", ...GREEN_SOFT, dash: LONG, symbol: "triangle", filled: false },
  "switch-dr": { label: "Switch-DR", ...GREEN_DEEP, dash: SHORT, symbol: "square", filled: false },
  "dros": { label: "DR-OS", ...GREEN_SOFT, dash: DOTTED, symbol: "diamond", filled: false },
  "cpo": { label: "CPO", ...BLUE, dash: SOLID, symbol: "circle", filled: false },
  "cpo-baseline": { label: "CPO with baseline", ...BLUE_SOFT, dash: DASH_DOT, symbol: "triangle", filled: false },
  "dr-cpo": { label: "DR-CPO", ...GREEN, dash: SOLID, symbol: "circle", filled: true },
  "dr-cpo-cross-fitted": {
    label: "DR-CPO cross-fitted",
    ...GREEN_DEEP,
    dash: LONG,
    symbol: "triangle2",
    filled: false,
  },
  "robust-dr-cpo": { label: "Robust DR-CPO", ...PURPLE, dash: SHORT, symbol: "star", filled: true },
  "sndr-cpo": { label: "DR-CPO, SN", ...GREEN_SOFT, dash: DASH_DOT, symbol: "cross", filled: false },
  "sndr-cpo-shuffled": {
    label: "DR-CPO, SN, labels shuffled",
    ...GREY,
    dash: DASH_DOT,
    symbol: "cross",
    filled: false,
  },
  "released": { label: "DR-CPO, released", ...GREEN_DEEP, dash: DOTTED, symbol: "square", filled: true },
  "outcome-only-normalised": {
    label: "Outcome only, SN",
    ...VERMILION,
    dash: DOTTED,
    symbol: "diamond",
    filled: false,
  },
  "sft-best": { label: "SFT on the best quarter", ...PURPLE, dash: SHORT, symbol: "star", filled: true },
  "reward-model": { label: "Reward model of pairs", ...PURPLE, dash: LONG, symbol: "square", filled: false },
  "dpo": { label: "DPO", ...VERMILION, dash: SOLID, symbol: "square", filled: true },
  "rlhf-fixed": { label: "RLHF, fixed β", ...ORANGE, dash: DASH_DOT, symbol: "triangle", filled: true },
  "rlhf-tuned": { label: "RLHF, tuned β", ...ORANGE, dash: SOLID, symbol: "triangle", filled: false },
  "rlhf-best": { label: "RLHF, β by truth", ...ORANGE, dash: SHORT, symbol: "star", filled: false },
  "rebel": { label: "REBEL", ...ORANGE, dash: DOTTED, symbol: "triangle2", filled: true },
  "pmle": { label: "PMLE", ...BLUE, dash: SOLID, symbol: "circle", filled: true },
  "pmle-kl": { label: "PMLE with KL", ...BLUE_DEEP, dash: LONG, symbol: "circle", filled: false },
  "distill-labelled": { label: "Distillation, labelled", ...GREEN_DEEP, dash: SHORT, symbol: "square", filled: false },
  "distill-fresh": { label: "Distillation, fresh", ...GREEN, dash: SOLID, symbol: "star", filled: true },
  "reverse-kl": { label: "Reverse KL", ...PURPLE, dash: SOLID, symbol: "diamond", filled: true },
  "reverse-kl-tuned": { label: "Reverse KL, tuned b", ...PURPLE, dash: LONG, symbol: "circle", filled: false },
  "reverse-kl-best": { label: "Reverse KL, b by truth", ...PURPLE, dash: SHORT, symbol: "star", filled: false },
  "ipo": { label: "IPO", ...GREY, dash: DOTTED, symbol: "triangle2", filled: false },
  "apo-zero": { label: "APO-zero", ...GREEN_SOFT, dash: DASH_DOT, symbol: "diamond", filled: false },
  "dpo-all": { label: "DPO, all labels", ...INK, dash: LONG, symbol: "cross", filled: true },
  "dpo-seed": { label: "DPO, seed only", ...VERMILION, dash: SHORT, symbol: "square", filled: false },
  "self-dpo": { label: "Self-DPO (ε = 0)", ...ORANGE, dash: SOLID, symbol: "circle", filled: true },
  "self-dpo-weighted": { label: "Self-DPO, weighted seed", ...GREEN_DEEP, dash: LONG, symbol: "circle", filled: false },
  "ssapo-margin": { label: "SSAPO, margins", ...BLUE_SOFT, dash: LONG, symbol: "diamond", filled: false },
  "ssapo-probability": { label: "SSAPO, probabilities", ...BLUE, dash: SOLID, symbol: "diamond", filled: true },
  "ssapo-wide": { label: "SSAPO, twice ε", ...BLUE_SOFT, dash: SHORT, symbol: "triangle2", filled: false },
  "ssapo-clamp": { label: "SSAPO, released form", ...BLUE_DEEP, dash: DASH_DOT, symbol: "star", filled: false },
  "spa": { label: "SPA", ...GREEN_SOFT, dash: DASH_DOT, symbol: "triangle2", filled: true },
  "sgpo-free": { label: "SGPO, no window", ...BLUE_DEEP, dash: DOTTED, symbol: "star", filled: true },
  "robust-dpo": { label: "Robust DPO", ...PURPLE, dash: DASH_DOT, symbol: "triangle", filled: true },
  "pair-ranker": { label: "Outside ranker", ...GREEN, dash: SHORT, symbol: "triangle", filled: false },
  "sami": { label: "SAMI", ...BLUE, dash: DASH_DOT, symbol: "circle", filled: true },
  "sami-constitution": { label: "Constitution side", ...GREEN, dash: LONG, symbol: "triangle", filled: true },
  "sami-response": { label: "Response side", ...ORANGE, dash: SHORT, symbol: "triangle2", filled: true },
  "sami-kl": { label: "SAMI with KL", ...BLUE_DEEP, dash: LONG, symbol: "circle", filled: false },
  "sami-drawn": { label: "SAMI, drawn", ...PURPLE, dash: DOTTED, symbol: "square", filled: false },
  "sami-drawn-constitution": {
    label: "Constitution side, drawn",
    ...GREEN_SOFT,
    dash: DOTTED,
    symbol: "triangle",
    filled: false,
  },
  "sami-antithesis": { label: "SAMI, antitheses written", ...VERMILION, dash: LONG, symbol: "diamond", filled: false },
  "sami-continue": { label: "SAMI, continued", ...PURPLE, dash: DASH_DOT, symbol: "star", filled: true },
  "sami-once": { label: "SAMI, one iteration", ...BLUE_SOFT, dash: SHORT, symbol: "triangle", filled: false },
  "sami-separate": { label: "SAMI, nothing shared", ...GREY, dash: DOTTED, symbol: "triangle2", filled: false },
  "sami-sum": { label: "SAMI, summed", ...ORANGE, dash: DASH_DOT, symbol: "diamond", filled: true },
  "sami-sum-end": { label: "SAMI, summed with end", ...GREEN, dash: LONG, symbol: "diamond", filled: false },
  "sami-shuffled": { label: "SAMI, answers shuffled", ...ORANGE, dash: DOTTED, symbol: "cross", filled: true },
  "sami-weak-writer": { label: "SAMI, weak writer", ...GREEN, dash: LONG, symbol: "star", filled: false },
  "sami-opposed": {
    label: "SAMI, asked for the opposite",
    ...BLUE_SOFT,
    dash: DOTTED,
    symbol: "cross",
    filled: false,
  },
  "sami-longer": { label: "SAMI, four times the steps", ...VERMILION, dash: SHORT, symbol: "triangle", filled: true },
  "sft": { label: "SFT", ...GREEN_DEEP, dash: SHORT, symbol: "star", filled: false },
  "best-of-n": { label: "Best of n", ...INK, dash: SHORT, symbol: "cross", filled: true },
  "random-laws": { label: "Random laws", ...GREY, dash: SOLID, symbol: "circle", filled: true },
  "exact-information": { label: "I(Y;C|X), exact", ...INK, dash: SOLID, symbol: "cross", filled: true },
  "constitution-term": { label: "Constitution contrast", ...GREEN, dash: LONG, symbol: "triangle", filled: true },
  "response-term": { label: "Response contrast", ...ORANGE, dash: SHORT, symbol: "triangle2", filled: true },
  "mistral-base": { label: "Base model", ...GREY, dash: LONG, symbol: "square", filled: false },
  "mistral-instruct": { label: "Instruct model", ...PURPLE, dash: DASH_DOT, symbol: "diamond", filled: true },
  "sami-iteration-1": { label: "SAMI, iteration 1", ...BLUE_SOFT, dash: SHORT, symbol: "triangle", filled: true },
  "sami-iteration-3": { label: "SAMI, iteration 3", ...BLUE, dash: SOLID, symbol: "circle", filled: true },
  "judge-fair": { label: "Fair judge", ...INK, dash: SOLID, symbol: "cross", filled: true },
  "judge-biased": { label: "Judge that likes length", ...VERMILION, dash: SHORT, symbol: "square", filled: true },
  "judge-balanced": { label: "Balanced", ...BLUE, dash: LONG, symbol: "circle", filled: true },
  "judge-logistic": { label: "Logistic", ...BLUE_DEEP, dash: DOTTED, symbol: "diamond", filled: true },
  "apo-down": { label: "APO-down", ...BLUE, dash: LONG, symbol: "triangle", filled: true },
  "kto": { label: "KTO", ...ORANGE, dash: SHORT, symbol: "circle", filled: true },
  "clair": { label: "CLAIR", ...GREEN, dash: SOLID, symbol: "star", filled: true },
  "on-policy": { label: "On-policy judge", ...BLUE, dash: LONG, symbol: "circle", filled: true },
  "off-policy": { label: "Off-policy judge", ...ORANGE, dash: SHORT, symbol: "triangle2", filled: true },
  "stronger": { label: "Stronger preferred", ...PURPLE, dash: DASH_DOT, symbol: "diamond", filled: true },
  "matched": { label: "Revision pairs", ...GREEN, dash: SOLID, symbol: "circle", filled: true },
  "mismatched": { label: "Mismatched pairs", ...VERMILION, dash: LONG, symbol: "square", filled: false },
  "random-revisions": { label: "Random revisions", ...GREY, dash: LONG, symbol: "square", filled: false },
  "unchecked": { label: "Unchecked revisions", ...VERMILION, dash: DOTTED, symbol: "triangle", filled: false },
  "on-policy-erring": { label: "Judge, errs as often", ...BLUE, dash: DOTTED, symbol: "cross", filled: false },
  "dpo-on-policy": { label: "DPO, on-policy judge", ...VERMILION, dash: LONG, symbol: "star", filled: true },
  "dpo-off-policy": { label: "DPO, off-policy judge", ...VERMILION, dash: SHORT, symbol: "triangle2", filled: true },
  "dpo-stronger": { label: "DPO, stronger preferred", ...VERMILION, dash: DASH_DOT, symbol: "diamond", filled: true },
  "apo-zero-on-policy": {
    label: "APO-zero, on-policy judge",
    ...GREEN_SOFT,
    dash: LONG,
    symbol: "circle",
    filled: false,
  },
  "apo-zero-off-policy": {
    label: "APO-zero, off-policy judge",
    ...GREEN_SOFT,
    dash: SHORT,
    symbol: "triangle",
    filled: false,
  },
  "apo-zero-stronger": {
    label: "APO-zero, stronger preferred",
    ...GREEN_SOFT,
    dash: SOLID,
    symbol: "square",
    filled: false,
  },
  "apo-zero-random-revisions": {
    label: "APO-zero, random revisions",
    ...GREEN_SOFT,
    dash: DOTTED,
    symbol: "cross",
    filled: true,
  },
  "dpo-unchecked": {
    label: "DPO, unchecked revisions",
    ...VERMILION,
    dash: DOTTED,
    symbol: "triangle",
    filled: false,
  },
  "apo-zero-unchecked": {
    label: "APO-zero, unchecked revisions",
    ...GREEN_SOFT,
    dash: DASH_DOT,
    symbol: "triangle",
    filled: true,
  },
  "dpo-on-policy-erring": {
    label: "DPO, judge who errs as often",
    ...VERMILION,
    dash: DOTTED,
    symbol: "cross",
    filled: true,
  },
  "apo-zero-on-policy-erring": {
    label: "APO-zero, judge who errs as often",
    ...GREEN_SOFT,
    dash: LONG,
    symbol: "star",
    filled: false,
  },
  "apo-down-off-policy": {
    label: "APO-down, off-policy judge",
    ...BLUE,
    dash: SHORT,
    symbol: "triangle2",
    filled: false,
  },
  "simpo": { label: "SimPO", ...PURPLE, dash: LONG, symbol: "triangle", filled: true },
  "orpo": { label: "ORPO", ...ORANGE, dash: DASH_DOT, symbol: "star", filled: true },
  "dpo-weighted": { label: "DPO, inverse propensity", ...VERMILION, dash: LONG, symbol: "square", filled: false },
  "dpo-revisions": { label: "DPO on revisions", ...VERMILION, dash: DOTTED, symbol: "triangle2", filled: false },
  "cpo-marginal": { label: "CPO, marginal propensity", ...ORANGE, dash: LONG, symbol: "triangle", filled: false },
  "target": { label: "Target", ...INK, dash: SHORT, symbol: "cross", filled: true },
  "oracle": { label: "Oracle", ...INK, dash: SHORT, symbol: "cross", filled: true },
  "truth": { label: "Truth", ...INK, dash: SOLID, symbol: "cross", filled: true },
  "reference": { label: "Reference policy", ...GREY, dash: LONG, symbol: "square", filled: false },
  "logged": { label: "Logged policy", ...PURPLE, dash: DOTTED, symbol: "diamond", filled: false },
}));

/**
 * The ids known so far, in order of registration.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(methodIds().includes("dr-cpo"));
 * ```
 */
export function methodIds(): string[] {
  return [...registry.keys()];
}

/**
 * The look of a method.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(methodStyle("dr-cpo").label, "DR-CPO");
 * assert.equal(methodStyle("dr-cpo").light, methodStyle("dr").light);
 * ```
 * @throws RangeError for an unknown id; the message lists the known ones
 */
export function methodStyle(id: string): MethodStyle {
  const style = registry.get(id);
  if (!style) throw new RangeError(`unknown method "${id}": known are ${methodIds().join(", ")}`);
  return style;
}

/**
 * What a method is called.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(labelOf("dr-cpo"), "DR-CPO");
 * ```
 * @throws RangeError for an unknown id; the message lists the known ones
 */
export function labelOf(id: string): string {
  return methodStyle(id).label;
}

/**
 * Adds a method, so that a new experiment's arm has a look of its own.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * registerMethod("my-dpo", { label: "My DPO", light: "#a9527f", dark: "#dd93bd", dash: "", symbol: "star", filled: true });
 * assert.equal(methodStyle("my-dpo").label, "My DPO");
 * ```
 * @param id lower-case letters, digits and hyphens
 * @throws RangeError when the id is malformed, a colour is not `#rrggbb`, or the id already has another look
 */
export function registerMethod(id: string, style: MethodStyle): void {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(id)) {
    throw new RangeError(`method id must be lower-case letters, digits and hyphens, got "${id}"`);
  }
  for (const theme of ["light", "dark"] as const) {
    if (!/^#[0-9a-f]{6}$/i.test(style[theme])) {
      throw new RangeError(`method "${id}": ${theme} colour must be #rrggbb, got "${style[theme]}"`);
    }
  }
  if (!/^(\d+(\.\d+)?( \d+(\.\d+)?)*)?$/.test(style.dash)) {
    throw new RangeError(`method "${id}": dash must be lengths separated by spaces, got "${style.dash}"`);
  }
  const known = registry.get(id);
  if (known && JSON.stringify(known) !== JSON.stringify(style)) {
    throw new RangeError(`method "${id}" is already registered with another look ("${known.label}")`);
  }
  registry.set(id, style);
}
