/**
 * What the questions on self-annotation show: figures, tables and notes, each spread into its question.
 *
 * @module
 */
import { labelOf } from "../../lib/report/methods.ts";
import { formatInterval } from "../../lib/report/numbers.ts";
import type { FigureSpec } from "../../lib/report/types.ts";
import { curve, finding, type Knob, range, sentence, sentences, shown } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { type Measure, measuresTable } from "../../lib/run/measures_table.ts";
import { converged, detectable } from "../../lib/run/notes.ts";
import type { Place } from "../../lib/run/place.ts";
import type { Metric, Quantity } from "../../lib/run/quantity.ts";
import { centre, type Measured, summaryLines, type SummaryRow, type View } from "../../lib/run/view.ts";
import type { SgpoOptions } from "./options.ts";
import * as terms from "./terms.ts";
import { accuracy, clean, confounded, entropy, epsilons, favourite, fewLabels, gain, gainAtKl } from "./terms.ts";
import { largeGroups, type RoundMetric, smallGroups } from "./terms.ts";
import {
  kept,
  keptMore,
  large,
  LAST,
  noBall,
  noisy,
  overconfidence,
  small,
  sure,
  sureAtFirst,
  unaided,
} from "./terms.ts";

type At = Place<SgpoOptions>;

/** The arm that most is said of. */
const SSAPO = "ssapo-probability";
/** What figures of rounds show: self-annotation with the follower and without, and what labels of people would give. */
export const LINES = ["dpo-all", "self-dpo", SSAPO], RANKED = ["self-dpo", SSAPO, "pair-ranker"];
export const NOISE = { key: "noise", label: "seed labels flipped" };

const metricAfter = ({ measure, range }: terms.ByRound, round: number): Measured => ({
  name: `${measure}-${round}`,
  range,
});

/** One row a round, condition and arm: `round` beside the columns of a summary. */
function overRounds(
  view: View,
  measure: terms.ByRound,
  rounds: number,
  arms: readonly string[] = view.arms,
): SummaryRow[] {
  const rows = Array.from(
    { length: rounds + 1 },
    (_, round) => view.summary(metricAfter(measure, round), { arms }).map((row): SummaryRow => ({ ...row, round })),
  );
  return rows[0].flatMap((_, i) => rows.map((ofRound) => ofRound[i]));
}

/** A measure against rounds, one line for each of some arms, one panel a value of the condition. */
export function roundsFigure(
  view: View,
  measure: terms.ByRound,
  { rounds = LAST, arms, panels, axis, ...figure }: Pick<FigureSpec, "id" | "caption" | "references"> & {
    readonly rounds?: number;
    readonly arms: readonly string[];
    readonly panels: { readonly key: string; readonly label: string };
    readonly axis: string;
  },
): FigureSpec {
  return {
    ...figure,
    ...summaryLines,
    data: overRounds(view, measure, rounds, shown(view, arms)),
    x: "round",
    xLabel: "rounds of self-annotation (0: the seed alone)",
    yLabel: axis,
    panel: panels.key,
    panelLabel: panels.label,
    alt: `${axis} against rounds, one line per arm, one panel per ${panels.label}. ${figure.caption}`,
  };
}

/** Exact measures after the last round, one row a condition and arm. */
function measured(view: View, id: string, ...conditions: readonly { key: string; label: string }[]) {
  const { confidence, gradient } = terms;
  const last = [gain, favourite, accuracy, entropy, confidence, overconfidence];
  const measures: Measure[] = last.map(({ name, short, digits, range }) => ({ name, label: short, digits, range }));
  return measuresTable(view, {
    id,
    caption: "Exact measures after the last round.",
    conditions,
    measures: [...measures, { name: gradient.name, label: gradient.label, largest: true }],
  });
}

const steps = (view: View) => converged(view, "Leader's steps end at their optima", terms.gradient);

/** A measure of policies by rounds, under clean seeds and noisy ones. */
function byRounds(view: View, metric: RoundMetric, figure: Pick<FigureSpec, "id" | "caption" | "references">) {
  return roundsFigure(view, metric, { ...figure, panels: NOISE, arms: LINES, axis: metric.axis });
}

export const rounds: Drawn<SgpoOptions> = {
  figures(view, o) {
    const told = (quantity: Quantity<SgpoOptions>, metric: Metric) =>
      finding(view, o, quantity, metric, noisy, shown(view, LINES));
    return [
      byRounds(view, gain, { id: "rounds-gain", caption: told(gain.of(SSAPO, noisy).minus("self-dpo"), gain) }),
      byRounds(view, accuracy, {
        id: "rounds-ranking",
        caption: told(accuracy.of("dpo-all", clean).minus(SSAPO), accuracy),
      }),
      byRounds(view, overconfidence, {
        id: "rounds-calibration",
        references: [{ value: 0, label: "calibrated" }],
        caption: told(overconfidence.of("self-dpo", noisy).minus(overconfidence.seed), overconfidence),
      }),
    ];
  },
  tables: (view) => [measured(view, "rounds", { key: "noise", label: "flipped" })],
  notes: (view, o) => [steps(view), ...detectable(view, o, gain.of(SSAPO, noisy).minus("self-dpo"))],
};

/** What a change of ε does to a metric of each arm, in words. */
const changes = (view: View, o: SgpoOptions, metric: Metric, at: At) =>
  view.arms.flatMap((arm) => sentence(view, o, metric.of(arm, at).minus(noBall), (by) => `${labelOf(arm)} ${by}`) || [])
    .join("; ");

export const radius: Drawn<SgpoOptions> = {
  figures(view, o) {
    const EPSILON: Knob = { x: "epsilon", xLabel: "ε" }, flipped = noisy.of(o).noise;
    const [least, most] = [epsilons.least(o), epsilons.large(o)];
    const drawn = (metric: Metric, id: string, axis = metric.axis) => {
      const told = changes(view, o, metric, large);
      return {
        ...curve(view, metric, {
          id,
          knob: EPSILON,
          panels: NOISE,
          caption: told === ""
            ? `At ε = ${most}, with ${flipped} of seed labels flipped: ${range(view, o, metric, large)}.`
            : `Change of ${metric.label} from ε = ${least} to ${most}, ${flipped} flipped: ${told}.`,
        }),
        yLabel: axis,
      };
    };
    return [
      drawn(gain, "radius-gain"),
      drawn(gainAtKl, "radius-gain-at-kl", `E_π r* − E_ref r* at a KL of ${o.equalKl}, held out`),
      drawn(entropy, "radius-entropy"),
      drawn(terms.confidence, "radius-confidence"),
    ];
  },
  tables: (view) => [measured(view, "radius", { key: "noise", label: "flipped" }, { key: "epsilon", label: "ε" })],
  notes: (view, o) => [
    steps(view),
    "In probability space a moved pair pulls with a slope of up to 1/(4 floor) instead of 1; in the released form it has none " +
    "where the follower left it. A change of entropy is one of sharpness: what ε does beside that is the gain at equal KL.",
    ...view.arms.flatMap((arm) => {
      const told = sentence(view, o, gain.of(arm, small).minus(noBall), (by) => `changes its gain by ${by}`);
      return told === "" ? [] : [`The smallest ε of ${labelOf(arm)}, ${epsilons.small(o)}, ${told}.`];
    }),
    ...view.arms.flatMap((arm) => detectable(view, o, gain.of(arm, small).minus(noBall))),
  ],
};

export const groups: Drawn<SgpoOptions> = {
  figures: (view, o) => [
    curve(view, gain, {
      id: "groups",
      knob: { x: "group", xScale: "log", xLabel: "G, pairs of a follower's group" },
      caption: finding(view, o, gain.of(SSAPO, largeGroups).minus(smallGroups), gain, largeGroups),
    }),
  ],
  tables: (view) => [measured(view, "groups", { key: "group", label: "G" })],
  notes: (view, o) => [steps(view), ...detectable(view, o, gain.of(SSAPO, largeGroups).minus(smallGroups))],
};

const SHARE: Knob = { x: "share", xScale: "log", xLabel: "share of pairs with a human label" };

export const seedShare: Drawn<SgpoOptions> = {
  figures: (view, o) => [
    curve(view, gain, {
      id: "seed-share-gain",
      knob: SHARE,
      caption: finding(view, o, gain.of(SSAPO, fewLabels).minus("dpo-seed"), gain, fewLabels),
    }),
    curve(view, accuracy, {
      id: "seed-share-ranking",
      knob: SHARE,
      caption: finding(view, o, accuracy.of("dpo-all", fewLabels).minus(SSAPO), accuracy, fewLabels),
    }),
  ],
  tables: (view) => [measured(view, "seed-share", { key: "share", label: "share" })],
  notes: (view, o) => [steps(view), ...detectable(view, o, accuracy.of(SSAPO, fewLabels).minus("self-dpo"))],
};

export const confoundedSeed: Drawn<SgpoOptions> = {
  figures: (view, o) => [
    curve(view, accuracy, {
      id: "confounded-seed",
      knob: { x: "confounding", xLabel: "c, how much who annotates depends on what is shown" },
      caption: finding(view, o, accuracy.of("self-dpo-weighted", confounded).minus("self-dpo"), accuracy, confounded),
    }),
  ],
  tables: (view) => [measured(view, "confounded-seed", { key: "confounding", label: "c" })],
  notes: (view, o) => [steps(view), ...detectable(view, o, accuracy.of(SSAPO, confounded).minus("self-dpo"))],
};

/** From the arm with the least of a belief's measure to that with the most, over all seeds. */
function beliefRange(view: View, o: SgpoOptions, measure: terms.ByRound): string {
  const sorted = shown(view, RANKED).map((arm) => ({
    arm,
    ...view.mean(arm, metricAfter(measure, o.biasRounds), unaided.of(o)),
  }))
    .toSorted((a, b) => a.estimate - b.estimate);
  const [least, most] = [sorted[0], sorted[sorted.length - 1]].map(({ arm, estimate, lower, upper }) =>
    `${labelOf(arm)} ${formatInterval(estimate, lower, upper)}`
  );
  return sorted.length > 1 ? `from ${least} to ${most}` : most;
}

export const lockIn: Drawn<SgpoOptions> = {
  figures(view, o) {
    const panels = { key: "recheck", label: "labelled again" },
      [none, some] = [unaided, terms.aided].map((at) => at.of(o));
    return [
      roundsFigure(view, terms.KEPT, {
        id: "lock-in-kept",
        rounds: o.biasRounds,
        panels,
        arms: RANKED,
        axis: "wrong beliefs of the seed that are kept",
        caption: sentences(
          sentence(
            view,
            o,
            kept("self-dpo", terms.aided).minus(kept("self-dpo", unaided)),
            (by) => `Labelling ${some.recheck} of the pairs again changes the share that self-DPO keeps by ${by}.`,
          ),
          `With ${none.recheck} labelled again, kept: ${beliefRange(view, o, terms.KEPT)}.`,
        ),
      }),
      roundsFigure(view, terms.SURE, {
        id: "lock-in-sure",
        rounds: o.biasRounds,
        panels,
        arms: RANKED,
        axis: "mean σ(|margin|) of kept wrong beliefs",
        caption: sentence(
          view,
          o,
          sure("self-dpo", unaided).minus(sureAtFirst("self-dpo", unaided)),
          (by) =>
            `With ${none.recheck} labelled again, rounds change self-DPO's confidence in the wrong beliefs it keeps by ${by}.`,
        ) || `Confidence in kept wrong beliefs, ${none.recheck} labelled again: ${beliefRange(view, o, terms.SURE)}.`,
      }),
    ];
  },
  tables: (view, o) => [{
    id: "lock-in",
    caption: "Wrong beliefs after each round.",
    columns: [
      { key: "recheck", label: "labelled again" },
      { key: "round", label: "round", digits: 0 },
      { key: "arm", label: "arm", method: true },
      { key: "value", label: "kept", digits: 3, lower: "lower", upper: "upper" },
      { key: "sure", label: "confidence in kept", digits: 3 },
      { key: "wrong", label: "wrong of all", digits: 3 },
    ],
    rows: overRounds(view, terms.KEPT, o.biasRounds).map((row) => {
      const of = (measure: string) => centre(view, row.arm, `${measure}-${row.round}`, { recheck: row.recheck });
      return { ...row, sure: of("sure"), wrong: of("wrong") };
    }),
  }],
  notes: (view, o) => [steps(view), ...detectable(view, o, keptMore(SSAPO, unaided))],
};
