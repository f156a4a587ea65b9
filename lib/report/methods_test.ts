import assert from "node:assert/strict";
import { methodIds, methodStyle, registerMethod } from "./methods.ts";
import { themeVariables } from "./theme.ts";

/** Relative luminance of a colour (WCAG 2.2). */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const value = parseInt(hex.slice(i, i + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

function colours(theme: "light" | "dark"): Map<string, string> {
  return new Map([...themeVariables(theme).matchAll(/--([a-z0-9-]+):(#[0-9a-f]{6});/g)].map((m) => [m[1], m[2]]));
}

Deno.test("every colour of a line stands out from the page by 3:1, every colour of text by 4.5:1", () => {
  for (const theme of ["light", "dark"] as const) {
    const all = colours(theme);
    const paper = all.get("paper")!;
    for (const id of methodIds()) assert.ok(contrast(methodStyle(id)[theme], paper) >= 3, `${id} on ${theme}`);
    for (const name of ["ink", "muted", "link", "holds", "fails", "open"]) {
      for (const ground of [paper, all.get("shade")!]) {
        assert.ok(contrast(all.get(name)!, ground) >= 4.5, `${name} on ${theme}`);
      }
    }
  }
});

Deno.test("estimators and their policies share a hue; within a family symbols tell methods apart", () => {
  assert.equal(methodStyle("cpo").light, methodStyle("ipw").light);
  assert.equal(methodStyle("dr-cpo").light, methodStyle("dr").light);
  const families = [
    ["ipw", "snipw", "clipped", "cpo", "cpo-baseline"],
    ["dr", "sndr", "switch-dr", "dros", "dr-cpo", "dr-cpo-cross-fitted"],
    ["truth", "naive", "outcome-only", "ipw", "snipw", "clipped", "dr", "sndr", "switch-dr", "dros"],
    [
      "naive",
      "outcome-only",
      "cpo",
      "cpo-baseline",
      "snipw",
      "clipped",
      "dr-cpo",
      "dr-cpo-cross-fitted",
      "oracle",
      "reference",
      "logged",
    ],
  ];
  for (const family of families) {
    const marks = family.map((id) => `${methodStyle(id).symbol} ${methodStyle(id).filled}`);
    assert.equal(new Set(marks).size, family.length, marks.join(", "));
  }
});

Deno.test("unknown and malformed methods", () => {
  assert.throws(() => methodStyle("dpo2"), (error: Error) => {
    assert.equal(error.name, "RangeError");
    assert.equal(error.message, `unknown method "dpo2": known are ${methodIds().join(", ")}`);
    return true;
  });
  const style = methodStyle("cpo");
  assert.throws(() => registerMethod("A b", style), {
    message: 'method id must be lower-case letters, digits and hyphens, got "A b"',
  });
  assert.throws(() => registerMethod("x", { ...style, dark: "red" }), {
    message: 'method "x": dark colour must be #rrggbb, got "red"',
  });
  assert.throws(() => registerMethod("x", { ...style, dash: "4,2" }), {
    message: 'method "x": dash must be lengths separated by spaces, got "4,2"',
  });
  assert.throws(() => registerMethod("cpo", { ...style, label: "Other" }), {
    message: 'method "cpo" is already registered with another look ("CPO")',
  });
  registerMethod("cpo", style);
});
