import assert from "node:assert/strict";
import fc from "fast-check";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assertClose, testOnEveryBackend, testOnEveryProcessorBackend, u } from "../tensor/backends_test_helpers.ts";
import { Rng } from "../random.ts";
import { accuracy, evaluate, tensors } from "./goldens_test_helpers.ts";
import { type AnyOptions, type Pairs, plainLosses } from "./pairs_test_helpers.ts";
import { pairedLosses } from "./table_paired.ts";
import { referenceFreeLosses } from "./table_reference_free.ts";

type Loss = (inputs: Record<string, Tensor>, options: AnyOptions) => Tensor;
const entries = [...pairedLosses, ...referenceFreeLosses].filter((entry) => entry.name !== "ld-dpo");

/** Where each loss is looked at. */
interface Spec {
  readonly options: AnyOptions;
  /** Each changes one option, and with it the loss. */
  readonly changes: readonly AnyOptions[];
  /** Value and slopes in the chosen and rejected log-prob where policy and reference agree, at the options above. */
  readonly start?: readonly [number, number, number];
  /** Reads log-ratios only through their difference. */
  readonly byDifference?: boolean;
  /** β multiplies log-probs and nothing else counts nats. */
  readonly homogeneous?: boolean;
}
const fkl = { kind: "forward-kl" } as const, js = { kind: "jensen-shannon" } as const;
const power = (alpha: number) => ({ kind: "alpha", alpha }) as const;
const specs: Readonly<Record<string, Spec>> = {
  "dpo": {
    options: { beta: 0.5, labelSmoothing: 0.125 },
    changes: [{ beta: 1 }, { labelSmoothing: 0 }],
    start: [Math.LN2, -0.5 * 0.375, 0.5 * 0.375],
    byDifference: true,
    homogeneous: true,
  },
  "f-dpo": {
    options: { beta: 0.5, divergence: js },
    changes: [
      { beta: 1 },
      { labelSmoothing: 0.1 },
      { divergence: fkl },
      { divergence: power(0.5) },
      { divergence: power(-1) },
      { divergence: { kind: "reverse-kl" } },
    ],
    start: [Math.LN2, -0.125, 0.125],
  },
  "robust-dpo": {
    options: { beta: 0.5, labelSmoothing: 0.25 },
    changes: [{ beta: 1 }, { labelSmoothing: 0 }, { divergence: fkl }],
    start: [Math.LN2, -0.5, 0.5],
    byDifference: true,
    homogeneous: true,
  },
  "dpo-mean": {
    options: { beta: 2 },
    changes: [{ beta: 1 }, { labelSmoothing: 0.1 }],
    homogeneous: true,
  },
  "ipo-sum": { options: { tau: 0.25 }, changes: [{ tau: 0.5 }], start: [4, -4, 4], byDifference: true },
  "ipo-mean": { options: { tau: 0.25 }, changes: [{ tau: 0.5 }] },
  "hinge": {
    options: { beta: 0.5 },
    changes: [{ beta: 1 }, { divergence: fkl }],
    start: [1, -0.5, 0.5],
    byDifference: true,
    homogeneous: true,
  },
  "exo-pair": {
    options: { beta: 0.5, labelSmoothing: 0.125 },
    changes: [{ beta: 1 }, { labelSmoothing: 0.25 }, { divergence: fkl }],
    // −(log(1−ε) + log ε)/2 − log 2, and slope −β/4 · logit(1 − ε)
    start: [-Math.log(0.875 * 0.125) / 2 - Math.LN2, -Math.log(7) / 8, Math.log(7) / 8],
    byDifference: true,
    homogeneous: true,
  },
  "nca-pair": {
    options: { beta: 0.5 },
    changes: [{ beta: 1 }],
    start: [2 * Math.LN2, -0.125, 0.125],
    homogeneous: true,
  },
  "bco-pair": {
    options: { beta: 0.5, shift: 0 },
    changes: [{ beta: 1 }, { shift: 0.5 }],
    start: [2 * Math.LN2, -0.25, 0.25],
    homogeneous: true,
  },
  "sppo-hard": { options: { eta: 2 }, changes: [{ eta: 3 }], start: [2, -2, 2] },
  "apo-zero": { options: { beta: 0.5 }, changes: [{ beta: 1 }], start: [1, -0.125, 0.125], homogeneous: true },
  "apo-down": { options: { beta: 0.5 }, changes: [{ beta: 1 }], start: [1, 0, 0.125], homogeneous: true },
  "aot-paired": {
    options: { beta: 0.5 },
    changes: [{ beta: 1 }, { labelSmoothing: 0.1 }],
    start: [Math.LN2, -0.25, 0.25],
    byDifference: true,
    homogeneous: true,
  },
  "aot-unpaired": {
    options: { beta: 0.5 },
    changes: [{ beta: 1 }, { labelSmoothing: 0.1 }],
    start: [Math.LN2, -0.25, 0.25],
    byDifference: true,
    homogeneous: true,
  },
  "discopop": {
    options: { beta: 0.5, tau: 0.5 },
    changes: [{ beta: 1 }, { tau: 1 }, { divergence: fkl }],
    // d/dx of (1 − m) log(1 + e^{−x}) + m e^{−x} at 0: m' (1 − log 2) − (1/2)(1/2) − 1/2, with m' = 1/(4τ)
    start: [(1 + Math.LN2) / 2, 0.5 * ((1 - Math.LN2) / 2 - 0.75), -0.5 * ((1 - Math.LN2) / 2 - 0.75)],
    byDifference: true,
    homogeneous: true,
  },
  "wpo": {
    options: { beta: 0.5 },
    changes: [{ beta: 1 }, { labelSmoothing: 0.1 }],
    byDifference: true,
    homogeneous: true,
  },
  "reference-free-dpo": {
    options: { beta: 0.5 },
    changes: [{ beta: 1 }, { labelSmoothing: 0.1 }],
    byDifference: true,
    homogeneous: true,
  },
  "simpo": {
    options: { beta: 2, gamma: 0.5 },
    changes: [{ beta: 1 }, { gamma: 1 }, { labelSmoothing: 0.1 }, { link: "hinge" }, { alpha: 0.25 }],
    byDifference: true,
    homogeneous: true,
  },
  "orpo": { options: { lambda: 0.5 }, changes: [{ lambda: 1 }] },
  "contrastive-po": {
    options: { beta: 0.5 },
    changes: [{ beta: 1 }, { labelSmoothing: 0.1 }, { link: "hinge" }, { link: "ipo" }, { alpha: -0.25 }],
    byDifference: true,
    homogeneous: true,
  },
};
const isByBatch = (name: string) => name.startsWith("aot");

/** A batch of what a loss reads, in sixteenths, so that sums of a few are exact in float32. */
function draw(inputs: readonly string[], seed: number, size: number): Record<string, number[]> {
  const rng = Rng.seed(seed);
  return Object.fromEntries(inputs.map((name) => {
    const stream = rng.fork(name);
    const one = () => {
      if (name.endsWith("Tokens")) return 1 + stream.integer(9);
      if (name === "weights") return stream.integer(17) / 16;
      return -(1 + stream.integer(64)) / 16;
    };
    return [name, Array.from({ length: size }, one)];
  }));
}
const values = (loss: Loss, inputs: Record<string, number[]>, options: AnyOptions) => [
  ...loss(tensors(inputs), options).dataSync(),
];
/** Value of the loss of one example, and its slopes in the policy's log-probs. */
function at(loss: Loss, inputs: Record<string, number[]>, options: AnyOptions): number[] {
  const { losses, grads } = evaluate((x) => loss(x, options), tensors(inputs), ["policyChosen", "policyRejected"]);
  return [losses[0], grads.policyChosen[0], grads.policyRejected[0]];
}

Deno.test("every loss of pairs is looked at, with every option of the table", () => {
  assert.deepEqual(Object.keys(specs).toSorted(), entries.map((entry) => entry.name).toSorted());
  for (const { name, options } of entries) {
    const changed = new Set(specs[name].changes.flatMap(Object.keys));
    assert.deepEqual([...changed].toSorted(), Object.keys(options).toSorted(), name);
  }
});

testOnEveryBackend("values and gradients on drawn batches, at every option", () => {
  for (const { name, loss, inputs } of entries.filter((entry) => entry.name !== "wpo")) {
    for (const [i, change] of [{}, ...specs[name].changes].entries()) {
      const options = { ...specs[name].options, ...change };
      const batch = draw(inputs, i, 8);
      const truth = plainLosses(name, batch as unknown as Pairs, options);
      const found = evaluate((x) => (loss as Loss)(x, options), tensors(batch), ["policyChosen", "policyRejected"]);
      const label = `${name} ${JSON.stringify(options)}`;
      assertClose(found.losses, truth.losses, accuracy(), label);
      for (const side of ["policyChosen", "policyRejected"] as const) {
        assertClose(found.grads[side], truth[side], accuracy(), `${label} ${side}`);
      }
    }
  }
});

testOnEveryBackend("value and slopes where policy and reference agree", () => {
  for (const { name, loss, inputs } of entries) {
    const { start, options } = specs[name];
    if (!start) continue;
    const logps = Object.fromEntries(inputs.map((input) => [input, [input.endsWith("Chosen") ? -3 : -5]]));
    assertClose(at(loss as Loss, logps, options), start, 8 * u * Math.max(...start.map(Math.abs)), name);
  }
});

testOnEveryBackend("each option matters, and its default is the one of the table", () => {
  for (const { name, loss, inputs, options: described } of entries) {
    const { options, changes } = specs[name];
    const batch = draw(inputs, 3, 8), before = values(loss as Loss, batch, options);
    for (const change of changes) {
      const after = values(loss as Loss, batch, { ...options, ...change });
      assert.notDeepEqual(after, before, `${name} ${JSON.stringify(change)}`);
    }
    for (const [option, { default: value }] of Object.entries(described)) {
      if (value === undefined) continue;
      const { [option as "beta"]: _, ...others } = options;
      const given = option === "divergence" ? { kind: "reverse-kl" } : value;
      assert.deepEqual(
        values(loss as Loss, batch, { ...others, [option]: given }),
        values(loss as Loss, batch, others),
        `${name}: default of ${option}`,
      );
    }
  }
});

testOnEveryBackend("replicates, batches split and batches shuffled", () => {
  for (const { name, loss, inputs } of entries) {
    const { options } = specs[name], call = (x: Record<string, Tensor>) => (loss as Loss)(x, options);
    const [first, second] = [1, 2].map((seed) => draw(inputs, seed, 8));
    const sides = ["policyChosen", "policyRejected"];
    const stacked = tensors(Object.fromEntries(inputs.map((input) => [input, [first[input], second[input]]])));
    const both = evaluate(call, stacked, sides);
    assert.deepEqual(call(stacked).shape, [2, 8], name);
    const each = [first, second].map((batch) => evaluate(call, tensors(batch), sides));
    assert.deepEqual([...both.losses], each.flatMap((one) => [...one.losses]), `${name}: replicates`);
    for (const side of sides) {
      // The mean is over twice as many.
      assert.deepEqual([...both.grads[side]], each.flatMap((one) => [...one.grads[side]].map((g) => g / 2)), name);
    }
    const singles = first.policyChosen.flatMap((_, i) =>
      values(loss as Loss, Object.fromEntries(inputs.map((input) => [input, [first[input][i]]])), options)
    );
    const order = [3, 0, 7, 1, 6, 2, 5, 4];
    const shuffled = values(
      loss as Loss,
      Object.fromEntries(inputs.map((input) => [input, order.map((i) => first[input][i])])),
      options,
    );
    const whole = [...each[0].losses];
    if (isByBatch(name)) {
      // Not per example: sorted anew whatever the order, and single examples are DPO.
      assert.deepEqual(shuffled, whole, name);
      assert.notDeepEqual(singles, whole, name);
      assert.deepEqual(singles, values(entries[0].loss as Loss, first, options), name);
    } else {
      assert.deepEqual(singles, whole, `${name}: accumulated`);
      assert.deepEqual(shuffled, order.map((i) => whole[i]), `${name}: shuffled`);
    }
  }
});

testOnEveryBackend("nothing flows to the reference, to counts or to weights; something to both responses", () => {
  for (const { name, loss, inputs } of entries) {
    const found = evaluate((x) => (loss as Loss)(x, specs[name].options), tensors(draw(inputs, 4, 6)), inputs);
    for (const input of inputs) {
      const pulls = found.grads[input].some((slope) => slope !== 0);
      assert.equal(pulls, input.startsWith("policy"), `${name}: ${input}`);
    }
  }
});

testOnEveryProcessorBackend("what a loss does not feel: shifts and scales", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.integer({ min: -10, max: 0 }), (seed, shift) => {
      for (const { name, loss, inputs } of entries) {
        const { options, byDifference, homogeneous } = specs[name];
        const batch = draw(inputs, seed, 4);
        const moved = (names: string[], by: (v: number) => number) =>
          Object.fromEntries(inputs.map((i) => [i, names.includes(i) ? batch[i].map(by) : batch[i]]));
        const same = (changed: Record<string, number[]>, what: string, other = options) =>
          assert.deepEqual(
            values(loss as Loss, changed, other),
            values(loss as Loss, batch, options),
            `${name} ${what}`,
          );
        if (inputs.includes("referenceChosen")) {
          for (const side of ["Chosen", "Rejected"]) {
            same(moved([`policy${side}`, `reference${side}`], (v) => v + shift), `shift of ${side}`);
          }
        }
        if (byDifference) same(moved(["policyChosen", "policyRejected"], (v) => v + shift), "shift of the policy");
        if (homogeneous && options.beta) {
          const logps = inputs.filter((input) => /^(policy|reference)/.test(input));
          same(moved(logps, (v) => v * 2), "scale", { ...options, beta: options.beta / 2 });
        }
      }
    }),
    { numRuns: 10, seed: 1 },
  );
});

testOnEveryBackend("every token twice: means stay, sums move", () => {
  for (const { name, loss, inputs } of entries.filter((entry) => entry.name !== "orpo")) {
    const batch = draw(inputs, 6, 5);
    const doubled = Object.fromEntries(inputs.map((i) => [i, i === "weights" ? batch[i] : batch[i].map((v) => 2 * v)]));
    const [once, twice] = [batch, doubled].map((b) => values(loss as Loss, b, specs[name].options));
    assert.equal(JSON.stringify(once) === JSON.stringify(twice), inputs.includes("chosenTokens"), name);
  }
});

testOnEveryProcessorBackend("far ratios and small probabilities: finite, and right", () => {
  const far = [80, -80, 0, 80, -80, 80, -80];
  const near = [-80, 80, 80, 0, 0, 80, -80];
  for (const { name, loss, inputs } of entries.filter((entry) => entry.name !== "wpo")) {
    const hasReference = inputs.includes("referenceChosen");
    const mean = ["simpo", "orpo"].includes(name); // averaged log-probs are never far above another
    const batch = Object.fromEntries(inputs.map((input) => {
      if (input.endsWith("Tokens")) return [input, far.map(() => 3)];
      const ratios = input.endsWith("Chosen") ? far : near;
      if (!hasReference) return [input, ratios.map((v) => mean ? (v - 81) / 2 : v - 900)];
      return [input, ratios.map((v) => (input.startsWith("policy") ? v : 0) - 900)];
    }));
    const all = [{}, ...specs[name].changes].map((change) => ({ ...specs[name].options, ...change }));
    // Powers of probabilities of e^−900 are past float32; those of ratios are not.
    for (const options of all.filter((options) => hasReference || options.alpha === undefined)) {
      const found = evaluate((x) => (loss as Loss)(x, options), tensors(batch), ["policyChosen", "policyRejected"]);
      const truth = plainLosses(name, batch as unknown as Pairs, options);
      const label = `${name} ${JSON.stringify(options)}`;
      assertClose(found.losses, truth.losses, accuracy(), label);
      for (const side of ["policyChosen", "policyRejected"] as const) {
        assert.ok(found.grads[side].every(Number.isFinite), label);
        assertClose(found.grads[side], truth[side], accuracy(), `${label} ${side}`);
      }
    }
  }
});
