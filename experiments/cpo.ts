/**
 * Causal preference optimisation (Lin, Ben-Michael and Morency, UAI 2024, arXiv 2402.14979).
 *
 * @module
 */
import { main } from "../lib/run/main.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { emoBank } from "./cpo/emobank.ts";
import { hongKongPolicy, hongKongValue } from "./cpo/hong_kong.ts";
import { openBandit } from "./cpo/open_bandit.ts";
import { options } from "./cpo/options.ts";
import { batches } from "./cpo/batches.ts";
import { corners } from "./cpo/corners.ts";
import { clipping, coverage, overlapLoss, sampleSize } from "./cpo/errors.ts";
import { logConfounding } from "./cpo/log_confounding.ts";
import { logPolicies } from "./cpo/log_policies.ts";
import { upworthy } from "./cpo/upworthy.ts";
import { policies } from "./cpo/policies.ts";
import { predictions } from "./cpo/predictions.ts";

const cpo: Experiment<typeof options> = {
  name: "cpo",
  title: "Causal preference optimisation on confounded data",
  paper: "Victoria Lin, Eli Ben-Michael and Louis-Philippe Morency: Optimizing Language Models for Human Preferences " +
    "is a Causal Inference Problem. UAI 2024, arXiv 2402.14979.",
  lead: "Which text makes readers react how is a causal question: readers who chose what they read are not a random " +
    "sample. CPO weights randomised outcomes by inverse propensities; DR-CPO adds an outcome model and stays unbiased " +
    "if either is right. Here both, and what people use instead, learn from one and the same randomised log; what is " +
    "confounded is the outcome model, and in questions of their own the log itself.",
  formulas: [
    { label: "value", tex: String.raw`V(f)=\mathbb E_{X\sim P^f}[g(X)],\qquad g(x)=\mathbb E[Y(x)]` },
    { label: "CPO", tex: String.raw`\hat V_{\mathrm{IPW}}(f)=\frac1n\sum_{i=1}^n\frac{P^f(X_i)}{P^R(X_i)}\,Y_i` },
    {
      label: "outcome only",
      tex: String
        .raw`\hat V_{\mathrm{out}}(f)=\frac1m\sum_{j=1}^m\frac{P^f(\tilde X_j)}{P^{f_0}(\tilde X_j)}\,\hat g(\tilde X_j)`,
    },
    {
      label: "DR-CPO",
      tex: String
        .raw`\hat V_{\mathrm{DR}}(f)=\frac1n\sum_{i=1}^n\frac{P^f(X_i)}{\hat P^R(X_i)}\,(Y_i-\hat g(X_i))+\hat V_{\mathrm{out}}(f)`,
    },
    {
      label: "normalised",
      tex: String.raw`\tilde V(f)=\frac{\sum_i w_i A_i}{\sum_i w_i},\quad w_i=\frac{P^f(X_i)}{P^R(X_i)};\qquad` +
        String.raw`\text{released: the same within batches of four}`,
    },
    {
      label: "its bias",
      tex: String
        .raw`\mathbb E[\hat V_{\mathrm{DR}}]-V=\sum_x P^R(x)\Bigl(\frac{P^f}{\hat P^R}-\frac{P^f}{P^R}\Bigr)(x)\,(g-\hat g)(x)`,
    },
  ],
  options,
  questions: [
    corners,
    policies,
    predictions,
    logConfounding,
    logPolicies,
    batches,
    sampleSize,
    overlapLoss,
    clipping,
    coverage,
    hongKongValue,
    hongKongPolicy,
    emoBank,
    upworthy,
    openBandit,
  ],
};

export default cpo;

if (import.meta.main) await main(cpo, import.meta.url);
