import assert from "node:assert/strict";
import { testRealData } from "../any_experiment_test_helpers.ts";
import distribution from "../distribution.ts";
import { benchmarkQuestions } from "./benchmark.ts";

const FLAGS = ["--preset", "smoke", "--text-sizes", "16,64", "--text-steps", "6"];
await testRealData(distribution, { flags: FLAGS, engine: "cpu", datasets: ["polarity", "politeness"], arm: "pmle" });

Deno.test("one size has no slope and is refused in one line", () => {
  const [sentences] = benchmarkQuestions;
  assert.throws(
    () => sentences.conditions({ textSizes: [64] } as unknown as Parameters<typeof sentences.conditions>[0]),
    {
      name: "UserError",
      message: "--text-sizes: expected two sizes or more, for a slope, got 64",
    },
  );
});
