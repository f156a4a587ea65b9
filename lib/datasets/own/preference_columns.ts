/**
 * Which columns of a user's file are preferences, and of which form.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";
import { requireColumns } from "./table.ts";

/** What columns are called where nobody says otherwise, the first that is there. */
const USUAL = {
  prompt: ["prompt", "question", "instruction"],
  chosen: ["chosen"],
  rejected: ["rejected"],
  completion: ["completion", "response", "answer"],
  completions: ["completions", "responses", "answers"],
  label: ["label", "desirable"],
  rating: ["rating", "score", "reward"],
  ratings: ["ratings", "scores", "rewards"],
  outcome: ["outcome"],
  propensity: ["propensity"],
  candidates: ["candidates"],
  weight: ["weight"],
  tied: ["tied"],
  scoreChosen: ["score_chosen"],
  scoreRejected: ["score_rejected"],
  group: [],
} as const;

/** A part that a column plays. */
type Part = keyof typeof USUAL;

/** Columns by the part they play; those that are left out are found by their usual names. */
export type PreferenceColumns = { readonly [part in Part]?: string };

/** Forms of preferences, with the parts without which there is none, and those that may be there. */
const FORMS = {
  pairs: [["chosen", "rejected"], ["prompt", "weight", "tied", "scoreChosen", "scoreRejected"]],
  labelled: [["prompt", "completion", "label"], ["weight"]],
  rated: [["prompt", "completion", "rating"], []],
  "rated lists": [["prompt", "completions", "ratings"], []],
  logged: [["prompt", "completion", "outcome"], ["propensity", "candidates"]],
} as const satisfies Record<string, readonly [readonly Part[], readonly Part[]]>;

/** A form of preferences. */
export type Form = keyof typeof FORMS;

/**
 * The form of preferences of a file, and its columns: those of the parts that were named, else the usual ones.
 *
 * @param path of the file, for errors
 * @throws UserError for a named column that is not there, and where the columns are of no form, or of several
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { form, columns } = formOf("a.csv", ["question", "good", "rejected"], { chosen: "good" });
 * assert.deepEqual([form, columns], ["pairs", { chosen: "good", rejected: "rejected", prompt: "question" }]);
 * ```
 */
export function formOf(
  path: string,
  names: readonly string[],
  named: PreferenceColumns,
): { readonly form: Form; readonly columns: PreferenceColumns } {
  requireColumns(path, names, Object.values(named));
  const column = (part: Part): string | undefined =>
    named[part] ?? USUAL[part].find((usual) => names.includes(usual) && !Object.values(named).includes(usual));
  const forms = (Object.keys(FORMS) as Form[]).filter((form) =>
    FORMS[form][0].every((part) => column(part) !== undefined)
  );
  // A part that was named decides between forms that are all there.
  const given = Object.keys(named) as Part[];
  const parts = (form: Form): readonly Part[] => [...FORMS[form][0], ...FORMS[form][1], "group"];
  const fit = forms.filter((form) => given.every((part) => parts(form).includes(part)));
  if (fit.length === 0) {
    throw new UserError(
      `${path}: no preferences among the columns ${
        names.slice(0, 20).join(", ")
      }; name those of chosen and rejected, or of ` +
        "prompt and completion with a label, rating or outcome",
    );
  }
  if (fit.length > 1) {
    const [one, other] = fit.map((form) => FORMS[form][0].map((part) => column(part)).join(", "));
    throw new UserError(`${path}: its columns can be read as ${one}, or as ${other}; name those that are meant`);
  }
  const [form] = fit;
  const found = parts(form).flatMap((part) => {
    const name = column(part);
    return name === undefined ? [] : [[part, name] as const];
  });
  return { form, columns: Object.fromEntries(found) };
}
