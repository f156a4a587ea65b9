/**
 * What the questions about learned policies in made worlds show, each spread into its question.
 *
 * @module
 */
import { labels } from "../../lib/report/captions.ts";
import { labelOf } from "../../lib/report/methods.ts";
import { formatFixed, formatInterval, formatNumber } from "../../lib/report/numbers.ts";
import type { FigureSpec, TableSpec } from "../../lib/report/types.ts";
import { against, curve, dots, range, shown } from "../../lib/run/default_figures.ts";
import type { Condition, Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import type { Metric } from "../../lib/run/quantity.ts";
import { centre, type View } from "../../lib/run/view.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { RECORDED } from "./figures.ts";
import type { CpoOptions, LearningOptions } from "./options.ts";
import * as terms from "./terms.ts";
import { equal, kl, least, lostToConfounding, most, objective, value, valueKl, valueOfStart } from "./terms.ts";

/** The arms that learn from data; where a run has the bound alone, that. */
const learners = ({ arms }: View) =>
  arms.some((arm) => arm !== "oracle") ? arms.filter((arm) => arm !== "oracle") : arms;

/** Lines of figures against confounding: what people use instead, both of the paper, and the bound. */
export const LINES = ["reward-model", "outcome-only", "cpo", "dr-cpo", "oracle"];

/** Below this many nats on average a policy has not moved: it is f0, whatever it is called. */
const MOVED = 0.01;

/** f0's own value as a line across a figure. */
const untrained = (view: View, condition: Condition) => [{
  value: centre(view, view.arms[0], valueOfStart.name, condition),
  label: "f0, untrained",
}];

/** Each row in the panel of what the type does; where there is no type, in both. */
function inPanels(figure: FigureSpec): FigureSpec {
  const data = figure.data.flatMap((row) => {
    const beside = { ...row, panel: `the type ${row.type}` };
    return row.confounding === 0 ? [beside, { ...beside, panel: "the type adds noise" }] : [beside];
  });
  return { ...figure, data, panel: "panel" };
}

/** The arm that ended best of those that are drawn and moved, and who ends below f0, in words. */
function valueAt(view: View, condition: Condition, measure: Metric): string {
  const moved = learners(view).filter((arm) =>
    shown(view, LINES).includes(arm) && centre(view, arm, `${measure.name}-kl`, condition) >= MOVED
  );
  if (moved.length === 0) return "no learned policy moved from f0.";
  const at = (arm: string) => centre(view, arm, measure.name, condition);
  const best = moved.reduce((a, b) => at(b) > at(a) ? b : a);
  const { estimate, lower, upper } = view.mean(best, measure, condition);
  const f0 = centre(view, best, valueOfStart.name, condition), below = moved.filter((arm) => at(arm) < f0);
  return `of the policies drawn that moved, ${labelOf(best)} ends highest, ${
    formatInterval(estimate, lower, upper)
  }; ` +
    `${below.length} of ${moved.length} end below f0 (${formatNumber(f0)}).`;
}

/** How much the arm that loses most loses beyond its noise. */
function losses(view: View, measure: Metric, o: LearningOptions): string {
  if (most.of(o).confounding === 0) return "";
  const lost = (arm: string) => mean(lostToConfounding(measure, arm).series(view, o).values);
  const worst = shown(view, LINES).reduce((a, b) => lost(b) > lost(a) ? b : a);
  return lost(worst) > 0
    ? ` Beyond its noise, the type costs ${labelOf(worst)} most: ${formatNumber(lost(worst), 2)}.`
    : " Beyond its noise, the type takes nothing from any of them.";
}

const KNOB = { x: "confounding", xLabel: "strength of the hidden reader type" };

/** Value and objective against confounding beside the noise-only control, equal KL, and where policies end. */
const learned = (id: string): Drawn<LearningOptions> => ({
  figures(view, o) {
    const { confounding: strongest } = most.of(o), references = untrained(view, least.of(o));
    const at = ({ confounding }: Condition) => confounding === strongest;
    const byStrength = (measure: Metric, id: string) =>
      inPanels(curve(view, measure, {
        id,
        knob: KNOB,
        arms: shown(view, LINES),
        references,
        caption: `At strength ${strongest}, ${valueAt(view, most.of(o), measure)}${losses(view, measure, o)}`,
      }));
    return [
      byStrength(value, id),
      byStrength(objective, `${id}-objective`),
      {
        ...dots(view, equal, {
          id: `${id}-equal-kl`,
          where: at,
          marks: { key: "type", names: { confounds: "the type confounds", "adds noise": "the type adds noise" } },
          references,
          caption: `At strength ${strongest}, scaled to ${o.klBudget} nats along their own directions, policies go ${
            range(view, o, equal, most, learners(view))
          }.`,
        }),
        xLabel: `V(f) at ${o.klBudget} nats`,
      },
      against(view, value, valueKl, {
        id: `${id}-reward-kl`,
        where: (condition) => at(condition) && condition.type === "confounds",
        caption: `At strength ${strongest}, policies chosen for their value spend ${
          range(view, o, valueKl, most, learners(view))
        } nats; the objective charges ${o.klWeight} for one.`,
      }),
    ];
  },
  tables: (view) => [withStays(
    view,
    measuresTable(view, {
      id,
      caption:
        "Learned policies, chosen for their value and for the objective: value, KL, value at equal KL, regret to the " +
        "best law, effective sample, share of seeds that stayed at f0.",
      conditions: [{ key: "type", label: "the type" }, { key: "confounding", label: "strength" }],
      measures: [
        value,
        valueKl,
        objective,
        terms.objectiveKl,
        equal,
        terms.regret,
        { ...terms.effectiveSize, digits: 1 },
      ],
    }),
  )],
  notes(view, o) {
    const arms = view.arms.filter((arm) => arm !== "oracle"), at = most.of(o);
    if (arms.length === 0) return [];
    const over = (of: (arm: string) => number) => formatNumber(mean(arms.map(of)), 2);
    const still = arms.filter((arm) => centre(view, arm, valueKl.name, at) < MOVED);
    return [
      "A choice by the largest of many estimates is one by luck, too: at strength " +
      `${at.confounding} the held-out rows promised the chosen policies a gain in value over f0 of ${
        over((arm) => centre(view, arm, "value-gain-estimated", at))
      } on average over arms; the truth is ${
        over((arm) => centre(view, arm, value.name, at) - centre(view, arm, valueOfStart.name, at))
      }.`,
      "An outcome's variance is the same along the axis, and a policy without a direction stays at f0. " +
      `Not moved from f0 at strength ${at.confounding}: ${labels(still)}.`,
    ];
  },
});

/** A table with the share of seeds whose choice was f0 itself. */
function withStays(view: View, table: TableSpec): TableSpec {
  const stays = (steps: Float64Array) => mean(steps.map((count) => count === 0 ? 1 : 0));
  const cells = view.conditions.flatMap((condition) =>
    view.arms.map((arm) => {
      const [stayed, netStayed] = ["value", "objective"].map((name) =>
        stays(view.series(arm, `${name}-steps`, condition).values)
      );
      return { stayed, netStayed };
    })
  );
  return {
    ...table,
    columns: [
      ...table.columns,
      { key: "stayed", label: "for value at f0", digits: 2 },
      { key: "netStayed", label: "for objective at f0", digits: 2 },
    ],
    rows: table.rows.map((row, i) => ({ ...row, ...cells[i] })),
  };
}

export const policies = learned("policies"), predictions = learned("predictions");

export const logPolicies: Drawn<LearningOptions> = {
  figures: (view, o) => [dots(view, value, {
    id: "log-policies",
    marks: RECORDED,
    references: untrained(view, terms.recordedAs("unrecorded").of({})),
    caption: `With the type unrecorded, value goes ${
      range(view, o, value, terms.recordedAs("unrecorded"), learners(view))
    }; with the type recorded, ${range(view, o, value, terms.recordedAs("recorded"), learners(view))}.`,
  })],
  tables: (view) => [measuresTable(view, {
    id: "log-policies",
    caption: "Policies learned from a confounded log.",
    conditions: [{ key: "record", label: "the type is" }],
    measures: [value, valueKl, objective, equal],
  })],
};

const BATCH = { x: "batch", xScale: "log", xLabel: "rows in a batch (the last is the log)" } as const;

export const batches: Drawn<CpoOptions> = {
  figures(view) {
    const sizes = (metric: Metric) =>
      view.conditions.map((at) => `${formatFixed(centre(view, "released", metric.name, at), 2)} at ${at.batch}`).join(
        ", ",
      );
    return [
      curve(view, terms.gradientShare, {
        id: "batches",
        knob: BATCH,
        caption: `Share of the whole log's gradient at f0 that is left: ${sizes(terms.gradientShare)}.`,
      }),
      curve(view, kl, {
        id: "batches-kl",
        knob: BATCH,
        caption: `Distance of the optimum from f0, in nats: ${sizes(kl)}.`,
      }),
      curve(view, objective, {
        id: "batches-objective",
        knob: BATCH,
        caption: `Objective of the optimum: ${sizes(objective)}.`,
      }),
    ];
  },
  tables: (view) => [measuresTable(view, {
    id: "batches",
    caption: "Expected gradient and optimum of weights normalised within a batch.",
    conditions: [{ key: "batch", label: "batch" }],
    measures: [terms.gradientShare, kl, value, objective],
  })],
};
