import assert from "node:assert/strict";
import { methodIds, methodStyle, registerMethod } from "./methods.ts";
import { themeVariables } from "./theme.ts";

/** Linear red, green and blue of a colour (IEC 61966-2-1). */
function linear(hex: string): number[] {
  return [1, 3, 5].map((i) => {
    const value = parseInt(hex.slice(i, i + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
}

/** Relative luminance of a colour (WCAG 2.2). */
function luminance(hex: string): number {
  const [r, g, b] = linear(hex);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Full colour blindness in linear light (Machado, Oliveira and Fernandes 2009, table 1). */
const BLINDNESS = {
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

/** CIELAB under D65 of a linear colour seen through a matrix. */
function lab(rgb: number[], matrix: number[][]): number[] {
  const [r, g, b] = matrix.map((row) => Math.min(1, Math.max(0, row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2])));
  const f = (t: number) => t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 * t + 16) / 116;
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
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

Deno.test("the hues stay apart in every kind of colour blindness", () => {
  const hues = ["naive", "outcome-only", "ipw", "dr", "logged", "oracle"];
  for (const theme of ["light", "dark"] as const) {
    for (const [kind, matrix] of Object.entries(BLINDNESS)) {
      const seen = hues.map((id) => lab(linear(methodStyle(id)[theme]), matrix));
      for (const [i, a] of seen.entries()) {
        for (const [j, b] of seen.slice(0, i).entries()) {
          const distance = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
          assert.ok(distance >= 20, `${hues[i]} and ${hues[j]} on ${theme}, ${kind}: ${distance}`);
        }
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
      "dpo",
      "rlhf-fixed",
      "rlhf-tuned",
      "rlhf-best",
      "rebel",
      "pmle",
      "pmle-kl",
      "distill-labelled",
      "distill-fresh",
      "reverse-kl",
      "ipo",
      "apo-zero",
      "target",
    ],
    [
      "naive",
      "sft-best",
      "reward-model",
      "outcome-only",
      "outcome-only-normalised",
      "cpo",
      "cpo-baseline",
      "snipw",
      "clipped",
      "released",
      "dr-cpo",
      "sndr-cpo",
      "dr-cpo-cross-fitted",
      "oracle",
    ],
    ["sft", "dpo", "ipo", "kto", "apo-zero", "apo-down"],
    ["reverse-kl", "reverse-kl-tuned", "reverse-kl-best"],
    ["clair", "on-policy", "off-policy", "stronger"],
    ["matched", "mismatched"],
    [
      "dpo",
      "dpo-all",
      "dpo-seed",
      "self-dpo",
      "self-dpo-weighted",
      "ssapo-margin",
      "ssapo-probability",
      "ssapo-clamp",
      "spa",
      "sgpo-free",
      "robust-dpo",
      "ipo",
      "pair-ranker",
    ],
    [
      "sami",
      "sami-drawn",
      "sami-antithesis",
      "sami-constitution",
      "sami-response",
      "sami-kl",
      "sami-continue",
      "sami-once",
      "sami-separate",
      "sft",
      "dpo",
      "best-of-n",
    ],
    ["sami-drawn", "sami-sum", "sami-sum-end"],
    ["mistral-base", "mistral-instruct", "sami-iteration-1", "sami-iteration-3"],
    ["exact-information", "constitution-term", "response-term"],
    ["judge-fair", "judge-biased", "judge-balanced", "judge-logistic"],
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
    ["sft", "dpo", "ipo", "simpo", "orpo", "ssapo-probability"],
    [
      ...["sft", "dpo", "kto", "apo-zero", "apo-down", "dpo-on-policy", "apo-zero-on-policy", "dpo-off-policy"],
      ...[
        "apo-zero-off-policy",
        "apo-down-off-policy",
        "dpo-stronger",
        "apo-zero-stronger",
        "apo-zero-random-revisions",
      ],
    ],
    [
      ...["dpo", "dpo-unchecked", "dpo-on-policy", "dpo-on-policy-erring"],
      ...["apo-zero", "apo-zero-unchecked", "apo-zero-on-policy", "apo-zero-on-policy-erring"],
    ],
    ["naive", "cpo-baseline", "snipw", "dr-cpo-cross-fitted", "sndr-cpo", "robust-dr-cpo", "oracle"],
    ["dpo", "apo-zero", "outcome-only", "cpo-marginal", "cpo", "dr-cpo", "dpo-weighted", "oracle"],
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
