/**
 * The table's lines of losses of preference pairs with a reference.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { stopGradient } from "../tensor/ops.ts";
import { aotPaired, aotUnpaired } from "./aot.ts";
import { apoDown, apoZero } from "./apo.ts";
import { bcoPair, ncaPair } from "./classification.ts";
import { discopop } from "./discopop.ts";
import { dpo, dpoMean, robustDpo } from "./dpo.ts";
import { exactLosses } from "./exact.ts";
import { exoPair } from "./exo.ts";
import { fDpo } from "./f_divergence.ts";
import { hinge } from "./hinge.ts";
import { ipoMean, ipoSum } from "./ipo.ts";
import { sppoHard } from "./sppo.ts";
import type { TokenCounts } from "./token_counts.ts";
import type { LossEntry, LossOption, PairedLogps } from "./types.ts";
import { ldDpo, wpo } from "./weighting.ts";

const inputs = ["policyChosen", "policyRejected", "referenceChosen", "referenceRejected"] as const;
const counted = [...inputs, "chosenTokens", "rejectedTokens"] as const;

const beta: LossOption = { range: "> 0", text: "multiplies log-ratios" };
const labelSmoothing: LossOption = { default: 0, range: "in [0, 0.5)", text: "ε, the probability of a wrong label" };
const divergence: LossOption = {
  default: "reverse-kl",
  range: "one of reverse-kl, forward-kl, jensen-shannon, alpha with its number alpha",
  text: "the divergence that holds the policy near the reference",
};
const tau: LossOption = { range: "> 0", text: "the margin aimed at is 1/(2τ) nats" };
const sum = "sum over tokens";
const mean = "mean over tokens";
const file = "dpo_family.json";

/** Log-ratios margin/2 and −margin/2 of responses of one token, of log-probs that are none above 0. */
function pair(margin: Tensor): PairedLogps & TokenCounts {
  const one = tf.onesLike(margin), half = tf.div(margin, 2), lower = tf.abs(stopGradient(half));
  return {
    policyChosen: tf.sub(half, lower),
    policyRejected: tf.sub(tf.neg(half), lower),
    referenceChosen: tf.neg(lower),
    referenceRejected: tf.neg(lower),
    chosenTokens: one,
    rejectedTokens: one,
  };
}

/** Each margin a batch of its own. */
const alone = (loss: (logps: PairedLogps) => Tensor) => (margin: Tensor) =>
  tf.reshape(loss(pair(tf.reshape(margin, [-1, 1]))), [-1]);

/** Losses of preference pairs, by name. */
export const pairedLosses: readonly LossEntry[] = [
  {
    name: "dpo",
    title: "DPO",
    variant: { option: "labelSmoothing", word: "label smoothing", title: "cDPO" },
    family: "paired",
    loss: dpo,
    exact: exactLosses.dpo,
    inputs,
    options: { beta, labelSmoothing },
    tex: String.raw`-(1-\varepsilon)\log\sigma(\beta d)-\varepsilon\log\sigma(-\beta d),\quad d=\ell_w-\ell_l`,
    source: "Rafailov et al., NeurIPS 2023, arXiv 2305.18290; cDPO: Mitchell, note, 2023",
    reduction: sum,
    departs: "TRL f2cd577 ignores ε, its v0.24 applies it",
    trl: {
      call: "DPO `sigmoid`",
      differs: "does not read `label_smoothing`: with it the loss is still DPO's, not cDPO's",
    },
    pinned: `${file}: trl/sigmoid, trl024/sigmoid, em/preference_loss, halos/DPOTrainer, halos/CDPOTrainer`,
    curve: (margin) => dpo(pair(margin), { beta: 1 }),
    curveAt: "β = 1, ε = 0",
  },
  {
    name: "f-dpo",
    title: "f-DPO, under another divergence",
    family: "paired",
    loss: fDpo,
    inputs,
    options: { beta, divergence: { range: divergence.range, text: divergence.text }, labelSmoothing },
    tex: String
      .raw`-\log\sigma\bigl(\beta\,(s(\ell_w)-s(\ell_l))\bigr),\quad s(x)\in\Bigl\{x,\,-e^{-x},\,\log\sigma(x),\,\tfrac{1-e^{-\alpha x}}{\alpha}\Bigr\}`,
    source: "Wang et al., ICLR 2024, arXiv 2309.16240",
    reduction: sum,
    departs: "label smoothing is not in the paper; TRL f2cd577 calls α what is 1 − α here and cuts exponents off at 80",
    trl: {
      call: "DPO `sigmoid` with `f_divergence_type`",
      differs:
        "`f_alpha_divergence_coef` is 1 − α, and exponents end at 80; logged rewards are β times plain log-ratios, not the scores that the loss reads; `label_smoothing` is not read",
    },
    pinned: `${file}: trl/sigmoid and trl024/sigmoid with f_divergence_type`,
    curve: (margin) => fDpo(pair(margin), { beta: 1, divergence: { kind: "forward-kl" } }),
    curveAt: "β = 1, ε = 0, forward KL",
  },
  {
    name: "robust-dpo",
    title: "Robust DPO",
    family: "paired",
    loss: robustDpo,
    exact: exactLosses["robust-dpo"],
    inputs,
    options: { beta, labelSmoothing: { range: "in [0, 0.5)", text: labelSmoothing.text }, divergence },
    tex: String.raw`\frac{-(1-\varepsilon)\log\sigma(\beta d)+\varepsilon\log\sigma(-\beta d)}{1-2\varepsilon}`,
    source: "Chowdhury et al., ICML 2024, arXiv 2403.00409",
    reduction: sum,
    departs: "ε = 1/2 is an error, TRL warns; other divergences are TRL's, not the paper's",
    trl: { call: "DPO `robust`", differs: "warns of an ε outside [0, ½) and goes on, where ½ divides by 0" },
    pinned: `${file}: trl/robust`,
    curve: (margin) => robustDpo(pair(margin), { beta: 1, labelSmoothing: 0.1 }),
    curveAt: "β = 1, ε = 0.1",
  },
  {
    name: "dpo-mean",
    title: "Length-normalised DPO",
    family: "paired",
    loss: dpoMean,
    inputs: counted,
    options: { beta, labelSmoothing },
    tex: String.raw`-\log\sigma\Bigl(\beta\Bigl(\frac{\ell_w}{|y_w|}-\frac{\ell_l}{|y_l|}\Bigr)\Bigr)`,
    source: "Lambert et al., Tülu 3, 2024, arXiv 2411.15124; TRL's sigmoid_norm",
    reduction: mean,
    departs: "TRL counts a completion token at position 0, which nothing predicts",
    trl: {
      call: "DPO `sigmoid_norm`",
      differs:
        "logs rewards of sums, not of the means over tokens that the loss compares; divides by one token more where a completion begins at token 0; `label_smoothing` is not read",
    },
    pinned: `${file}: trl/sigmoid_norm`,
    curve: (margin) => dpoMean(pair(margin), { beta: 1 }),
    curveAt: "β = 1, ε = 0, one token",
  },
  {
    name: "ipo-sum",
    title: "IPO on whole responses",
    family: "paired",
    loss: ipoSum,
    exact: exactLosses["ipo-sum"],
    inputs,
    options: { tau },
    tex: String.raw`\Bigl(\ell_w-\ell_l-\frac{1}{2\tau}\Bigr)^2`,
    source: "Azar et al., AISTATS 2024, arXiv 2310.12036",
    reduction: sum,
    departs: "",
    trl: { differs: "its `ipo` averages log-ratios over tokens, as `ipo-mean` does; up to 0.24 it summed" },
    pinned: `${file}: em/preference_loss with ipo, trl024/ipo`,
    curve: (margin) => ipoSum(pair(margin), { tau: 0.5 }),
    curveAt: "τ = 0.5",
  },
  {
    name: "ipo-mean",
    title: "IPO per token",
    family: "paired",
    loss: ipoMean,
    inputs: counted,
    options: { tau },
    tex: String.raw`\Bigl(\frac{\ell_w}{|y_w|}-\frac{\ell_l}{|y_l|}-\frac{1}{2\tau}\Bigr)^2`,
    source: "TRL's ipo; IPO: Azar et al., AISTATS 2024, arXiv 2310.12036",
    reduction: mean,
    departs: "the paper does not divide by lengths; HALOs does not count tokens whose log-ratio is 0",
    trl: {
      call: "DPO `ipo`",
      differs: "`tau` is its `beta`; averages log-ratios over tokens in the loss, and logs rewards of their sums",
    },
    pinned: `${file}: trl/ipo, halos/IPOTrainer`,
    curve: (margin) => ipoMean(pair(margin), { tau: 0.5 }),
    curveAt: "τ = 0.5, one token",
  },
  {
    name: "hinge",
    title: "Hinge (SLiC-HF, RSO)",
    family: "paired",
    loss: hinge,
    inputs,
    options: { beta, divergence },
    tex: String.raw`\max(0,\,1-\beta d)`,
    source: "Zhao et al., SLiC-HF, 2023, arXiv 2305.10425; Liu et al., RSO, ICLR 2024, arXiv 2309.06657",
    reduction: sum,
    departs: "SLiC-HF has no reference and adds cross-entropy; its δ is 1/β",
    trl: { call: "DPO `hinge`", differs: "" },
    pinned: `${file}: trl/hinge`,
    curve: (margin) => hinge(pair(margin), { beta: 1 }),
    curveAt: "β = 1",
  },
  {
    name: "exo-pair",
    title: "EXO on pairs",
    family: "paired",
    loss: exoPair,
    inputs,
    options: {
      beta,
      labelSmoothing: { range: "in (0, 0.5)", text: "ε, the label's probability of the rejected response" },
      divergence,
    },
    tex: String
      .raw`\sigma(\beta d)\log\frac{\sigma(\beta d)}{1-\varepsilon}+\sigma(-\beta d)\log\frac{\sigma(-\beta d)}{\varepsilon}`,
    source: "Ji et al., ICML 2024, arXiv 2402.00856, eq. 16 by TRL's account",
    reduction: sum,
    departs: "ε = 0 is an error, because the loss is infinite; TRL v0.24 takes 0.001 instead",
    trl: { call: "DPO `exo_pair`", differs: "refuses `label_smoothing` 0, which is what it has unless given" },
    pinned: `${file}: trl/exo_pair, trl024/exo_pair`,
    curve: (margin) => exoPair(pair(margin), { beta: 1, labelSmoothing: 0.1 }),
    curveAt: "β = 1, ε = 0.1",
  },
  {
    name: "nca-pair",
    title: "NCA on pairs",
    family: "paired",
    loss: ncaPair,
    inputs,
    options: { beta },
    tex: String.raw`-\log\sigma(\beta\ell_w)-\tfrac12\log\sigma(-\beta\ell_w)-\tfrac12\log\sigma(-\beta\ell_l)`,
    source: "Chen et al., NeurIPS 2024, arXiv 2402.05369",
    reduction: sum,
    departs: "",
    trl: { call: "DPO `nca_pair`", differs: "" },
    pinned: `${file}: trl/nca_pair`,
    curve: (margin) => ncaPair(pair(margin), { beta: 1 }),
    curveAt: "β = 1",
  },
  {
    name: "bco-pair",
    title: "BCO on pairs",
    family: "paired",
    loss: bcoPair,
    inputs,
    options: { beta, shift: { range: "a finite number or tensor", text: "δ, subtracted from rewards" } },
    tex: String.raw`-\log\sigma(\beta\ell_w-\delta)-\log\sigma(\delta-\beta\ell_l)`,
    source: "Jung et al., 2024, arXiv 2404.04656",
    reduction: sum,
    departs: "δ is a value given, where TRL v0.24 updates it from the batch before the loss, and 1.16.0 has none",
    trl: { call: "DPO `bco_pair`", differs: "has no shift: δ is 0" },
    pinned: `${file}: trl/bco_pair, trl024/bco_pair`,
    curve: (margin) => bcoPair(pair(margin), { beta: 1, shift: 0 }),
    curveAt: "β = 1, δ = 0",
  },
  {
    name: "sppo-hard",
    title: "SPPO with hard labels",
    family: "paired",
    loss: sppoHard,
    inputs,
    options: { eta: { range: "> 0", text: "η, the step size: log-ratios aimed at are ±η/2" } },
    tex: String.raw`\Bigl(\ell_w-\frac{\eta}{2}\Bigr)^2+\Bigl(\ell_l+\frac{\eta}{2}\Bigr)^2`,
    source: "Wu et al., 2024, arXiv 2405.00675",
    reduction: sum,
    departs: "labels are sure, where the paper estimates win probabilities",
    trl: {
      call: "DPO `sppo_hard`",
      differs:
        "`eta` is 1 over its `beta`, which multiplies no log-ratio of the loss but those that are logged as rewards",
    },
    pinned: `${file}: trl/sppo_hard (its beta is 1/η)`,
    curve: (margin) => sppoHard(pair(margin), { eta: 1 }),
    curveAt: "η = 1",
  },
  {
    name: "apo-zero",
    title: "APO-zero",
    family: "paired",
    loss: apoZero,
    exact: exactLosses["apo-zero"],
    inputs,
    options: { beta },
    tex: String.raw`\sigma(-\beta\ell_w)+\sigma(\beta\ell_l)`,
    source: "D'Oosterlinck et al., TACL 2025, arXiv 2408.06266, eq. 7",
    reduction: sum,
    departs: "1 is added, as in TRL: it keeps the digits of a small loss",
    trl: { call: "DPO `apo_zero`", differs: "" },
    pinned: `${file}: trl/apo_zero`,
    curve: (margin) => apoZero(pair(margin), { beta: 1 }),
    curveAt: "β = 1",
  },
  {
    name: "apo-down",
    title: "APO-down",
    family: "paired",
    loss: apoDown,
    exact: exactLosses["apo-down"],
    inputs,
    options: { beta },
    tex: String.raw`\sigma(\beta\ell_w)+\sigma(-\beta(\ell_w-\ell_l))`,
    source: "D'Oosterlinck et al., TACL 2025, arXiv 2408.06266, eq. 8",
    reduction: sum,
    departs: "1 is added, as in TRL: it keeps the digits of a small loss",
    trl: { call: "DPO `apo_down`", differs: "" },
    pinned: `${file}: trl/apo_down`,
    curve: (margin) => apoDown(pair(margin), { beta: 1 }),
    curveAt: "β = 1",
  },
  {
    name: "aot-paired",
    title: "AOT, paired",
    family: "paired",
    loss: aotPaired,
    inputs,
    options: { beta, labelSmoothing },
    tex: String
      .raw`-\log\sigma(\beta z_k),\quad z_k=(\log\pi(y_w)-\log\pi(y_l))_{(k)}-(\log\pi_{\mathrm{ref}}(y_w)-\log\pi_{\mathrm{ref}}(y_l))_{(k)}`,
    source: "Melnyk et al., NeurIPS 2024, arXiv 2406.05882",
    reduction: sum,
    departs: "label smoothing is TRL's, not the paper's",
    trl: {
      call: "DPO `aot`",
      differs: "sorts within a pass, which is a part of the batch where gradients are accumulated",
    },
    pinned: `${file}: trl/aot`,
    curve: alone((logps) => aotPaired(logps, { beta: 1 })),
    curveAt: "β = 1, ε = 0, a batch of one",
  },
  {
    name: "aot-unpaired",
    title: "AOT, unpaired",
    family: "paired",
    loss: aotUnpaired,
    inputs,
    options: { beta, labelSmoothing },
    tex: String.raw`-\log\sigma(\beta z_k),\quad z_k=(\ell_w)_{(k)}-(\ell_l)_{(k)}`,
    source: "Melnyk et al., NeurIPS 2024, arXiv 2406.05882",
    reduction: sum,
    departs: "label smoothing is TRL's, not the paper's",
    trl: {
      call: "DPO `aot_unpaired`",
      differs: "sorts within a pass, which is a part of the batch where gradients are accumulated",
    },
    pinned: `${file}: trl/aot_unpaired`,
    curve: alone((logps) => aotUnpaired(logps, { beta: 1 })),
    curveAt: "β = 1, ε = 0, a batch of one",
  },
  {
    name: "discopop",
    title: "DiscoPOP",
    family: "paired",
    loss: discopop,
    inputs,
    options: { beta, tau: { default: 0.05, range: "> 0", text: "τ, temperature of the blend" }, divergence },
    tex: String
      .raw`-(1-m)\log\sigma(x)+m\,e^{-x},\quad x=\beta d,\quad m=\sigma(x/\tau)`,
    source: "Lu et al., NeurIPS 2024, arXiv 2406.08414",
    reduction: sum,
    departs: "other divergences are TRL's, not the paper's",
    trl: { call: "DPO `discopop`", differs: "`tau` is its `discopop_tau`" },
    pinned: `${file}: trl/discopop`,
    curve: (margin) => discopop(pair(margin), { beta: 1 }),
    curveAt: "β = 1, τ = 0.05",
  },
  {
    name: "wpo",
    title: "WPO, weighted DPO",
    family: "paired",
    loss: wpo,
    inputs: [...inputs, "weights"],
    options: { beta, labelSmoothing },
    tex: String
      .raw`-w\log\sigma(\beta d),\quad w=\min\bigl(1,\,e^{a_w+a_l}\bigr),\quad a=\frac{1}{|y|}\sum_t\log\frac{\pi(y_t)}{\sum_v\pi(v)^2}`,
    source: "Zhou et al., EMNLP 2024, arXiv 2406.11827; weights: eq. 2 by TRL's account",
    reduction: sum,
    departs: "",
    trl: {
      call: "DPO `sigmoid` with `use_weighting`",
      differs: "weights are not cut at 1: a pair that the model knows by heart counts for more than one",
    },
    pinned: `${file}: trl/e2e_logits/sigmoid_wpo`,
  },
  {
    name: "ld-dpo",
    title: "LD-DPO, length-desensitised DPO",
    family: "paired",
    loss: ldDpo,
    inputs: [...inputs.map((name) => `common.${name}`), ...inputs.map((name) => `excess.${name}`)],
    options: {
      beta,
      alpha: { range: "in [0, 1]", text: "α, weight of tokens past the shorter length; 1 is DPO" },
      labelSmoothing,
    },
    tex: String
      .raw`-\log\sigma(\beta d),\quad \log\pi(y)=\sum_{t\le n}\log\pi(y_t)+\alpha\sum_{t>n}\log\pi(y_t),\quad n=\min(|y_w|,|y_l|)`,
    source: "Liu et al., 2024, arXiv 2409.06411",
    reduction: sum,
    departs: "",
    trl: { call: "DPO `sigmoid` with `ld_alpha`", differs: "logged log-probs and rewards are weighed as well" },
    pinned: `${file}: trl/e2e_logits/sigmoid_ld_alpha; sequence_logprob.json: trl_dpo_logps/B2_ld`,
  },
];
