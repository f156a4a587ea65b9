/**
 * The table's lines of losses of preference pairs without a reference.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { logSigmoid, stopGradient } from "../tensor/ops.ts";
import { contrastivePo } from "./contrastive.ts";
import { type PolicyPair, referenceFreeDpo } from "./dpo.ts";
import { exactLosses } from "./exact.ts";
import { orpo } from "./orpo.ts";
import { simpo } from "./simpo.ts";
import type { LossEntry, LossOption } from "./types.ts";

const inputs = ["policyChosen", "policyRejected"] as const;
const labelSmoothing: LossOption = {
  default: 0,
  range: "in [0, 0.5)",
  text: "ε, the probability of a wrong label; with link sigmoid alone",
};
const alpha: LossOption = {
  default: 0,
  range: "a finite number",
  text: "AlphaPO's α: log-probs become (1 − π^{−α})/α, at 0 themselves",
};
const file = "orpo_simpo_cpo.json";

/** Log-probs that differ by the margin, the larger one 0. */
function pair(margin: Tensor): PolicyPair {
  const half = tf.div(margin, 2), larger = tf.abs(stopGradient(half));
  return { policyChosen: tf.sub(half, larger), policyRejected: tf.sub(tf.neg(half), larger) };
}

/** Losses of preference pairs under the policy alone, by name. */
export const referenceFreeLosses: readonly LossEntry[] = [
  {
    name: "reference-free-dpo",
    title: "Reference-free DPO",
    family: "reference-free",
    loss: referenceFreeDpo,
    inputs,
    options: {
      beta: { range: "> 0", text: "multiplies log-probs" },
      labelSmoothing: { ...labelSmoothing, text: "ε, the probability of a wrong label" },
    },
    tex: String
      .raw`-(1-\varepsilon)\log\sigma(\beta z)-\varepsilon\log\sigma(-\beta z),\quad z=\log\pi(y_w|x)-\log\pi(y_l|x)`,
    source: "reference_free of eric-mitchell/direct-preference-optimization",
    reduction: "sum over tokens",
    departs: "",
    trl: {
      call: "CPO `sigmoid` with `cpo_alpha` 0",
      differs:
        "`cpo_alpha` is 1 unless given, which adds the likelihood of chosen responses; rewards are β times log-probs",
    },
    pinned: "dpo_family.json: em/preference_loss with reference_free",
    curve: (margin) => referenceFreeDpo(pair(margin), { beta: 1 }),
    curveAt: "β = 1, ε = 0; the margin is of log-probs",
  },
  {
    name: "simpo",
    title: "SimPO",
    variant: { option: "alpha", word: "α", title: "AlphaPO" },
    family: "reference-free",
    loss: simpo,
    exact: exactLosses.simpo,
    inputs,
    options: {
      beta: { range: "> 0", text: "multiplies average log-probs, not γ" },
      gamma: { range: ">= 0", text: "γ, the margin aimed at, after β" },
      labelSmoothing,
      link: { default: "sigmoid", range: "one of sigmoid, hinge", text: "how a margin becomes a loss" },
      alpha,
    },
    tex: String
      .raw`-\log\sigma\Bigl(\beta\Bigl(\frac{\log\pi(y_w|x)}{|y_w|}-\frac{\log\pi(y_l|x)}{|y_l|}\Bigr)-\gamma\Bigr)`,
    source: "Meng et al., NeurIPS 2024, arXiv 2405.14734; α: Gupta et al., AlphaPO, 2025, arXiv 2501.03884",
    reduction: "mean over tokens",
    departs: "label smoothing and hinge are the released code's, whose gamma_beta_ratio is γ/β",
    trl: {
      call: "CPO `simpo`",
      differs:
        "adds the likelihood of chosen responses unless `cpo_alpha` is 0; `gamma` is its `simpo_gamma`; logged log-probs are means over tokens",
    },
    pinned: `${file}: simpo, trl_cpo with loss_type simpo, halos/SimPOTrainer`,
    curve: (margin) => simpo(pair(margin), { beta: 1, gamma: 0.5 }),
    curveAt: "β = 1, γ = 0.5, ε = 0, α = 0; the margin is of average log-probs",
  },
  {
    name: "orpo",
    title: "ORPO's odds-ratio term",
    family: "reference-free",
    loss: orpo,
    exact: exactLosses.orpo,
    inputs,
    options: { lambda: { range: "> 0", text: "λ, weight beside the likelihood of chosen responses; TRL's beta" } },
    tex: String
      .raw`-\lambda\log\sigma\Bigl(\log\frac{p_w}{1-p_w}-\log\frac{p_l}{1-p_l}\Bigr),\quad \log p=\frac{\log\pi(y|x)}{|y|}`,
    source: "Hong et al., EMNLP 2024, arXiv 2403.07691",
    reduction: "mean over tokens",
    departs: "the likelihood term is the caller's to add; TRL's gradient is NaN for average log-probs above −3e-8",
    trl: {
      call: "ORPO",
      differs: "`lambda` is its `beta`; its likelihood counts the prompt; logged log-probs are means over tokens",
    },
    pinned: `${file}: trl_orpo`,
    // The odds of σ(x) are e^x: the margin is one of log odds.
    curve: (margin) => {
      const half = tf.div(margin, 2);
      return orpo({ policyChosen: logSigmoid(half), policyRejected: logSigmoid(tf.neg(half)) }, { lambda: 1 });
    },
    curveAt: "λ = 1; the margin is of log odds",
  },
  {
    name: "contrastive-po",
    title: "Contrastive preference optimisation (not the causal one)",
    family: "reference-free",
    loss: contrastivePo,
    inputs,
    options: {
      beta: { range: "> 0", text: "multiplies log-probs; with link ipo it is τ, and multiplies nothing" },
      labelSmoothing,
      link: { default: "sigmoid", range: "one of sigmoid, hinge, ipo", text: "how a margin becomes a loss" },
      alpha,
    },
    tex: String.raw`-\log\sigma(\beta z),\quad z=\log\pi(y_w|x)-\log\pi(y_l|x)`,
    source: "Xu et al., ICML 2024, arXiv 2401.08417; α: Gupta et al., AlphaPO, 2025, arXiv 2501.03884",
    reduction: "sum over tokens; mean with link ipo or α ≠ 0, as in TRL",
    departs: "the likelihood term is the caller's to add; hinge and ipo are TRL's, not the paper's",
    trl: {
      call: "CPO `sigmoid`, CPO `hinge`, CPO `ipo`",
      differs:
        "adds the likelihood of chosen responses unless `cpo_alpha` is 0; `label_smoothing` is not read by `hinge` and `ipo`; under `ipo` log-probs are means over tokens",
    },
    pinned: `${file}: trl_cpo`,
    curve: (margin) => contrastivePo(pair(margin), { beta: 1 }),
    curveAt: "β = 1, ε = 0, α = 0; the margin is of log-probs",
  },
];
