/** In a file of its own, whose process starts no engine. */
import assert from "node:assert/strict";
import { runInProcess } from "../in_process_test_helpers.ts";
import compare from "../compare.ts";

Deno.test("methods of the float64 engine run where no engine of tensors does", async () => {
  const flags = ["--preset", "smoke", "--prompts", "3", "--n", "30", "--steps", "3", "--questions", "confounding"];
  const { csv } = await runInProcess(compare, flags);
  assert.ok(csv.includes("dr-cpo") && csv.includes("ssapo-probability") && csv.includes("sami"));
  assert.ok(compare.questions.every(({ id, tensors }) => Boolean(tensors) === (id === "language")));
});
