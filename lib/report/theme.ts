/**
 * Colours of pages and figures other than the methods' own, on light and on dark.
 *
 * Figures name colours as CSS variables: a page defines them for both themes, a stand-alone file gets the light values.
 *
 * @module
 */
import { methodIds, methodStyle } from "./methods.ts";

const NEUTRALS: Readonly<Record<string, { readonly light: string; readonly dark: string }>> = {
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
};

/** Names with their two colours, methods first. */
function entries(): [string, { light: string; dark: string }][] {
  return [
    ...methodIds().map((id): [string, { light: string; dark: string }] => [`m-${id}`, methodStyle(id)]),
    ...Object.entries(NEUTRALS),
  ];
}

/**
 * A method's colour in a figure or a page.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(methodColour("dr"), "var(--m-dr)");
 * ```
 */
export function methodColour(id: string): string {
  methodStyle(id);
  return `var(--m-${id})`;
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
 * The same markup with the light theme's colours in place of the variables.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(withLightColours('<path fill="var(--paper)"/>'), '<path fill="#ffffff"/>');
 * ```
 */
export function withLightColours(svg: string): string {
  const colours = new Map(entries().map(([name, colour]) => [name, colour.light]));
  return svg.replace(/var\(--([a-z0-9-]+)\)/g, (whole, name: string) => colours.get(name) ?? whole);
}
