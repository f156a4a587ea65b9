/**
 * CLAIR and anchored preference optimisation (D'Oosterlinck et al., TACL 2025, arXiv 2408.06266).
 *
 * @module
 */
import { main } from "../lib/run/main.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { benchmarkQuestions } from "./apo/benchmark.ts";
import { benchmarkOptions } from "./apo/benchmark_options.ts";
import { contrast } from "./apo/contrast.ts";
import { field } from "./apo/field.ts";
import { frontier } from "./apo/frontier.ts";
import { gain } from "./apo/gain.ts";
import { likelihood } from "./apo/likelihood.ts";
import { noise } from "./apo/noise.ts";
import { syntheticOptions } from "./apo/options.ts";

const options = { ...syntheticOptions, ...benchmarkOptions };

const apo: Experiment<typeof options> = {
  name: "apo",
  title: "Contrastive revisions and anchored preference optimisation",
  paper: "Karel D'Oosterlinck et al.: Anchored Preference Optimization and Contrastive Revisions: Addressing " +
    "Underspecification in Alignment. TACL 2025, arXiv 2408.06266.",
  lead:
    "A preference pair says which of two answers is better, not why, and not whether either is any good. CLAIR makes " +
    "pairs that differ in little but quality, by revising answers; APO tells a loss whether winners are better or worse " +
    "than the model. Here quality, style and noise are known features, so that what each objective learns is exact.",
  formulas: [
    {
      label: "reward",
      tex: String
        .raw`r_w=\beta\log\tfrac{\pi(y_w|x)}{\pi_0(y_w|x)},\qquad r_l=\beta\log\tfrac{\pi(y_l|x)}{\pi_0(y_l|x)}`,
    },
    { label: "DPO", tex: String.raw`-\log\sigma(r_w-r_l)` },
    { label: "APO-zero", tex: String.raw`-\sigma(r_w)+\sigma(r_l)` },
    { label: "APO-down", tex: String.raw`\sigma(r_w)-\sigma(r_w-r_l)` },
    {
      label: "KTO",
      tex: String.raw`\sigma(-(r_w-\beta z_0))+\sigma(r_l-\beta z_0),\qquad z_0=\mathrm{KL}(\pi\,\|\,\pi_0)`,
    },
    { label: "IPO", tex: String.raw`\bigl(\tfrac{r_w-r_l}{\beta}-\tfrac1{2\tau}\bigr)^2,\qquad\tau=\beta/4` },
  ],
  options,
  questions: [contrast, field, likelihood, gain, frontier, noise, ...benchmarkQuestions],
};

export default apo;

if (import.meta.main) await main(apo, import.meta.url);
