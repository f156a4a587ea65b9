/**
 * Do more labels help?
 *
 * @module
 */
import { type Question, question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { type Collection, PROTOCOL } from "./collection.ts";
import { labelled } from "./condition_figures.ts";
import type { PopulationOptions } from "./options.ts";
import { labelledOf, sizeOf } from "./settings.ts";
import { mostLabels, mostOfSeveral, mostUnconfounded, OURS, regret } from "./terms.ts";

/** One method of each kind, and those that read propensities; methods that bring a style of their own are added. */
const ARMS = ["dpo", "rlhf-fixed", "kto", "apo-zero", "outcome-only", "cpo", "dr-cpo", "dpo-weighted", "oracle"];

export const labelsQuestion = (collection: Collection): Question<PopulationOptions> =>
  question({
    id: "labels",
    asks: "Do more labels help?",
    method: PROTOCOL,
    arms: collection.methods.filter(({ id, style }) => ARMS.includes(id) || style).map(({ id }) => id),
    tensors: collection.tensors,
    block: 20,
    conditions: labelledOf,
    run: (context) => collection.run(context, sizeOf(context.condition, context.options)),
    claims: [
      claim(
        "dpo-floor",
        "Under confounding DPO's regret stays above 0.05 with the most labels",
        regret.of("dpo", mostOfSeveral).above(0.05),
        OURS,
      ),
      claim(
        "dr-vanishes",
        "Under confounding DR-CPO's regret at the most labels is less than half of DPO's",
        regret.of("dr-cpo", mostLabels).over("dpo").below(0.5),
        { source: "Lin et al., UAI 2024: consistent under right propensities", paper: "unbiased" },
      ),
      claim(
        "apo-zero-floor",
        "Without confounding APO-zero's regret stays above 0.02 with the most revisions",
        regret.of("apo-zero", mostUnconfounded).above(0.02),
        OURS,
      ),
    ],
    ...labelled(ARMS),
  });
