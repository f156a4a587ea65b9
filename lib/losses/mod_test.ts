import assert from "node:assert/strict";
import * as causal from "./causal.ts";
import { losses } from "./mod.ts";

Deno.test("the table holds every causal loss once, with all its columns filled", () => {
  const tabled = losses.map((entry) => entry.loss as unknown);
  for (const [name, exported] of Object.entries(causal)) {
    if (typeof exported !== "function") continue;
    assert.equal(tabled.filter((loss) => loss === exported).length, 1, name);
  }
  assert.equal(new Set(losses.map((entry) => entry.name)).size, losses.length);
  for (const entry of losses) {
    assert.match(entry.name, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    assert.equal(typeof entry.loss, "function", entry.name);
    assert.ok(entry.title && entry.tex && entry.source && entry.inputs.length > 0, entry.name);
  }
});

Deno.test("every formula of the table is TeX", async () => {
  const { default: katex } = await import("katex");
  for (const { tex } of losses) assert.match(katex.renderToString(tex, { throwOnError: true }), /<math/);
});
