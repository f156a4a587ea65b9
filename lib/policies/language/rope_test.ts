/** Frequencies of rotary positions, against a second reading of their definitions. */
import { assertClose } from "../../tensor/backends_test_helpers.ts";
import type { Rope } from "./config.ts";
import { plainFrequencies } from "./reference_test_helpers.ts";
import { ropeFrequencies } from "./rope.ts";

const llama3 = {
  kind: "llama3",
  factor: 8,
  lowFrequencyFactor: 1,
  highFrequencyFactor: 4,
  originalLength: 8192,
} as const;
const cases: Readonly<Record<string, Rope>> = {
  "plain": { base: 10_000 },
  "linear": { base: 10_000, scaling: { kind: "linear", factor: 2.5 } },
  "llama3": { base: 500_000, scaling: llama3 },
  "factors": { base: 10_000, scaling: { kind: "factors", factors: Array.from({ length: 64 }, (_, i) => 1 + i / 7) } },
};

for (const [name, rope] of Object.entries(cases)) {
  Deno.test(`${name}: each angle`, () => {
    assertClose(ropeFrequencies(128, rope), plainFrequencies(128, rope), (f) => 1e-14 * f, name);
  });
}

Deno.test("Llama 3.1: angles of transformers", () => {
  // transformers 5.24.0, torch 2.15.0: ROPE_INIT_FUNCTIONS["llama3"] with head_dim 128 and theta 500000, in float32. Short
  // waves stay, long ones are eighths, and those between go over.
  const expected = {
    0: 1,
    20: 0.016560440883040428,
    28: 0.0032114461064338684,
    29: 0.0021665706299245358,
    30: 0.0013718936825171113,
    32: 0.0005248460220173001,
    34: 0.0001785077911335975,
    35: 9.556212171446532e-05,
    40: 3.428102354519069e-05,
    63: 3.068925877869333e-07,
  };
  const found = ropeFrequencies(128, cases.llama3);
  assertClose(Object.keys(expected).map((i) => found[Number(i)]), Object.values(expected), (f) => 3e-7 * f, "angles");
});
