import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { startBackend, tf } from "../tensor/backend.ts";
import { numericGradient, testOnEveryBackend } from "../tensor/backends_test_helpers.ts";
import { asTensors, drawBatch, specs } from "./others_test_helpers.ts";
import { otherLosses } from "./table_others.ts";
import { families } from "./types.ts";

const entryOf = (name: string) => otherLosses.find((entry) => entry.name === name)!;

Deno.test("the table: unique names, in the order of families, every column filled, formulas that are TeX", async () => {
  const { default: katex } = await import("katex");
  assert.equal(new Set(otherLosses.map((entry) => entry.name)).size, otherLosses.length);
  assert.equal(new Set(otherLosses.map((entry) => entry.loss)).size, otherLosses.length);
  const order = otherLosses.map((entry) => families.indexOf(entry.family));
  assert.deepEqual(order, order.toSorted((a, b) => a - b));
  for (const entry of otherLosses) {
    assert.match(entry.name, /^[a-z]+(-[a-z]+)*$/);
    for (const column of ["title", "tex", "source", "reduction", "pinned"] as const) {
      assert.ok(entry[column], entry.name);
    }
    for (const option of Object.values(entry.options)) assert.ok(option.range && option.text, entry.name);
    assert.match(katex.renderToString(entry.tex, { throwOnError: true }), /<math/, entry.name);
  }
});

Deno.test("inputs and options are those that the losses read, and every loss is tested", async () => {
  await startBackend("cpu");
  const alone = ["rlhf-exact", "reverse-kl-exact", "sami", "sami-constitutions", "sami-responses"];
  assert.deepEqual(
    new Set(otherLosses.map((entry) => entry.name)),
    new Set([...specs.map((spec) => spec.name), ...alone]),
  );
  for (const spec of specs) assert.deepEqual(entryOf(spec.name).inputs, spec.inputs, spec.name);
  for (const entry of otherLosses.filter((entry) => Object.keys(entry.options).length > 0)) {
    // Options are checked before anything else.
    const call = entry.loss as (...args: unknown[]) => unknown;
    const inputs = entry.family === "game" ? [{}, {}] : [{}];
    assert.throws(() => call(...inputs, { none: 1 }), (error: Error) => {
      const known = error.message.replace(`${entry.name}: unknown option none; it takes `, "").split(", ");
      assert.deepEqual(new Set(known), new Set(Object.keys(entry.options)), error.message);
      return true;
    });
  }
});

Deno.test("the defaults are those of the losses", async () => {
  await startBackend("cpu");
  const required: Record<string, unknown> = {
    beta: 0.5,
    referencePoint: 1,
    shift: 1,
    gamma: 0.5,
    klWeight: 0.5,
    eta: 1,
    nu: 0.75,
    theta: 1.5,
  };
  let compared = 0;
  for (const spec of specs) {
    const { loss, options } = entryOf(spec.name), inputs = asTensors(drawBatch(spec, 1, 6));
    const given = Object.fromEntries(Object.keys(options).filter((o) => o in required).map((o) => [o, required[o]]));
    const values = (extra: Record<string, unknown>) => {
      const call = (x: unknown) => (loss as (...args: unknown[]) => Tensor)(x, { ...given, ...extra });
      const slope = tf.grad((policy) => tf.sum(call({ ...inputs, [spec.trained[0]]: policy })))(
        inputs[spec.trained[0]],
      );
      return [call(inputs), slope].flatMap((x) => [...x.dataSync()]);
    };
    for (const [name, option] of Object.entries(options)) {
      if (option.default === undefined) continue;
      assert.deepEqual(values({}), values({ [name]: option.default }), `${spec.name}: ${name}`);
      compared++;
    }
  }
  assert.equal(compared, 9);
});

testOnEveryBackend("curves: one number a margin, falling, with the gradient of what they show", () => {
  const at = [-4, -1, -0.25, 0, 0.5, 3];
  const curves = otherLosses.flatMap(({ name, curve }) => curve ? [{ name, curve }] : []);
  assert.equal(curves.length, 7);
  for (const { name, curve } of curves) {
    const margin = tf.tensor1d(at);
    const values = curve(margin).dataSync();
    assert.equal(values.length, at.length, name);
    for (let i = 1; i < at.length; i++) assert.ok(values[i] < values[i - 1], name);
    const slopes = tf.grad((x) => tf.sum(curve(x as Tensor)))(margin).dataSync();
    // Of the float32 curve itself: its rounding, 1e-7, over steps of 1e-3.
    const numeric = numericGradient(
      (x) => curve(tf.tensor1d([...x])).dataSync<"float32">().reduce((a, b) => a + b, 0),
      at,
    );
    numeric.forEach((slope, i) => assert.ok(Math.abs(slope - slopes[i]) < 2e-3, `${name} at ${at[i]}`));
  }
});
