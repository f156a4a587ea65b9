/**
 * Methods that read who won: preferences between the two responses that a reader was shown.
 *
 * @module
 */
import { sigmoid } from "../../../lib/exact/logistic.ts";
import { marginTerm, pairTerm, responseTerm, type Term } from "../../../lib/exact/law_terms.ts";
import { lawAt } from "../../../lib/exact/laws.ts";
import { exactLosses } from "../../../lib/losses/exact.ts";
import { follower } from "../../../lib/losses/follower.ts";
import { kindOf } from "../batch.ts";
import { pairsOf, ratiosOf, winnersOf } from "../forms.ts";
import { descending, type Method } from "../training.ts";
import type { Sample } from "../samples.ts";

const reads = "which of two shown responses won";

/** SimPO's target margin as a share of β: `gamma_beta_ratio` of the released code. */
const SIMPO_MARGIN = 0.5;
/** ORPO's weight of the odds ratio, the paper's λ. */
const ORPO_LAMBDA = 0.1;
/** SSAPO: radius and lower end of the support in probabilities, and rounds of the game, which starts from DPO's policy. */
const RADIUS = 0.01, FLOOR = 0.02, ROUNDS = 3;

/** Likelihood of the winners. */
const likelihood = (sample: Sample): Term => responseTerm(winnersOf(sample), exactLosses.sft.form({}));

export const sft: Method = { id: "sft", family: "pairs", reads, learn: descending((sample) => [likelihood(sample)]) };

const dpoOn = (sample: Sample, tau: number): Term =>
  marginTerm(ratiosOf(sample, "preferences"), exactLosses.dpo.form({ beta: tau }));

export const dpo: Method = {
  id: "dpo",
  family: "pairs",
  reads,
  learn: descending((sample, { tau }) => [dpoOn(sample, tau)]),
};

export const ipo: Method = {
  id: "ipo",
  family: "pairs",
  reads,
  learn: descending((sample, { tau }) => [
    marginTerm(ratiosOf(sample, "preferences"), exactLosses["ipo-sum"].form({ tau })),
  ]),
};

/** Responses are whole: an average over tokens is the log-prob itself. */
export const simpo: Method = {
  id: "simpo",
  family: "pairs",
  reads,
  learn: descending((sample, { tau }) => [
    marginTerm(pairsOf(sample, "preferences"), exactLosses.simpo.form({ beta: tau, gamma: SIMPO_MARGIN * tau })),
  ]),
};

export const orpo: Method = {
  id: "orpo",
  family: "pairs",
  reads,
  learn: descending((sample) => [
    likelihood(sample),
    pairTerm(pairsOf(sample, "preferences"), exactLosses.orpo.form({ lambda: ORPO_LAMBDA })),
  ]),
};

/** The follower's answer to a policy, one number a kind of pair `[M]`: fraction moved, and how far. */
function answer({ world, log, space }: Sample, theta: Float64Array, tau: number) {
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
  const response = follower(points, { radius: RADIUS, lo: FLOOR });
  const size = logStart.length * (responses - 1);
  const moved = new Float64Array(size), distance = new Float64Array(size);
  kinds.forEach((kind, i) => {
    moved[kind] = response.moved[i]; // pairs of one kind are level, and level pairs move alike
    distance[kind] = response.distance[i];
  });
  return { moved, distance };
}

export const ssapo: Method = {
  id: "ssapo-probability",
  family: "pairs",
  reads,
  learn(study) {
    const { tau } = study;
    let learned = study.descend((sample) => [dpoOn(sample, tau)]);
    for (let round = 0; round < ROUNDS; round++) {
      const before = learned;
      learned = study.descend((sample, r) => {
        const loss = exactLosses["stackelberg-probability"].form({
          ...{ beta: tau, floor: FLOOR },
          ...answer(sample, before.theta[r], tau),
        });
        return [marginTerm(ratiosOf(sample, "preferences"), loss)];
      }, before);
    }
    return learned;
  },
};
