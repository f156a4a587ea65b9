/**
 * Alignment as distribution learning (Yun et al., arXiv 2506.01523).
 *
 * @module
 */
import { main } from "../lib/run/main.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { benchmarkQuestions } from "./distribution/benchmark.ts";
import { benchmarkOptions } from "./distribution/benchmark_options.ts";
import { syntheticOptions } from "./distribution/options.ts";
import { coverage, misspecification } from "./distribution/stress.ts";
import { confounding } from "./distribution/confounding.ts";
import { overfitting } from "./distribution/overfitting.ts";
import { degeneracy, rates } from "./distribution/rates.ts";
import { rewardClass } from "./distribution/reward_class.ts";

const options = { ...syntheticOptions, ...benchmarkOptions };

const distribution: Experiment<typeof options> = {
  name: "distribution",
  title: "Alignment as distribution learning",
  paper: "Yun et al.: Alignment as Distribution Learning: Your Preference Model is Explicitly a Language Model. " +
    "arXiv 2506.01523.",
  lead:
    "If annotators prefer what a target policy finds likelier, preferences carry information about that policy, and " +
    "learning it is learning a distribution. Three objectives do so at a rate of 1/n; DPO and RLHF mix the target with " +
    "the policy they start from. Here all of them learn from the same comparisons, and KL to the target is exact.",
  formulas: [
    {
      label: "preference model",
      tex: String.raw`P(a\succ b\mid x)=\sigma\bigl(\gamma[\log\pi^*(a|x)-\log\pi^*(b|x)]\bigr)`,
    },
    {
      label: "PMLE",
      tex: String
        .raw`\min_\pi\ \tfrac1n\sum_i-\log\sigma\bigl(\gamma\log\tfrac{\pi(a_i^+|x_i)}{\pi(a_i^-|x_i)}\bigr)+b\,\mathrm{KL}(\pi\,\|\,\pi_0)`,
    },
    {
      label: "preference distillation",
      tex: String
        .raw`\min_\pi\ \mathbb E\bigl[-p\log\sigma(z)-(1-p)\log\sigma(-z)\bigr],\quad z=\gamma\log\tfrac{\pi(a_1|x)}{\pi(a_2|x)},\ p=\sigma(\hat R(a_1)-\hat R(a_2))`,
    },
    {
      label: "reverse KL",
      tex: String
        .raw`\max_\pi\ \mathbb E_\pi[\hat R]+\gamma H(\pi)-b\,\mathrm{KL}(\pi\,\|\,\pi_0)\ \Rightarrow\ \pi\propto\pi_0^{b/(b+\gamma)}e^{\hat R/(b+\gamma)}`,
    },
    { label: "DPO with all the data", tex: String.raw`\pi\propto\pi_0\,(\pi^*)^{\gamma/\beta}` },
  ],
  options,
  questions: [
    rates,
    degeneracy,
    rewardClass,
    coverage,
    overfitting,
    misspecification,
    confounding,
    ...benchmarkQuestions,
  ],
};

export default distribution;

if (import.meta.main) await main(distribution, import.meta.url);
