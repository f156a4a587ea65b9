/**
 * What the question on a language model shows.
 *
 * @module
 */
import { coinciding, curve, type Knob, ranging, shown } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { detectable } from "../../lib/run/notes.ts";
import { rowCountNote } from "../../lib/run/row_counts.ts";
import { sideBySide } from "../../lib/run/side_by_side.ts";
import { centre, type View } from "../../lib/run/view.ts";
import * as terms from "./language_terms.ts";
import { kl, many } from "./language_terms.ts";
import type { BenchmarkOptions } from "./options.ts";

const N: Knob = { x: "labels", xLabel: "labels", xScale: "log" };

/** Arms that learn nothing. */
const BOUNDS = ["reference", "target"];

const learners = ({ arms }: View) => shown({ arms }, arms.filter((arm) => !BOUNDS.includes(arm)));

export const language: Drawn<BenchmarkOptions> = {
  figures: (view, o) => [
    coinciding(curve(view, kl, {
      id: "language",
      knob: N,
      yScale: "log",
      arms: learners(view),
      where: ({ by }) => by === terms.TARGET,
      references: view.arms.includes("reference")
        ? [{ value: centre(view, "reference", kl.name, many.of(o)), label: "untrained model" }]
        : [],
      caption: ranging(view, o, kl, many, learners(view)),
    })),
  ],
  tables: (view, o) => [
    measuresTable(view, {
      id: "language",
      caption:
        "Distance of each model from the target, on texts that the target wrote and on held-out sets of candidates; " +
        "labels of π* that it foretells. Labels of a coin are the control.",
      conditions: [{ key: "by", label: "labels of" }, { key: "labels", label: "labels" }],
      measures: [kl, terms.klError, terms.setKl, terms.setReverseKl, terms.agreement, terms.labelLoss],
    }),
    measuresTable(view, {
      id: "language-written",
      caption:
        "What each model writes after most labels: distance from the target and from π0, and entropy of a token.",
      conditions: [],
      where: ({ by, labels }) => by === terms.TARGET && labels === many.of(o).labels,
      measures: [terms.reverseKl, terms.reverseKlError, terms.klToStart, terms.entropy],
    }),
  ],
  texts: (view, o) =>
    sideBySide(
      view,
      ["reference", "target", ...view.arms.filter((arm) => !BOUNDS.includes(arm))].filter((arm) =>
        view.arms.includes(arm)
      ),
      many.of(o),
    ),
  notes: (view, o) => [
    rowCountNote(view, "weights", {}),
    "All that is trained of stories260K are the gains in front of the last product: a class that has the target in it, as the " +
    "theorems ask, and that a few hundred texts can teach. All its weights learn such texts by heart (--model with its file " +
    "and --train weights): from labels of a coin they end farther from the target than they began. " +
    "π0 ranks texts almost as π* does, so that agreement with labels tells methods apart by little; log-loss does.",
    "The reward is linear in log π0 of a text and eight counts of its words, so that γ log π* is nearly one: what methods " +
    "with a reward gain here is what a simple true reward gives them. The paper's are language models.",
    "Steps are as many for all, and few: where each would end after more of them is what the questions on made worlds show. " +
    "How many they are was chosen for time, and decides how far DPO and RLHF have gone past the target.",
    ...detectable(view, o, kl.of("dpo", many).minus("pmle")),
  ],
};
