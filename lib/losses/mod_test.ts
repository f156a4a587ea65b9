import assert from "node:assert/strict";
import * as causal from "./causal.ts";
import { losses } from "./mod.ts";

Deno.test("the table holds every exported loss once, with all its columns filled", () => {
  const exported = Object.values(causal).filter((value) => typeof value === "function");
  assert.deepEqual(new Set(losses.map((entry) => entry.loss)), new Set(exported));
  assert.equal(new Set(losses.map((entry) => entry.name)).size, losses.length);
  assert.equal(losses.length, exported.length);
  for (const entry of losses) {
    assert.match(entry.name, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(entry.title && entry.tex && entry.source && entry.inputs.length > 0, entry.name);
  }
});

Deno.test("every formula of the table is TeX", async () => {
  const { default: katex } = await import("katex");
  for (const { tex } of losses) assert.match(katex.renderToString(tex, { throwOnError: true }), /<math/);
});
