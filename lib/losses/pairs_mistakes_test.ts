import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { startBackend, tf } from "../tensor/backend.ts";
import { tensors } from "./goldens_test_helpers.ts";
import type { Divergence } from "./f_divergence.ts";
import { pairedLosses } from "./table_paired.ts";
import { referenceFreeLosses } from "./table_reference_free.ts";
import { splitMasks, wpoWeights } from "./weighting.ts";

type Call = (...args: unknown[]) => Tensor;
const entries = [...pairedLosses, ...referenceFreeLosses];
const good: Record<string, unknown> = {
  beta: 0.1,
  labelSmoothing: 0.1,
  divergence: { kind: "jensen-shannon" },
  tau: 0.1,
  eta: 1,
  shift: 0,
  gamma: 1,
  alpha: 0.5,
  lambda: 0.1,
};
/** What a loss must be given. */
const required = (options: Record<string, { default?: unknown }>) =>
  Object.fromEntries(Object.keys(options).filter((o) => options[o].default === undefined).map((o) => [o, good[o]]));

/** Inputs of a loss, all alike but for what is changed. */
function inputsOf(names: readonly string[], changes: Record<string, Tensor> = {}): unknown[] {
  const groups: Record<string, Record<string, unknown>> = {};
  for (const name of names) {
    const [group, member] = name.includes(".") ? name.split(".") : ["", name];
    const value = name in changes ? changes[name] : tf.tensor1d(member.endsWith("Tokens") ? [3, 2] : [-3, -2]);
    groups[group] = { ...groups[group], [member]: member === "weights" && !(name in changes) ? tf.ones([2]) : value };
  }
  return Object.values(groups);
}

Deno.test("every option out of its range, unknown or missing is named", async () => {
  await startBackend("cpu");
  const scale = [0, -1, NaN, Infinity].map((v) => [v, `expected a number > 0, got ${v}`] as const);
  const half = [-0.1, 0.5, 1, NaN].map((v) => [v, `expected a number >= 0 and < 0.5, got ${v}`] as const);
  const finite = [NaN, -Infinity].map((v) => [v, `expected a number that is finite, got ${v}`] as const);
  const bad: Record<string, readonly (readonly [unknown, string])[]> = {
    beta: scale,
    tau: scale,
    eta: scale,
    lambda: scale,
    labelSmoothing: half,
    gamma: [[-1, "expected a number >= 0, got -1"]],
    alpha: finite,
    shift: [],
    divergence: [],
    link: [],
  };
  const special: Record<string, typeof bad> = {
    "exo-pair": {
      ...bad,
      labelSmoothing: [0, -0.1, 0.5].map((v) => [v, `expected a number > 0 and < 0.5, got ${v}`] as const),
    },
    "ld-dpo": { ...bad, alpha: [-0.1, 1.1, NaN].map((v) => [v, `expected a number >= 0 and <= 1, got ${v}`] as const) },
  };
  let tried = 0;
  for (const { name, loss, inputs, options } of entries) {
    const call = (given: unknown) => (loss as Call)(...inputsOf(inputs), given);
    call(required(options));
    for (const option of Object.keys(options)) {
      for (const [value, message] of (special[name] ?? bad)[option]) {
        assert.throws(() => call({ ...required(options), [option]: value }), {
          name: "RangeError",
          message: `${option}: ${message}`,
        }, `${name} ${option} ${value}`);
        tried++;
      }
      if (option in required(options) && option !== "divergence" && option !== "shift") {
        const { [option]: _, ...others } = required(options);
        const error = { name: "TypeError", message: `${option}: expected a number, got undefined` };
        assert.throws(() => call(others), error, `${name} without ${option}`);
        assert.throws(() => call({ ...others, [option]: "0.1" }), {
          message: `${option}: expected a number, got string`,
        });
      }
    }
    assert.throws(() => call({ ...required(options), betta: 1 }), (error: Error) => {
      assert.equal(error.name, "TypeError");
      const [said, listed] = error.message.split("; it takes ");
      assert.equal(said, `${name}: unknown option betta`);
      assert.deepEqual(listed.split(", ").toSorted(), Object.keys(options).toSorted(), name);
      return true;
    });
  }
  assert.equal(tried, 147);
});

Deno.test("divergences and links that do not exist, or options without effect", async () => {
  await startBackend("cpu");
  const call = (name: string, options: Record<string, unknown>) => {
    const { loss, inputs } = entries.find((entry) => entry.name === name)!;
    return (loss as Call)(...inputsOf(inputs), options);
  };
  const kinds = "reverse-kl, forward-kl, jensen-shannon, alpha";
  for (const name of ["f-dpo", "robust-dpo", "hinge", "exo-pair", "discopop"]) {
    const options = {
      beta: 1,
      ...(name.startsWith("robust") || name.startsWith("exo") ? { labelSmoothing: 0.1 } : {}),
    };
    const wrong = (divergence: unknown) => () => call(name, { ...options, divergence: divergence as Divergence });
    assert.throws(wrong({ kind: "js" }), {
      name: "RangeError",
      message: `divergence.kind: expected one of ${kinds}, got js`,
    });
    assert.throws(wrong({ kind: "alpha", alpha: Infinity }), {
      name: "RangeError",
      message: "divergence.alpha: expected a number that is finite, got Infinity",
    });
    assert.throws(wrong({ kind: "alpha" }), {
      name: "TypeError",
      message: "divergence.alpha: expected a number, got undefined",
    });
    assert.throws(wrong({ kind: "forward-kl", alpha: 0.5 }), {
      name: "TypeError",
      message: "divergence.alpha: has no effect with kind forward-kl",
    });
    assert.throws(wrong("forward-kl"), {
      name: "TypeError",
      message: `divergence: expected an object with kind one of ${kinds}, got forward-kl`,
    });
  }
  assert.throws(() => call("f-dpo", { beta: 1 }), {
    name: "TypeError",
    message: `divergence: expected an object with kind one of ${kinds}, got undefined`,
  });
  for (
    const [name, options, links] of [["simpo", { beta: 1, gamma: 0 }, "sigmoid, hinge"], [
      "contrastive-po",
      { beta: 1 },
      "sigmoid, hinge, ipo",
    ]] as const
  ) {
    assert.throws(() => call(name, { ...options, link: "exo" }), {
      name: "RangeError",
      message: `link: expected one of ${links}, got exo`,
    });
    assert.throws(() => call(name, { ...options, link: "hinge", labelSmoothing: 0.1 }), {
      name: "TypeError",
      message: "labelSmoothing: has no effect with link hinge",
    });
  }
  assert.throws(() => call("bco-pair", { beta: 1 }), {
    name: "TypeError",
    message: "shift: expected a number or a tensor, got undefined",
  });
});

Deno.test("tensors of other shapes, that are none, or that hold NaN or infinities", async () => {
  await startBackend("cpu");
  for (const { name, loss, inputs, options } of entries) {
    const call = (input: string, value: Tensor) =>
      (loss as Call)(...inputsOf(inputs, { [input]: value }), required(options));
    for (const input of inputs) {
      const said = input.split(".").at(-1)!;
      const about = (error: Error) => error.message.startsWith(said) || error.message.startsWith(`${input}:`);
      for (const value of [NaN, Infinity, -Infinity]) {
        assert.throws(() => call(input, tf.tensor1d([input === "weights" ? 1 : -3, value])), {
          name: "RangeError",
          message: input === "weights"
            ? `weights[1] is ${value}: expected a finite number >= 0`
            : `${said}[1] is ${value}: expected a finite number`,
        }, `${name} ${input}`);
      }
      assert.throws(() => call(input, undefined as unknown as Tensor), (error: Error) => {
        assert.equal(error.name, "TypeError", `${name} ${input}: ${error.message}`);
        assert.ok(about(error), `${name} ${input}: ${error.message}`);
        return true;
      });
      // The first of a group sets the shape.
      const isFirst = said === "policyChosen";
      if (input === "weights") continue;
      assert.throws(
        () => call(input, tf.fill([3], input === "weights" || input.endsWith("Tokens") ? 1 : -1)),
        (error: Error) => {
          assert.equal(error.name, "TypeError");
          assert.match(error.message, isFirst ? /\[2\]|\[3\]/ : new RegExp(`^${said}: expected the shape \\[2\\] of`));
          return true;
        },
      );
    }
    for (const input of inputs.filter((input) => input.endsWith("Tokens"))) {
      for (const count of [0, -1, 1.5]) {
        assert.throws(() => call(input, tf.tensor1d([3, count])), {
          name: "RangeError",
          message: `${input}[1] is ${count}: expected a whole number >= 1`,
        });
      }
    }
  }
});

Deno.test("numbers without an axis have no quantiles", async () => {
  await startBackend("cpu");
  const one = tf.scalar(-1);
  const logps = { policyChosen: one, policyRejected: one, referenceChosen: one, referenceRejected: one };
  for (const name of ["aot-paired", "aot-unpaired"]) {
    const { loss } = entries.find((entry) => entry.name === name)!;
    assert.throws(() => (loss as Call)(logps, { beta: 1 }), {
      name: "TypeError",
      message: "log-probs: expected shape [..., B], got []",
    });
  }
});

Deno.test("LD-DPO's parts agree in shape, and WPO's batches and masks in size", async () => {
  await startBackend("cpu");
  const { loss } = entries.find((entry) => entry.name === "ld-dpo")!;
  const four = (size: number) => {
    const x = new Array(size).fill(-1);
    return tensors({ policyChosen: x, policyRejected: x, referenceChosen: x, referenceRejected: x });
  };
  assert.throws(() => (loss as Call)(four(2), four(3), { beta: 1, alpha: 0 }), {
    name: "TypeError",
    message: "excess: expected the shape [2] of common, got [3]",
  });
  const batch = (rows: number) => ({ logits: tf.zeros([rows, 2, 3]), labels: new Array(2 * rows).fill(0), mask: [] });
  assert.throws(() => wpoWeights(batch(2), batch(3)), {
    name: "TypeError",
    message: "rejected.logits: expected 2 sequences as in chosen.logits, got 3",
  });
  const lost = {
    logits: tf.tensor3d([[[0, 0], [0, 0]], [[NaN, 0], [0, 0]]]),
    labels: [0, 0, 0, 0],
    mask: [0, 1, 0, 1],
  };
  const fine = { ...lost, logits: tf.zeros([2, 2, 2]) as Tensor };
  assert.throws(() => wpoWeights(fine, lost), {
    name: "RangeError",
    message: "rejected.logits[1] holds a scored token whose log-prob is no number",
  });
  assert.throws(() => wpoWeights(batch(2), batch(2)), {
    name: "TypeError",
    message: "mask: expected 2 x 2 entries for logits [2,2,3], got 0",
  });
  assert.throws(() => splitMasks(2, [0, 1, 1], [0, 1]), {
    name: "TypeError",
    message: "chosenMask: expected 2 rows of one length, got 3 entries",
  });
  assert.throws(() => splitMasks(1, [0, 1], [0, 2]), {
    name: "RangeError",
    message: "rejectedMask[1] is 2: expected 0 or 1",
  });
});
