/**
 * Methods that `deno task learn` knows: the losses of the table that are trained on lines.
 *
 * @module
 */
import type { Method } from "../../learn/method.ts";
import { type LossEntry, losses } from "../../losses/mod.ts";
import type { ExampleKind, Objective, ObjectiveOptions } from "../../training/language/objective.ts";
import { objectiveOf } from "../../training/language/objectives.ts";
import { UserError } from "../../user_error.ts";
import { nearest } from "../../nearest.ts";
import { flagName } from "../options.ts";
import { lossOptions, trainableLosses, wrapped } from "../train_losses.ts";

/** A method with its loss. */
export interface NamedMethod extends Method {
  readonly loss: LossEntry;
  /** Options of the loss that were given. */
  readonly given: Readonly<Record<string, string>>;
  /** Options of the loss, and what stands beside it, at a value of the grid. */
  readonly asked: (beta: number) => ObjectiveOptions;
}

/** Short names, as experiments have them. */
const SHORT: Readonly<Record<string, string>> = { cpo: "causal-cpo", ipo: "ipo-sum" };
/** Losses whose papers have the likelihood of chosen texts beside them. */
const WITH_LIKELIHOOD = ["orpo", "contrastive-po"];
/** Options that bound how far a method goes, the first that a loss has. */
const TUNED = ["beta", "tau", "klWeight"] as const;

/**
 * A method by its name, with options of its loss behind it: `simpo:gamma=0.5`.
 *
 * @throws UserError for an unknown name, with the nearest; for a loss that is not trained on texts; for an option it has not
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { id, tuned, objective } = namedMethod("simpo:gamma=0.5");
 * assert.deepEqual([id, tuned, objective(0.3).beta], ["simpo", "beta", 0.3]);
 * assert.throws(() => namedMethod("dop"), /^UserError: --methods: no method "dop", did you mean dpo\?/);
 * ```
 */
export function namedMethod(text: string): NamedMethod {
  const [id, ...settings] = text.split(":"), name = SHORT[id] ?? id;
  const loss = trainableLosses.find((entry) => entry.name === name);
  if (loss === undefined) {
    if (losses.some((entry) => entry.name === name)) objectiveOf(name, { loss: {} }); // says why it is not trained
    const guess = nearest(id, [...Object.keys(SHORT), ...trainableLosses.map(({ name }) => name)]);
    throw new UserError(`--methods: no method "${id}"${guess ? `, did you mean ${guess}?` : "."} See --help for all`);
  }
  const given = Object.fromEntries(settings.map((setting) => {
    const [key, value, more] = setting.split("=");
    if (!key || value === undefined || more !== undefined) {
      throw new UserError(`--methods ${text}: write an option as ${id}:name=value`);
    }
    return [key, value];
  }));
  const options = optionsOf(loss, given), tuned = TUNED.find((key) => Object.hasOwn(options, key));
  const isGiven = tuned !== undefined && Object.hasOwn(given, flagName(tuned));
  const asked = (beta: number): ObjectiveOptions => ({
    loss: tuned === undefined || isGiven ? options : { ...options, [tuned]: beta },
    ...(WITH_LIKELIHOOD.includes(name) && { likelihood: { weight: 1 } }),
  });
  const objective = (beta: number): Objective => objectiveOf(name, asked(beta));
  return { id, loss, given, asked, objective, ...(tuned !== undefined && !isGiven && { tuned }) };
}

/** Options of a loss; what the grid sets has some value, which it replaces. */
function optionsOf(loss: LossEntry, given: Readonly<Record<string, string>>): Record<string, unknown> {
  const tuned = TUNED.find((key) => Object.hasOwn(loss.options, key));
  const values = tuned === undefined ? given : { [flagName(tuned)]: "0.1", ...given };
  try {
    return lossOptions(loss, values);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`--methods ${loss.name}: ${error.message.replaceAll("--", "")}; write ${loss.name}:name=value`);
  }
}

/** Kinds of examples that each kind of data gives, in words. */
const SERVED: readonly (readonly [what: string, kinds: readonly ExampleKind[]])[] = [
  ["Pairs serve", ["pairs", "tied", "labelled"]],
  ["A log serves", ["logged", "sampled", "logged and sampled"]],
  ["A log whose rewards are 0 and 1 serves, by its rows as labels", ["labelled"]],
  ["A log serves, by pairs of its rows that share a prompt (labels too, where rewards are other numbers)", [
    ...["pairs", "tied"] as const,
  ]],
];

/** Whether a loss reads laws or places of tokens, which features of words have not. */
const readsTokens = (name: string): boolean => objectiveOf(name, { loss: {} }).collides === true || name === "ld-dpo";

/** Methods by the data that serve them, for `--help`. */
export const SERVED_HELP: string = SERVED.map(([what, kinds]) => {
  const names = trainableLosses.filter(({ name }) =>
    kinds.includes(objectiveOf(name, { loss: {} }).data) && !readsTokens(name)
  );
  return `${what}\n${wrapped(names.map(({ name }) => name).join(", "), "      ")}`;
}).concat([
  `Pairs serve with --model also\n      ${trainableLosses.map(({ name }) => name).filter(readsTokens).join(", ")}`,
]).join("\n");
