/**
 * The table of losses: what each needs, where it comes from, and how it departs from its paper.
 *
 * @module
 */
import { cpo, drCpo, outcomeOnly, releasedCausalLoss } from "./causal.ts";

export * from "./causal.ts";

/** One line of the table. */
export interface LossEntry {
  readonly name: string;
  readonly title: string;
  /** The function itself; its arguments are described by its own type. */
  readonly loss: (...inputs: never[]) => unknown;
  readonly inputs: readonly string[];
  /** The per-example loss in TeX. */
  readonly tex: string;
  readonly source: string;
  /** What differs from the paper, and why; empty where nothing does. */
  readonly departs: string;
}

const source = "Lin, Ben-Michael and Morency, UAI 2024, arXiv 2402.14979";

/** All losses, by name. */
export const losses: readonly LossEntry[] = [
  {
    name: "causal-cpo",
    title: "CPO (causal preference optimisation)",
    loss: cpo,
    inputs: ["logpF", "logpR", "outcome"],
    tex: String.raw`-\frac{P^f(X_i)}{P^R(X_i)}\,(Y_i - b)`,
    source: `${source}, V_IPW`,
    departs: "an optional constant baseline b, which the paper does not have",
  },
  {
    name: "causal-outcome-only",
    title: "Outcome-only (OO-RLHF)",
    loss: outcomeOnly,
    inputs: ["logpF", "logpF0", "prediction"],
    tex: String.raw`-\frac{P^f(\tilde X_j)}{P^{f_0}(\tilde X_j)}\,\hat g(\tilde X_j)`,
    source: `${source}, V_out`,
    departs: "",
  },
  {
    name: "dr-cpo",
    title: "DR-CPO (doubly robust)",
    loss: drCpo,
    inputs: ["logpF", "logpR", "outcome", "prediction", "logpF0"],
    tex: String
      .raw`-\frac{P^f(X_i)}{P^R(X_i)}\,(Y_i-\hat g(X_i))-\frac{P^f(\tilde X_j)}{P^{f_0}(\tilde X_j)}\,\hat g(\tilde X_j)`,
    source: `${source}, V_DR`,
    departs: "weights are not normalised within a minibatch, as the released code does",
  },
  {
    name: "released-causal",
    title: "Released causal loss (for comparison)",
    loss: releasedCausalLoss,
    inputs: ["logpF", "logpR", "outcome", "prediction", "logpF0"],
    tex: String
      .raw`\pm\bigl(c_{\mathrm{rlhf}}\, w_2\, \hat g(\tilde X_i) + c_{\mathrm{ipw}}\, w\,(Y_i - \hat g(X_i))\bigr),\quad w = \mathrm{softmax}_B`,
    source: "torylin/causal-preference-optimization, 2d4fcdd, trainer.py",
    departs: "from the paper: weights sum to one within a minibatch; from the code: given log-probs, not raw logits",
  },
];
