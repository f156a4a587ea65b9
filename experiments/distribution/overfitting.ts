/**
 * Reward overfitting: what the reward model says, what is true, and how far from the start, along training.
 *
 * @module
 */
import { question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { measurePolicy } from "../../lib/worlds/preferences.ts";
import * as drawn from "./figures.ts";
import type { SyntheticOptions } from "./options.ts";
import { fall, kl, lastStep, overestimate } from "./terms.ts";
import { descent, type Trained, trained } from "./training.ts";
import { type Drawn, samplesOf, SPREAD } from "./world.ts";

/** E_π R − E_π0 R, averaged over contexts. */
function gain(reward: Float64Array, logPolicy: Float64Array, logStart: Float64Array, contexts: number): number {
  return reward.reduce((sum, r, i) => sum + r * (Math.exp(logPolicy[i]) - Math.exp(logStart[i])), 0) / contexts;
}

/** Descents of each arm, one a seed: later conditions go on where earlier ones stopped. */
interface Descents {
  readonly descents: Map<string, ((steps: number) => Trained)[]>;
}

const FALLS = {
  kind: "question",
  source: "reward over-optimisation; the paper's RLHF dilemma",
  paper: "b → 0 degenerates",
} as const;

export const overfitting = question({
  id: "overfitting",
  asks: "What happens to the true reward while the learned one is climbed?",
  method: "Plain gradient descent from π0 on each objective; few comparisons, so that the reward model is wrong " +
    `(logit sd ${SPREAD}). True reward is γ log π*, learned reward the tabular model; both as gains over π0. RLHF has a ` +
    "weak KL term, reverse KL none. Every seed is a new world, shared by all arms; all measures are exact.",
  arms: Object.keys(trained),
  conditions: ({ steps }: SyntheticOptions) => steps.map((steps) => ({ steps })),
  shares: (_, arm) => arm,
  prepare: (): Promise<Drawn & Descents> => Promise.resolve({ descents: new Map() }),
  run(context) {
    const { options, arm, condition: { steps }, prepared: { descents } } = context;
    const samples = samplesOf(context, { n: options.trainingN });
    const running = descents.get(arm) ?? samples.map((sample) => descent(arm, sample, options.trainingBeta));
    descents.set(arm, running);
    return samples.map(({ world }, r) => {
      const { contexts, actions, logTarget, logStart } = world;
      const { logPolicy, reward, gradientNorm } = running[r](steps);
      const truth = logTarget.map((v) => v * world.gamma);
      const trueGain = gain(truth, logPolicy, logStart, contexts);
      const learnedGain = gain(reward, logPolicy, logStart, contexts);
      return {
        "true-reward": trueGain,
        "learned-reward": learnedGain,
        "overestimate": learnedGain - trueGain,
        "kl-start": measurePolicy(logPolicy, logStart, actions).reverseKl,
        "forward-kl": measurePolicy(logPolicy, logTarget, actions).forwardKl,
        "gradient-norm": gradientNorm,
      };
    });
  },
  claims: [
    claim(
      "rlhf-overestimates",
      "RLHF with a weak KL term comes to overestimate its reward more than reverse KL does",
      overestimate.of("rlhf-fixed", lastStep).minus("reverse-kl").above(0),
      {
        kind: "question",
        source: "equation 15: the entropy term is what RLHF lacks",
        paper: "RLHF dilemma: b → 0 degenerates",
      },
    ),
    claim(
      "reward-falls-rlhf-fixed",
      "Training RLHF with a weak KL term for long lowers the true reward by 0.002 or more",
      fall("rlhf-fixed").below(-0.002),
      FALLS,
    ),
    claim(
      "reward-falls-dpo",
      "Training DPO for long lowers the true reward by 0.002 or more",
      fall("dpo").below(-0.002),
      FALLS,
    ),
    claim(
      "rlhf-trained-farther",
      "And it ends farther from the target",
      kl.of("rlhf-fixed", lastStep).minus("reverse-kl").above(0),
      { kind: "question", source: "theorem 7 against RLHF's closed form", paper: "reverse KL converges to the target" },
    ),
  ],
  ...drawn.overfitting,
});
