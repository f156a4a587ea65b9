/**
 * What if the platform did not record the type, or badly?
 *
 * @module
 */
import { labelOf } from "../../lib/report/methods.ts";
import { type Question, question } from "../../lib/run/experiment.ts";
import type { Place } from "../../lib/run/place.ts";
import { claim } from "../../lib/run/quantity.ts";
import { type Collection, PROTOCOL } from "./collection.ts";
import { recording as drawn } from "./condition_figures.ts";
import type { PopulationOptions } from "./options.ts";
import { recordedOf, recordsOf } from "./settings.ts";
import { OURS, partlyRecorded, recorded, unrecorded, value } from "./terms.ts";

/** Methods that read propensities, each with its counterpart that reads none. */
const WEIGHTED = [["cpo", "outcome-only"], ["dr-cpo", "outcome-only"], ["dpo-weighted", "dpo"]] as const;
/** With them the untrained policy; methods that bring a style of their own are added. */
const ARMS = [...new Set([...WEIGHTED.flat(), "reference"])];

/** A better record is worth more to a method than none. */
const worth = (id: string, arm: string, what: string, better: Place<PopulationOptions>) =>
  claim(
    id,
    `At full confounding ${labelOf(arm)} has a higher value with ${what}, by 0.05 or more`,
    value.of(arm, better).minus(unrecorded).above(0.05),
    OURS,
  );

/** A method is better than none, or than its counterpart that reads no propensity. */
const stillAhead = (arm: string, other: string) =>
  claim(
    `unrecorded-${arm}-beats-${other}`,
    `At full confounding through an unrecorded type ${labelOf(arm)} beats ${
      other === "reference" ? "the untrained policy" : labelOf(other)
    }`,
    value.of(arm, unrecorded).minus(other).above(0),
    OURS,
  );

export const recordingQuestion = (collection: Collection): Question<PopulationOptions> =>
  question({
    id: "recording",
    asks: "What if the platform did not record the type, or badly?",
    method:
      `${PROTOCOL} The strongest confounding of the run. A record of the type is right, wrong at random, or absent; ` +
      "methods that read propensities get the chance of what was shown given the record.",
    arms: collection.methods.filter(({ id, style }) => ARMS.includes(id) || style).map(({ id }) => id),
    tensors: collection.tensors,
    block: 20,
    conditions: recordsOf,
    run: (context) => collection.run(context, recordedOf(context.condition, context.options)),
    claims: WEIGHTED.flatMap(([arm, counterpart]) => [
      worth(`${arm}-needs-record`, arm, "the type recorded than unrecorded", recorded),
      worth(`${arm}-partial-record`, arm, "a noisy record than none", partlyRecorded),
      stillAhead(arm, "reference"),
      stillAhead(arm, counterpart),
    ]),
    ...drawn,
  });
