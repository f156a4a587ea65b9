/**
 * Which actions a log has.
 *
 * @module
 */
import { actionsOf, nameOf } from "../../datasets/own/actions.ts";
import { isNameless } from "../../datasets/own/numbers.ts";
import type { Table } from "../../datasets/own/table.ts";
import { UserError } from "../../user_error.ts";

/** More different values are no actions. */
const MOST = 10_000;

/**
 * Names of the actions of a log, in the order of its policies: those given, else codes from 0, else names sorted. Where the
 * policy says how many there are and the log begins with codes, no more of it is read.
 *
 * @param declared names, or how many the policy has
 * @throws UserError where names and policy do not fit each other or the log
 * @example
 * ```ts ignore
 * const names = await actionNames(table, "arm", 3); // ["0", "1", "2"]
 * ```
 */
export async function actionNames(
  table: Table,
  column: string,
  declared: readonly string[] | number | undefined,
): Promise<readonly string[]> {
  if (typeof declared === "object") return declared;
  const seen = new Map<string, string>();
  for await (const chunk of table.chunks([column])) {
    const cells = chunk.column(column), known = new Set<unknown>();
    for (let i = 0; i < chunk.rows; i++) {
      if (known.has(cells[i]) || isNameless(cells[i])) continue;
      known.add(cells[i]);
      const name = nameOf(cells[i]);
      if (!seen.has(name)) seen.set(name, `${table.path}: ${chunk.place(i)}, column "${column}"`);
    }
    if (seen.size > MOST) {
      throw new UserError(
        `${table.path}: column "${column}" has more than ${MOST} values, which are no actions; name another`,
      );
    }
    if (declared !== undefined && [...seen.keys()].every((name) => /^(?:0|[1-9]\d*)$/.test(name))) {
      return Array.from({ length: declared }, (_, code) => String(code));
    }
  }
  if (seen.size === 0) {
    throw new UserError(`${table.path}: column "${column}" names no action in any row; name another`);
  }
  const places = [...seen.values()], names = actionsOf([...seen.keys()], undefined, (k) => places[k]).actions;
  if (declared !== undefined && names.length !== declared) {
    const all = names.length > 10 ? `${names.slice(0, 10).join(", ")}, …` : names.join(", ");
    throw new UserError(
      `${table.path}: column "${column}" has ${names.length} actions (${all}), and the policy has ${declared}; ` +
        "name those of the policy in its order: --actions",
    );
  }
  return names;
}
