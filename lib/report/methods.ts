/**
 * The registry of methods: one method has one name, colour, dash and symbol in every figure of every experiment.
 *
 * Colours start from the palette of Okabe and Ito (Color Universal Design, 2008), darkened on white and lightened on
 * the dark page until each has a contrast of 3:1 or more. Methods of one family share a hue; dash and symbol tell them
 * apart without colour.
 *
 * @module
 */

/** Shapes that can be drawn filled or open. */
export type MethodSymbol = "circle" | "square" | "diamond" | "triangle" | "triangle2" | "cross" | "star";

/** How a method looks in every figure. */
export interface MethodStyle {
  readonly label: string;
  /** Colour on a white page and in figure files, `#rrggbb`. */
  readonly light: string;
  /** Colour on the dark page, `#rrggbb`. */
  readonly dark: string;
  /** SVG dash pattern such as "6 3"; empty for a solid line. */
  readonly dash: string;
  readonly symbol: MethodSymbol;
  /** False draws the outline of the symbol only. */
  readonly filled: boolean;
}

const ORANGE = { light: "#b97500", dark: "#e69f00" };
const VERMILION = { light: "#cf4f00", dark: "#f47a36" };
const BLUE = { light: "#0072b2", dark: "#56b4e9" };
const BLUE_DEEP = { light: "#00486f", dark: "#a5d8f5" };
const BLUE_SOFT = { light: "#3f8fc9", dark: "#3f93cf" };
const GREEN = { light: "#00835f", dark: "#1fbf91" };
const GREEN_DEEP = { light: "#005039", dark: "#8be0c4" };
const GREEN_SOFT = { light: "#2b9c7c", dark: "#149a74" };
const PURPLE = { light: "#a9527f", dark: "#dd93bd" };
const GREY = { light: "#6f6f6f", dark: "#a3a3a3" };
const INK = { light: "#1a1a1a", dark: "#f0f0f0" };

const SOLID = "";
const LONG = "7 3";
const SHORT = "3 2.5";
const DOTTED = "1.2 2.8";
const DASH_DOT = "8 3 2 3";

const registry = new Map<string, MethodStyle>(Object.entries<MethodStyle>({
  "naive": { label: "Naive", ...ORANGE, dash: DASH_DOT, symbol: "triangle", filled: true },
  "outcome-only": { label: "Outcome only", ...VERMILION, dash: SOLID, symbol: "square", filled: true },
  "ipw": { label: "IPW", ...BLUE, dash: SOLID, symbol: "circle", filled: true },
  "snipw": { label: "SNIPW", ...BLUE_SOFT, dash: LONG, symbol: "diamond", filled: true },
  "clipped": { label: "Clipped IPW", ...BLUE_DEEP, dash: SHORT, symbol: "triangle2", filled: true },
  "dr": { label: "DR", ...GREEN, dash: SOLID, symbol: "cross", filled: true },
  "sndr": { label: "SNDR", ...GREEN_SOFT, dash: LONG, symbol: "triangle", filled: false },
  "switch-dr": { label: "Switch-DR", ...GREEN_DEEP, dash: SHORT, symbol: "square", filled: false },
  "dros": { label: "DR-OS", ...GREEN_SOFT, dash: DOTTED, symbol: "diamond", filled: false },
  "cpo": { label: "CPO", ...BLUE, dash: SOLID, symbol: "circle", filled: false },
  "cpo-baseline": { label: "CPO with baseline", ...BLUE_SOFT, dash: DASH_DOT, symbol: "triangle", filled: false },
  "dr-cpo": { label: "DR-CPO", ...GREEN, dash: SOLID, symbol: "star", filled: true },
  "dr-cpo-cross-fitted": {
    label: "DR-CPO cross-fitted",
    ...GREEN_DEEP,
    dash: LONG,
    symbol: "triangle2",
    filled: false,
  },
  "oracle": { label: "Oracle", ...INK, dash: SHORT, symbol: "cross", filled: true },
  "truth": { label: "Truth", ...INK, dash: SOLID, symbol: "star", filled: true },
  "reference": { label: "Reference policy", ...GREY, dash: LONG, symbol: "square", filled: false },
  "logged": { label: "Logged policy", ...PURPLE, dash: DOTTED, symbol: "diamond", filled: false },
}));

/** The ids known so far, in order of registration. */
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
 * Adds a method, so that a new experiment's arm has a look of its own.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * registerMethod("dpo", { label: "DPO", light: "#a9527f", dark: "#dd93bd", dash: "", symbol: "star", filled: true });
 * assert.equal(methodStyle("dpo").label, "DPO");
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
