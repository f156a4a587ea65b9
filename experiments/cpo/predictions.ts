/**
 * What if only predictions are confounded, as in the released simulation?
 *
 * @module
 */
import { question } from "../../lib/run/experiment.ts";
import { below } from "../../lib/statistics/claims.ts";
import { FULL_SHIFT, syntheticWorld } from "../../lib/worlds/outcomes.ts";
import {
  beats,
  full,
  learnAll,
  losesMore,
  lossToConfounding,
  most,
  OVERLAP,
  PROTOCOL,
  samplesOf,
  sizesOf,
  withControl,
} from "./learned.ts";
import { learnedFigures, learnedNotes, learnedTables } from "./learned_figures.ts";
import { sampleFrom, shiftedModel } from "./learning.ts";
import type { CpoOptions } from "./options.ts";

/** What "does not degrade" leaves room for, in units of the outcome. */
const NEGLIGIBLE = 0.02;

export const predictions = question({
  id: "predictions",
  asks: "And when only the predictions are confounded, as in the released code?",
  part: "synthetic",
  method:
    `${PROTOCOL} Outcomes are clean. The outcome model is fitted on clean rows; then every prediction is shifted ` +
    "by the reader type its text attracts, as the released simulation does. In the control the type that shifts a " +
    "prediction has nothing to do with its text.",
  arms: [
    "outcome-only",
    "outcome-only-normalised",
    "cpo",
    "cpo-baseline",
    "dr-cpo",
    "sndr-cpo",
    "oracle",
  ],
  block: 20,
  seeds: ({ seeds }: CpoOptions) => seeds,
  conditions: withControl,
  run(context) {
    const { options, condition } = context, sizes = sizesOf(options), strength = Number(condition.confounding);
    const confounding = condition.type === "confounds" ? strength : 0;
    const samples = samplesOf(context, (rng, log) => {
      const world = syntheticWorld({ texts: sizes.texts, confounding, overlap: OVERLAP, moves: "reading" }, rng);
      const model = shiftedModel(world, sizes.observed, FULL_SHIFT * strength, log.fork("outside"));
      return sampleFrom(world, sizes, model, log);
    });
    return learnAll(context, samples);
  },
  claims: [
    ...beats(
      "dr-beats-outcome-only-shifted",
      "DR-CPO beats outcome-only when predictions are fully confounded",
      ["dr-cpo", "outcome-only"],
      most,
      { source: "confounding study of the paper", paper: "DR-CPO robust, OO-RLHF not" },
    ),
    ...losesMore(
      "outcome-only-loses-more-shifted",
      "Outcome-only loses more to confounded predictions than DR-CPO",
      ["outcome-only", "dr-cpo"],
      { source: "confounding study of the paper", paper: "DR-CPO robust, OO-RLHF not" },
    ),
    ...(["value", "objective"] as const).map((measure) => ({
      id: measure === "value" ? "dr-degrades" : "dr-degrades-net",
      statement: `DR-CPO loses less than ${NEGLIGIBLE} to confounded predictions, ${
        measure === "value" ? "by value" : "net of KL"
      }`,
      source: "abstract: robust",
      paper: "robust",
      quantity: `${measure === "value" ? "V" : "V − price · KL"} of DR-CPO: noise only − confounded`,
      rule: below(NEGLIGIBLE),
      unit: "paired seeds",
      arms: ["dr-cpo"],
      needs: full,
      evidence: (view: Parameters<typeof lossToConfounding>[0], o: CpoOptions) =>
        lossToConfounding(view, "dr-cpo", measure, o),
      note: "Its estimate stays unbiased, but its variance grows with the errors of the model, confounded or not.",
    })),
  ],
  figures: (view, o) =>
    learnedFigures(view, o, "predictions", "in the control the type that shifts a prediction is not its text's"),
  tables: (view) => learnedTables(view, "predictions"),
  notes: learnedNotes,
});
