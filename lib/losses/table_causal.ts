/**
 * The table's lines of the causal losses.
 *
 * @module
 */
import { cpo, drCpo, outcomeOnly, releasedCausalLoss } from "./causal.ts";
import type { LossEntry, LossOption } from "./types.ts";

const source = "Lin, Ben-Michael and Morency, UAI 2024, arXiv 2402.14979";
const reduction = "sum over tokens";
const ratio: LossOption = {
  range: "kind plain, self-normalised, or stabilised with 0 < low <= 1 <= high",
  text: "how importance weights are formed",
};

/** Losses of texts with outcomes, by name. */
export const causalLosses: readonly LossEntry[] = [
  {
    name: "causal-cpo",
    title: "CPO (causal preference optimisation)",
    family: "causal",
    loss: cpo,
    inputs: ["logpF", "logpR", "outcome"],
    options: {
      ratio,
      baseline: { default: 0, range: "a finite number or tensor", text: "b, subtracted from every outcome" },
      entropyBonus: { default: "none", range: "a weight and the policy's entropy", text: "added as −weight·entropy" },
    },
    tex: String.raw`-\frac{P^f(X_i)}{P^R(X_i)}\,(Y_i - b)`,
    source: `${source}, V_IPW`,
    reduction,
    departs: "an optional constant baseline b, which the paper does not have",
    pinned: "closed form, and its expectation by enumeration",
  },
  {
    name: "causal-outcome-only",
    title: "Outcome-only (OO-RLHF)",
    family: "causal",
    loss: outcomeOnly,
    inputs: ["logpF", "logpF0", "prediction"],
    options: { ratio },
    tex: String.raw`-\frac{P^f(\tilde X_j)}{P^{f_0}(\tilde X_j)}\,\hat g(\tilde X_j)`,
    source: `${source}, V_out`,
    reduction,
    departs: "",
    pinned: "closed form, and its expectation by enumeration",
  },
  {
    name: "dr-cpo",
    title: "DR-CPO (doubly robust)",
    family: "causal",
    loss: drCpo,
    inputs: ["logpF", "logpR", "outcome", "prediction", "logpF0"],
    options: { ratio },
    tex: String
      .raw`-\frac{P^f(X_i)}{P^R(X_i)}\,(Y_i-\hat g(X_i))-\frac{P^f(\tilde X_j)}{P^{f_0}(\tilde X_j)}\,\hat g(\tilde X_j)`,
    source: `${source}, V_DR`,
    reduction,
    departs: "weights are not normalised within a minibatch, as the released code does",
    pinned: "closed form, and its expectation by enumeration",
  },
  {
    name: "released-causal",
    title: "Released causal loss (for comparison)",
    family: "causal",
    loss: releasedCausalLoss,
    inputs: ["logpF", "logpR", "outcome", "prediction", "logpF0"],
    options: {
      ipwWeight: { range: "a number", text: "c_ipw" },
      outcomeWeight: { range: "a number", text: "c_rlhf" },
      higherIsBetter: { range: "true or false", text: "higheroutcomebetter; the released default is false" },
      uniformTexts: {
        default: "absent",
        range: "> 0",
        text: "pr_scale: how many texts P^R is uniform over; absent for use_pr_est",
      },
      entropy: { default: "none", range: "a weight and the policy's entropy", text: "c_entropy" },
      normaliseOutcomeTerm: { default: false, range: "true or false", text: "norm_rlhf_term" },
      stabilise: { default: "none", range: "ipw and outcome, each true or false", text: "stabilize" },
    },
    tex: String
      .raw`\pm\bigl(c_{\mathrm{rlhf}}\, w_2\, \hat g(\tilde X_i) + c_{\mathrm{ipw}}\, w\,(Y_i - \hat g(X_i))\bigr),\quad w = \mathrm{softmax}_B`,
    source: "torylin/causal-preference-optimization, 2d4fcdd, trainer.py",
    reduction: "sum over tokens, and what the caller gives: the released code sums raw logits",
    departs: "from the paper: weights sum to one within a minibatch; from the code: given log-probs, not raw logits",
    pinned: "causal_cpo.json: 42 of 44 cases, the other two named in its test",
  },
];
