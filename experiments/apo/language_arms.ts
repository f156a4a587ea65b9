/**
 * The arms of the question on a language model: an objective on a kind of pairs.
 *
 * @module
 */
import type { StoryData } from "./story_pairs.ts";

/** What an arm trains by, on which pairs. */
interface LanguageArm {
  /** Name in the table of losses. */
  readonly loss: "sft" | "dpo" | "kto" | "apo-zero" | "apo-down";
  readonly data: StoryData;
}

/** Arms on revisions have the names of their objectives; the others say the kind of their pairs. */
export const languageArms: Readonly<Record<string, LanguageArm>> = {
  "sft": { loss: "sft", data: "clair" },
  "dpo": { loss: "dpo", data: "clair" },
  "kto": { loss: "kto", data: "clair" },
  "apo-zero": { loss: "apo-zero", data: "clair" },
  "apo-down": { loss: "apo-down", data: "clair" },
  "dpo-on-policy": { loss: "dpo", data: "on-policy" },
  "apo-zero-on-policy": { loss: "apo-zero", data: "on-policy" },
  "dpo-off-policy": { loss: "dpo", data: "off-policy" },
  "apo-zero-off-policy": { loss: "apo-zero", data: "off-policy" },
  "apo-down-off-policy": { loss: "apo-down", data: "off-policy" },
  "dpo-stronger": { loss: "dpo", data: "stronger" },
  "apo-zero-stronger": { loss: "apo-zero", data: "stronger" },
  "apo-zero-random-revisions": { loss: "apo-zero", data: "random-revisions" },
  "dpo-unchecked": { loss: "dpo", data: "unchecked" },
  "apo-zero-unchecked": { loss: "apo-zero", data: "unchecked" },
  "dpo-on-policy-erring": { loss: "dpo", data: "on-policy-erring" },
  "apo-zero-on-policy-erring": { loss: "apo-zero", data: "on-policy-erring" },
};

/** Arms on revisions. */
export const ON_REVISIONS = Object.keys(languageArms).filter((arm) => languageArms[arm].data === "clair");

/** Arms on data of which some are in the wrong place, with those on CLAIR's: what errors cost. */
export const WITH_ERRORS = ["", "-unchecked", "-on-policy", "-on-policy-erring"].flatMap((data) =>
  ["dpo", "apo-zero"].map((arm) => `${arm}${data}`)
);

/** Arms on the paper's kinds of data and on the control. */
export const ON_DATA_OF_THE_PAPER = Object.keys(languageArms).filter((arm) =>
  !["unchecked", "on-policy-erring"].includes(languageArms[arm].data)
);
