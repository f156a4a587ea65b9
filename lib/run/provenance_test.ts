import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { gitState, versions } from "./provenance.ts";

Deno.test("versions are those of deno.json", () => {
  const all = versions();
  assert.equal(all.deno, Deno.version.deno);
  assert.equal(all["@tensorflow/tfjs"], "4.22.0");
  const packages = Object.keys(config.imports).filter((name) => !name.endsWith("/"));
  assert.deepEqual(Object.keys(all), ["deno", "v8", ...packages]);
  for (const version of Object.values(all)) assert.match(version, /^\d+\.\d+\.\d+/);
});

Deno.test("the commit is a hash or unknown, never an error", async () => {
  const { commit, dirty } = await gitState();
  if (commit === "unknown") assert.equal(dirty, "unknown");
  else {
    assert.match(commit, /^[0-9a-f]{40,}$/);
    assert.equal(typeof dirty, "boolean");
  }
});
