/**
 * Policies that are valued, as tables of probabilities.
 *
 * @module
 */
import type { ActionTable, PolicyTable } from "../../estimators/stream/policy_columns.ts";
import { textIfThere } from "../../files.ts";
import { type JsonObject, parseObject } from "../../formats/json_text.ts";
import { nearest } from "../../nearest.ts";
import { UserError } from "../../user_error.ts";
import { checkDistribution, type PolicyRule, type PolicySpec } from "./options.ts";

/** What a chunk offers to a policy. */
interface PolicySight {
  readonly rows: number;
  /** Numbers of the log, row-major `[rows, width]`. */
  readonly numbers: Float64Array;
  readonly width: number;
  /** Expected rewards of the actions. */
  readonly model: ActionTable;
  /** Where a row stands, for messages. */
  place(i: number): string;
}

/** A policy: its probabilities in the rounds of a chunk. */
type Policy = (sight: PolicySight) => PolicyTable;

/**
 * The probabilities in a file: an object of actions with theirs.
 *
 * @param actions names in order
 * @throws UserError for a file that cannot be read, is no such object, names other actions, or is no distribution
 */
async function policyFile(path: string, actions: readonly string[]): Promise<Float64Array> {
  const text = await textIfThere(path);
  if (text === undefined) throw new UserError(`${path}: there is no such file; check the path`);
  let value: JsonObject;
  try {
    value = parseObject(text, path);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${error.message}; ${FORM}`) : error;
  }
  const entries = Object.entries(value), probabilities = new Float64Array(actions.length);
  for (const [name, p] of entries) {
    const code = actions.indexOf(name), guess = nearest(name, actions);
    if (code < 0) {
      throw new UserError(
        `${path}: action "${name}" is none of the log's${guess ? `, did you mean "${guess}"?` : ";"} ` +
          `it has ${actions.slice(0, 10).join(", ")}${
            actions.length > 10 ? ", …" : ""
          }; a policy that goes elsewhere is named with --actions`,
      );
    }
    if (typeof p !== "number") {
      throw new UserError(`${path}: action "${name}": ${JSON.stringify(p)} is no number; ${FORM}`);
    }
    probabilities[code] = p;
  }
  checkDistribution(probabilities, path);
  return probabilities;
}

const FORM = 'write {"action": probability, …}';

/**
 * How many actions a policy has, where it says so.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(actionCount({ kind: "fixed", probabilities: [0.5, 0.5] }), 2);
 * ```
 */
export function actionCount(spec: PolicySpec): number | undefined {
  return spec.kind === "fixed" ? spec.probabilities.length : spec.kind === "columns" ? spec.columns.length : undefined;
}

/**
 * A policy, ready to be asked.
 *
 * @param columns names of the numbers that chunks have
 * @throws UserError for a file that is no policy over these actions, or probabilities for others
 * @example
 * ```ts ignore
 * const target = await policyOf({ kind: "rule", rule: "uniform" }, { flag: "--target", actions: ["a", "b"], columns: [] });
 * ```
 */
export async function policyOf(
  spec: PolicySpec,
  { flag, actions, columns }: {
    readonly flag: string;
    readonly actions: readonly string[];
    readonly columns: readonly string[];
  },
): Promise<Policy> {
  const count = actionCount(spec), { length } = actions;
  if (count !== undefined && count !== length) {
    throw new UserError(`${flag}: has ${count} probabilities, and there are ${length} actions; give one for each`);
  }
  switch (spec.kind) {
    case "fixed":
      return constant(Float64Array.from(spec.probabilities));
    case "file":
      return constant(await policyFile(spec.path, actions));
    case "columns":
      return ofColumns(spec.columns.map((name) => columns.indexOf(name)), spec.columns);
    case "rule":
      return ofRule(spec.rule, length);
  }
}

function constant(values: Float64Array): Policy {
  let row = new Int32Array(0);
  return ({ rows }) => {
    if (row.length < rows) row = new Int32Array(rows);
    return { values, row };
  };
}

function ofColumns(places: readonly number[], names: readonly string[]): Policy {
  let values = new Float64Array(0);
  return ({ rows, numbers, width, place }) => {
    const actions = places.length;
    if (values.length < rows * actions) values = new Float64Array(rows * actions);
    for (let i = 0; i < rows; i++) {
      let sum = 0, low = 0;
      for (let a = 0; a < actions; a++) {
        const p = values[i * actions + a] = numbers[i * width + places[a]];
        sum += p;
        if (p < low) low = p;
      }
      if (low < 0 || !(Math.abs(sum - 1) <= 1e-6)) {
        checkDistribution(
          values.subarray(i * actions, (i + 1) * actions),
          `${place(i)}, columns ${names.slice(0, 4)}${actions > 4 ? ",…" : ""}`,
        );
      }
    }
    return { values };
  };
}

function ofRule(rule: PolicyRule, actions: number): Policy {
  if (rule === "uniform") return constant(new Float64Array(actions).fill(1 / actions));
  if (rule === "logging") return () => "logging";
  let values = new Float64Array(0);
  return ({ rows, model: { values: q, row } }) => {
    const size = row === undefined ? rows * actions : q.length;
    if (values.length < size) values = new Float64Array(size);
    values.fill(0);
    for (let from = 0; from < size; from += actions) {
      let best = 0;
      for (let a = 1; a < actions; a++) if (q[from + a] > q[from + best]) best = a;
      values[from + best] = 1;
    }
    return row === undefined ? { values } : { values: values.subarray(0, size), row };
  };
}
