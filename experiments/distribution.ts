/**
 * Alignment as distribution learning (Yun et al., arXiv 2506.01523).
 *
 * Annotators prefer what a target policy finds likelier, so that preferences tell which law it is. Here is how near each
 * objective comes to that law in made worlds (`world.ts`), by arm (`arms.ts`, with the fits behind them in `fits.ts` and the
 * rules for b in `tuning.ts`). What happens along training, and what becomes of real sentences and real answers, stands in
 * files beside it.
 *
 * @module
 */
import { labelOf } from "../lib/report/methods.ts";
import { type Experiment, question } from "../lib/run/experiment.ts";
import { main } from "../lib/run/main.ts";
import { claim, statistic } from "../lib/run/quantity.ts";
import { mean } from "../lib/statistics/summary.ts";
import { armIds } from "./distribution/arms.ts";
import * as drawn from "./distribution/figures.ts";
import { language } from "./distribution/language.ts";
import { benchmarkOptions, type SyntheticOptions, syntheticOptions } from "./distribution/options.ts";
import { overfitting } from "./distribution/overfitting.ts";
import { politeness } from "./distribution/politeness.ts";
import { sentences } from "./distribution/polarity.ts";
import * as terms from "./distribution/terms.ts";
import { away, confounded, entropy, far, few, kl, middle, noisiest, toyFar, toyNear } from "./distribution/terms.ts";
import { FOLDS } from "./distribution/tuning.ts";
import { learnAndMeasure, nothingDrawn, PROTOCOL, SPREAD } from "./distribution/world.ts";

const options = { ...syntheticOptions, ...benchmarkOptions };

/** What every question of the made worlds here shares. */
const shared = { arms: armIds, prepare: nothingDrawn } as const;

const FIGURE_1 = { source: "figure 1 of the paper, appendix D.1" };

/** That an arm ends at the law that its closed form says: KL at the largest n over KL of that law, minus 1. */
const plateau = (arm: string) =>
  statistic(
    `${kl.label} of ${labelOf(arm)} over that of its limit, minus 1, ${far.words}`,
    [kl.of(arm, far), terms.limitKl.of(arm, far)],
    ([reached, limit]) => mean(reached) / mean(limit) - 1,
  );
const CLOSED_FORM = { source: "closed form of RLHF at R = γ log π*" };

const rates = question({
  ...shared,
  id: "rates",
  asks: "Which objectives find the target as comparisons accumulate?",
  method:
    `${PROTOCOL}Pairs come from π0. At b = 0 and in a tabular class PMLE, distillation and reverse KL have one and ` +
    "the same optimum once every response was compared. DPO has β = γ and the limit π0 π*. RLHF at fixed β has the limit π0 π*^(γ/β) and " +
    "REBEL π0 π*^(γη); theory leaves β and η free, and both are 1 unless a flag says otherwise (1 is the paper's η on " +
    "TL;DR), so the two share a limit that is not DPO's. The weight b of RLHF's and reverse KL's KL term is tuned for both " +
    `by one rule: the likelihood that the preference model gives held-out comparisons, over ${FOLDS} folds; then the ` +
    "reward model is fitted to all of them. By truth says that b minimises the true KL, which no rule can know; reverse KL " +
    "without further word has b = 0, as in the theorems.",
  conditions: ({ spreads, sizes }: SyntheticOptions) => spreads.flatMap((spread) => sizes.map((n) => ({ spread, n }))),
  run: (context) => learnAndMeasure(context, context.condition),
  claims: [
    ...["pmle", "distill-labelled", "distill-fresh", "reverse-kl"].map((arm) =>
      claim(
        `rate-${arm}`,
        `${labelOf(arm)} nears the target like 1/n: the exponent is −1 within 0.15`,
        terms.rate(arm, terms.wide).between(-1.15, -0.85),
        { source: "theorems 4, 6, 7 and 14", paper: "O(1/n)" },
      )
    ),
    claim(
      "plateau-dpo",
      `${labelOf("dpo")} stops where π0 π* lies, within 10% in KL`,
      plateau("dpo").between(-0.1, 0.1),
      { kind: "question", source: "its optimum on all comparisons; papers: DPO at n = ∞ is p0 p*" },
    ),
    claim(
      "plateau-rlhf-fixed",
      `${labelOf("rlhf-fixed")} stops where π0 π*^(γ/β) lies, within 10% in KL`,
      plateau("rlhf-fixed").between(-0.1, 0.1),
      { ...CLOSED_FORM, kind: "question" },
    ),
    claim(
      "plateau-rlhf-tuned",
      `${labelOf("rlhf-tuned")} stops where the tuned π0 π*^s lies, within 10% in KL`,
      plateau("rlhf-tuned").between(-0.1, 0.1),
      { ...CLOSED_FORM, kind: "paper", paper: "saturates (figure 1)" },
    ),
    claim(
      "tuned-rlhf-stays-away",
      "With b tuned for both on held-out comparisons, RLHF stays away from the target and reverse KL does not",
      kl.of("rlhf-tuned", far).minus("reverse-kl-tuned").above(0),
      { ...FIGURE_1, paper: "RLHF saturates, reverse KL goes to 0, b tuned for each n" },
    ),
    claim(
      "toy-gap",
      "In the paper's toy, with b tuned for both, reverse KL is nearer the target on many comparisons",
      kl.of("rlhf-tuned", toyFar).minus("reverse-kl-tuned").above(0),
      { ...FIGURE_1, paper: "reverse KL below RLHF" },
    ),
    claim(
      "toy-gap-on-few",
      "In the paper's toy, with b tuned for both, reverse KL is nearer the target on few comparisons as well",
      kl.of("rlhf-tuned", toyNear).minus("reverse-kl-tuned").above(0),
      { kind: "question", source: "figure 1 of the paper, where the curves part with n" },
    ),
    claim(
      "toy-gap-by-truth",
      "The gap on many comparisons in the toy is not one of tuning: it is there with both tuned on the truth",
      kl.of("rlhf-best", toyFar).minus("reverse-kl-best").above(0),
      { kind: "control", source: "bound on any rule for b" },
    ),
    claim(
      "toy-untuned-on-few",
      "Reverse KL without a KL term beats RLHF tuned on the truth, in the toy on few comparisons",
      kl.of("rlhf-best", toyNear).minus("reverse-kl").above(0),
      {
        kind: "question",
        source: "theorem 7, whose b is 0, against the best that RLHF can do",
        note:
          "Not figure 1 of the paper, which tunes b for both: RLHF knows the truth here and reverse KL has no KL term.",
      },
    ),
  ],
  ...drawn.rates,
});

const degeneracy = question({
  ...shared,
  id: "degeneracy",
  asks: "Which policies collapse onto single responses when comparisons are few?",
  method:
    `${PROTOCOL}Logits have an sd of ${SPREAD}. A context counts as degenerate when its likeliest response has a ` +
    "probability above 0.99. Where labels separate, the ridge of a thousandth of a comparison decides how far.",
  conditions: ({ smallSizes }: SyntheticOptions) => smallSizes.map((n) => ({ n })),
  run: (context) => learnAndMeasure(context, context.condition),
  claims: [
    claim(
      "pmle-not-degenerate",
      "PMLE without KL term is less degenerate than DPO on few comparisons",
      terms.peaked.of("dpo", few).minus("pmle").above(0),
      {
        source: "abstract and section 3: DPO degenerates",
        paper: "PMLE avoids the degeneracy of DPO",
        note: "A known negative: without KL term both fit the same separable labels.",
      },
    ),
    claim(
      "pmle-degenerates",
      "PMLE without KL term degenerates on few comparisons: it loses 0.5 nats of entropy or more",
      entropy.of("pmle", few).minus(terms.targetEntropy).below(-0.5),
      {
        kind: "question",
        source: "likelihood of separable labels; not stated in the paper",
        paper: "bounded policy classes exclude it",
      },
    ),
    claim(
      "kl-term-prevents",
      "A KL term keeps PMLE from degenerating",
      entropy.of("pmle-kl", few).minus("pmle").above(0),
      { source: "equation 5", paper: "PMLE with KL regularisation" },
    ),
    claim(
      "kl-term-costs-nothing",
      "And it is nearer the target at the largest of these sizes",
      kl.of("pmle", terms.largestOfFew).minus("pmle-kl").above(0),
      { kind: "question", source: "equation 5 with b = c/√n" },
    ),
  ],
  ...drawn.degeneracy,
});

const rewardClass = question({
  ...shared,
  id: "reward-class",
  asks: "How far do methods with a reward model lead when rewards are simpler than policies?",
  method:
    `${PROTOCOL}log π* is linear in a few features of a response (logit sd ${SPREAD}); reward models are linear ` +
    "too, policies are tables. Labelled distillation sees the pairs that were compared, fresh distillation several " +
    "times as many from the same law without labels.",
  conditions: ({ sizes }: SyntheticOptions) => sizes.map((n) => ({ n })),
  run: (context) => learnAndMeasure(context, { n: context.condition.n, features: context.options.features }),
  claims: [
    ...["distill-fresh", "reverse-kl"].map((arm) =>
      claim(
        `linear-reward-${arm}`,
        `${labelOf(arm)} with a linear reward is nearer the target than PMLE`,
        kl.of("pmle", middle).over(arm).above(1),
        {
          source: "theorems 4, 7 and 14: C_R against C_Π",
          paper: "reward-model methods win (TL;DR: 73.8 and 73.0 against 49.1)",
        },
      )
    ),
    claim(
      "fresh-beats-labelled",
      "Distillation on fresh pairs beats distillation on labelled ones when comparisons are few",
      kl.of("distill-labelled", terms.least).minus("distill-fresh").above(0),
      {
        source: "theorem 14 and algorithm 1",
        paper: "unlabelled pairs suffice, and there can be more of them",
        note: "A response that no pair shows stays at indifference, which pulls a policy towards the uniform one.",
      },
    ),
    claim(
      "linear-reward-rate",
      "Reverse KL with a linear reward still nears the target like 1/n: the exponent is −1 within 0.15",
      terms.rate("reverse-kl").between(-1.15, -0.85),
      { source: "theorem 7", paper: "O(1/n)" },
    ),
    claim(
      "linear-reward-rlhf",
      "RLHF at the best β gains no more than a fifth of its KL from data once the reward is right",
      kl.of("rlhf-best", terms.most).over(middle).between(0.8, 1.25),
      { kind: "question", source: "closed form of RLHF", paper: "RLHF dilemma: underfits or degenerates" },
    ),
  ],
  ...drawn.rewardClass,
});

/** Wide enough that a tilt leaves responses of the target nearly unseen. */
const COVERAGE_SPREAD = 1;

const coverage = question({
  ...shared,
  id: "coverage",
  asks: "What does it cost when pairs are drawn away from the target?",
  method:
    `${PROTOCOL}Logits have an sd of ${COVERAGE_SPREAD}. Pairs come from μ ∝ π0 π*^κ, so that a negative κ hides ` +
    "what the target says most; the number of comparisons is fixed.",
  conditions: ({ tilts }: SyntheticOptions) => tilts.map((tilt) => ({ tilt })),
  run(context) {
    const { options: { n }, condition: { tilt } } = context;
    return learnAndMeasure(context, { n, spread: COVERAGE_SPREAD, tilt });
  },
  claims: [
    claim(
      "coverage-costs",
      "PMLE pays for pairs drawn away from the target",
      kl.of("pmle", away).over(terms.neutral).above(1),
      { source: "coverage constant C_Π of theorem 4", paper: "the bound grows with C_Π" },
    ),
    claim(
      "coverage-lead",
      "PMLE is still nearer the target than DPO with poor coverage",
      kl.of("dpo", away).minus("pmle").above(0),
      { kind: "question", source: "theorem 4 against DPO's limit" },
    ),
  ],
  ...drawn.coverage,
});

const misspecification = question({
  ...shared,
  id: "misspecification",
  asks: "What survives flipped labels and a wrong γ?",
  method:
    `${PROTOCOL}Logits have an sd of ${SPREAD}. Labels are flipped with a chance that no learner knows, or learners ` +
    "use a γ that is not the annotators'; DPO's and APO's β are the learner's γ.",
  conditions: ({ noises, gammaRatios }: SyntheticOptions) => [
    ...noises.map((level) => ({ wrong: terms.NOISE, level })),
    ...gammaRatios.map((level) => ({ wrong: terms.GAMMA, level })),
  ],
  run(context) {
    const { options: { n }, condition: { wrong, level } } = context;
    return learnAndMeasure(context, wrong === terms.NOISE ? { n, noise: level } : { n, gammaRatio: level });
  },
  claims: [
    claim(
      "noise-biases",
      "Flipped labels take PMLE's consistency away: its KL at the highest noise is more than twice that without",
      kl.of("pmle", noisiest).over(terms.noiseless).above(2),
      { kind: "question", source: "assumption of the preference model, equation 2" },
    ),
    claim(
      "noise-lead",
      "PMLE is still nearer the target than DPO under the highest noise",
      kl.of("dpo", noisiest).minus("pmle").above(0),
      { kind: "question", source: "limits of both under noise" },
    ),
    claim(
      "wrong-gamma-lead",
      "PMLE with the lowest γ is still nearer the target than RLHF at the best β",
      kl.of("rlhf-best", terms.lowGamma).minus("pmle").above(0),
      {
        kind: "question",
        source: "π ∝ π*^(γ/γ') at a wrong γ'",
        note: "Tuning β on the true KL takes a wrong γ out of RLHF; PMLE has no such knob here.",
      },
    ),
  ],
  ...drawn.misspecification,
});

const OURS = { kind: "question", source: "not in the paper" } as const;

const confounding = question({
  ...shared,
  id: "confounding",
  asks: "Who breaks first when annotators choose what they compare?",
  method: `${PROTOCOL}Logits have an sd of ${SPREAD}. Two hidden types of annotator, equally common, see ` +
    "μ exp(±ch) and prefer with log-odds moved by ±c(h(a) − h(b)), h standard normal; averaged over types, preferences on " +
    "pairs shown at random would stay symmetric in h. An arm breaks where its KL is twice that without confounding.",
  conditions: ({ confounding }: SyntheticOptions) => confounding.map((confounding) => ({ confounding })),
  run: (context) => learnAndMeasure(context, { n: context.options.n, ...context.condition }),
  claims: [
    claim(
      "confounding-breaks-pmle",
      "Confounding takes PMLE's consistency away: its KL under full confounding is more than twice that without",
      kl.of("pmle", confounded).over(terms.unconfounded).above(2),
      { ...OURS, source: "the preference model has no hidden type" },
    ),
    claim(
      "pmle-breaks-first",
      "PMLE loses more of its accuracy than DPO does",
      statistic(
        "log ratio of KL(π* ‖ π), full over no confounding, PMLE − DPO",
        ["pmle", "dpo"].flatMap((arm) => [kl.of(arm, confounded), kl.of(arm, terms.unconfounded)]),
        ([a, b, c, d]) => Math.log(mean(a) / mean(b)) - Math.log(mean(c) / mean(d)),
      ).above(0),
      OURS,
    ),
    claim(
      "confounded-lead",
      "PMLE is still nearer the target than DPO under full confounding",
      kl.of("dpo", confounded).minus("pmle").above(0),
      OURS,
    ),
    claim(
      "confounded-regularised",
      "Under full confounding staying near the start beats trusting the labels",
      kl.of("pmle", confounded).minus("rlhf-best").above(0),
      { ...OURS, note: "RLHF's β is tuned on the true KL, which no one can do outside a made world." },
    ),
    claim(
      "confounded-regularised-held-out",
      "And so it does with β tuned on held-out comparisons, which are confounded too",
      kl.of("pmle", confounded).minus("rlhf-tuned").above(0),
      OURS,
    ),
  ],
  ...drawn.confounding,
});

const distribution: Experiment<typeof options> = {
  name: "distribution",
  title: "Alignment as distribution learning",
  paper: "Yun et al.: Alignment as Distribution Learning: Your Preference Model is Explicitly a Language Model. " +
    "arXiv 2506.01523.",
  lead:
    "If annotators prefer what a target policy finds likelier, preferences carry information about that policy, and " +
    "learning it is learning a distribution. Three objectives do so at a rate of 1/n; DPO and RLHF mix the target with " +
    "the policy they start from. Here all of them learn from the same comparisons, and KL to the target is exact.",
  headline: [
    "rate-pmle",
    "rate-distill-fresh",
    "rate-reverse-kl",
    "tuned-rlhf-stays-away",
    "pmle-not-degenerate",
    "linear-reward-reverse-kl",
    "sentences-slope-reverse-kl",
    "politeness-pmle-dpo",
  ],
  hero: "rates",
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
        .raw`\min_\pi\ \mathbb E\bigl[-p\log\sigma(z)-(1-p)\log\sigma(-z)\bigr],\quad z=\gamma\log\tfrac{\pi(a_1|x)}{\pi(a_2|x)},\ p=\sigma(\hat R_1-\hat R_2)`,
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
    sentences,
    politeness,
    language,
  ],
};

export default distribution;

if (import.meta.main) await main(distribution, import.meta.url);
