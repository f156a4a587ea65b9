/** What every loss of the table refuses, and what far log-ratios do to it: one test over all of them. */
import assert from "node:assert/strict";
import { startBackend, type Tensor, tf } from "../tensor/backend.ts";
import { logSoftmax } from "../tensor/ops.ts";
import { asArguments, callOf, ROWS, sizesOf } from "./all_losses_test_helpers.ts";
import { losses } from "./mod.ts";
import type { LossEntry } from "./types.ts";

/** The last part of a name, by which errors name it. */
const said = (input: string) => input.split(".").at(-1)!;
const isLogProb = (input: string) => /^(policy|reference|logp)/.test(said(input));
/** Inputs with a rule of their own, on top of being finite. */
const bounded = (input: string) => /Tokens$|^(desirable|tied|moved|distance|weights)$/.test(said(input));

/** Calls a loss with one input spoilt at flat place 1. */
function spoilt(entry: LossEntry, input: string, spoil: (values: Float32Array) => Float32Array): () => unknown {
  const inputs = sizesOf(entry);
  const { shape, values } = inputs[input];
  return () =>
    callOf(entry)({ ...asArguments(inputs), [input]: tf.tensor(spoil(values.slice()), [...shape]) as Tensor });
}
const at = (value: number) => (values: Float32Array) => {
  values[1] = value;
  return values;
};
/** Choices of options that change how far numbers reach. */
function variantsOf({ name, options }: LossEntry): Record<string, unknown>[] {
  const kinds = [{ kind: "forward-kl" }, { kind: "jensen-shannon" }, { kind: "alpha", alpha: 0.5 }];
  return [
    {},
    ...("divergence" in options ? kinds.map((divergence) => ({ divergence })) : []),
    ...("labelSmoothing" in options && name !== "exo-pair" ? [{ labelSmoothing: 0.25 }] : []),
    ...("alpha" in options && name !== "ld-dpo" ? [{ alpha: 0.5 }, { alpha: -0.5 }] : []),
    ...("link" in options ? [{ link: "hinge" }] : []),
    ...("ratio" in options
      ? [{ ratio: { kind: "self-normalised" } }, { ratio: { kind: "stabilised", low: 0.8, high: 1.2 } }]
      : []),
  ];
}

/** Names the argument with or without the object that it stands in, and the row. */
const names = (input: string, row: number, rest = "") => new RegExp(`(^|\\.)${said(input)}\\[${row}\\]${rest}`);

Deno.test("NaN and infinities are refused in every input of every loss, naming argument and row", async () => {
  await startBackend("cpu");
  let refused = 0;
  for (const entry of losses) {
    for (const input of entry.inputs) {
      for (const value of [NaN, Infinity, -Infinity]) {
        // A text that the policy never writes is no mistake: its weight is 0.
        if (entry.family === "causal" && said(input) === "logpF" && value === -Infinity) continue;
        assert.throws(spoilt(entry, input, at(value)), (error: Error) => {
          assert.equal(error.name, "RangeError", `${entry.name} ${input} ${value}: ${error.message}`);
          assert.match(error.message, names(input, 1, ` is ${value}`), `${entry.name} ${input}`);
          refused++;
          return true;
        }, `${entry.name} ${input} ${value}`);
      }
    }
  }
  assert.ok(refused > 3 * losses.length, `${refused} refusals`);
});

Deno.test("log-probs above 0, and probabilities in their place, are refused by every loss", async () => {
  await startBackend("cpu");
  for (const entry of losses) {
    for (const input of entry.inputs.filter(isLogProb)) {
      const label = `${entry.name} ${input}`;
      assert.throws(spoilt(entry, input, at(0.3)), (error: Error) => {
        assert.equal(error.name, "RangeError", label);
        assert.match(error.message, names(input, 1, " is 0\\.3000"), label);
        assert.match(error.message, /log-prob/, label);
        return true;
      }, label);
      assert.throws(spoilt(entry, input, (values) => values.map(Math.exp)), (error: Error) => {
        assert.equal(error.name, "RangeError", label);
        assert.match(error.message, names(input, 0, " is 0\\."), label);
        assert.match(error.message, /as probabilities do: take their logarithms/, label);
        return true;
      }, label);
    }
  }
});

Deno.test("rounding leaves log-probs of a sure policy a hair above 0, and that is none of its errors", async () => {
  await startBackend("cpu");
  const hair = 2 ** -22;
  for (const entry of losses) {
    for (const input of entry.inputs.filter(isLogProb)) {
      // Odds of what is certain are infinite, and the two that enumerate read a whole law.
      if (entry.name === "orpo" || entry.name.endsWith("-exact")) continue;
      spoilt(entry, input, at(hair))();
    }
  }
});

Deno.test("log-ratios of ±120 and ±800 give finite losses and gradients, or a refusal that names argument and row", async () => {
  await startBackend("cpu");
  const finite: string[] = [], refused: string[] = [];
  for (const [entry, options] of losses.flatMap((entry) => variantsOf(entry).map((o) => [entry, o] as const))) {
    for (const ratio of [120, -120, 800, -800]) {
      const label = `${entry.name} ${JSON.stringify(options)} at ${ratio}`;
      const inputs = sizesOf(entry), far = asArguments(inputs);
      for (const input of entry.inputs) {
        if (!isLogProb(input) && !/^(chosen|rejected)$/.test(input)) continue;
        const { shape, values } = inputs[input];
        // Of a ratio's two ends one is −1 and the other as far below; what is chosen goes one way, what is rejected the other.
        const way = /Rejected$|Second$|^rejected$/.test(said(input)) ? -ratio : ratio;
        const isFixed = /^reference|^logp(R|F0)$/.test(said(input));
        const low = (isFixed ? way : -way) > 0 ? -1 - Math.abs(ratio) : -1;
        if (entry.name.endsWith("-exact")) {
          // A law over three responses of which one is that unlikely.
          const logits = tf.tensor(values.map((v, i) => i % 3 === 1 ? low : v), [...shape]) as Tensor;
          far[input] = logSoftmax(logits);
          continue;
        }
        far[input] = tf.tensor(values.map((v, i) => i === 1 ? low : v), [...shape]) as Tensor;
      }
      try {
        const trained = entry.inputs.filter((input) => /^(policy|logp(F|s)$|chosen$|rejected$)/.test(said(input)));
        const loss = (...x: Tensor[]) => {
          const given = { ...far, ...Object.fromEntries(trained.map((input, i) => [input, x[i]])) };
          // Tied to the result, as tf.grads demands.
          const ties = x.map((t) => tf.mul(tf.sum(t), 0)).reduce((a, b) => tf.add(a, b));
          return tf.add(tf.sum(callOf(entry, options)(given)), ties) as Tensor;
        };
        const points = trained.map((input) => far[input]);
        const numbers = [callOf(entry, options)(far), ...tf.grads(loss)(points)].flatMap((t) => [...t.dataSync()]);
        assert.ok(numbers.every(Number.isFinite), `${label}: ${numbers}`);
        finite.push(label);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        assert.match(error.message, /\w\[1\].*overflows/, label);
        refused.push(label);
      }
    }
  }
  // The option that f-DPO must be given is the forward KL.
  const allowed = /forward-kl|"alpha"|^f-dpo (\{\}|\{"label)|^(causal-cpo|causal-outcome-only|dr-cpo) \{\}/;
  assert.deepEqual(refused.filter((label) => !allowed.test(label)), []);
  assert.ok(finite.length > 4 * (losses.length - 6), finite.join());
  assert.ok(refused.length > 8, refused.join());
});

Deno.test("what has bounds of its own is told them", async () => {
  await startBackend("cpu");
  for (const entry of losses) {
    for (const input of entry.inputs.filter(bounded)) {
      assert.throws(spoilt(entry, input, at(-0.5)), (error: Error) => {
        assert.equal(error.name, "RangeError");
        assert.match(error.message, names(input, 1, " is -0\\.5: expected"), `${entry.name} ${input}`);
        return true;
      });
    }
  }
  assert.ok(ROWS > 1);
});
