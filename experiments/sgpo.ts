/**
 * SGPO and SSAPO, the Stackelberg game (Chu et al., arXiv 2502.18099).
 *
 * A policy plays against the worst law of preferences near its own, and labels its own pairs from a small seed. Here is what
 * that loop does in made worlds (`world.ts`), by arm (`self_annotation.ts`, with the leader's step in `learner.ts` and the
 * losses that are not the library's in `pair_losses.ts`). The follower alone, the game on a law that shifts, beliefs that
 * lock in, and real pairs stand in files beside it.
 *
 * @module
 */
import { labelOf } from "../lib/report/methods.ts";
import { type Experiment, question } from "../lib/run/experiment.ts";
import type { CandidateWorld } from "../lib/worlds/candidates.ts";
import { main } from "../lib/run/main.ts";
import { claim } from "../lib/run/quantity.ts";
import * as drawn from "./sgpo/figures.ts";
import { nothingKept } from "./sgpo/kept.ts";
import { language } from "./sgpo/language.ts";
import { lockIn } from "./sgpo/lock_in.ts";
import { options, type SgpoOptions } from "./sgpo/options.ts";
import { grouping, pieces } from "./sgpo/pieces.ts";
import { mainArms } from "./sgpo/self_annotation.ts";
import { shifts } from "./sgpo/shifts.ts";
import * as terms from "./sgpo/terms.ts";
import { accuracy, aRadius, clean, confounded, fewLabels, gain, gainAtKl } from "./sgpo/terms.ts";
import { large, noBall, noisy, small } from "./sgpo/terms.ts";
import { textQuestions } from "./sgpo/texts.ts";
import { annotateAndMeasure, PROTOCOL } from "./sgpo/world.ts";

const SSAPO = "ssapo-probability";
const OURS = { kind: "question", source: "not in the paper" } as const;
const OVER_SEED = { paper: "length-controlled win rate 24.44 over 9.03" };
const FEW_LABELS = { kind: "question", source: "2K of 60K labels in the paper's runs", needs: aRadius } as const;
const ON_EPSILON = { source: "table on ε: ε = 0 against 0.05", paper: "length-controlled win rate 23.20 over 19.76" };
const TABLE_1 = { source: "table 1", needs: aRadius };
const AT_KL = { kind: "control", source: "what is left of a gain once sharpness is equal" } as const;

const rounds = question({
  id: "rounds",
  asks: "Does a policy that labels its own pairs improve, and does a worst case help it?",
  method: PROTOCOL +
    "Gain is E_π r* − E_ref r* and ranking the share of pairs of responses in the right order, both on held-out prompts " +
    "by enumeration. A sharper policy gains without ranking better. The ranker is trained on other prompts, labelled by " +
    "another crowd; SPA is self-DPO that gives part of the label of its least sure pairs to the other side; the released form of SSAPO clamps probabilities instead of stopping the follower at a floor; robust DPO and IPO annotate themselves; DPO on all labels has human labels for every pair, with as many " +
    "flips. DPO on the seed is self-DPO at round 0.",
  arms: mainArms,
  conditions: ({ noises }: SgpoOptions) => noises.map((noise) => ({ noise })),
  prepare: nothingKept<CandidateWorld>,
  run(context) {
    const { options: { seedShare, epsilon }, condition: { noise } } = context;
    return annotateAndMeasure(context, { seedShare, epsilon, noise });
  },
  claims: [
    claim(
      "rounds-gain",
      "Self-annotation with SSAPO raises the true reward over DPO on the seed",
      gain.of(SSAPO, clean).minus(gain.seed).above(0),
      { ...OVER_SEED, source: "tables 1 and 2", needs: aRadius },
    ),
    claim(
      "rounds-ranking",
      "And the policy ranks responses better than DPO on the seed does, by 0.01 or more",
      accuracy.of(SSAPO, clean).minus(accuracy.seed).above(0.01),
      {
        kind: "question",
        source: "what a higher win rate is taken to mean",
        needs: aRadius,
        note: "Labels that a policy gives itself hold nothing that it did not know; they make it surer.",
      },
    ),
    claim(
      "rounds-ssapo-self-clean",
      "With clean seeds SSAPO beats self-annotation without a follower",
      gain.of(SSAPO, clean).minus("self-dpo").above(0),
      { ...ON_EPSILON, needs: aRadius },
    ),
    claim(
      "rounds-ssapo-self-noisy",
      "With noisy seeds SSAPO beats self-annotation without a follower",
      gain.of(SSAPO, noisy).minus("self-dpo").above(0),
      { ...ON_EPSILON, needs: aRadius },
    ),
    claim(
      "rounds-spa",
      "SSAPO beats SPA, self-annotation with refined labels",
      gain.of(SSAPO, clean).minus("spa").above(0),
      { ...TABLE_1, paper: "length-controlled win rate 24.44 over 15.39" },
    ),
    claim(
      "rounds-spa-at-kl",
      "SSAPO beats SPA at equal KL too, where no policy is sharper",
      gainAtKl.of(SSAPO, noisy).minus("spa").above(0),
      { ...AT_KL, needs: aRadius },
    ),
    claim(
      "rounds-self-dpo-at-kl",
      "SSAPO beats self-DPO at equal KL too, where no policy is sharper",
      gainAtKl.of(SSAPO, noisy).minus("self-dpo").above(0),
      { ...AT_KL, needs: aRadius },
    ),
    claim(
      "rounds-margin-flat",
      "In margin space SSAPO is self-DPO but for 0.05 in reward",
      gain.of("ssapo-margin", noisy).minus("self-dpo").between(-0.05, 0.05),
      { kind: "question", source: "known negative: the window reaches hardly below the lowest margin", needs: aRadius },
    ),
    claim(
      "rounds-few-labels-gain",
      "SSAPO on few labels gains more than DPO on all of them",
      gain.of(SSAPO, clean).minus("dpo-all").above(0),
      {
        source: "table 1 against Zephyr-7B-beta",
        paper: "length-controlled win rate 24.44 over 11.75",
        needs: aRadius,
        note: "DPO takes one step, self-annotation four, each of which sharpens the policy.",
      },
    ),
    claim(
      "rounds-few-labels-favourite",
      "So does the response it likes best, whatever its sharpness",
      terms.favourite.of(SSAPO, clean).minus("dpo-all").above(0),
      { ...OURS, needs: aRadius },
    ),
    claim(
      "rounds-few-labels-ranking",
      "And ranks as well as DPO on all of them, within 0.02",
      accuracy.of(SSAPO, clean).minus("dpo-all").above(-0.02),
      FEW_LABELS,
    ),
    claim(
      "rounds-ranker",
      "SSAPO beats iterated DPO on the labels of an outside ranker",
      gain.of(SSAPO, noisy).minus("pair-ranker").above(0),
      { ...TABLE_1, paper: "length-controlled win rate 24.44 over 11.87" },
    ),
    claim(
      "rounds-robust",
      "With noisy seeds SSAPO beats self-annotation with robust DPO",
      gain.of(SSAPO, noisy).minus("robust-dpo").above(0),
      { ...OURS, paper: "not compared", needs: aRadius },
    ),
  ],
  ...drawn.rounds,
});

const SMALL = { source: "table on ε", paper: "length-controlled win rate 24.44 at 0.01 over 19.76 at 0" };
const LARGE = { source: "table on ε: an inverted U", paper: "19.78 at 0.1, below 24.44 at 0.01" };
const UNSHARPENED = { kind: "control", source: "table on ε, without the part that sharpness plays" } as const;
const SLOPE = { kind: "question", source: "slope of the displaced loss" } as const;

const radius = question({
  id: "radius",
  asks: "Does a small ε help and a large one hurt?",
  method:
    "The loop of the rounds above at several ε. In margin space ε is a distance of margins and the window ends just " +
    "below the lowest margin; in probability space it is one of probabilities, on a support that ends above 0. The released form clamps instead: its " +
    "follower goes to 0, where a moved pair has no slope until the policy likes it better than it did. A gain also grows " +
    "with the sharpness of a policy, which ε changes; so gains are read at equal KL from π_ref as well, with θ scaled to it.",
  arms: ["ssapo-probability", "ssapo-clamp", "ssapo-margin"],
  conditions: ({ noises, epsilons }: SgpoOptions) =>
    noises.flatMap((noise) => epsilons.map((epsilon) => ({ noise, epsilon }))),
  prepare: nothingKept<CandidateWorld>,
  run: (context) => annotateAndMeasure(context, { seedShare: context.options.seedShare, ...context.condition }),
  claims: [
    claim(
      "radius-small-helps",
      "With noisy seeds a small ε helps, in probability space",
      gain.of(SSAPO, small).minus(noBall).above(0),
      SMALL,
    ),
    claim("radius-large-hurts", "And a large one hurts", gain.of(SSAPO, large).minus(noBall).below(0), LARGE),
    ...([SSAPO, "ssapo-clamp"] as const).flatMap((arm) => [
      claim(
        `radius-small-helps-at-kl-${arm}`,
        `A small ε helps at equal KL: ${labelOf(arm)}`,
        gainAtKl.of(arm, small).minus(noBall).above(0),
        UNSHARPENED,
      ),
      claim(
        `radius-large-hurts-at-kl-${arm}`,
        `A large one hurts at equal KL: ${labelOf(arm)}`,
        gainAtKl.of(arm, large).minus(noBall).below(0),
        UNSHARPENED,
      ),
    ]),
    claim(
      "radius-clamp-small-helps",
      "In the released form a small ε helps with noisy seeds",
      gain.of("ssapo-clamp", small).minus(noBall).above(0),
      SMALL,
    ),
    claim(
      "radius-clamp-large-hurts",
      "In the released form a large ε hurts with noisy seeds",
      gain.of("ssapo-clamp", large).minus(noBall).below(0),
      LARGE,
    ),
    claim(
      "radius-margin-flat",
      "In margin space ε hardly matters, by 0.05 at most",
      gain.of("ssapo-margin", large).minus(noBall).between(-0.05, 0.05),
      {
        kind: "question",
        source: "known negative: lemma 3.1 with a window just below the lowest margin",
        paper: "the same guidance for ε",
      },
    ),
    claim(
      "radius-margin-surer",
      "In margin space ε makes the policy surer",
      terms.entropy.of("ssapo-margin", large).minus(noBall).below(0),
      SLOPE,
    ),
    claim(
      "radius-probability-less-sure",
      "In probability space it makes it less sure",
      terms.entropy.of(SSAPO, large).minus(noBall).above(0),
      SLOPE,
    ),
  ],
  ...drawn.radius,
});

const groups = question({
  id: "groups",
  asks: "Does a policy learn better against a follower of larger groups?",
  method:
    "The loop of the rounds above with as many flips of seed labels as the noisiest of them. The follower answers group by " +
    "group, in the order in which pairs came, each with the whole ε for its own mean distance.",
  arms: ["ssapo-probability", "ssapo-clamp"],
  conditions: ({ groups }: SgpoOptions) => groups.map((group) => ({ group })),
  prepare: nothingKept<CandidateWorld>,
  run(context) {
    const { options: { seedShare, epsilon, noises }, condition: { group } } = context;
    return annotateAndMeasure(context, { seedShare, epsilon, noise: Math.max(...noises), group });
  },
  claims: [
    claim(
      "groups-gain",
      "Larger groups make a better policy",
      gain.of(SSAPO, terms.largeGroups).minus(terms.smallGroups).above(0),
      { source: "table on G", paper: "length-controlled win rate 13.70, 14.81, 16.95 with G = 100, 200, 300" },
    ),
    claim(
      "groups-gain-at-kl",
      "And they do at equal KL, where no policy is sharper",
      gainAtKl.of(SSAPO, terms.largeGroups).minus(terms.smallGroups).above(0),
      { kind: "control", source: "table on G" },
    ),
  ],
  ...drawn.groups,
});

const seedShare = question({
  id: "seed-share",
  asks: "How few labels are enough?",
  method:
    "The loop of the rounds above. The share of the pairs with a human label grows to all of them, where nothing is left to annotate " +
    "and the arms that start from DPO are one. Labels are not flipped.",
  arms: ["dpo-all", "dpo-seed", "self-dpo", "ssapo-margin", "ssapo-probability", "pair-ranker"],
  conditions: ({ seedShares }: SgpoOptions) => seedShares.map((share) => ({ share })),
  prepare: nothingKept<CandidateWorld>,
  run(context) {
    const { options: { epsilon }, condition: { share } } = context;
    return annotateAndMeasure(context, { seedShare: share, epsilon });
  },
  claims: [
    claim(
      "seed-share-gain",
      "With the fewest labels, self-annotation with SSAPO gains over DPO on the seed",
      gain.of(SSAPO, fewLabels).minus("dpo-seed").above(0),
      { ...OVER_SEED, ...TABLE_1 },
    ),
    claim(
      "seed-share-ranking",
      "With the fewest labels it ranks as well as DPO on all of them, within 0.02",
      accuracy.of(SSAPO, fewLabels).minus("dpo-all").above(-0.02),
      { ...FEW_LABELS, paper: "length-controlled win rate 24.44 over 11.75 of a model with all labels" },
    ),
  ],
  ...drawn.seedShare,
});

/** More than elsewhere, so that bias shows beside noise. */
const CONFOUNDED_SHARE = 0.1;

const confoundedSeed = question({
  id: "confounded-seed",
  asks: "What if who labels the seed depends on what is shown?",
  method:
    "The loop of the rounds above. Two types of annotator, equally common, add a taste for one feature to the log-odds or take it off; " +
    "asked at random they cancel. Here fans of the feature take the pairs in which it differs most: P(fan) = σ(c (|Δφ| − " +
    "E|Δφ|)). The weighted arm knows these chances and counts each seed pair by their inverse. The seed is a tenth of the " +
    "pairs, so that bias shows beside noise.",
  arms: ["dpo-all", "dpo-seed", "self-dpo", "self-dpo-weighted", "ssapo-margin", "ssapo-probability", "robust-dpo"],
  conditions: ({ confounding }: SgpoOptions) => confounding.map((confounding) => ({ confounding })),
  prepare: nothingKept<CandidateWorld>,
  run(context) {
    const { options: { epsilon, taste: bias }, condition: { confounding } } = context;
    return annotateAndMeasure(context, { seedShare: CONFOUNDED_SHARE, epsilon, bias, confounding });
  },
  claims: [
    claim(
      "confounded-seed-hurts",
      "A confounded seed costs self-annotation 0.01 or more of its ranking",
      accuracy.of("self-dpo", confounded).minus(terms.unconfounded).below(-0.01),
      OURS,
    ),
    claim(
      "confounded-seed-more-labels",
      "More labels of the same kind do not take the loss away: 0.01 or more is left",
      accuracy.of("dpo-all", confounded).minus(terms.unconfounded).below(-0.01),
      OURS,
    ),
    claim(
      "confounded-seed-ssapo",
      "SSAPO in probability space stands a confounded seed better than self-DPO",
      accuracy.of(SSAPO, confounded).minus("self-dpo").above(0),
      { ...OURS, source: "theorem 2.5: regret bounded within the ball", needs: aRadius },
    ),
    claim(
      "confounded-seed-weights",
      "Inverse propensities on the seed win back 0.01 or more",
      accuracy.of("self-dpo-weighted", confounded).minus("self-dpo").above(0.01),
      OURS,
    ),
  ],
  ...drawn.confoundedSeed,
});

const sgpo: Experiment<typeof options> = {
  name: "sgpo",
  title: "Stackelberg preference optimisation",
  paper:
    "Xu Chu, Zhixin Zhang, Tianyu Jia and Yujie Jin: Stackelberg Self-Annotation: A Robust Approach to Data-Efficient " +
    "LLM Alignment. NeurIPS 2025, arXiv 2502.18099v3.",
  lead:
    "A policy plays against the worst law of preferences within a Wasserstein ball, and labels its own pairs from a small " +
    "seed. Here the adversary is solved exactly, so that what the game changes can be told from what a solver does, and " +
    "the true reward is known, so that a policy that ranks better can be told from one that is merely surer.",
  headline: [
    "rounds-gain",
    "rounds-ranking",
    "rounds-ssapo-self-noisy",
    "rounds-self-dpo-at-kl",
    "radius-small-helps",
    "shifts-contrast-ssapo-margin-common-free",
    "shifts-own-radius",
    "politeness-follower",
  ],
  hero: "rounds-gain",
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
  questions: [
    pieces,
    grouping,
    shifts,
    rounds,
    radius,
    groups,
    seedShare,
    lockIn,
    confoundedSeed,
    ...textQuestions,
    language,
  ],
};

export default sgpo;

if (import.meta.main) await main(sgpo, import.meta.url);
