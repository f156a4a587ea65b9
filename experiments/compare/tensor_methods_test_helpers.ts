/**
 * Every method of the float64 engine once more, as a loss on tensors that an engine differentiates: a second statement of
 * each, by other code.
 */
import { sigmoid } from "../../lib/exact/logistic.ts";
import { lawAt } from "../../lib/exact/laws.ts";
import * as losses from "../../lib/losses/mod.ts";
import { type Tensor, tf } from "../../lib/tensor/backend.ts";
import { logSoftmax, stopGradient } from "../../lib/tensor/ops.ts";
import { type Batch, taken } from "../../lib/training/batch.ts";
import { average, kindOf, klToReference, outcomes, pairs, predictions, rated, rewards, thumbs } from "./batch.ts";
import type { Sample } from "./samples.ts";
import { type Method, minimising, type Study } from "./training.ts";

type Loss = (study: Study, policy: Tensor) => Tensor;

const laws = (data: Batch<Sample>, policy: Tensor) => ({
  policy: data.laws(policy),
  reference: data.laws(data.reference),
  reward: data.laws(rewards(data)),
});

/** A loss of pairs' log-ratios. */
const onPairs =
  (form: "preferences" | "reweighted" | "revisions", loss: (logps: losses.PairedLogps, tau: number) => Tensor): Loss =>
  ({ data, tau }, policy) => {
    const { weight, ...logps } = pairs(data, policy, form);
    return average(weight, loss(logps, tau));
  };

/** A loss of pairs' log-probs. */
const withoutReference = (
  loss: (logps: Pick<losses.PairedLogps, "policyChosen" | "policyRejected">, tau: number) => Tensor,
): Loss =>
  onPairs("preferences", ({ policyChosen, policyRejected }, tau) => loss({ policyChosen, policyRejected }, tau));

const dpo = onPairs("preferences", (logps, beta) => losses.dpo(logps, { beta }));

const causal = (loss: Loss): Loss => (study, policy) =>
  tf.add(loss(study, policy), tf.mul(klToReference(study.data, policy), study.tau)) as Tensor;

const byPropensity = (propensity: "recorded" | "marginal") =>
  causal(({ data }, policy) => {
    const { weight, prediction: _unused, ...logged } = outcomes(data, policy, propensity);
    return average(weight, losses.cpo(logged, losses.plain));
  });

const simple: Readonly<Record<string, Loss>> = {
  dpo,
  "sft": withoutReference(({ policyChosen }) => losses.sft(policyChosen)),
  "ipo": onPairs("preferences", (logps, tau) => losses.ipoSum(logps, { tau })),
  "simpo": withoutReference((logps, beta) => losses.simpo(logps, { beta, gamma: 0.5 * beta })),
  "orpo": withoutReference((logps) => tf.add(losses.sft(logps.policyChosen), losses.orpo(logps, { lambda: 0.1 }))),
  "pmle": withoutReference((logps, gamma) => losses.pmle(logps, { gamma })),
  "rlhf-fixed": ({ data, tau }, policy) => tf.mean(losses.exactRlhf(laws(data, policy), { beta: tau }), -1),
  "rebel": ({ data, tau }, policy) => {
    const { weight, ...both } = rated(data, policy, "preferences");
    return average(weight, losses.rebel(both, { eta: 1 / tau }));
  },
  "distill-fresh": ({ data, tau }, policy) => {
    const { weight, policyFirst, policySecond, rewardFirst, rewardSecond } = rated(data, policy, "unlabelled");
    const both = { policyFirst, policySecond, rewardFirst, rewardSecond };
    return average(weight, losses.preferenceDistillation(both, { gamma: tau }));
  },
  "reverse-kl": ({ data, tau }, policy) =>
    tf.mean(losses.exactReverseKl(laws(data, policy), { gamma: tau, klWeight: 0 }), -1),
  "kto": ({ data, tau }, policy) => {
    const { weight, ...judged } = thumbs(data, policy);
    const referencePoint = tf.reshape(tf.relu(stopGradient(klToReference(data, policy))), [-1, 1]) as Tensor;
    return average(weight, losses.kto(judged, { beta: tau, referencePoint }));
  },
  "apo-zero": onPairs("revisions", (logps, beta) => losses.apoZero(logps, { beta })),
  "apo-down": onPairs("revisions", (logps, beta) => losses.apoDown(logps, { beta })),
  "dpo-revisions": onPairs("revisions", (logps, beta) => losses.dpo(logps, { beta })),
  "outcome-only": causal(({ data }, policy) => {
    const { weight, ...generated } = predictions(data, policy);
    return average(weight, losses.outcomeOnly(generated, losses.plain));
  }),
  "cpo": byPropensity("recorded"),
  "cpo-marginal": byPropensity("marginal"),
  "dr-cpo": causal(({ data }, policy) => {
    const { weight, ...logged } = outcomes(data, policy, "recorded");
    const { weight: drawn, ...generated } = predictions(data, policy);
    const { correction, outcome } = losses.drCpo(logged, generated, losses.plain);
    return tf.add(average(weight, correction), average(drawn, outcome)) as Tensor;
  }),
  "dpo-weighted": onPairs("reweighted", (logps, beta) => losses.dpo(logps, { beta })),
};

/** SSAPO: radius and lower end of the support in probabilities, and rounds of the game, which starts from DPO's policy. */
const RADIUS = 0.01, FLOOR = 0.02, ROUNDS = 3;

/** The follower's answer to a policy, one row a kind of pair `[2][M]`: fraction moved, and how far. */
function answer({ world, log, space }: Sample, theta: Float64Array, tau: number): [Float64Array, Float64Array] {
  const { responses, logStart } = world, ratio = lawAt(space, theta).map((l, i) => l - logStart[i]);
  const kinds = Uint32Array.from(log.prompt, (x, i) => {
    const [a, b] = [log.first[i], log.second[i]];
    return log.firstWins[i] ? kindOf(x, a, b, responses) : kindOf(x, b, a, responses);
  });
  const points = Float64Array.from(log.prompt, (x, i) => {
    const margin = ratio[x * responses + log.first[i]] - ratio[x * responses + log.second[i]];
    // A pair below the support's end stays where it is: distance 0.
    return Math.max(FLOOR, sigmoid(tau * (log.firstWins[i] ? margin : -margin)));
  });
  const response = losses.follower(points, { radius: RADIUS, lo: FLOOR });
  const size = logStart.length * (responses - 1);
  const moved = new Float64Array(size), distance = new Float64Array(size);
  kinds.forEach((kind, i) => {
    moved[kind] = response.moved[i]; // pairs of one kind are level, and level pairs move alike
    distance[kind] = response.distance[i];
  });
  return [moved, distance];
}

function ssapo(study: Study): ReturnType<Method["learn"]> {
  const { data, tau } = study, policy = study.policy();
  let { gradientNorm } = study.minimise([policy], () => dpo(study, policy.logProb()));
  for (let round = 0; round < ROUNDS; round++) {
    const theta = study.theta(policy), answers = data.samples.map((sample, r) => answer(sample, theta[r], tau));
    const [moved, distance] = ["moved", "distance"].map((part, k) =>
      data.table(`${part} in round ${round}`, (_, r) => answers[r][k])
    );
    ({ gradientNorm } = study.minimise([policy], () => {
      const { weight, ...logps } = pairs(data, policy.logProb(), "preferences");
      return average(weight, losses.stackelbergProbability(logps, { moved, distance }, { beta: tau, floor: FLOOR }));
    }));
  }
  return { theta: study.theta(policy), gradientNorm };
}

/** Log-odds that the untrained model gives a principle, a standard deviation of it: weak. */
const LINK = 0.3;
/** Few steps keep SAMI from gibberish: a tenth of the other methods', whose losses have an optimum. */
const SHARE_OF_STEPS = 0.1;
/** Two principles, each in its definition or antithesis. */
const CONSTITUTIONS: readonly (readonly [number, number])[] = [[1, 1], [1, -1], [-1, 1], [-1, -1]];

const linked = (v: Float64Array): Float64Array => v.map((x) => LINK * x);

/** Examples of one replicate: indices into log-probs of all constitutions `[4·X·A]`, four an example. */
function examples({ world, space, principles, draws, log }: Sample): Uint32Array {
  const { prompts, responses } = world, cells = prompts * responses, count = Math.floor(log.prompt.length / 2);
  const laws = CONSTITUTIONS.map((signs) => {
    const tilt = linked(principles[0]).map((v, k) => signs[0] * v + signs[1] * LINK * principles[1][k]);
    return lawAt(space, tilt).map(Math.exp);
  });
  const out = new Uint32Array(4 * count);
  for (let i = 0; i < count; i++) {
    const x = draws.integer(prompts), k = draws.integer(4), j = (k + 1 + draws.integer(3)) % 4;
    const [a, b] = [k, j].map((c) => draws.categorical(laws[c].subarray(x * responses, (x + 1) * responses), 1)[0]);
    const place = (c: number, y: number) => c * cells + x * responses + y;
    out.set([place(k, a), place(k, b), place(j, a), place(j, b)], 4 * i);
  }
  return out;
}

function sami(study: Study): ReturnType<Method["learn"]> {
  const { options, data } = study;
  const scores = [0, 1].map((p) =>
    study.policy(({ principles, space: { features, logStart } }) => {
      const d = features.length / logStart.length;
      return logStart.map((_, i) => principles[p].reduce((sum, v, k) => sum + LINK * v * features[i * d + k], 0));
    })
  );
  const steps = Math.ceil(SHARE_OF_STEPS * options.steps), { learningRate } = options;
  const { gradientNorm } = study.minimise(
    scores,
    () => samiOn(data, scores.map((score) => score.logProb())),
    [{ steps, learningRate }],
  );
  const [learned] = scores.map((score) => study.theta(score));
  return {
    theta: learned.map((theta, r) => theta.map((v, k) => v + LINK * data.samples[r].principles[0][k])),
    gradientNorm,
  };
}

function samiOn(data: Batch<Sample>, scores: readonly Tensor[]): Tensor {
  const replicates = data.samples.length;
  const all = CONSTITUTIONS.map((signs) => {
    const logits = signs.reduce<Tensor>((sum, sign, p) => tf.add(sum, tf.mul(scores[p], sign)), data.reference);
    return tf.reshape(logSoftmax(data.laws(logits)), [replicates, -1]) as Tensor;
  });
  const picked = taken(tf.concat(all, -1), data.index("examples", examples));
  return tf.mean(losses.sami(tf.reshape(picked, [replicates, -1, 2, 2]) as Tensor), [1, 2]);
}

/** By id. */
export const tensorMethods: Readonly<Record<string, Method["learn"]>> = {
  ...Object.fromEntries(Object.entries(simple).map(([id, loss]) => [id, minimising(loss)])),
  "ssapo-probability": ssapo,
  sami,
};
