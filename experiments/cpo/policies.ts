/**
 * Which learned policy survives confounding?
 *
 * @module
 */
import { logLinear } from "../../lib/policies/loglinear.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatFixed, formatInterval } from "../../lib/report/numbers.ts";
import { type Claim, question, type UnitContext } from "../../lib/run/experiment.ts";
import { extremes } from "../../lib/run/levels.ts";
import { all, reaching, zero } from "../../lib/run/needs.ts";
import { summaryDots, summaryLines, type View } from "../../lib/run/view.ts";
import { above, below, type Evidence } from "../../lib/statistics/claims.ts";
import { pairedDifference } from "../../lib/statistics/intervals.ts";
import { mean } from "../../lib/statistics/summary.ts";
import type { Rng } from "../../lib/tensor/random.ts";
import { FULL_SHIFT, type OutcomeWorld, syntheticWorld } from "../../lib/worlds/outcomes.ts";
import { learn, type PolicyArm, policyArms, type Sample } from "./arms.ts";
import { measureAll, observationalModel, sampleFrom, shiftedModel } from "./learning.ts";
import type { CpoOptions } from "./options.ts";

/** Mild: the weights of f0 stay below about 3, so that what is tested is confounding and not overlap. */
const OVERLAP = 0.5;

const PROTOCOL = "A log-linear policy over the pool maximises each arm's estimate of V(f) − λ KL(f ‖ f0) on one and " +
  "the same log; objective, value and KL are then computed exactly. Every seed is a new world, shared by all arms.";

/** Trains one arm in every replicate's world. */
function train(arm: string, samples: readonly Sample[], options: CpoOptions, seeds: readonly number[]) {
  const { texts, features, logStart } = samples[0].world;
  const all = new Float64Array(features.length * samples.length);
  samples.forEach(({ world }, r) => all.set(world.features, r * features.length));
  const policy = logLinear({
    features: all,
    replicates: samples.length,
    texts,
    dimensions: features.length / texts,
    base: logStart, // f0 is uniform in every synthetic world
  });
  try {
    const { logF, end } = learn(arm as PolicyArm, policy, samples, { ...options, seeds });
    return { ...measureAll(samples, logF, options.klWeight), "gradient-norm": end.gradientNorm };
  } finally {
    policy.dispose();
  }
}

/** One sample a replicate; `outside` is how the outcome model of other data comes about. */
function samplesOf(
  { options, condition, streams }: UnitContext<CpoOptions, unknown>,
  moves: "both" | "reading",
  outside: (world: OutcomeWorld, rng: Rng) => Float64Array,
): Sample[] {
  const logs = streams("log");
  const confounding = Number(condition.confounding);
  return streams("world").map((rng, r) => {
    const world = syntheticWorld({ texts: options.texts, confounding, overlap: OVERLAP, moves }, rng);
    return sampleFrom(world, options, outside(world, logs[r].fork("outside")), logs[r]);
  });
}

const least = (o: CpoOptions) => ({ confounding: Math.min(...o.confounding) });
const most = (o: CpoOptions) => ({ confounding: Math.max(...o.confounding) });
const without = zero<CpoOptions>("confounding"), full = reaching<CpoOptions>("confounding", 1);

/** How much of arm's objective is lost from no to full confounding, minus the same for another arm, paired by seed. */
function differenceInLoss(view: View, arm: string, other: string, o: CpoOptions): Evidence {
  const lost = (id: string) => {
    const before = view.series(id, "objective", least(o)).values;
    return before.map((v, i) => v - view.series(id, "objective", most(o)).values[i]);
  };
  return pairedDifference(lost(arm), lost(other));
}

function pairedClaim(
  id: string,
  statement: string,
  [arm, other]: readonly [string, string],
  at: (o: CpoOptions) => { confounding: number },
  rest: { source: string; paper: string; where: string; note?: string },
): Claim<CpoOptions> {
  const { where, ...told } = rest;
  return {
    id,
    statement,
    ...told,
    quantity: `objective of ${methodStyle(arm).label} − ${methodStyle(other).label}, ${where}`,
    rule: above(0),
    unit: "paired seeds",
    arms: [arm, other],
    needs: at === least ? without : full,
    evidence: (view, o) => view.paired(arm, other, "objective", at(o)),
  };
}

/** The arm that paired differences are taken against. */
const AGAINST = "dr-cpo";

/** Paired differences between one arm and the others, without and with confounding. */
function pairedFigure(view: View, o: CpoOptions, id: string) {
  const label = (arm: string) => methodStyle(arm).label;
  const others = view.arms.filter((arm) => arm !== AGAINST);
  if (others.length === view.arms.length || others.length === 0) return [];
  const panelOf = ({ confounding }: { confounding: number }) => `confounding ${confounding}`;
  const conditions = extremes(o.confounding).map((confounding) => ({ confounding }));
  const differences = conditions.flatMap((condition) =>
    others.map((arm) => {
      const { estimate: value, lower, upper, n: seeds } = view.paired(AGAINST, arm, "objective", condition);
      return { panel: panelOf(condition), arm, value, lower, upper, seeds };
    })
  );
  const decided = (condition: { confounding: number }) => {
    const rows = differences.filter((row) => row.panel === panelOf(condition));
    const above = rows.filter(({ lower }) => lower > 0).length, below = rows.filter(({ upper }) => upper < 0).length;
    return `${panelOf(condition)}: above ${above}, below ${below} of ${rows.length} arms`;
  };
  return [{
    id: `${id}-paired`,
    ...summaryDots,
    data: differences,
    panel: "panel",
    xLabel: `objective of ${label(AGAINST)} − arm`,
    references: [{ value: 0, label: "equal" }],
    caption: `${label(AGAINST)} against each arm on the same worlds and logs, where the interval leaves out 0: ` +
      `${conditions.map(decided).join("; ")}. Bars are 95% intervals of paired differences over ${
        differences[0].seeds
      } seeds.`,
    alt: `Paired differences in objective between ${label(AGAINST)} and every other arm, by strength of confounding.`,
  }];
}

/** Objective against confounding, paired differences, and where the policies end between value and KL. */
function figuresOf(view: View, o: CpoOptions, id: string) {
  const label = (arm: string) => methodStyle(arm).label;
  const at = (arm: string, c: { confounding: number }) => view.mean(arm, "objective", c);
  const [start] = view.arms;
  const untrained = mean(view.series(start, "objective-of-f0", least(o)).values);
  const learners = view.arms.filter((arm) => arm !== "oracle");
  const best = (learners.length > 0 ? learners : view.arms)
    .toSorted((a, b) => at(b, most(o)).estimate - at(a, most(o)).estimate)[0];
  const winner = at(best, most(o));
  const loss = (arm: string) => at(arm, least(o)).estimate - at(arm, most(o)).estimate;
  const victim = (learners.length > 0 ? learners : view.arms).toSorted((a, b) => loss(b) - loss(a))[0];
  const strongest = most(o).confounding, interval = formatInterval(winner.estimate, winner.lower, winner.upper);
  const cost = `Going from confounding ${least(o).confounding} to ${strongest} costs ${label(victim)} most: ` +
    `${formatFixed(at(victim, least(o)).estimate, 2)} falls to ${formatFixed(at(victim, most(o)).estimate, 2)}. `;
  return [
    {
      id,
      ...summaryLines,
      data: view.summary("objective"),
      x: "confounding",
      xLabel: "strength of the hidden reader type",
      yLabel: "V(f) − λ KL(f ‖ f0)",
      references: [{ value: untrained, label: "f0, untrained" }],
      caption: `${o.confounding.length > 1 ? cost : ""}At confounding ${strongest} ${label(best)} is best with ` +
        `${interval}. Intervals are 95% over ${winner.n} seeds.`,
      alt: "The optimised objective of each arm's learned policy against the strength of confounding.",
    },
    ...pairedFigure(view, o, id),
    {
      id: `${id}-reward-kl`,
      kind: "scatter" as const,
      data: view.summary("value", { where: (c) => c.confounding === most(o).confounding }).map((row) => {
        const kl = view.mean(row.arm, "kl", most(o));
        return { ...row, kl: kl.estimate, klLower: kl.lower, klUpper: kl.upper };
      }),
      x: "kl",
      y: "value",
      xLower: "klLower",
      xUpper: "klUpper",
      yLower: "lower",
      yUpper: "upper",
      by: "arm",
      xLabel: "KL(f ‖ f0) in nats",
      yLabel: "true value V(f)",
      caption:
        `Where the learned policies end at confounding ${strongest}. The objective takes ${o.klWeight} off the value per ` +
        "nat: an arm that goes further right than the oracle follows noise in its estimate rather than the outcome.",
      alt: "True value against KL from the starting policy, one point per arm with intervals on both axes.",
    },
  ];
}

function tablesOf(view: View, id: string) {
  return [{
    id,
    caption: "Learned policies: objective, regret to the best law, value, KL and the weights they end with.",
    columns: [
      { key: "confounding", label: "confounding" },
      { key: "arm", label: "arm", method: true },
      { key: "value", label: "objective", digits: 3, lower: "lower", upper: "upper" },
      { key: "regret", label: "regret", digits: 3 },
      { key: "true", label: "V(f)", digits: 3 },
      { key: "kl", label: "KL", digits: 2 },
      { key: "ess", label: "ESS", digits: 1 },
      { key: "gradient", label: "final gradient", digits: 4 },
    ],
    rows: view.summary("objective").map((row) => {
      const average = (metric: string) => mean(view.series(row.arm, metric, { confounding: row.confounding }).values);
      return {
        ...row,
        regret: average("regret"),
        true: average("value"),
        kl: average("kl"),
        ess: average("effective-sample-size"),
        gradient: average("gradient-norm"),
      };
    }),
  }];
}

export const policies = question({
  id: "policies",
  asks: "Which learned policy survives confounding?",
  part: "synthetic",
  method:
    `${PROTOCOL} Outcome-only and DR-CPO use an outcome model fitted on observational rows, where a hidden type ` +
    "moves both what readers choose and how they answer; the log itself is randomised.",
  arms: Object.keys(policyArms),
  tensors: true,
  block: 20,
  seeds: ({ seeds }: CpoOptions) => seeds,
  conditions: ({ confounding }) => confounding.map((confounding) => ({ confounding })),
  run(context) {
    const { options, arm, seeds } = context;
    const outside = (world: OutcomeWorld, rng: Rng) => observationalModel(world, options.observed, rng);
    return train(arm, samplesOf(context, "both", outside), options, seeds);
  },
  claims: [
    {
      id: "outcome-only-collapses",
      statement: "Outcome-only learning loses more to confounding than DR-CPO",
      source: "abstract and confounding study of the paper",
      paper: "DR-CPO robust under difficult confounding",
      quantity: "loss of objective from no to full confounding, outcome-only − DR-CPO",
      rule: above(0),
      unit: "paired seeds",
      arms: ["outcome-only", "dr-cpo"],
      needs: all(without, full),
      evidence: (view, o) => differenceInLoss(view, "outcome-only", "dr-cpo", o),
    },
    pairedClaim(
      "dr-beats-outcome-only",
      "DR-CPO beats outcome-only under full confounding",
      ["dr-cpo", "outcome-only"],
      most,
      {
        source: "abstract",
        paper: "DR-CPO often has the highest expected reward",
        where: "full confounding",
      },
    ),
    pairedClaim("dr-beats-cpo", "DR-CPO beats CPO without confounding", ["dr-cpo", "cpo"], least, {
      source: "motivation of DR-CPO: lower variance",
      paper: "DR-CPO often has the highest expected reward",
      where: "no confounding",
    }),
    pairedClaim("dr-beats-cpo-confounded", "DR-CPO still beats CPO under full confounding", ["dr-cpo", "cpo"], most, {
      source: "abstract",
      paper: "robust under confounding",
      where: "full confounding",
      note: "CPO uses no outcome model, so confounding cannot hurt it through one.",
    }),
    pairedClaim(
      "more-than-a-baseline",
      "DR-CPO gains more than a constant baseline does",
      ["dr-cpo", "cpo-baseline"],
      least,
      {
        source: "control, not in the paper",
        paper: "not reported",
        where: "no confounding",
        note: "A constant subtracted from the outcome already removes much of CPO's variance.",
      },
    ),
    pairedClaim(
      "cross-fitting-helps",
      "Fitting the model on the log itself, with cross-fitting, beats a confounded one",
      ["dr-cpo-cross-fitted", "dr-cpo"],
      most,
      { source: "our addition", paper: "not reported", where: "full confounding" },
    ),
    pairedClaim("dr-beats-self-normalised", "DR-CPO beats self-normalised CPO", ["dr-cpo", "snipw"], least, {
      source: "control, not in the paper",
      paper: "not reported",
      where: "no confounding",
      note: "Normalising the weights needs no outcome model.",
    }),
  ],
  figures: (view, o) => figuresOf(view, o, "policies"),
  tables: (view) => tablesOf(view, "policies"),
});

export const predictions = question({
  id: "predictions",
  asks: "And when only the predictions are confounded, as in the released code?",
  part: "synthetic",
  method:
    `${PROTOCOL} Outcomes are clean. The outcome model is fitted on clean rows; then every prediction is shifted ` +
    "by the reader type its text attracts, as the released simulation does.",
  arms: ["outcome-only", "cpo", "cpo-baseline", "dr-cpo", "oracle"],
  tensors: true,
  block: 20,
  seeds: ({ seeds }: CpoOptions) => seeds,
  conditions: ({ confounding }) => confounding.map((confounding) => ({ confounding })),
  run(context) {
    const { options, arm, condition, seeds } = context;
    const shift = FULL_SHIFT * Number(condition.confounding);
    const outside = (world: OutcomeWorld, rng: Rng) => shiftedModel(world, options.observed, shift, rng);
    return train(arm, samplesOf(context, "reading", outside), options, seeds);
  },
  claims: [
    pairedClaim(
      "dr-beats-outcome-only-shifted",
      "DR-CPO beats outcome-only when predictions are fully confounded",
      ["dr-cpo", "outcome-only"],
      most,
      { source: "confounding study of the paper", paper: "DR-CPO robust, OO-RLHF not", where: "full confounding" },
    ),
    {
      id: "dr-degrades",
      statement: "DR-CPO does not degrade when predictions are confounded",
      source: "abstract: robust",
      paper: "robust",
      quantity: "objective of DR-CPO lost from no to full confounding",
      rule: below(0.02),
      unit: "paired seeds",
      arms: ["dr-cpo"],
      needs: all(without, full),
      evidence: (view, o) =>
        pairedDifference(
          view.series("dr-cpo", "objective", least(o)).values,
          view.series("dr-cpo", "objective", most(o)).values,
        ),
      note: "Its estimate stays unbiased, but its variance grows with the errors of the model.",
    },
  ],
  figures: (view, o) => figuresOf(view, o, "predictions"),
  tables: (view) => tablesOf(view, "predictions"),
});
