/** Losses that experiments average on tensors: at the ends of float32 the mean is right, and the same bits on every engine. */
import assert from "node:assert/strict";
import { Rng } from "../lib/random.ts";
import { startBackend, type Tensor, tf } from "../lib/tensor/backend.ts";
import { losses as causal } from "./cpo/language_learners.ts";
import type { Readers } from "./cpo/language_readers.ts";
import { languageLosses } from "./distribution/language_arms.ts";

/** Five of these add up to more than float32 has. */
const HUGE = Math.fround(1.5e38), SMALLEST = 2 ** -149, N = 6;

/** Readers who were shown each text as often as f0 writes it: all weights are 1. */
function readersWith(outcome: number, prediction = 0): Readers {
  const texts = [Array.from({ length: N }, () => ({ ids: Uint32Array.of(1), from: 0 }))];
  const each = (value: number) => new Float64Array(N).fill(value);
  return {
    ...{ texts, log: { text: Uint32Array.from({ length: N }, (_, i) => i), outcome: each(outcome) } },
    ...{ logShown: each(-Math.log(N)), prediction: { logged: each(0), texts: each(prediction) } },
  } as unknown as Readers;
}

const causalAt = (arm: string, readers: Readers, now = 0) =>
  causal[arm](readers, Rng.seed(0))({ now: tf.fill([N], now) as Tensor, start: new Float64Array(N) }, 0);

/** A margin so far on the wrong side that the loss is HUGE: γ = 1/2, and the reference says nothing. */
const languagePairs = () => ({
  ...{
    policy: tf.tensor1d([-2 * HUGE, 0]) as Tensor,
    reference: tf.zeros([2]) as Tensor,
    reward: tf.zeros([2]) as Tensor,
  },
  ...{ first: tf.zeros([N], "int32") as Tensor, second: tf.ones([N], "int32") as Tensor },
  ...{ won: tf.ones([N]) as Tensor, lost: tf.zeros([N]) as Tensor, responses: 2, gamma: 0.5 },
});

const means: Readonly<Record<string, readonly [mean: () => Tensor, expected: number]>> = {
  "cpo: cpo": [() => causalAt("cpo", readersWith(HUGE)), -HUGE],
  "cpo: cpo, smallest": [() => causalAt("cpo", readersWith(SMALLEST)), -SMALLEST],
  "cpo: outcome-only": [() => causalAt("outcome-only", readersWith(0, HUGE)), -HUGE],
  "cpo: dr-cpo": [() => causalAt("dr-cpo", readersWith(HUGE)), -HUGE],
  "cpo: sft-best": [() => causalAt("sft-best", readersWith(1), -HUGE), HUGE],
  "distribution: dpo on a language model": [() => languageLosses.dpo(languagePairs()), HUGE],
  "distribution: pmle on a language model": [() => languageLosses.pmle(languagePairs()), HUGE],
};

for (const [name, [mean, expected]] of Object.entries(means)) {
  Deno.test(`${name}: the mean of the loss is what it is at the ends of float32, on cpu and wasm`, async () => {
    for (const backend of ["cpu", "wasm"]) {
      await startBackend(backend);
      assert.deepEqual([...tf.tidy(() => mean().dataSync())], [expected], backend);
    }
  });
}
