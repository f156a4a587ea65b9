/**
 * What the question on propensities that are wrong by a known factor shows.
 *
 * @module
 */
import { curve, sentence, sentences } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { place } from "../../lib/run/place.ts";
import type { Metric } from "../../lib/run/quantity.ts";
import { centre, type View } from "../../lib/run/view.ts";
import type { LearningOptions } from "./options.ts";
import { equal, objective, objectiveKl, value, valueKl, valueOfStart } from "./terms.ts";

const KNOB = { x: "wrong", xScale: "log", xLabel: "factor by which odds on record are off" } as const;

/** What allowing for Γ = 2 gives over DR-CPO where nothing, and where that factor, is hidden. */
const told = (view: View, o: LearningOptions, measure: Metric) =>
  sentences(...[1, 2, 4].map((wrong) => {
    const assumed = Math.max(2, wrong), at = place("", () => ({ wrong, assumed }));
    return sentence(
      view,
      o,
      measure.of("robust-dr-cpo", at).minus("dr-cpo-cross-fitted"),
      (number) => `Odds off by ${wrong}, Γ = ${assumed}: ${number}.`,
    );
  }));

const against = (view: View, o: LearningOptions, measure: Metric, id: string, isOfF0: boolean) =>
  curve(view, measure, {
    id,
    knob: KNOB,
    panels: { key: "assumed", label: "Γ allowed for" },
    references: isOfF0
      ? [{ value: centre(view, view.arms[0], valueOfStart.name, view.conditions[0]), label: "f0, untrained" }]
      : undefined,
    caption: `Robust less DR-CPO. ${told(view, o, measure)}`,
  });

export const wrongRecord: Drawn<LearningOptions> = {
  figures: (view, o) => [
    against(view, o, objective, "wrong-record-objective", true),
    against(view, o, value, "wrong-record", true),
    against(view, o, equal, "wrong-record-equal-kl", false),
  ],
  tables: (view) => [measuresTable(view, {
    id: "wrong-record",
    caption: "Policies learned where recorded propensities are wrong by a known factor.",
    conditions: [{ key: "assumed", label: "Γ allowed for" }, { key: "wrong", label: "odds off by" }],
    measures: [value, valueKl, objective, objectiveKl, equal],
  })],
};
