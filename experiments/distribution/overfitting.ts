/**
 * Reward overfitting: what the reward model says, what is true, and how far from the start, along training.
 *
 * @module
 */
import { methodStyle } from "../../lib/report/methods.ts";
import { formatFixed } from "../../lib/report/numbers.ts";
import { question } from "../../lib/run/experiment.ts";
import { several } from "../../lib/run/needs.ts";
import { ends, summaryLines, type View } from "../../lib/run/view.ts";
import { above, below } from "../../lib/statistics/claims.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { measurePolicy } from "../../lib/worlds/preferences.ts";
import type { SyntheticOptions } from "./options.ts";
import { type Drawn, pairedClaim, SPREAD, tasksOf } from "./study.ts";
import { descent, type Trained, trained } from "./training.ts";

const last = (o: SyntheticOptions) => ({ steps: Math.max(...o.steps) });

/** E_π R − E_π0 R, averaged over contexts. */
function gain(reward: Float64Array, logPolicy: Float64Array, logStart: Float64Array, contexts: number): number {
  return reward.reduce((sum, r, i) => sum + r * (Math.exp(logPolicy[i]) - Math.exp(logStart[i])), 0) / contexts;
}

/** Descents of each arm, one a seed: later conditions go on where earlier ones stopped. */
interface Descents {
  readonly descents: Map<string, ((steps: number) => Trained)[]>;
}

const drop = (arm: string, statement: string) => ({
  kind: "question" as const,
  id: `reward-falls-${arm}`,
  statement,
  source: "reward over-optimisation; the paper's RLHF dilemma",
  paper: "b → 0 degenerates",
  quantity: `true reward of ${methodStyle(arm).label} at the last step − at the best step shown`,
  rule: below(-0.002),
  unit: "seeds",
  arms: [arm],
});

export const overfitting = question({
  id: "overfitting",
  asks: "What happens to the true reward while the learned one is climbed?",
  part: "synthetic",
  method: "Plain gradient descent from π0 on each objective; few comparisons, so that the reward model is wrong " +
    `(logit sd ${SPREAD}). True reward is γ log π*, learned reward the tabular model; both as gains over π0. RLHF has a ` +
    "weak KL term, reverse KL none. Every seed is a new world, shared by all arms; all measures are exact.",
  arms: Object.keys(trained),
  conditions: ({ steps }: SyntheticOptions) => steps.map((steps) => ({ steps })),
  seeds: ({ seeds }) => seeds,
  shares: () => "",
  prepare: (): Promise<Drawn & Descents> => Promise.resolve({ descents: new Map() }),
  run(context) {
    const { options, arm, condition, prepared: { descents } } = context;
    const tasks = tasksOf(context, { n: options.trainingN });
    const running = descents.get(arm) ?? tasks.map((task) => descent(arm, task, options.trainingBeta));
    descents.set(arm, running);
    const rows = tasks.map(({ world }, r) => {
      const { contexts, actions, logTarget, logStart } = world;
      const { logPolicy, reward, gradientNorm } = running[r](Number(condition.steps));
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
    const keys = Object.keys(rows[0]) as (keyof typeof rows[number])[];
    return Object.fromEntries(keys.map((key) => [key, rows.map((row) => row[key])]));
  },
  claims: [
    pairedClaim(["rlhf-fixed", "reverse-kl"], last, {
      kind: "question",
      id: "rlhf-overestimates",
      statement: "RLHF with a weak KL term comes to overestimate its reward more than reverse KL does",
      source: "equation 15: the entropy term is what RLHF lacks",
      paper: "RLHF dilemma: b → 0 degenerates",
      quantity: "gain in learned − gain in true reward, RLHF − reverse KL, last step",
      rule: above(0),
    }, "overestimate"),
    ...[
      drop("rlhf-fixed", "Training RLHF with a weak KL term for long lowers the true reward by 0.002 or more"),
      drop("dpo", "Training DPO for long lowers the true reward by 0.002 or more"),
    ].map((claim) => ({
      ...claim,
      needs: several<SyntheticOptions>("steps"),
      evidence: (view: View, o: SyntheticOptions) =>
        view.statistic(
          o.steps.map((steps) => view.series(claim.arms[0], "true-reward", { steps })),
          (rewards) => mean(rewards[o.steps.indexOf(last(o).steps)]) - Math.max(...rewards.map(mean)),
        ),
    })),
    pairedClaim(["rlhf-fixed", "reverse-kl"], last, {
      kind: "question",
      id: "rlhf-trained-farther",
      statement: "And it ends farther from the target",
      source: "theorem 7 against RLHF's closed form",
      paper: "reverse KL converges to the target",
      quantity: "KL(π* ‖ π) of RLHF − reverse KL, last step",
      rule: above(0),
    }),
  ],
  figures(view, o) {
    const end = last(o);
    const at = (arm: string, metric: string) => mean(view.series(arm, metric, end).values);
    const farthest = view.arms.reduce((a, b) => at(b, "overestimate") > at(a, "overestimate") ? b : a);
    const curve = (metric: string, id: string, reward: string, caption: string) => ({
      id,
      ...summaryLines,
      data: view.summary(metric),
      x: "steps",
      xScale: "log" as const,
      xLabel: "gradient steps",
      yLabel: `gain in ${reward} reward over π0`,
      caption,
      alt: `Gain in ${reward} reward along training, one line per arm.`,
    });
    return [
      curve(
        "learned-reward",
        "overfitting",
        "learned",
        `${methodStyle(farthest).label} overestimates most: after ${end.steps} steps the learned reward has gained ` +
          `${formatFixed(at(farthest, "learned-reward"), 3)}, the true one ` +
          `${formatFixed(at(farthest, "true-reward"), 3)}. n = ${o.trainingN}.`,
      ),
      curve(
        "true-reward",
        "overfitting-true",
        "true",
        `Gain in true reward after ${end.steps} steps: ${ends(view, "true-reward", end)}.`,
      ),
      {
        id: "overfitting-kl",
        kind: "scatter" as const,
        data: view.summary("true-reward").map((row) => {
          const kl = view.mean(row.arm, "kl-start", { steps: row.steps });
          return { ...row, kl: kl.estimate, klLower: kl.lower, klUpper: kl.upper };
        }),
        x: "kl",
        y: "value",
        xLower: "klLower",
        xUpper: "klUpper",
        yLower: "lower",
        yUpper: "upper",
        by: "arm",
        xLabel: "KL(π ‖ π0), nats",
        yLabel: "gain in true reward over π0",
        caption: `True reward against KL to the start, one point per number of steps. KL after ${end.steps} steps: ` +
          `${ends(view, "kl-start", end)}.`,
        alt: "Gain in true reward against KL to the start, one point per number of steps and arm.",
      },
    ];
  },
  tables: (view) => [{
    id: "overfitting",
    caption: "Rewards and KL along training.",
    columns: [
      { key: "steps", label: "steps" },
      { key: "arm", label: "arm", method: true },
      { key: "value", label: "gain in true reward", digits: 4, lower: "lower", upper: "upper" },
      { key: "learned", label: "gain in learned reward", digits: 4 },
      { key: "start", label: "KL(π ‖ π0)", digits: 3 },
      { key: "forward", label: "KL(π* ‖ π)", digits: 3 },
      { key: "gradient", label: "next gradient" },
    ],
    rows: view.summary("true-reward").map((row) => {
      const average = (metric: string) => mean(view.series(row.arm, metric, { steps: row.steps }).values);
      return {
        ...row,
        learned: average("learned-reward"),
        start: average("kl-start"),
        forward: average("forward-kl"),
        gradient: average("gradient-norm"),
      };
    }),
  }],
});
