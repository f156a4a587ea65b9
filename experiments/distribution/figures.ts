/**
 * What the questions on made worlds show: figures, tables and notes, each spread into its question.
 *
 * @module
 */
import { labels } from "../../lib/report/captions.ts";
import { labelOf } from "../../lib/report/methods.ts";
import { formatFixed, formatInterval } from "../../lib/report/numbers.ts";
import type { FigureSpec } from "../../lib/report/types.ts";
import { against, coinciding, curve, finding, type Knob, ranging, shown } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { converged, detectable } from "../../lib/run/notes.ts";
import type { Place } from "../../lib/run/place.ts";
import type { Metric } from "../../lib/run/quantity.ts";
import { centre, type View } from "../../lib/run/view.ts";
import type { SyntheticOptions } from "./options.ts";
import * as terms from "./terms.ts";
import { away, confounded, entropy, far, few, kl, lastStep, lowGamma, middle, neutral, noisiest } from "./terms.ts";

type At = Place<SyntheticOptions>;

const N: Knob = { x: "n", xLabel: "comparisons (n)", xScale: "log" };
const STEPS: Knob = { x: "steps", xLabel: "gradient steps", xScale: "log" };

/** One of each kind of method, and those that take a number from the truth; the tables have the others. */
const LINES = [
  "dpo",
  "ipo",
  "apo-zero",
  "rlhf-fixed",
  "rlhf-best",
  "pmle",
  "distill-labelled",
  "distill-fresh",
  "reverse-kl",
];

/** How a metric ranges over the arms that are drawn, at a place. */
export const valueText = <O>(view: View, o: O, metric: Metric, at: Place<O>) =>
  ranging(view, o, metric, at, shown(view, LINES));

/** A metric against a knob, one line for arms that coincide. */
export function lines(view: View, metric: Metric, figure: Omit<Parameters<typeof curve>[2], "arms">): FigureSpec {
  return coinciding(curve(view, metric, { ...figure, arms: shown(view, LINES) }));
}

/** KL on a log axis. */
export function klCurve(view: View, metric: Metric, figure: Parameters<typeof lines>[2]): FigureSpec {
  return lines(view, metric, { ...figure, yScale: "log" });
}

/** Exact measures, one row a condition and arm. */
function measured(view: View, id: string, caption: string, ...conditions: readonly { key: string; label: string }[]) {
  const { name, label } = terms.gradient;
  return measuresTable(view, {
    id,
    caption,
    conditions,
    measures: [kl, terms.reverseKl, entropy, terms.peaked, { name, label, largest: true }],
  });
}

const optima = (view: View) => [converged(view, "Fits end at their optima", terms.gradient)];

/** Which arms keep nearing the target as n grows, in words. */
function rateTold(view: View, o: SyntheticOptions): string {
  const slopes = shown(view, LINES).map((arm) => ({ arm, ...terms.rate(arm, terms.wide).evidence(view, o) }));
  const going = slopes.filter(({ upper }) => upper < -0.5), stopped = slopes.filter(({ lower }) => lower > -0.5);
  const where = `At sd ${terms.widest(o)} of the logits`,
    some = ([first, ...others]: typeof slopes) =>
      labelOf(first.arm) +
      (others.length === 0
        ? ""
        : others.length === 1
        ? ` and ${labelOf(others[0].arm)}`
        : ` and ${others.length} others`);
  // An interval around the bound says neither: few seeds are not a plateau.
  const stop = stopped.length > 0 ? `${some(stopped)} stop on the way` : "";
  if (going.length === 0) return `${where} ${stop || "no slope is told from −0.5"}.`;
  const [least, most] = [Math.min, Math.max].map((end) => end(...going.map(({ estimate }) => estimate)));
  return `${where} ${some(going)} keep nearing the target (slopes of log KL on log n ${formatFixed(least, 2)} to ` +
    `${formatFixed(most, 2)})${stop === "" ? "" : `; ${stop}`}.`;
}

export const rates: Drawn<SyntheticOptions> = {
  figures(view, o) {
    const wide = terms.widest(o), others = o.spreads.filter((spread) => spread !== wide);
    return [
      klCurve(view, kl, {
        id: "rates",
        knob: N,
        where: ({ spread }) => spread === wide,
        caption: o.sizes.length > 1 ? rateTold(view, o) : valueText(view, o, kl, far),
      }),
      ...others.slice(0, 1).map(() =>
        klCurve(view, kl, {
          id: "rates-narrower",
          knob: N,
          where: (condition) => condition.spread !== wide,
          panels: { key: "spread", label: "sd of the logits" },
          caption: valueText(view, o, kl, terms.toyFar),
        })
      ),
      klCurve(view, terms.reverseKl, {
        id: "rates-reverse",
        knob: N,
        where: ({ spread }) => spread === wide,
        caption: valueText(view, o, terms.reverseKl, far),
      }),
    ];
  },
  tables: (view) => [
    measured(
      view,
      "rates",
      "Exact measures of each learned policy; gradients are the largest over seeds.",
      { key: "spread", label: "sd" },
      { key: "n", label: "n" },
    ),
  ],
  notes: (view, o) => [...optima(view), ...detectable(view, o, kl.of("rlhf-tuned", far).minus("reverse-kl-tuned"))],
};

export const degeneracy: Drawn<SyntheticOptions> = {
  figures(view, o) {
    const { n } = few.of(o), target = centre(view, view.arms[0], terms.targetEntropy.name, { n });
    return [
      lines(view, terms.peaked, { id: "degeneracy-share", knob: N, caption: valueText(view, o, terms.peaked, few) }),
      lines(view, entropy, {
        id: "degeneracy-entropy",
        knob: N,
        references: [{ value: target, label: "target" }],
        caption: valueText(view, o, entropy, few),
      }),
    ];
  },
  tables: (view) => [
    measured(view, "degeneracy", "Exact measures of policies learned from few comparisons.", { key: "n", label: "n" }),
  ],
  notes: optima,
};

/** By how much labelled distillation is farther from the target than fresh, at each n where that is decided. */
function freshLead(view: View): string[] {
  const arms = ["distill-labelled", "distill-fresh"] as const;
  if (!arms.every((arm) => view.arms.includes(arm))) return [];
  const decided = view.conditions.flatMap((condition) => {
    const { estimate, lower, upper } = view.paired(...arms, kl, condition);
    return lower > 0 || upper < 0 ? [`${formatInterval(estimate, lower, upper)} at n = ${condition.n}`] : [];
  });
  return [`KL of labelled − fresh distillation, where its interval leaves out 0: ${decided.join(", ") || "nowhere"}.`];
}

export const rewardClass: Drawn<SyntheticOptions> = {
  figures: (view, o) => [klCurve(view, kl, { id: "reward-class", knob: N, caption: valueText(view, o, kl, middle) })],
  tables: (view) => [
    measured(view, "reward-class", "Exact measures of each policy, linear rewards.", { key: "n", label: "n" }),
  ],
  notes: (view, o) => [
    ...optima(view),
    ...freshLead(view),
    ...detectable(view, o, kl.of("distill-labelled", terms.least).minus("distill-fresh")),
  ],
};

export const coverage: Drawn<SyntheticOptions> = {
  figures: (view, o) => [
    klCurve(view, kl, {
      id: "coverage",
      knob: { x: "tilt", xLabel: "κ of the sampling law π0 π*^κ" },
      caption: finding(view, o, kl.of("pmle", away).over(neutral), kl, away, shown(view, LINES)),
    }),
  ],
  tables: (view) => [
    measured(view, "coverage", "Exact measures by the law that pairs are drawn from.", { key: "tilt", label: "κ" }),
  ],
  notes: (view, o) => [...optima(view), ...detectable(view, o, kl.of("dpo", away).minus("pmle"))],
};

export const overfitting: Drawn<SyntheticOptions> = {
  figures(view, o) {
    const { steps } = lastStep.of(o), { learnedReward, trueReward, klToStart, overestimate } = terms;
    const by = (arm: string) => centre(view, arm, overestimate.name, { steps });
    const farthest = view.arms.reduce((a, b) => by(b) > by(a) ? b : a);
    const at = (metric: Metric) => formatFixed(centre(view, farthest, metric.name, { steps }), 3);
    return [
      curve(view, learnedReward, {
        id: "overfitting",
        knob: STEPS,
        caption: `${labelOf(farthest)} overestimates most: after ${steps} steps the learned reward has ` +
          `gained ${at(learnedReward)}, the true one ${at(trueReward)}.`,
      }),
      curve(view, trueReward, { id: "overfitting-true", knob: STEPS, caption: ranging(view, o, trueReward, lastStep) }),
      against(view, trueReward, klToStart, { id: "overfitting-kl", caption: ranging(view, o, klToStart, lastStep) }),
    ];
  },
  tables: (view) => [measuresTable(view, {
    id: "overfitting",
    caption: "Rewards and KL along training.",
    conditions: [{ key: "steps", label: "steps" }],
    measures: [
      terms.trueReward,
      terms.learnedReward,
      terms.klToStart,
      kl,
      { name: terms.gradient.name, label: "next gradient" },
    ],
  })],
};

export const misspecification: Drawn<SyntheticOptions> = {
  // Two figures and not two panels: the scales of the two mistakes have nothing in common.
  figures: (view, o) => [
    klCurve(view, kl, {
      id: "label-noise",
      knob: { x: "level", xLabel: "chance that a label is flipped" },
      where: ({ wrong }) => wrong === terms.NOISE,
      caption: valueText(view, o, kl, noisiest),
    }),
    klCurve(view, kl, {
      id: "wrong-gamma",
      knob: { x: "level", xLabel: terms.GAMMA },
      where: ({ wrong }) => wrong === terms.GAMMA,
      caption: valueText(view, o, kl, lowGamma),
    }),
  ],
  tables: (view) => [
    measured(
      view,
      "misspecification",
      "Exact measures under a wrong preference model.",
      { key: "wrong", label: "what is wrong" },
      { key: "level", label: "level" },
    ),
  ],
  notes: (view, o) => [
    ...optima(view),
    ...view.arms.includes("rlhf-best")
      ? ["RLHF with β by truth does not depend on the learner's γ: β takes it out."]
      : [],
    ...detectable(view, o, kl.of("dpo", noisiest).minus("pmle")),
  ],
};

/** Who breaks first and who never does, in words: an arm breaks where its KL is twice that without confounding. */
function breaks(view: View, o: SyntheticOptions): string {
  const drawn = shown(view, LINES);
  const doubled = (arm: string, at: At) =>
    centre(view, arm, kl.name, at.of(o)) > 2 * centre(view, arm, kl.name, terms.unconfounded.of(o));
  const broken = (confounding: number) =>
    drawn.filter((arm) => doubled(arm, { ...confounded, of: () => ({ confounding }) }));
  const first = o.confounding.toSorted((a, b) => a - b).find((strength) => broken(strength).length > 0);
  if (first === undefined) return "No arm's KL doubles.";
  const whole = drawn.filter((arm) => o.confounding.every((strength) => !broken(strength).includes(arm))).length;
  const names = broken(first).length > 3 ? `${broken(first).length} arms` : labels(broken(first));
  return `At a strength of ${first} the KL of ${names} has doubled, ` +
    (whole > 0 ? `that of ${whole} of ${drawn.length} arms drawn never does.` : "in the end that of every arm.");
}

export const confounding: Drawn<SyntheticOptions> = {
  figures: (view, o) => [
    klCurve(view, kl, {
      id: "confounding",
      knob: { x: "confounding", xLabel: "strength of the hidden annotator type" },
      caption: o.confounding.length > 1 ? breaks(view, o) : valueText(view, o, kl, confounded),
    }),
  ],
  tables: (view) => [
    measured(view, "confounding", "Exact measures under confounded preferences.", {
      key: "confounding",
      label: "confounding",
    }),
  ],
  notes: (view, o) => [...optima(view), ...detectable(view, o, kl.of("dpo", confounded).minus("pmle"))],
};
