/**
 * SGPO and SSAPO, the Stackelberg game (Chu et al., arXiv 2502.18099).
 *
 * @module
 */
import { main } from "../lib/run/main.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { grouping, pieces } from "./sgpo/adversary.ts";
import { confoundedSeed } from "./sgpo/confounded_seed.ts";
import { groups } from "./sgpo/groups.ts";
import { lockIn } from "./sgpo/lock_in.ts";
import { options } from "./sgpo/options.ts";
import { radius } from "./sgpo/radius.ts";
import { rounds } from "./sgpo/rounds.ts";
import { seedShare } from "./sgpo/seed_share.ts";
import { shifts } from "./sgpo/shifts.ts";
import { textQuestions } from "./sgpo/texts.ts";

const sgpo: Experiment<typeof options> = {
  name: "sgpo",
  title: "Stackelberg preference optimisation",
  paper:
    "Chu, Zhang, Jia and Jin: Stackelberg game preference optimisation (SGPO) and its self-annotating form (SSAPO). " +
    "NeurIPS 2025, arXiv 2502.18099v3.",
  lead:
    "A policy plays against the worst law of preferences within a Wasserstein ball, and labels its own pairs from a small " +
    "seed. Here the adversary is solved exactly, so that what the game changes can be told from what a solver does, and " +
    "the true reward is known, so that a policy that ranks better can be told from one that is merely surer.",
  formulas: [
    {
      label: "game",
      tex: String
        .raw`\max_\pi\min_{\alpha:\,W_1(\alpha,\hat\alpha_\pi)\le\varepsilon}\mathbb E_{\xi\sim\alpha}[\log\sigma(\xi)],\quad \hat\alpha_\pi=\tfrac1N\sum_i\delta_{\xi_i},\ \xi_i=\beta\log\tfrac{\pi(y_w|x)\,\pi_{\mathrm{ref}}(y_l|x)}{\pi_{\mathrm{ref}}(y_w|x)\,\pi(y_l|x)}`,
    },
    {
      label: "without a window",
      tex: String.raw`\sup_{W_1\le\varepsilon}\mathbb E[-\log\sigma]=\tfrac1N\sum_i-\log\sigma(\xi_i)+\varepsilon`,
    },
    {
      label: "follower's program",
      tex: String
        .raw`\max_{s\ge0,\,q}\tfrac1N\sum_{ik}s_{ik}(a_k\xi_i+b_k)-a_kq_{ik},\quad \sum_ks_{ik}=1,\ \tfrac1N\sum_{ik}|q_{ik}|\le\varepsilon,\ \underline\xi\,s_{ik}\le s_{ik}\xi_i-q_{ik}\le\overline\xi\,s_{ik}`,
    },
    {
      label: "leader, margins",
      tex: String
        .raw`\tfrac1N\sum_i(1-m_i)\log(1+e^{-\xi_i})+m_i\log(1+e^{-(\xi_i-d_i)})+\tfrac\lambda2|\theta-\theta_t|^2`,
    },
    {
      label: "leader, probabilities",
      tex: String
        .raw`\tfrac1N\sum_i-(1-m_i)\log v_i-m_i\log(v_i-d_i)+\tfrac\lambda2|\theta-\theta_t|^2,\quad v_i=\sigma(\xi_i)`,
    },
  ],
  options,
  questions: [pieces, grouping, shifts, rounds, radius, groups, seedShare, lockIn, confoundedSeed, ...textQuestions],
};

export default sgpo;

if (import.meta.main) await main(sgpo, import.meta.url);
