/**
 * The losses of the families unpaired, reward, game, distribution and mutual-information, described.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import { stopGradient } from "../tensor/ops.ts";
import { bco } from "./bco.ts";
import { exactReverseKl, pmle, preferenceDistillation, reverseKl } from "./distribution.ts";
import { exactLosses } from "./exact.ts";
import { reverseKlPenalty } from "./kl.ts";
import { apoZeroUnpaired, type JudgedLogps, kto } from "./kto.ts";
import { exactRlhf, reinforce, rlhf, rloo } from "./policy_gradient.ts";
import { bradleyTerry, rebel } from "./reward.ts";
import { constitutionContrast, responseContrast, sami } from "./sami.ts";
import { sft } from "./sft.ts";
import { stackelbergMargin, stackelbergProbability } from "./stackelberg.ts";
import { davidson, raoKupper } from "./ties.ts";
import type { LossEntry, LossOption } from "./types.ts";

const trl = "huggingface/trl@f2cd577";
const yun = "Yun et al., 2506.01523 (current version)";
const chu = "Chu, Zhang, Jia and Jin, 2502.18099v3 (NeurIPS 2025)";
const franken = "Fränken et al., 2404.14313 (NeurIPS 2024)";
const chen = "Chen et al., NeurIPS 2025, arXiv 2409.17431";
const bySum = "sum over tokens";
const whole = "none: whole responses";
const byFloat64 = "closed form: a float64 formula with numeric gradients";

const beta: LossOption = { range: "> 0", text: "multiplies log-ratios" };
const weights: Record<string, LossOption> = {
  desirableWeight: { default: 1, range: ">= 0", text: "weight of desirable responses" },
  undesirableWeight: { default: 1, range: ">= 0", text: "weight of undesirable responses" },
};
const baseline: LossOption = {
  default: 0,
  range: "any number, or a tensor that broadcasts to [..., B]",
  text: "subtracted from rewards in the gradient; must not depend on the sample it goes with",
};
const gamma: LossOption = { range: "> 0", text: "exponent γ of the preference model" };
const reverseKlOptions: Record<string, LossOption> = {
  gamma: { range: ">= 0", text: "weight γ of the policy's entropy" },
  klWeight: { range: ">= 0", text: "weight b of KL(π‖π_0)" },
};

const judged = ["policy", "reference", "desirable"];
const paired = ["policyChosen", "policyRejected", "referenceChosen", "referenceRejected"];
const rated = ["policyFirst", "policySecond", "rewardFirst", "rewardSecond"];
const samples = ["policy", "reference", "reward"];

/** Desirable responses with these log-ratios, of log-probs that are none above 0. */
function desirable(logRatio: Tensor): JudgedLogps {
  const above = tf.relu(stopGradient(logRatio));
  return { policy: tf.sub(logRatio, above), reference: tf.neg(above), desirable: tf.onesLike(logRatio) };
}

/** Losses that need no pairs, or more than pairs of log-probs. */
export const otherLosses: readonly LossEntry[] = [
  {
    name: "kto",
    title: "KTO (Kahneman-Tversky optimisation)",
    family: "unpaired",
    loss: kto,
    exact: exactLosses.kto,
    inputs: judged,
    options: {
      beta,
      referencePoint: {
        range: ">= 0, or a tensor of such that broadcasts to [..., B]",
        text: "z0, the mean log-ratio over mismatched pairs, in nats before β: ktoReferencePoint",
      },
      ...weights,
    },
    tex: String
      .raw`w\,\sigma\bigl(\mp\beta\,(\mathrm{lr} - z_0)\bigr),\quad z_0 = \max\Bigl(0, \tfrac1M\textstyle\sum_i \mathrm{lr}(x_i, y'_i)\Bigr)`,
    source: `Ethayarajh et al., KTO; as in ${trl}, trl/trainer/kto_trainer.py`,
    reduction: bySum,
    departs: "from TRL: σ(−x) in place of 1 − σ(x), which loses value and gradient beyond x = 17 in float32",
    trl: {
      call: "KTO `kto`",
      differs:
        "handed pairs, a batch has one class; mismatched responses are of the same pass, and an odd last row is its own; logs no order of pairs",
    },
    pinned: "testdata/kto.json: 22 cases trl/kto, 5 of 7 cases halos/KTOTrainer",
    curve: (margin) => kto(desirable(margin), { beta: 1, referencePoint: 0 }),
    curveAt: "β = 1, z0 = 0, weights 1; a desirable response, whose log-ratio the margin is",
  },
  {
    name: "apo-zero-unpaired",
    title: "APO-zero, unpaired",
    family: "unpaired",
    loss: apoZeroUnpaired,
    exact: exactLosses["apo-zero-unpaired"],
    inputs: judged,
    options: { beta, ...weights },
    tex: String.raw`w\,\sigma(\mp\beta\,\mathrm{lr})`,
    source: `loss type apo_zero_unpaired of ${trl}, trl/trainer/kto_trainer.py; D'Oosterlinck et al., 2408.06266`,
    reduction: bySum,
    departs: "from TRL: σ(−x) in place of 1 − σ(x), which loses value and gradient beyond x = 17 in float32",
    trl: { call: "KTO `apo_zero_unpaired`", differs: "handed pairs, a batch has one class; logs no order of pairs" },
    pinned: "testdata/kto.json: 14 cases trl/apo_zero_unpaired",
    curve: (margin) => apoZeroUnpaired(desirable(margin), { beta: 1 }),
    curveAt: "β = 1, weights 1; a desirable response, whose log-ratio the margin is",
  },
  {
    name: "bco",
    title: "BCO (binary classifier optimisation)",
    family: "unpaired",
    loss: bco,
    inputs: judged,
    options: {
      beta,
      shift: {
        range: "any number, or a tensor that broadcasts to [..., B]",
        text: "δ, the running mean of rewards: updateShift",
      },
    },
    tex: String.raw`-\log\sigma\bigl(\pm(\beta\,\mathrm{lr} - \delta)\bigr)`,
    source: `Jung et al., 2024, arXiv 2404.04656, as ${trl}, trl/experimental/bco/bco_trainer.py, in TRL up to 1.13.0`,
    reduction: bySum,
    departs: "from TRL 1.13.0: the shift is a value that the caller keeps, in float64",
    trl: {
      differs:
        "its BCO trainer left with 1.14.0; up to 1.13.0 it moved δ by the rewards of a batch before that batch's loss; DPO `bco_pair`, which stayed, has no δ",
    },
    pinned: "testdata/kto.json: 18 cases trl/bco, with the released running mean",
    curve: (margin) => bco(desirable(margin), { beta: 1, shift: 0 }),
    curveAt: "β = 1, δ = 0; a desirable response, whose log-ratio the margin is",
  },
  {
    name: "sft",
    title: "SFT (supervised fine-tuning)",
    family: "unpaired",
    loss: sft,
    exact: exactLosses.sft,
    inputs: ["policy"],
    options: {},
    tex: String.raw`-\log\pi(y\mid x)`,
    source: "maximum likelihood",
    reduction: "the caller's: sum or mean over tokens",
    departs: "",
    trl: {
      call: "DPO `sft`, SFT",
      differs: "a mean over the tokens of a pass, and with accumulated gradients DPO's is a mean of such means",
    },
    pinned: "closed form",
  },
  {
    name: "bradley-terry",
    title: "Bradley-Terry reward model, with margin",
    family: "reward",
    loss: bradleyTerry,
    exact: exactLosses["bradley-terry"],
    inputs: ["chosen", "rejected"],
    options: {
      margin: {
        default: 0,
        range: ">= 0, or a tensor of such that broadcasts to [..., B]",
        text: "what the rewards must differ by before the loss falls below log 2",
      },
    },
    tex: String.raw`-\log\sigma\bigl(R(x, y_w) - R(x, y_l) - m\bigr)`,
    source: `${yun}, (9); margin as in the RLHF baseline of Lin et al., 2402.14979`,
    reduction: whole,
    departs: "",
    trl: {
      call: "Reward",
      differs:
        "scores texts by a head of its own; m is a column `margin`, and `center_rewards_coefficient`, where it is given, adds the square of the sum of both rewards",
    },
    pinned: byFloat64,
    curve: (margin) => bradleyTerry({ chosen: tf.mul(margin, 0.5), rejected: tf.mul(margin, -0.5) }),
    curveAt: "m = 0; the margin is of rewards",
  },
  {
    name: "davidson",
    title: "Davidson, Bradley-Terry with ties",
    family: "reward",
    loss: davidson,
    inputs: ["chosen", "rejected", "tied"],
    options: { nu: { range: ">= 0", text: "ν, how often equals tie: ν/(2 + ν); at 0 this is Bradley-Terry" } },
    tex: String
      .raw`\log\bigl(1 + e^{-d} + \nu e^{-d/2}\bigr) - t\,\bigl(\log\nu - \tfrac d2\bigr),\quad d = R(x, y_w) - R(x, y_l),\quad t = 1\text{ for a tie}`,
    source: `Davidson, JASA 65, 1970; with β times log-ratios as rewards DPO-D of ${chen}`,
    reduction: whole,
    departs: "Chen et al. write 2ν for ν",
    pinned: `${byFloat64}; probabilities that sum to one`,
    curve: (margin) =>
      davidson({ chosen: margin, rejected: tf.zerosLike(margin), tied: tf.zerosLike(margin) }, { nu: 1 }),
    curveAt: "ν = 1, a pair that is no tie; the margin is of rewards",
  },
  {
    name: "rao-kupper",
    title: "Rao-Kupper, Bradley-Terry with ties",
    family: "reward",
    loss: raoKupper,
    inputs: ["chosen", "rejected", "tied"],
    options: {
      theta: { range: ">= 1", text: "θ: differences below log θ are not noticed; at 1 this is Bradley-Terry" },
    },
    tex: String
      .raw`-\log\sigma(d - \alpha) - t\,\bigl(\log(\theta^2 - 1) + \log\sigma(-d - \alpha)\bigr),\quad d = R(x, y_w) - R(x, y_l),\quad \alpha = \log\theta`,
    source: `Rao and Kupper, JASA 62, 1967; with β times log-ratios as rewards DPO-RK of ${chen}`,
    reduction: whole,
    departs: "",
    pinned: `${byFloat64}; probabilities that sum to one`,
    curve: (margin) =>
      raoKupper({ chosen: margin, rejected: tf.zerosLike(margin), tied: tf.zerosLike(margin) }, { theta: 2 }),
    curveAt: "θ = 2, a pair that is no tie; the margin is of rewards",
  },
  {
    name: "rebel",
    title: "REBEL (regression of relative rewards)",
    family: "reward",
    loss: rebel,
    exact: exactLosses.rebel,
    inputs: [...rated, "referenceFirst", "referenceSecond"],
    options: { eta: { range: "> 0", text: "multiplies rewards" } },
    tex: String.raw`\bigl([\mathrm{lr}(y_1) - \mathrm{lr}(y_2)] - \eta\,[R(y_1) - R(y_2)]\bigr)^2`,
    source: `in the form given as a baseline by ${yun}`,
    reduction: bySum,
    departs: "",
    pinned: `${byFloat64}; its optimum π_ref e^{ηR} by descent`,
  },
  {
    name: "reinforce",
    title: "REINFORCE",
    family: "reward",
    loss: reinforce,
    inputs: ["policy", "reward"],
    options: { baseline },
    tex: String.raw`-(R(y) - b)\,\log\pi(y\mid x),\quad y \sim \pi`,
    source: "the score-function gradient of −E[R]",
    reduction: bySum,
    departs: "",
    pinned: "closed form: the expected gradient by enumeration",
  },
  {
    name: "rloo",
    title: "RLOO (REINFORCE, leave one out)",
    family: "reward",
    loss: rloo,
    inputs: ["policy", "reward"],
    options: {},
    tex: String
      .raw`-\Bigl(R_j - \tfrac{1}{K-1}\textstyle\sum_{i\ne j} R_i\Bigr)\log\pi(y_j\mid x),\quad y_1 \ldots y_K \sim \pi`,
    source: "the score-function gradient of −E[R], with the other samples' mean as baseline",
    reduction: bySum,
    departs: "",
    trl: { differs: "its `RLOOTrainer` generates its responses while it trains, and scores them by functions" },
    pinned: "closed form: the expected gradient over all draws by enumeration",
  },
  {
    name: "rlhf",
    title: "RLHF objective, from samples",
    family: "reward",
    loss: rlhf,
    inputs: samples,
    options: { beta: { range: "> 0", text: "weight of KL(π‖π_ref)" }, baseline },
    tex: String
      .raw`-\bigl(R(y) - \beta\,\mathrm{lr}(y)\bigr),\quad \nabla = -\bigl(R(y) - \beta\,\mathrm{lr}(y) - b\bigr)\nabla\log\pi(y\mid x),\quad y \sim \pi`,
    source: `${yun}, (15) at γ = 0`,
    reduction: bySum,
    departs: "",
    pinned: "closed form: expected value and gradient by enumeration",
  },
  {
    name: "rlhf-exact",
    title: "RLHF objective, by enumeration",
    family: "reward",
    loss: exactRlhf,
    inputs: samples,
    options: { beta: { range: "> 0", text: "weight of KL(π‖π_ref)" } },
    tex: String.raw`-\textstyle\sum_y \pi(y\mid x)\,R(y) + \beta\,\mathrm{KL}(\pi\,\|\,\pi_{\mathrm{ref}})`,
    source: `${yun}, (15) at γ = 0`,
    reduction: whole,
    departs: "",
    pinned: "closed form: its optimum π_ref e^{R/β} by descent",
  },
  {
    name: "stackelberg-margin",
    title: "SGPO leader, margin space",
    family: "game",
    loss: stackelbergMargin,
    exact: exactLosses["stackelberg-margin"],
    inputs: [...paired, "moved", "distance"],
    options: { beta },
    tex: String
      .raw`(1-m)\log\bigl(1+e^{-\xi}\bigr) + m\log\bigl(1+e^{-(\xi-d)}\bigr),\quad \xi = \beta\,[\mathrm{lr}(y_w) - \mathrm{lr}(y_l)]`,
    source: `${chu}, section 3.3, step 4`,
    reduction: bySum,
    departs:
      "displacements from the exact follower, not from the program over tangents; algorithm 1, line 7 as printed has weights of 1 and is DPO",
    pinned: `${byFloat64}; the follower by its dual and by the paper's linear program`,
  },
  {
    name: "stackelberg-probability",
    title: "SSAPO leader, probability space",
    family: "game",
    loss: stackelbergProbability,
    exact: exactLosses["stackelberg-probability"],
    inputs: [...paired, "moved", "distance"],
    options: { beta, floor: { range: "in (0, 1)", text: "lower end of the support; about 0.02 is stable" } },
    tex: String
      .raw`(1-m)\,[-\log v] + m\,N(v-d),\quad v = \sigma\bigl(\beta\,[\mathrm{lr}(y_w) - \mathrm{lr}(y_l)]\bigr),\quad N(s) = \begin{cases}-\log s & s \ge f\\ -\log f + (f-s)/f & s < f\end{cases}`,
    source: `JinYujie99/SSAPO@ccb912a, loss type weighted; ${chu}`,
    reduction: bySum,
    departs:
      "support [floor, 1] and a tangent below it, where the released code has support [0, 1] and a clamp at 1e-6 without gradient; exact follower in place of SLSQP",
    pinned: `${byFloat64}; the follower by its dual and by the paper's linear program`,
  },
  {
    name: "pmle",
    title: "PMLE (preference maximum likelihood)",
    family: "distribution",
    loss: pmle,
    exact: exactLosses.pmle,
    inputs: ["policyChosen", "policyRejected"],
    options: { gamma },
    tex: String.raw`-\log\sigma\bigl(\gamma\,[\log\pi(y_w\mid x) - \log\pi(y_l\mid x)]\bigr)`,
    source: `${yun}, (4)`,
    reduction: bySum,
    departs: "the term b·KL(π‖π_0) of (5) is the caller's: reverse-kl-penalty or exactKl",
    pinned: `${byFloat64}; its optimum π* by descent`,
    curve: (margin) => {
      const half = tf.mul(margin, 0.5), larger = tf.abs(stopGradient(half));
      return pmle({ policyChosen: tf.sub(half, larger), policyRejected: tf.sub(tf.neg(half), larger) }, { gamma: 1 });
    },
    curveAt: "γ = 1; the margin is of log-probs",
  },
  {
    name: "preference-distillation",
    title: "Preference distillation",
    family: "distribution",
    loss: preferenceDistillation,
    exact: exactLosses["preference-distillation"],
    inputs: rated,
    options: { gamma },
    tex: String
      .raw`-p\log\sigma(z) - (1-p)\log\sigma(-z),\quad z = \gamma\,[\log\pi(y_1\mid x) - \log\pi(y_2\mid x)],\quad p = \sigma\bigl(R(y_1) - R(y_2)\bigr)`,
    source: `${yun}, (11)`,
    reduction: bySum,
    departs: "the term b·KL(π‖π_0) of (12) is the caller's: reverse-kl-penalty or exactKl",
    pinned: `${byFloat64}; its optimum π* by descent`,
  },
  {
    name: "reverse-kl",
    title: "Reverse KL, from samples",
    family: "distribution",
    loss: reverseKl,
    inputs: samples,
    options: { ...reverseKlOptions, baseline },
    tex: String
      .raw`-A(y),\quad \nabla = -(A(y) - \mathrm{baseline})\,\nabla\log\pi(y\mid x),\quad A = R(y) - \gamma\log\pi(y\mid x) - b\,\mathrm{lr}(y),\quad y \sim \pi`,
    source: `${yun}, (15)`,
    reduction: bySum,
    departs: "",
    pinned: "closed form: expected value and gradient by enumeration",
  },
  {
    name: "reverse-kl-exact",
    title: "Reverse KL, by enumeration",
    family: "distribution",
    loss: exactReverseKl,
    inputs: samples,
    options: reverseKlOptions,
    tex: String
      .raw`\textstyle\sum_y \pi(y\mid x)\bigl[-R(y) + \gamma\log\pi(y\mid x) + b\,\mathrm{lr}(y)\bigr]`,
    source: `${yun}, (15); optimum: appendix B`,
    reduction: whole,
    departs: "",
    pinned: "closed form: its optimum π_0^{b/(b+γ)} e^{R/(b+γ)} by descent",
  },
  {
    name: "reverse-kl-penalty",
    title: "KL(π‖π_0) as a penalty, from samples",
    family: "distribution",
    loss: reverseKlPenalty,
    inputs: ["policy", "reference"],
    options: {
      baseline: {
        default: 0,
        range: "any number",
        text: "subtracted from log-ratios in the gradient; must not depend on the sample it goes with",
      },
    },
    tex: String.raw`\mathrm{lr}(y),\quad \nabla = (\mathrm{lr}(y) - b)\,\nabla\log\pi(y\mid x),\quad y \sim \pi`,
    source: `${yun}, the KL term of (5) and (12)`,
    reduction: bySum,
    departs: "from penalties that differentiate the estimator k3: their expected gradient is that of KL(π_0‖π)",
    pinned: "closed form: expected value and gradient by enumeration",
  },
  {
    name: "sami",
    title: "SAMI, two-sided",
    family: "mutual-information",
    loss: sami,
    exact: exactLosses.sami,
    inputs: ["logps"],
    options: {},
    tex: String
      .raw`-\tfrac12\log\frac{e^{L_{jj}}}{\sum_k e^{L_{kj}}} - \tfrac12\log\frac{e^{L_{jj}}}{\sum_k e^{L_{jk}}},\quad L_{kj} = \log\pi(y_j\mid x, c_k)`,
    source: `${franken}, equation 2; janphilippfranken/sami@1208371`,
    reduction: "the caller's: the paper's code averages over tokens, only sums bound mutual information",
    departs: "the KL term is the caller's: exactKl over next-token laws",
    pinned: "testdata/sami.json: 13 cases sami_loss, 4 cases compute_metrics",
  },
  {
    name: "sami-constitutions",
    title: "SAMI, contrast of constitutions",
    family: "mutual-information",
    loss: constitutionContrast,
    exact: exactLosses["sami-constitutions"],
    inputs: ["logps"],
    options: {},
    tex: String.raw`-\log\frac{e^{L_{jj}}}{\sum_k e^{L_{kj}}},\quad L_{kj} = \log\pi(y_j\mid x, c_k)`,
    source: `${franken}, equations 1 and 4`,
    reduction: "the caller's: the paper's code averages over tokens, only sums bound mutual information",
    departs: "",
    pinned: "testdata/sami.json: columns of 13 cases sami_loss; exact mutual information by enumeration",
  },
  {
    name: "sami-responses",
    title: "SAMI, contrast of responses",
    family: "mutual-information",
    loss: responseContrast,
    exact: exactLosses["sami-responses"],
    inputs: ["logps"],
    options: {},
    tex: String.raw`-\log\frac{e^{L_{kk}}}{\sum_j e^{L_{kj}}},\quad L_{kj} = \log\pi(y_j\mid x, c_k)`,
    source: `${franken}, equation 8`,
    reduction: "the caller's: the paper's code averages over tokens",
    departs: "not in the formula, but in what it is said to be: it bounds mutual information only for equal marginals",
    pinned: "testdata/sami.json: rows of 13 cases sami_loss",
  },
];
