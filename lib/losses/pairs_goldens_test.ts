/**
 * The paired losses against TRL (two versions), eric-mitchell/direct-preference-optimization and HALOs (origin in
 * testdata/dpo_family.json): value, mean and gradient of every case but those listed in `unmatched`.
 */
import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assertClose, testOnEveryBackend, testOnEveryProcessorBackend, u } from "../tensor/backends_test_helpers.ts";
import { tf } from "../tensor/backend.ts";
import { sequenceLogProb } from "../tensor/sequence.ts";
import * as aot from "./aot.ts";
import * as apo from "./apo.ts";
import { bcoPair, ncaPair } from "./classification.ts";
import { discopop } from "./discopop.ts";
import * as dpo from "./dpo.ts";
import { exoPair } from "./exo.ts";
import { type Divergence, fDpo } from "./f_divergence.ts";
import { accuracy, assertMatches, evaluate, type Expected, flat, tensors } from "./goldens_test_helpers.ts";
import { hinge } from "./hinge.ts";
import { ipoMean, ipoSum } from "./ipo.ts";
import type { AnyOptions, Pairs } from "./pairs_test_helpers.ts";
import { sft } from "./sft.ts";
import { sppoHard } from "./sppo.ts";
import tokens from "../tensor/testdata/sequence_logprob.json" with { type: "json" };
import golden from "./testdata/dpo_family.json" with { type: "json" };
import { ldDpo, splitMasks, wpo, wpoWeights } from "./weighting.ts";

interface Params {
  loss_type?: string | string[];
  loss_weights?: number[];
  beta?: number;
  label_smoothing?: number;
  f_divergence_type?: string;
  f_alpha_divergence_coef?: number;
  discopop_tau?: number;
  ipo?: boolean;
  reference_free?: boolean;
  tau?: number;
  epsilon?: number;
  ld_alpha?: number | null;
  use_weighting?: boolean;
}
interface Case extends Expected {
  name: string;
  source: "trl" | "trl024" | "em" | "halos";
  params: Params;
  inputs: string;
  dtype?: string;
  shift?: number;
  weights?: number[];
}
const cases = golden.cases as unknown as Case[];
const inputsOf = (c: Case) => (golden.inputs as unknown as Record<string, Record<string, unknown>>)[c.inputs];

const noMean = "dividing a score by a length makes its additive constant matter, and no paper fixes that constant";
/** Cases that are not matched, and why. */
const unmatched: Record<string, string> = {
  "trl/sigmoid[patched-f64]/beta=0.1,f_divergence_type=alpha_divergence,f_alpha_divergence_coef=0.5/overflow":
    "TRL cuts exponents off at 80 and so stops pulling; here the score is infinite",
  "trl/ipo/beta=0.1,f_divergence_type=js_divergence/ord4": noMean,
  "trl/ipo/beta=0.1,f_divergence_type=forward_kl/ord4": noMean,
  "trl/sigmoid_norm/beta=0.1,f_divergence_type=js_divergence/ord4": noMean,
  "trl/sigmoid_norm/beta=0.1,f_divergence_type=forward_kl/ord4": noMean,
  "halos/DPOTrainer/beta=0.5,humanline=True,log_epsilon_P=-1.0,log_epsilon_R=1.5/tokbig4":
    "humanline clamps log-ratios of tokens: another method, not in the table",
  "halos/IPOTrainer/tau=0.1/policy_equals_ref": "the reference divides 0 by 0; a test below has the right value",
  "halos/IPOTrainer/tau=0.1/one_token_equal":
    "the reference does not count tokens whose log-ratio is 0; a test below has the right value",
};

/** A loss of the table with its options. */
interface Variant {
  readonly name: string;
  readonly options: AnyOptions;
}

function divergenceOf({ source, params }: Case): Divergence | undefined {
  const alpha = params.f_alpha_divergence_coef!;
  switch (params.f_divergence_type) {
    case "forward_kl":
      return { kind: "forward-kl" };
    case "js_divergence":
      return { kind: "jensen-shannon" };
    case "alpha_divergence":
      return { kind: "alpha", alpha: source === "trl" ? 1 - alpha : alpha };
  }
}

function variantOf(c: Case, type = c.params.loss_type as string): Variant {
  const { params } = c, beta = params.beta!, divergence = divergenceOf(c);
  const smoothing = params.label_smoothing === undefined ? {} : { labelSmoothing: params.label_smoothing };
  const diverging = divergence ? { divergence } : {};
  if (c.source === "em") {
    if (params.ipo) return { name: "ipo-sum", options: { tau: beta } };
    return { name: params.reference_free ? "reference-free-dpo" : "dpo", options: { beta, ...smoothing } };
  }
  switch (type) {
    case "sigmoid":
      return { name: divergence ? "f-dpo" : "dpo", options: { beta, ...smoothing, ...diverging } };
    case "robust":
      return { name: "robust-dpo", options: { beta, ...smoothing, ...diverging } };
    case "exo_pair":
      // v0.24 takes 0.001 where 0 is given.
      return { name: "exo-pair", options: { beta, labelSmoothing: params.label_smoothing || 0.001, ...diverging } };
    case "hinge":
      return { name: "hinge", options: { beta, ...diverging } };
    case "discopop":
      return { name: "discopop", options: { beta, tau: params.discopop_tau, ...diverging } };
    case "ipo": // v0.24's function is given what its trainer had already divided by lengths
      return { name: c.source === "trl024" ? "ipo-sum" : "ipo-mean", options: { tau: beta } };
    case "sigmoid_norm":
      return { name: "dpo-mean", options: { beta } };
    case "nca_pair":
      return { name: "nca-pair", options: { beta } };
    case "bco_pair":
      return { name: "bco-pair", options: { beta, shift: c.shift ?? 0 } };
    case "sppo_hard":
      return { name: "sppo-hard", options: { eta: 1 / beta } };
    case "apo_zero":
      return { name: "apo-zero", options: { beta } };
    case "apo_down":
      return { name: "apo-down", options: { beta } };
    case "aot":
      return { name: "aot-paired", options: { beta, ...smoothing } };
    case "aot_unpaired":
      return { name: "aot-unpaired", options: { beta, ...smoothing } };
  }
  throw new Error(`${c.name}: no loss of the table`);
}

// deno-lint-ignore no-explicit-any -- functions of different options, called by name
const functions: Record<string, (inputs: any, options: any) => Tensor> = {
  "dpo": dpo.dpo,
  "f-dpo": fDpo,
  "robust-dpo": dpo.robustDpo,
  "dpo-mean": dpo.dpoMean,
  "reference-free-dpo": dpo.referenceFreeDpo,
  "ipo-sum": ipoSum,
  "ipo-mean": ipoMean,
  "hinge": hinge,
  "exo-pair": exoPair,
  "nca-pair": ncaPair,
  "bco-pair": bcoPair,
  "sppo-hard": sppoHard,
  "apo-zero": apo.apoZero,
  "apo-down": apo.apoDown,
  "aot-paired": aot.aotPaired,
  "aot-unpaired": aot.aotUnpaired,
  "discopop": discopop,
};
const apply = ({ name, options }: Variant) => (inputs: Record<string, Tensor>) => functions[name](inputs, options);

const isMixture = (c: Case) => Array.isArray(c.params.loss_type);
const isTokens = (c: Case) => c.source === "halos";
const isLogits = (c: Case) => c.name.includes("e2e_logits");
const isFloat32 = (c: Case) => c.dtype === "float32";
const matched = cases.filter((c) => !(c.name in unmatched));
const plain = matched.filter((c) => !isMixture(c) && !isTokens(c) && !isLogits(c) && !isFloat32(c));

Deno.test("every case of the file is matched or listed with a reason", () => {
  assert.equal(cases.length, 247);
  assert.equal(new Set(cases.map((c) => c.name)).size, 247);
  for (const name of Object.keys(unmatched)) assert.ok(cases.some((c) => c.name === name), name);
  assert.deepEqual(
    [plain, matched.filter(isMixture), matched.filter(isTokens), matched.filter(isLogits), matched.filter(isFloat32)]
      .map((some) => some.length),
    [247 - 8 - 4 - 12 - 8 - 4, 4, 12, 8, 4],
  );
});

// Hundreds of small operations; on a GPU the tests below take the same paths.
testOnEveryProcessorBackend("losses, means and gradients from log-probs of sequences", () => {
  for (const c of plain) {
    const variant = variantOf(c);
    assertMatches(c.name, apply(variant), inputsOf(c) as unknown as Pairs, c, variant);
  }
});

testOnEveryBackend("weighted sums of losses", () => {
  for (const c of matched.filter(isMixture)) {
    const { loss_type: types, loss_weights: weights } = c.params;
    const parts = (types as string[]).map((type) => apply(variantOf(c, type)));
    const loss = (inputs: Record<string, Tensor>) =>
      parts.map((part, k) => tf.mul(part(inputs), weights![k]) as Tensor).reduce((a, b) => tf.add(a, b));
    const found = evaluate(loss, tensors(inputsOf(c)), ["policyChosen", "policyRejected"]);
    assertClose([found.mean], flat([c.mean]), accuracy(), c.name);
    for (const [side, slopes] of Object.entries(c.grads)) {
      assertClose(found.grads[side], flat(slopes), accuracy(), `${c.name} ${side}`);
    }
  }
});

testOnEveryBackend("the released float32 runs, within their own accuracy", () => {
  for (const c of matched.filter(isFloat32)) {
    const found = evaluate(apply(variantOf(c)), tensors(inputsOf(c)), ["policyChosen", "policyRejected"]);
    const tolerance = (v: number) => 1e-4 * Math.abs(v) + 1e-6;
    assertClose(found.losses, flat(c.losses), tolerance, c.name);
    for (const [side, slopes] of Object.entries(c.grads)) {
      assertClose(found.grads[side], flat(slopes), tolerance, `${c.name} ${side}`);
    }
  }
});

/** Sums over the tokens of `[B, T]`, as HALOs does. */
const summed = (inputs: Record<string, Tensor>) =>
  Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, x.rank === 2 ? tf.sum(x, -1) : x]));
const halosVariant = ({ params: { beta, epsilon, tau } }: Case): Variant =>
  tau === undefined
    ? { name: "dpo", options: { beta, labelSmoothing: epsilon ?? 0 } }
    : { name: "ipo-mean", options: { tau } };
const halosInputs = (c: Case) => {
  const { chosen_lengths: _, ...inputs } = inputsOf(c);
  return tensors(inputs);
};

testOnEveryBackend("losses, means and gradients from log-probs of tokens", () => {
  for (const c of matched.filter(isTokens)) {
    const loss = apply(halosVariant(c));
    const found = evaluate((x) => loss(summed(x)), halosInputs(c), ["policyChosen", "policyRejected"]);
    // Up to six tokens are added in float32, of log-probs that tokbig4 has up to 310: off by 6u of their sum, times the
    // slope, at most 1/tau = 10 and there 0.5.
    const tolerance = (v: number) => 2e-5 * Math.abs(v) + (c.name.endsWith("tokbig4") ? 1e-4 : 1e-5);
    assertClose(found.losses, flat(c.losses), tolerance, c.name);
    assertClose([found.mean], flat([c.mean]), tolerance, `${c.name}: mean`);
    for (const [side, slopes] of Object.entries(c.grads)) {
      assertClose(found.grads[side], flat(slopes), tolerance, `${c.name} ${side}`);
    }
  }
});

testOnEveryBackend("IPO by mean where HALOs miscounts: all tokens count, also those with log-ratio 0", () => {
  const losses = (name: string) => {
    const c = cases.find((c) => c.name.endsWith(name))!;
    return { c, losses: apply(halosVariant(c))(summed(halosInputs(c))).dataSync() };
  };
  const equal = losses("policy_equals_ref");
  assert.deepEqual(flat(equal.c.losses), [NaN, NaN]);
  assertClose(equal.losses, [25, 25], 1e-4, "(1/(2τ))²");
  const oneToken = losses("one_token_equal");
  // Chosen 0 of 1 token; rejected (.2796 + .3117 + .911 + .7751)/4 of its four.
  const margin = 0 - (0.2796 + 0.3117 + 0.911 + 0.7751) / 4;
  assertClose(oneToken.losses, [(margin - 5) ** 2, 28.697449], 1e-4, "one token equal");
  assert.ok(Number.isNaN(flat(oneToken.c.losses)[0]));
});

testOnEveryBackend("from logits to the gradient in the logits", () => {
  for (const c of matched.filter(isLogits)) {
    const { policy, reference, labels, mask } = inputsOf(c) as Record<string, number[][][]>;
    const pairs = labels.length / 2, type = c.params.loss_type as string, beta = c.params.beta!;
    /** Rows of chosen and of rejected responses. */
    const halves = <T>(rows: T[]) => [rows.slice(0, pairs), rows.slice(pairs)];
    const [chosenMask, rejectedMask] = halves(mask).map((rows) => rows.flat() as unknown as number[]);
    const split = splitMasks(pairs, chosenMask, rejectedMask);
    const parts = (x: Tensor) => [tf.slice(x, 0, pairs), tf.slice(x, pairs, pairs)];
    const sides = halves(labels).map((rows) => rows.flat() as unknown as number[]);
    const read = (logits: Tensor, masks: ArrayLike<number>[]) =>
      parts(logits).map((x, side) => sequenceLogProb(x, sides[side], masks[side], { reduction: "sum" }));
    const logps = (x: Tensor, masks: ArrayLike<number>[] = [chosenMask, rejectedMask]) => {
      const [[policyChosen, policyRejected], [referenceChosen, referenceRejected]] = [x, tf.tensor3d(reference)].map((
        l,
      ) => read(l, masks).map(({ logp }) => logp));
      return { policyChosen, policyRejected, referenceChosen, referenceRejected };
    };
    const counts = read(tf.tensor3d(policy), [chosenMask, rejectedMask]).map(({ tokens }) => tf.tensor1d([...tokens]));
    const lengths = { chosenTokens: counts[0], rejectedTokens: counts[1] };
    const loss = (x: Tensor): Tensor => {
      if (type === "sft") { // the mean over all tokens: not per example
        const total = tf.sum(counts[0]);
        return tf.reshape(tf.div(tf.sum(sft(logps(x).policyChosen)), total), [1]);
      }
      if (c.params.use_weighting) {
        const [chosen, rejected] = parts(x).map((logits, side) => ({
          logits,
          labels: sides[side],
          mask: [chosenMask, rejectedMask][side],
        }));
        const weights = wpoWeights(chosen, rejected);
        assertClose(weights.dataSync(), c.weights!, (v) => 1e-5 * v, `${c.name}: weights`);
        return wpo({ ...logps(x), weights }, { beta });
      }
      if (typeof c.params.ld_alpha === "number") {
        const [common, excess] = [
          [split.chosen.common, split.rejected.common],
          [split.chosen.excess, split.rejected.excess],
        ].map((masks) => logps(x, masks));
        return ldDpo(common, excess, { beta, alpha: c.params.ld_alpha });
      }
      return apply(variantOf(c))({ ...logps(x), ...lengths });
    };
    const found = evaluate(({ policy }) => loss(policy), tensors({ policy }), ["policy"]);
    const expected = flat(c.losses).slice(0, found.losses.length);
    // Logits below 8, rounded to float32, and the rounding of log-probs below 32 move a log-ratio by some 30u, and loss and
    // gradient by at most 2β or, for ipo, 2|d − 5| = 10 times that.
    const tolerance = (v: number) => 64 * u * Math.abs(v) + 30 * u * (type === "ipo" ? 10 : 2 * beta);
    assertClose(found.losses, expected, tolerance, c.name);
    assertClose([found.mean], flat([c.mean]), tolerance, `${c.name}: mean`);
    assertClose(found.grads.policy, flat(c.grads.policy), tolerance, `${c.name}: gradient`);
  }
});

/** LD-DPO's log-probs by themselves. */
interface Batch {
  logits: number[][][];
  input_ids: number[][];
  completion_mask: number[][];
}

testOnEveryBackend("length-desensitised log-probs and their gradients", () => {
  const weighted = tokens.cases.filter((c) => "ldAlpha" in c);
  assert.equal(weighted.length, 2);
  for (const c of weighted) {
    const batch = (tokens.inputs as unknown as Record<string, Batch>)[c.inputs];
    const pairs = batch.input_ids.length / 2;
    const [chosen, rejected] = [batch.completion_mask.slice(0, pairs), batch.completion_mask.slice(pairs)];
    const split = splitMasks(pairs, chosen.flat(), rejected.flat());
    const masks = [
      [...split.chosen.common, ...split.rejected.common],
      [...split.chosen.excess, ...split.rejected.excess],
    ];
    const logps = (x: Tensor) => {
      const [common, excess] = masks.map((mask) =>
        sequenceLogProb(x, batch.input_ids.flat(), mask, { reduction: "sum" }).logp
      );
      return tf.add(common, tf.mul(excess, c.ldAlpha!)) as Tensor;
    };
    const found = evaluate(({ x }) => logps(x), tensors({ x: batch.logits }), ["x"]);
    assertClose(found.losses, flat(c.logps), accuracy(), c.name);
    assertClose(found.grads.x, flat(c.grad), accuracy(), `${c.name}: gradient`);
  }
});
