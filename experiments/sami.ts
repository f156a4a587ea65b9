/**
 * SAMI: self-supervised alignment with mutual information (Fränken et al., NeurIPS 2024, arXiv 2404.14313).
 *
 * @module
 */
import { main } from "../lib/run/main.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { information, responseTerm } from "./sami/bounds.ts";
import { labels } from "./sami/labels.ts";
import { length } from "./sami/length.ts";
import { benchmarkOptions, syntheticOptions } from "./sami/options.ts";
import { overOptimisation, restart, sides } from "./sami/overtraining.ts";
import { pool } from "./sami/pool.ts";
import { summaries, summaryInformation } from "./sami/summaries.ts";
import { generalisation, link } from "./sami/transfer.ts";
import { writer } from "./sami/writer.ts";

const options = { ...syntheticOptions, ...benchmarkOptions };

const sami: Experiment<typeof options> = {
  name: "sami",
  title: "Self-supervised alignment with mutual information",
  paper: "Fränken, Zelikman, Rafailov, Gandhi, Gerstenberg and Goodman: Self-Supervised Alignment with Mutual " +
    "Information: Learning to Follow Principles without Preference Labels. NeurIPS 2024, arXiv 2404.14313.",
  lead:
    "SAMI finetunes a language model so that its responses tell which constitution they were written under, without a " +
    "single preference label. Here constitutions, responses and their true alignment are known, so that mutual " +
    "information, junk and win rates are exact; then the paper's own summaries are measured with a model small enough " +
    "to be read.",
  formulas: [
    {
      label: "constitution contrast, a lower bound",
      tex: String
        .raw`I(Y;C|X)\ \ge\ \mathbb E\Bigl[\tfrac1C\sum_j\log\frac{\pi(y_j|x,c_j)}{\frac1C\sum_k\pi(y_j|x,c_k)}\Bigr]`,
    },
    {
      label: "response contrast, a bound only under equal marginals",
      tex: String.raw`\mathbb E\Bigl[\tfrac1C\sum_j\log\frac{\pi(y_j|x,c_j)}{\frac1C\sum_k\pi(y_k|x,c_j)}\Bigr]`,
    },
    {
      label: "SAMI",
      tex: String
        .raw`\min_\pi\ -\tfrac1{2C}\sum_j\Bigl[\log\frac{\pi(y_j|x,c_j)}{\sum_k\pi(y_j|x,c_k)}+\log\frac{\pi(y_j|x,c_j)}{\sum_k\pi(y_k|x,c_j)}\Bigr],\quad y_j\sim\pi_{\eta-1}(\cdot|x,c_j)`,
    },
  ],
  options,
  questions: [
    information,
    responseTerm,
    overOptimisation,
    sides,
    restart,
    link,
    generalisation,
    writer,
    length,
    labels,
    summaries,
    summaryInformation,
    pool,
  ],
};

export default sami;

if (import.meta.main) await main(sami, import.meta.url);
