/** Guesses at names. */
import assert from "node:assert/strict";
import { nearest } from "./nearest.ts";

Deno.test("nearest guesses slips and nothing else", () => {
  assert.equal(nearest("confonding", ["confounding", "coverage"]), "confounding");
  assert.equal(nearest("dr-cop", ["cpo", "dr-cpo"]), "dr-cpo");
  assert.equal(nearest("x", ["n"]), undefined, "one letter is not a slip of another");
  assert.equal(nearest("ipw", ["outcome-only"]), undefined);
  assert.equal(nearest("ipw", []), undefined);
});
