/** Options of the unpaired, reward, game and distribution losses: each matters, each is checked, none is ignored. */
import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { startBackend, tf } from "../tensor/backend.ts";
import { bco } from "./bco.ts";
import { pmle, preferenceDistillation, reverseKl } from "./distribution.ts";
import { exactAlpha, exactJensenShannon, reverseKlPenalty } from "./kl.ts";
import { apoZeroUnpaired, kto } from "./kto.ts";
import { asTensors, drawBatch, slopesIn, type Spec, specs } from "./others_test_helpers.ts";
import { reinforce, rlhf } from "./policy_gradient.ts";
import { bradleyTerry, rebel } from "./reward.ts";
import { stackelbergMargin, stackelbergProbability } from "./stackelberg.ts";
import { davidson, raoKupper } from "./ties.ts";

// deno-lint-ignore no-explicit-any -- options of all kinds, wrong ones too
type Call = (inputs: any, options: any) => Tensor;
interface Checked {
  readonly name: string;
  readonly loss: Call;
  readonly given: Record<string, unknown>;
  /** Another valid value of each option. */
  readonly other: Record<string, unknown>;
  /** Option, bad value, and the whole message. */
  readonly bad: readonly (readonly [string, unknown, string])[];
}

const positive = (name: string) =>
  [0, -1, NaN, Infinity].map((v) => [name, v, `${name}: expected a number > 0, got ${v}`] as const);
const notNegative = (name: string) =>
  [-1, NaN, Infinity].map((v) => [name, v, `${name}: expected a number >= 0, got ${v}`] as const);
const finite = (name: string, text = "") =>
  [NaN, Infinity].map((v) => [name, v, `${name} is ${v}: expected a finite number${text}`] as const);

const table: readonly Checked[] = [
  {
    name: "kto",
    loss: kto,
    given: { beta: 0.5, referencePoint: 1, desirableWeight: 1, undesirableWeight: 1 },
    other: { beta: 1, referencePoint: 0, desirableWeight: 2, undesirableWeight: 2 },
    bad: [
      ...positive("beta"),
      ...notNegative("desirableWeight"),
      ...notNegative("undesirableWeight"),
      ...finite("referencePoint", " >= 0"),
      ["referencePoint", -1, "referencePoint is -1: expected a finite number >= 0"],
    ],
  },
  {
    name: "apo-zero-unpaired",
    loss: apoZeroUnpaired,
    given: { beta: 0.5, desirableWeight: 1, undesirableWeight: 1 },
    other: { beta: 1, desirableWeight: 2, undesirableWeight: 2 },
    bad: [...positive("beta"), ...notNegative("desirableWeight"), ...notNegative("undesirableWeight")],
  },
  {
    name: "bco",
    loss: bco,
    given: { beta: 0.5, shift: 0 },
    other: { beta: 1, shift: -1 },
    bad: [...positive("beta"), ...finite("shift")],
  },
  {
    name: "bradley-terry",
    loss: bradleyTerry,
    given: { margin: 0 },
    other: { margin: 1 },
    bad: [...finite("margin", " >= 0"), ["margin", -1, "margin is -1: expected a finite number >= 0"]],
  },
  { name: "davidson", loss: davidson, given: { nu: 0.5 }, other: { nu: 1 }, bad: notNegative("nu") },
  {
    name: "rao-kupper",
    loss: raoKupper,
    given: { theta: 1.5 },
    other: { theta: 2 },
    bad: [0.5, NaN, Infinity].map((v) => ["theta", v, `theta: expected a number >= 1, got ${v}`] as const),
  },
  { name: "rebel", loss: rebel, given: { eta: 1 }, other: { eta: 2 }, bad: positive("eta") },
  { name: "reinforce", loss: reinforce, given: { baseline: 0 }, other: { baseline: 1 }, bad: finite("baseline") },
  {
    name: "rlhf",
    loss: rlhf,
    given: { beta: 0.5, baseline: 0 },
    other: { beta: 1, baseline: 1 },
    bad: [...positive("beta"), ...finite("baseline")],
  },
  {
    name: "reverse-kl",
    loss: reverseKl,
    given: { gamma: 0.5, klWeight: 0.5, baseline: 0 },
    other: { gamma: 0, klWeight: 0, baseline: 1 },
    bad: [...notNegative("gamma"), ...notNegative("klWeight"), ...finite("baseline")],
  },
  {
    name: "reverse-kl-penalty",
    loss: reverseKlPenalty,
    given: { baseline: 0 },
    other: { baseline: 1 },
    bad: finite("baseline"),
  },
  {
    name: "stackelberg-margin",
    loss: (x, options) => stackelbergMargin(x, x, options),
    given: { beta: 0.5 },
    other: { beta: 1 },
    bad: positive("beta"),
  },
  {
    name: "stackelberg-probability",
    loss: (x, options) => stackelbergProbability(x, x, options),
    given: { beta: 0.5, floor: 0.05 },
    other: { beta: 1, floor: 0.2 },
    bad: [
      ...positive("beta"),
      ...[0, 1, -1, NaN].map((v) => ["floor", v, `floor: expected a number > 0 and < 1, got ${v}`] as const),
    ],
  },
  { name: "pmle", loss: pmle, given: { gamma: 0.5 }, other: { gamma: 1 }, bad: positive("gamma") },
  {
    name: "preference-distillation",
    loss: preferenceDistillation,
    given: { gamma: 0.5 },
    other: { gamma: 1 },
    bad: positive("gamma"),
  },
];
const specOf = ({ name }: Checked): Spec => specs.find((spec) => spec.name === name)!;

Deno.test("every loss with options is here", () => {
  const without = ["sft", "rloo"];
  assert.deepEqual(table.map((c) => c.name), specs.map((s) => s.name).filter((name) => !without.includes(name)));
});

Deno.test("two values of every option give different losses or different gradients", async () => {
  await startBackend("cpu");
  for (const checked of table) {
    const spec = specOf(checked), inputs = asTensors(drawBatch(spec, 20, 8));
    assert.deepEqual(Object.keys(checked.given), Object.keys(checked.other), checked.name);
    const of = (options: Record<string, unknown>) => {
      const loss = (x: unknown) => checked.loss(x, options);
      return [...loss(inputs).dataSync(), ...Object.values(slopesIn({ ...spec, loss }, inputs)).flatMap((s) => [...s])];
    };
    const before = of(checked.given);
    for (const [option, value] of Object.entries(checked.other)) {
      const after = of({ ...checked.given, [option]: value });
      const apart = Math.max(...after.map((v, i) => Math.abs(v - before[i])));
      assert.ok(apart > 1e-2, `${checked.name}: ${option} moves nothing by more than ${apart}`);
    }
  }
});

Deno.test("numbers out of range are refused with the whole message", async () => {
  await startBackend("cpu");
  for (const checked of table) {
    const inputs = asTensors(drawBatch(specOf(checked), 21, 4));
    for (const option of Object.keys(checked.given)) {
      assert.ok(checked.bad.some(([name]) => name === option), `${checked.name}: ${option} has bad values`);
    }
    for (const [option, value, message] of checked.bad) {
      assert.throws(() => checked.loss(inputs, { ...checked.given, [option]: value }), { name: "RangeError", message });
    }
  }
});

Deno.test("an option that a loss does not have is refused, with those it has", async () => {
  await startBackend("cpu");
  for (const checked of table) {
    const inputs = asTensors(drawBatch(specOf(checked), 22, 4));
    assert.throws(() => checked.loss(inputs, { ...checked.given, tau: 1 }), (error: Error) => {
      assert.equal(error.name, "TypeError");
      assert.ok(error.message.startsWith(`${checked.name}: unknown option tau; it takes `), error.message);
      const listed = error.message.split("it takes ")[1].split(", ");
      assert.deepEqual(new Set(listed), new Set(Object.keys(checked.given)), checked.name);
      return true;
    });
  }
});

Deno.test("a missing reference point or shift is named", async () => {
  await startBackend("cpu");
  for (const [name, option] of [["kto", "referencePoint"], ["bco", "shift"]]) {
    const checked = table.find((c) => c.name === name)!, { [option]: _, ...rest } = checked.given;
    assert.throws(() => checked.loss(asTensors(drawBatch(specOf(checked), 23, 4)), rest), {
      name: "TypeError",
      message: `${option}: expected a number or a tensor, got undefined`,
    });
  }
});

Deno.test("required options have no default", async () => {
  await startBackend("cpu");
  for (const checked of table) {
    const inputs = asTensors(drawBatch(specOf(checked), 23, 4));
    for (const option of Object.keys(checked.given).filter((o) => /^(beta|gamma|eta|klWeight|floor)$/.test(o))) {
      const { [option]: _, ...rest } = checked.given;
      assert.throws(() => checked.loss(inputs, rest), {
        name: "TypeError",
        message: `${option}: expected a number, got undefined`,
      });
    }
  }
});

Deno.test("divergences refuse weights and orders at their ends", async () => {
  await startBackend("cpu");
  const law = tf.tensor1d([0.5, 0.5].map(Math.log));
  for (const weight of [0, 1, NaN]) {
    assert.throws(() => exactJensenShannon(law, law, { weight }), {
      name: "RangeError",
      message: `weight: expected a number > 0 and < 1, got ${weight}`,
    });
  }
  for (const alpha of [0, 1]) {
    assert.throws(() => exactAlpha(law, law, { alpha }), {
      name: "RangeError",
      message: `alpha: expected a number other than 0 and 1, whose limits are exactKl, got ${alpha}`,
    });
  }
  assert.throws(() => exactAlpha(law, law, { alpha: Infinity }), {
    name: "RangeError",
    message: "alpha: expected a number that is finite, got Infinity",
  });
});
