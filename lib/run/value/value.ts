/**
 * Values a policy from a log: reads, fits, sums up, and draws.
 *
 * @module
 */
import { actionsOf } from "../../datasets/own/actions.ts";
import { openTable } from "../../datasets/own/open.ts";
import { problemLine } from "../../datasets/own/problems.ts";
import { StreamedValues } from "../../estimators/stream/streamed_values.ts";
import { Rng } from "../../random.ts";
import { UserError } from "../../user_error.ts";
import { takeFolder } from "../folder.ts";
import { gitState } from "../provenance.ts";
import { actionNames } from "./action_names.ts";
import { drawValue } from "./draw.ts";
import { fitted } from "./fitted.ts";
import { gammaFacts } from "./gammas.ts";
import { HeldColumns } from "./held_columns.ts";
import { LogReader, type LogRows } from "./log_rows.ts";
import type { PolicySpec, ValueOptions } from "./options.ts";
import { actionCount, policyOf } from "./policies.ts";
import { VALUE, type ValueRecord, writeValue } from "./record.ts";
import { rowsOf } from "./rows.ts";

/** Fewer rounds say nothing of their spread. */
const FEWEST = 10;
/** Groups that a bootstrap draws at most: each is held, and drawn again each time. */
const MOST_DRAWN = 200_000;

/**
 * Values a policy and writes its report.
 *
 * @param command as the user gave it
 * @returns the record, and the page
 * @throws UserError for whatever a user can mend; nothing was written then
 * @example
 * ```ts ignore
 * const { page } = await value(valueOptions(Deno.args)!, "deno task value …");
 * ```
 */
export async function value(
  options: ValueOptions,
  command: string,
): Promise<{ readonly page: string; readonly record: ValueRecord }> {
  const record = await valued(options, command), { out } = options;
  const folder = await takeFolder(out, VALUE);
  try {
    await writeValue(out, record);
    await drawValue(out, record);
  } finally {
    folder.release();
  }
  return { page: `${out}/index.html`, record };
}

/**
 * Values a policy.
 *
 * @param command as the user gave it
 * @throws UserError for whatever a user can mend
 * @example
 * ```ts ignore
 * const { rows } = await valued(valueOptions(Deno.args)!, "deno task value …");
 * ```
 */
export async function valued(options: ValueOptions, command: string): Promise<ValueRecord> {
  const began = performance.now(),
    { log, reward, action, propensity, group, covariates, outcomes, target, against } = options;
  const specs = [target, ...(against === undefined ? [] : [against])];
  const ofPolicies = specs.flatMap((spec) => spec.kind === "columns" ? spec.columns : []);
  const numbers = [...new Set([...covariates, ...(outcomes ?? []), ...ofPolicies])];
  const named = [reward, action, group, ...(propensity ?? []), ...numbers].filter((name) => name !== undefined);
  const table = await openTable(log, { columns: named });
  const counts = specs.map(actionCount),
    ofEach = propensity && propensity.length > 1 ? propensity.length : undefined,
    declared = options.actions ?? counts.find((count) => count !== undefined) ?? outcomes?.length ?? ofEach;
  const actions = action === undefined ? ["all"] : await actionNames(table, action, declared);
  if (outcomes !== undefined && outcomes.length !== actions.length) {
    throw new UserError(
      `--outcome-columns: has ${outcomes.length} columns, and there are ${actions.length} actions; name one for each`,
    );
  }
  if (ofEach !== undefined && ofEach !== actions.length) {
    throw new UserError(
      `--propensity: has ${ofEach} columns, and there are ${actions.length} actions; name one for each, or that of the logged`,
    );
  }
  const policies = await Promise.all(
    specs.map((spec, k) =>
      policyOf(spec, { flag: k === 0 ? flagOf("target", spec) : flagOf("against", spec), actions, columns: numbers })
    ),
  );
  const names = {
    reward,
    numbers,
    ...(action && { action }),
    ...(propensity && { propensity }),
    ...(group && { group }),
  };
  const reader = new LogReader(table, names, actions, options.percent), width = numbers.length;
  const places = (columns: readonly string[]) => columns.map((name) => numbers.indexOf(name));
  const fits = await fitted(reader, {
    ...{ actions: actions.length, covariates: places(covariates), width },
    propensities: propensity === undefined && action !== undefined,
    ...(outcomes && { outcomes: places(outcomes) }),
  });
  const isDrawn = options.bootstrap > 0;
  const values = new StreamedValues({
    ...{ actions: actions.length, policies: specs.length, lambda: options.lambda, grouped: group !== undefined },
  });
  const held = options.gammas.length > 0 ? new HeldColumns(actions.length) : undefined;
  for await (const rows of reader.rows()) {
    const model = fits.model(rows), chunk = { ...rows, propensity: fits.propensity(rows) };
    const sight = { rows: rows.rows, numbers: rows.numbers, width, model, place: rows.place };
    const tables = policies.map((policy) => policy(sight));
    held?.add(rows, chunk.propensity, model, tables);
    try {
      values.add(chunk, model, tables, groupOf(rows, isDrawn));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new UserError(`${rows.place(0)} or after: ${error.message}`);
    }
    if (isDrawn && (rows.group === undefined ? values.rounds : reader.groups) > MOST_DRAWN) {
      throw new UserError(
        `--bootstrap: draws ${MOST_DRAWN} ${
          group === undefined ? "rounds" : "groups"
        } at most, and there are more; leave it out: of ` +
          "so many, standard errors say the same",
      );
    }
  }
  const { rounds } = values, left = reader.problems.list();
  if (rounds < FEWEST) {
    const why = left.length === 0 ? "" : ` (${left.map(problemLine).join("; ")})`;
    throw new UserError(
      `${log}: has ${rounds} ${rounds === 1 ? "row" : "rows"} to use${why}, and a value takes ${FEWEST} or more`,
    );
  }
  if (group !== undefined && reader.groups < 2) {
    throw new UserError(
      `${log}: column "${group}" has one group only, which says nothing of how groups differ; name another, or leave --group out`,
    );
  }
  if (isDrawn) values.bootstrap(options.bootstrap, Rng.seed(options.seed));
  const seen = actions.filter((_, a) => values.logged[a] > 0);
  const lines = rowsOf(values, {
    actions,
    level: options.level,
    against: against !== undefined,
    isFitted: outcomes === undefined,
  });
  const { rows, warnings } = lines,
    isKnown = rows.every(({ estimator, identified }) => estimator === "naive" || identified);
  const gamma = held === undefined || !isKnown ? undefined : gammaFacts(held, {
    ...{ gammas: options.gammas, level: options.level, width },
    ...(against !== undefined &&
      { against: against.kind === "rule" && against.rule === "logging" ? "logging" : "policy" }),
    covariates: covariates.map((name) => ({ name, place: numbers.indexOf(name) })),
  });
  return {
    ...{ command, git: await gitState(), deno: Deno.version.deno, seconds: (performance.now() - began) / 1000 },
    ...{
      log,
      reward,
      group: group ?? null,
      level: options.level,
      lambda: options.lambda,
      bootstrap: options.bootstrap,
    },
    ...{ target: policyTold(target), against: against === undefined ? null : policyTold(against) },
    propensities: propensity !== undefined
      ? `column${propensity.length === 1 ? "" : "s"} "${propensity.join('", "')}"${
        options.percent ? ", in percent" : ""
      }`
      : action === undefined
      ? "one action"
      : covariates.length > 0
      ? `fitted to ${covariates.join(", ")} in other folds`
      : "frequencies of the log",
    outcomes: outcomes !== undefined
      ? "given as columns"
      : covariates.length > 0
      ? `ridge regression on ${covariates.join(", ")}, by action, in other folds`
      : "means of the actions in other folds",
    ...{ rounds, groups: values.groups, rows, warnings },
    actions: actions.map((name, a) => ({
      ...{
        action: name,
        logged: values.logged[a],
        reward: values.logged[a] > 0 ? values.rewards[a] / values.logged[a] : null,
      },
      target: values.weights(0).mass[a],
      against: against === undefined ? null : values.weights(1).mass[a],
    })),
    ...(gamma && { gamma }),
    notes: [
      ...(held !== undefined && !isKnown
        ? ["no bounds under hidden confounding: the value is not identified without it"]
        : []),
      ...left.map(problemLine),
      ...(action === undefined ? [] : actionsOf(seen, actions, String).warnings),
    ],
  };
}

/** Groups of a chunk; of a bootstrap without them, each round is one. */
function groupOf({ rows, first, group }: LogRows, isDrawn: boolean): Int32Array | undefined {
  if (group !== undefined || !isDrawn) return group;
  const own = new Int32Array(rows);
  for (let i = 0; i < rows; i++) own[i] = first + i;
  return own;
}

const flagOf = (name: string, { kind }: PolicySpec) =>
  `--${name}${kind === "columns" || kind === "file" ? `-${kind}` : ""}`;

function policyTold(spec: PolicySpec): string {
  switch (spec.kind) {
    case "fixed":
      return spec.probabilities.length > 8
        ? `fixed, ${spec.probabilities.length} probabilities`
        : spec.probabilities.join(", ");
    case "columns":
      return `columns ${spec.columns.slice(0, 4).join(", ")}${spec.columns.length > 4 ? ", …" : ""}`;
    case "file":
      return spec.path;
    case "rule":
      return spec.rule;
  }
}
