/**
 * What the question on learning for the worst case shows.
 *
 * @module
 */
import { curve, ranging } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { place } from "../../lib/run/place.ts";
import { Metric } from "../../lib/run/quantity.ts";
import type { PopulationOptions } from "./options.ts";
import { klAsTrained, objective, value, valueAsTrained } from "./terms.ts";

const factor = Metric.amount("odds-factor", "odds off by", 2);
const KNOB = { x: "gamma", xScale: "log", xLabel: "Γ that the robust arm allows for" } as const;
const widest = place("type unrecorded, Γ = 4 allowed for", () => ({ type: "unrecorded", record: 0, gamma: 4 }));
const middle = place("type unrecorded, Γ = 2 allowed for", () => ({ type: "unrecorded", record: 0, gamma: 2 }));

export const worstCase: Drawn<PopulationOptions> = {
  figures(view, o) {
    const arms = view.arms.filter((arm) => arm !== "reference");
    if (arms.length === 0) return [];
    const shared = { arms, knob: KNOB, panels: { key: "type", label: "type" } };
    return [
      {
        ...curve(view, value, {
          ...{ id: "worst-case", references: [{ value: 0, label: "π0" }], ...shared },
          caption: ranging(view, o, value, middle, arms),
        }),
        yLabel: `value at ${o.budget} nats of KL(π ‖ π0)`,
      },
      {
        ...curve(view, objective, {
          ...{ id: "worst-case-objective", references: [{ value: 0, label: "π0" }], ...shared },
          caption: ranging(view, o, objective, widest, arms),
        }),
        yLabel: "value as trained, less τ · KL(π ‖ π0)",
      },
    ];
  },
  tables: (view) => [measuresTable(view, {
    id: "worst-case",
    caption:
      "Policies by what the robust arm allows for, and by how much the type moves odds against the record, for nine " +
      "of ten shown responses at the most.",
    conditions: [{ key: "type", label: "type" }, { key: "gamma", label: "Γ" }],
    measures: [factor, { ...value, better: "higher" }, valueAsTrained, klAsTrained, objective],
  })],
};
