/**
 * Columns of a log that bounds under hidden confounding sort, and so hold.
 *
 * @module
 */
import type { ActionTable, PolicyTable } from "../../estimators/stream/policy_columns.ts";
import type { SelectionLog, TargetPolicy } from "../../estimators/sensitivity/selection.ts";
import type { LogRows } from "./log_rows.ts";

/** Numbers alone: the rows of a chunk know where they stand, and hold its cells for that. */
interface HeldChunk extends Pick<LogRows, "reward" | "action" | "group" | "numbers"> {
  readonly propensity: Float64Array;
  readonly prediction: Float64Array;
  readonly policies: readonly { readonly target: Float64Array; readonly direct: Float64Array }[];
}

/** Columns that grow by chunks. */
export class HeldColumns {
  readonly #chunks: HeldChunk[] = [];

  /** @param actions how many there are */
  constructor(readonly actions: number) {}

  /** Takes in a chunk: what of its tables belongs to the logged actions, and means under the policies. */
  add(rows: LogRows, propensity: Float64Array, model: ActionTable, tables: readonly PolicyTable[]): void {
    const { actions } = this, n = rows.rows, at = ({ row }: ActionTable, i: number) => (row?.[i] ?? i) * actions;
    const prediction = new Float64Array(n);
    for (let i = 0; i < n; i++) prediction[i] = model.values[at(model, i) + rows.action[i]];
    const policies = tables.map((table) => {
      const target = new Float64Array(n), direct = new Float64Array(n);
      for (let i = 0; i < n; i++) {
        if (table === "logging") {
          target[i] = propensity[i];
          direct[i] = prediction[i];
          continue;
        }
        const p = at(table, i), q = at(model, i);
        target[i] = table.values[p + rows.action[i]];
        for (let a = 0; a < actions; a++) direct[i] += table.values[p + a] * model.values[q + a];
      }
      return { target, direct };
    });
    const { reward, action, group, numbers } = rows;
    this.#chunks.push({ reward, action, group, numbers, propensity: propensity.slice(), prediction, policies });
  }

  /** The rounds, with the outcome model at their actions. */
  log(): SelectionLog & { readonly action: Int32Array } {
    const joined = (of: (chunk: HeldChunk) => Float64Array) => joinedNumbers(this.#chunks.map(of));
    const isGrouped = this.#chunks[0]?.group !== undefined;
    return {
      reward: joined(({ reward }) => reward),
      action: joinedCodes(this.#chunks.map(({ action }) => action)),
      propensity: joined(({ propensity }) => propensity),
      prediction: joined(({ prediction }) => prediction),
      ...(isGrouped && { groups: joinedCodes(this.#chunks.map(({ group }) => group!)) }),
    };
  }

  /** A policy at the logged actions. */
  policy(k: number): TargetPolicy {
    return {
      target: joinedNumbers(this.#chunks.map(({ policies }) => policies[k].target)),
      direct: joinedNumbers(this.#chunks.map(({ policies }) => policies[k].direct)),
    };
  }

  /** One of the numbers of each round. */
  column(place: number, width: number): Float64Array {
    return joinedNumbers(this.#chunks.map(({ numbers, reward }) => {
      const column = new Float64Array(reward.length);
      for (let i = 0; i < column.length; i++) column[i] = numbers[i * width + place];
      return column;
    }));
  }
}

function joinedNumbers(parts: readonly Float64Array[]): Float64Array {
  return joined(parts, new Float64Array(lengthOf(parts)));
}

function joinedCodes(parts: readonly Int32Array[]): Int32Array {
  return joined(parts, new Int32Array(lengthOf(parts)));
}

const lengthOf = (parts: readonly { readonly length: number }[]) => parts.reduce((sum, { length }) => sum + length, 0);

function joined<T extends Float64Array | Int32Array>(parts: readonly T[], all: T): T {
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
