/**
 * Every per-example loss of the other table once more, for tests alone: float64, one batch at a time, straight from the
 * definitions; with the inputs that each needs.
 *
 * @module
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import { tf } from "../tensor/backend.ts";
import { rounded } from "../tensor/backends_test_helpers.ts";
import { Rng } from "../random.ts";
import { bco } from "./bco.ts";
import { pmle, preferenceDistillation, reverseKl } from "./distribution.ts";
import { reverseKlPenalty } from "./kl.ts";
import { apoZeroUnpaired, kto } from "./kto.ts";
import { reinforce, rlhf, rloo } from "./policy_gradient.ts";
import { bradleyTerry, rebel } from "./reward.ts";
import { sft } from "./sft.ts";
import { stackelbergMargin, stackelbergProbability } from "./stackelberg.ts";
import { davidson, raoKupper } from "./ties.ts";

/** Inputs of one batch by name, `[B]` each. */
export type Batch = Readonly<Record<string, Float64Array>>;
/** The same as tensors, `[..., B]`. */
type Tensors = Readonly<Record<string, Tensor>>;

/** One loss with one choice of options. */
export interface Spec {
  readonly name: string;
  readonly inputs: readonly string[];
  /** Those that gradients flow through. */
  readonly trained: readonly string[];
  // deno-lint-ignore no-explicit-any -- each loss has inputs of its own
  readonly loss: (inputs: any) => Tensor;
  readonly manual: (batch: Batch) => Float64Array;
  /** The slope of each example's loss, where that is not the derivative of its value. */
  readonly slope?: (batch: Batch) => Float64Array;
  /** Whether an example's loss depends on the rest of its batch. */
  readonly coupled?: true;
  /** The pairs of inputs that may be raised together without effect. */
  readonly shifts?: readonly (readonly string[])[];
}

const { exp, log, log1p, abs, max } = Math;
const softplus = (x: number) => max(x, 0) + log1p(exp(-abs(x)));
const logistic = (x: number) => x < 0 ? exp(x - softplus(x)) : exp(-softplus(-x));
const each = (batch: Batch, f: (at: (name: string) => number) => number) =>
  Float64Array.from(Object.values(batch)[0], (_, i) => f((name) => batch[name][i]));

const judged = ["policy", "reference", "desirable"];
const paired = ["policyChosen", "policyRejected", "referenceChosen", "referenceRejected"];
const rated = ["policyFirst", "policySecond", "rewardFirst", "rewardSecond"];
const samples = ["policy", "reference", "reward"];
const displaced = [...paired, "moved", "distance"];
const pairedShifts = [["policyChosen", "policyRejected"], ["policyChosen", "referenceChosen"]];

const prospect = (beta: number, z0: number, desirable: number, undesirable: number) => (batch: Batch) =>
  each(batch, (at) => {
    const gain = beta * (at("policy") - at("reference") - z0);
    return at("desirable") ? desirable * (1 - logistic(gain)) : undesirable * (1 - logistic(-gain));
  });
const margin = (at: (name: string) => number) =>
  at("policyChosen") - at("referenceChosen") - at("policyRejected") + at("referenceRejected");
const advantage = (gamma: number, weight: number) => (at: (name: string) => number) =>
  at("reward") - gamma * at("policy") - weight * (at("policy") - at("reference"));

/** Every loss with options off their defaults. */
export const specs: readonly Spec[] = [
  {
    name: "kto",
    inputs: judged,
    trained: ["policy"],
    loss: (x) => kto(x, { beta: 0.6, referencePoint: 0.75, desirableWeight: 1.5, undesirableWeight: 0.5 }),
    manual: prospect(0.6, 0.75, 1.5, 0.5),
    shifts: [["policy", "reference"]],
  },
  {
    name: "apo-zero-unpaired",
    inputs: judged,
    trained: ["policy"],
    loss: (x) => apoZeroUnpaired(x, { beta: 0.6, desirableWeight: 1.5, undesirableWeight: 0.5 }),
    manual: prospect(0.6, 0, 1.5, 0.5),
    shifts: [["policy", "reference"]],
  },
  {
    name: "bco",
    inputs: judged,
    trained: ["policy"],
    loss: (x) => bco(x, { beta: 0.6, shift: -0.75 }),
    manual: (batch) =>
      each(batch, (at) => {
        const logit = 0.6 * (at("policy") - at("reference")) + 0.75;
        return softplus(at("desirable") ? -logit : logit);
      }),
    shifts: [["policy", "reference"]],
  },
  {
    name: "sft",
    inputs: ["policy"],
    trained: ["policy"],
    loss: (x) => sft(x.policy),
    manual: (b) => b.policy.map((l) => -l),
  },
  {
    name: "bradley-terry",
    inputs: ["chosen", "rejected"],
    trained: ["chosen", "rejected"],
    loss: (x) => bradleyTerry(x, { margin: 0.75 }),
    manual: (batch) => each(batch, (at) => softplus(at("rejected") - at("chosen") + 0.75)),
    shifts: [["chosen", "rejected"]],
  },
  {
    name: "davidson",
    inputs: ["chosen", "rejected", "tied"],
    trained: ["chosen", "rejected"],
    loss: (x) => davidson(x, { nu: 0.75 }),
    manual: (batch) =>
      each(batch, (at) => {
        // Shares of the larger worth, so that nothing overflows.
        const d = at("chosen") - at("rejected"), top = max(0, -d);
        const total = top + log(exp(-top) + exp(-d - top) + 0.75 * exp(-d / 2 - top));
        return at("tied") ? total - log(0.75) + d / 2 : total;
      }),
    shifts: [["chosen", "rejected"]],
  },
  {
    name: "rao-kupper",
    inputs: ["chosen", "rejected", "tied"],
    trained: ["chosen", "rejected"],
    loss: (x) => raoKupper(x, { theta: 1.5 }),
    manual: (batch) =>
      each(batch, (at) => {
        const d = at("chosen") - at("rejected"), win = softplus(log(1.5) - d);
        return at("tied") ? win + softplus(log(1.5) + d) - log(1.25) : win;
      }),
    shifts: [["chosen", "rejected"]],
  },
  {
    name: "rebel",
    inputs: [...rated, "referenceFirst", "referenceSecond"],
    trained: ["policyFirst", "policySecond"],
    loss: (x) => rebel(x, { eta: 0.75 }),
    manual: (batch) =>
      each(batch, (at) => {
        const ratios = at("policyFirst") - at("referenceFirst") - at("policySecond") + at("referenceSecond");
        return (ratios - 0.75 * (at("rewardFirst") - at("rewardSecond"))) ** 2;
      }),
    shifts: [["policyFirst", "policySecond"], ["policyFirst", "referenceFirst"], ["rewardFirst", "rewardSecond"]],
  },
  {
    name: "reinforce",
    inputs: ["policy", "reward"],
    trained: ["policy"],
    loss: (x) => reinforce(x, { baseline: 0.75 }),
    manual: (batch) => each(batch, (at) => (0.75 - at("reward")) * at("policy")),
  },
  {
    name: "rloo",
    inputs: ["policy", "reward"],
    trained: ["policy"],
    loss: rloo,
    manual: ({ policy, reward }) =>
      policy.map((logp, j) => {
        const others = [...reward].filter((_, i) => i !== j);
        return -(reward[j] - others.reduce((a, b) => a + b, 0) / others.length) * logp;
      }),
    coupled: true,
  },
  {
    name: "rlhf",
    inputs: samples,
    trained: ["policy"],
    loss: (x) => rlhf(x, { beta: 0.6, baseline: 0.75 }),
    manual: (batch) => each(batch, (at) => -advantage(0, 0.6)(at)),
    slope: (batch) => each(batch, (at) => 0.75 - advantage(0, 0.6)(at)),
    shifts: [["policy", "reference"]],
  },
  {
    name: "reverse-kl",
    inputs: samples,
    trained: ["policy"],
    loss: (x) => reverseKl(x, { gamma: 0.4, klWeight: 0.6, baseline: 0.75 }),
    manual: (batch) => each(batch, (at) => -advantage(0.4, 0.6)(at)),
    slope: (batch) => each(batch, (at) => 0.75 - advantage(0.4, 0.6)(at)),
  },
  {
    name: "reverse-kl-penalty",
    inputs: ["policy", "reference"],
    trained: ["policy"],
    loss: (x) => reverseKlPenalty(x, { baseline: 0.75 }),
    manual: (batch) => each(batch, (at) => at("policy") - at("reference")),
    slope: (batch) => each(batch, (at) => at("policy") - at("reference") - 0.75),
    shifts: [["policy", "reference"]],
  },
  {
    name: "stackelberg-margin",
    inputs: displaced,
    trained: ["policyChosen", "policyRejected"],
    loss: (x) => stackelbergMargin(x, x, { beta: 0.6 }),
    manual: (batch) =>
      each(batch, (at) => {
        const xi = 0.6 * margin(at), m = at("moved");
        return (1 - m) * softplus(-xi) + m * softplus(at("distance") - xi);
      }),
    shifts: pairedShifts,
  },
  {
    name: "stackelberg-probability",
    inputs: displaced,
    trained: ["policyChosen", "policyRejected"],
    loss: (x) => stackelbergProbability(x, x, { beta: 0.6, floor: 0.05 }),
    manual: (batch) =>
      each(batch, (at) => {
        const xi = 0.6 * margin(at), m = at("moved"), s = logistic(xi) - at("distance");
        return (1 - m) * softplus(-xi) + m * (s >= 0.05 ? -log(s) : -log(0.05) + (0.05 - s) / 0.05);
      }),
    shifts: pairedShifts,
  },
  {
    name: "pmle",
    inputs: ["policyChosen", "policyRejected"],
    trained: ["policyChosen", "policyRejected"],
    loss: (x) => pmle(x, { gamma: 0.6 }),
    manual: (batch) => each(batch, (at) => softplus(0.6 * (at("policyRejected") - at("policyChosen")))),
    shifts: [["policyChosen", "policyRejected"]],
  },
  {
    name: "preference-distillation",
    inputs: rated,
    trained: ["policyFirst", "policySecond"],
    loss: (x) => preferenceDistillation(x, { gamma: 0.6 }),
    manual: (batch) =>
      each(batch, (at) => {
        const z = 0.6 * (at("policyFirst") - at("policySecond")), p = logistic(at("rewardFirst") - at("rewardSecond"));
        return p * softplus(-z) + (1 - p) * softplus(z);
      }),
    shifts: [["policyFirst", "policySecond"], ["rewardFirst", "rewardSecond"]],
  },
];

/** A batch for a loss, in numbers that float32 holds: log-probs about −5, rewards about 0. */
export function drawBatch(spec: Spec, seed: number, size: number): Batch {
  const rng = Rng.seed(seed).fork(spec.name);
  return Object.fromEntries(spec.inputs.map((name) => {
    const stream = rng.fork(name);
    if (name === "desirable" || name === "tied") {
      return [
        name,
        Float64Array.from({ length: size }, (_, i) => (i + seed) % 2),
      ];
    }
    // Moved by fractions that add exactly to 1, and so far that some σ − d are above the floor and some below.
    if (name === "moved") return [name, Float64Array.from({ length: size }, (_, i) => (i % 5) / 4)];
    if (name === "distance") return [name, rounded(Array.from({ length: size }, () => 0.1 + 0.6 * stream.uniform()))];
    const centre = /^(policy|reference)/.test(name) ? -5 : 0;
    return [name, rounded(stream.normals(size).map((z) => centre + 1.5 * z))];
  }));
}

/** The batch as tensors of one row. */
export function asTensors(batch: Batch): Tensors {
  return Object.fromEntries(Object.entries(batch).map(([name, x]) => [name, tf.tensor1d(Float32Array.from(x))]));
}

/**
 * The gradient of the sum of a loss in each input. Every input is computed, as if someone took it from the policy, and
 * tied to the result, as tf.grads demands.
 */
export function slopesIn(spec: Spec, tensors: Tensors): Record<string, Float32Array> {
  const total = (...x: Tensor[]) => {
    const computed = x.map((t) => tf.mul(t, 1) as Tensor);
    const inputs = Object.fromEntries(spec.inputs.map((name, i) => [name, computed[i]]));
    const ties = computed.map((t) => tf.mul(tf.sum(t), 0) as Tensor).reduce((a, b) => tf.add(a, b));
    return tf.add(tf.sum(spec.loss(inputs)), ties);
  };
  const slopes = tf.grads(total)(spec.inputs.map((name) => tensors[name]));
  return Object.fromEntries(spec.inputs.map((name, i) => [name, slopes[i].dataSync<"float32">()]));
}
