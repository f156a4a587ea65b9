/**
 * How the questions about learned policies are drawn.
 *
 * @module
 */
import type { FigureSpec, TableSpec } from "../../lib/report/types.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import { formatInterval, formatNumber } from "../../lib/report/numbers.ts";
import type { Condition } from "../../lib/run/experiment.ts";
import { summaryDots, summaryLines, type View } from "../../lib/run/view.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { least, most, movedArms, noiseAtMost } from "./learned.ts";
import type { CpoOptions } from "./options.ts";

const label = (arm: string) => methodStyle(arm).label;

/** What settings were chosen for. */
type Chosen = "value" | "objective";

/** Rows of a metric with the control in a panel of its own; where there is no type, both panels have the same row. */
function panels(view: View, metric: string) {
  return view.summary(metric).flatMap((row) => {
    const beside = { ...row, panel: `the type ${row.type}` };
    return row.confounding === 0 ? [beside, { ...beside, panel: "the type adds noise" }] : [beside];
  });
}

/** The arm that ended best of those that moved, or that none did. */
function told(view: View, condition: Condition, measure: Chosen): string {
  const learned = view.arms.filter((arm) => arm !== "oracle");
  const moved = movedArms(view, condition, measure, learned);
  const still = learned.filter((arm) => !moved.includes(arm));
  const stayed = still.length > 0 ? ` Not moved from f0: ${still.map(label).join(", ")}.` : "";
  if (moved.length === 0) return `No learned policy moved from f0.`;
  const at = (arm: string) => view.mean(arm, measure, condition);
  const [best] = moved.toSorted((a, b) => at(b).estimate - at(a).estimate), e = at(best);
  const f0 = mean(view.series(best, "value-of-f0", condition).values);
  const below = moved.filter((arm) => at(arm).estimate < f0);
  return `Of the arms that moved, ${label(best)} ends highest with ${
    formatInterval(e.estimate, e.lower, e.upper)
  }; f0 ` +
    `has ${formatNumber(f0)}. ${below.length} of ${moved.length} end below f0 on average${
      below.length > 0 ? ` (${below.map(label).join(", ")})` : ""
    }.${stayed}`;
}

/** How much the arm that loses most loses beyond its noise. */
function losses(view: View, measure: Chosen, o: CpoOptions): string {
  if (most(o).confounding === 0) return "";
  const at = (arm: string, condition: Condition) => view.mean(arm, measure, condition).estimate;
  const loss = (arm: string) => at(arm, noiseAtMost(o)) - at(arm, most(o));
  const [worst] = view.arms.toSorted((a, b) => loss(b) - loss(a));
  return loss(worst) > 0
    ? ` Beyond its noise, the type takes most from ${label(worst)}: ${formatNumber(loss(worst), 2)}.`
    : " Beyond its noise, the type takes nothing from any arm.";
}

/**
 * Value and objective against confounding beside the noise-only control, equal KL, and where policies end.
 *
 * @param control what the type does in the control, in a clause
 */
export function learnedFigures(view: View, o: CpoOptions, id: string, control: string): FigureSpec[] {
  const [first] = view.arms, strongest = most(o).confounding;
  const f0 = mean(view.series(first, "value-of-f0", least(o)).values);
  const seeds = view.mean(first, "value", least(o)).n;
  const curve = (measure: Chosen, yLabel: string, suffix: string) => ({
    id: `${id}${suffix}`,
    ...summaryLines,
    data: panels(view, measure),
    panel: "panel",
    x: "confounding",
    xLabel: "strength of the hidden reader type",
    yLabel,
    references: [{ value: f0, label: "f0, untrained" }],
    caption:
      `At strength ${strongest}: ${told(view, most(o), measure)}${losses(view, measure, o)} An outcome's variance ` +
      `is the same along the axis; ${control}. Intervals are 95% over ${seeds} seeds.`,
    alt: `${yLabel} of each arm's learned policy against the strength of the type, confounding and as noise alone.`,
  });
  const equal = view.summary("value-at-kl", { where: (c) => c.confounding === strongest }).map((row) => ({
    ...row,
    panel: `the type ${row.type}`,
  }));
  const learned = view.arms.filter((arm) => arm !== "oracle"), ranked = learned.length > 0 ? learned : view.arms;
  const atKl = (arm: string) => view.mean(arm, "value-at-kl", most(o)).estimate;
  const order = ranked.toSorted((a, b) => atKl(b) - atKl(a));
  return [
    curve("value", "true value V(f)", ""),
    curve("objective", "V(f) − price · KL(f ‖ f0)", "-objective"),
    {
      id: `${id}-equal-kl`,
      ...summaryDots,
      data: equal,
      panel: "panel",
      xLabel: `V(f) at ${o.klBudget} nats`,
      references: [{ value: f0, label: "f0, untrained" }],
      caption: `Every policy that moved, scaled along its own direction to a KL of ${o.klBudget} nats, at strength ` +
        `${strongest}: from ${label(order[0])} ${formatNumber(atKl(order[0]))} to ${label(order.at(-1)!)} ${
          formatNumber(atKl(order.at(-1)!))
        }. A policy without a direction stays at f0. Bars are 95% intervals over ${seeds} seeds.`,
      alt: "Value at equal KL of each arm, in two panels by what the type does.",
    },
    {
      id: `${id}-reward-kl`,
      kind: "scatter",
      data: view.summary("value", { where: (c) => c.confounding === strongest && c.type === "confounds" }).map(
        (row) => {
          const kl = view.mean(row.arm, "value-kl", most(o));
          return { ...row, kl: kl.estimate, klLower: kl.lower, klUpper: kl.upper };
        },
      ),
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
        `Where the policies chosen for their value end at strength ${strongest}. The objective takes ${o.klWeight} ` +
        "off the value per nat.",
      alt: "True value against KL from the starting policy, one point per arm with intervals on both axes.",
    },
  ];
}

/** How far the estimates that chose the settings can be trusted. */
export function learnedNotes(view: View, o: CpoOptions): string[] {
  const average = (arm: string, metric: string) => mean(view.series(arm, metric, most(o)).values);
  const arms = view.arms.filter((arm) => arm !== "oracle");
  if (arms.length === 0) return [];
  const promised = mean(arms.map((arm) => average(arm, "value-gain-estimated")));
  const got = mean(arms.map((arm) => average(arm, "value") - average(arm, "value-of-f0")));
  return [
    "A choice by the largest of many estimates is one by luck, too: at strength " +
    `${most(o).confounding} the held-out rows promised the chosen policies a gain in value over f0 of ${
      formatNumber(promised, 2)
    } on average over arms; the truth is ${formatNumber(got, 2)}.`,
  ];
}

/** What was learned, and with which settings. */
export function learnedTables(view: View, id: string): TableSpec[] {
  return [{
    id,
    caption:
      "Learned policies, chosen for their value and for the objective: value, KL, share of seeds that stayed at " +
      "f0, median λ of those that moved; value at equal KL; regret to the best law.",
    columns: [
      { key: "type", label: "the type" },
      { key: "confounding", label: "strength" },
      { key: "arm", label: "arm", method: true },
      { key: "value", label: "V(f)", digits: 3, lower: "lower", upper: "upper" },
      { key: "kl", label: "its KL", digits: 2 },
      { key: "stayed", label: "at f0", digits: 2 },
      { key: "objective", label: "objective", digits: 3 },
      { key: "netKl", label: "its KL", digits: 2 },
      { key: "netStayed", label: "at f0", digits: 2 },
      { key: "equal", label: "V at equal KL", digits: 3 },
      { key: "regret", label: "regret", digits: 3 },
      { key: "ess", label: "ESS", digits: 1 },
    ],
    rows: view.summary("value").map((row) => {
      const condition = { type: row.type, confounding: row.confounding };
      const values = (metric: string) => view.series(row.arm, metric, condition).values;
      return {
        ...row,
        kl: mean(values("value-kl")),
        stayed: mean(values("value-steps").map((steps) => steps === 0 ? 1 : 0)),
        objective: mean(values("objective")),
        netKl: mean(values("objective-kl")),
        netStayed: mean(values("objective-steps").map((steps) => steps === 0 ? 1 : 0)),
        equal: mean(values("value-at-kl")),
        regret: mean(values("regret")),
        ess: mean(values("effective-sample-size")),
      };
    }),
  }];
}
