/**
 * Colours of pages and figures other than the methods' own, on light and on dark.
 *
 * Pages define them as CSS variables for both themes; a figure that stands alone has the light values.
 *
 * @module
 */
import { methodIds, methodStyle } from "./methods.ts";

const NEUTRALS = {
  ink: { light: "#1a1a1a", dark: "#ececec" },
  muted: { light: "#5c5c5c", dark: "#a8a8a8" },
  rule: { light: "#c4c4c4", dark: "#4a4a4a" },
  grid: { light: "#e7e7e7", dark: "#2e2e2e" },
  paper: { light: "#ffffff", dark: "#161616" },
  shade: { light: "#f6f6f4", dark: "#202020" },
  link: { light: "#00588a", dark: "#7cc4ee" },
  // As the paper says, not as it says, undecided: none of them is bad news.
  holds: { light: "#00714f", dark: "#3fc79d" },
  fails: { light: "#7a3d9c", dark: "#cba0ea" },
  open: { light: "#7a5a00", dark: "#d9b04a" },
} as const;

/** A colour: one of the neutral ones, or that of a method as {@linkcode methodVariable} names it. */
export type ColourName = keyof typeof NEUTRALS | `m-${string}`;

/** Names with their two colours, methods first. */
function entries(): [string, { light: string; dark: string }][] {
  return [
    ...methodIds().map((id): [string, { light: string; dark: string }] => [`m-${id}`, methodStyle(id)]),
    ...Object.entries(NEUTRALS),
  ];
}

/**
 * The name of a method's colour.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(methodVariable("dr"), "m-dr");
 * ```
 * @throws RangeError for an unknown id
 */
export function methodVariable(id: string): ColourName {
  methodStyle(id);
  return `m-${id}`;
}

/** A colour by name, as style sheets refer to variables. */
const VARIABLE = /^var\(--(.+)\)$/;

/**
 * A colour by its name, whatever the theme: what is drawn before it is known where it is shown.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(named("ink"), "var(--ink)");
 * ```
 */
export function named(name: ColourName): string {
  return `var(--${name})`;
}

/**
 * A colour on a light page, where the value of an attribute names one; others as they are.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([named("ink"), "5 3"].map(lightValue), ["#1a1a1a", "5 3"]);
 * ```
 * @throws RangeError for the colour of an unknown method
 */
export function lightValue(value: string): string {
  const [, name] = VARIABLE.exec(value) ?? [];
  return name === undefined ? value : lightColour(name as ColourName);
}

/**
 * The declarations of all variables for one theme, for a style sheet.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match(themeVariables("dark"), /--paper:#161616;/);
 * ```
 */
export function themeVariables(theme: "light" | "dark"): string {
  return entries().map(([name, colour]) => `--${name}:${colour[theme]};`).join("");
}

/**
 * A colour on a light page, `#rrggbb`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(lightColour("paper"), "#ffffff");
 * ```
 * @throws RangeError for the colour of an unknown method
 */
export function lightColour(name: ColourName): string {
  return name in NEUTRALS ? NEUTRALS[name as keyof typeof NEUTRALS].light : methodStyle(name.slice(2)).light;
}
