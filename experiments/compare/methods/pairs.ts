/**
 * Methods that read who won: preferences between the two responses that a reader was shown.
 *
 * @module
 */
import { sigmoid } from "../../../lib/exact/logistic.ts";
import * as losses from "../../../lib/losses/mod.ts";
import { lawAt } from "../../../lib/exact/laws.ts";
import { type Tensor, tf } from "../../../lib/tensor/backend.ts";
import { average, kindOf, pairs } from "../batch.ts";
import { type Method, minimising, type Study } from "../training.ts";
import type { Sample } from "../samples.ts";

const reads = "which of two shown responses won";

/** SimPO's target margin as a share of β: `gamma_beta_ratio` of the released code. */
const SIMPO_MARGIN = 0.5;
/** ORPO's weight of the odds ratio, the paper's λ. */
const ORPO_LAMBDA = 0.1;
/** SSAPO: radius and lower end of the support in probabilities, and rounds of the game, which starts from DPO's policy. */
const RADIUS = 0.01, FLOOR = 0.02, ROUNDS = 3;

export const sft: Method = {
  id: "sft",
  family: "pairs",
  reads,
  learn: minimising(({ data }, policy) => {
    const { policyChosen, weight } = pairs(data, policy, "preferences");
    return average(weight, losses.sft(policyChosen));
  }),
};

const dpoOn = ({ data, tau }: Study, policy: Tensor): Tensor => {
  const { weight, ...logps } = pairs(data, policy, "preferences");
  return average(weight, losses.dpo(logps, { beta: tau }));
};

export const dpo: Method = { id: "dpo", family: "pairs", reads, learn: minimising(dpoOn) };

export const ipo: Method = {
  id: "ipo",
  family: "pairs",
  reads,
  learn: minimising(({ data, tau }, policy) => {
    const { weight, ...logps } = pairs(data, policy, "preferences");
    return average(weight, losses.ipoSum(logps, { tau }));
  }),
};

/** Responses are whole: an average over tokens is the log-prob itself. */
export const simpo: Method = {
  id: "simpo",
  family: "pairs",
  reads,
  learn: minimising(({ data, tau }, policy) => {
    const { weight, policyChosen, policyRejected } = pairs(data, policy, "preferences");
    return average(weight, losses.simpo({ policyChosen, policyRejected }, { beta: tau, gamma: SIMPO_MARGIN * tau }));
  }),
};

export const orpo: Method = {
  id: "orpo",
  family: "pairs",
  reads,
  learn: minimising(({ data }, policy) => {
    const { weight, policyChosen, policyRejected } = pairs(data, policy, "preferences");
    const odds = losses.orpo({ policyChosen, policyRejected }, { lambda: ORPO_LAMBDA });
    return average(weight, tf.add(losses.sft(policyChosen), odds));
  }),
};

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

export const ssapo: Method = {
  id: "ssapo-probability",
  family: "pairs",
  reads,
  learn(study) {
    const { data, tau } = study, policy = study.policy();
    let { gradientNorm } = study.minimise([policy], () => dpoOn(study, policy.logProb()));
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
  },
};
