/**
 * Claims of a report, computed again.
 *
 * @module
 */
import type { Experiment } from "../run/experiment.ts";
import { refused } from "../files.ts";
import { UserError } from "../user_error.ts";
import { type Evidence, holmAdjusted, judge, pValue } from "./arithmetic.ts";
import { readRows, tableOf } from "./rows.ts";
import { auditView } from "./view.ts";

/** What became of the claims of one report. */
interface AuditResult {
  /** Claims that were computed again. */
  readonly checked: number;
  /** Claims that the report has as not run. */
  readonly notRun: number;
  /** Claims whose ends rest on bootstrap draws, and the largest Monte Carlo error that was allowed for one. */
  readonly drawn: { readonly claims: number; readonly largestError: number };
  /** One line for each number or verdict that is not the report's. */
  readonly differences: readonly string[];
}

/** Relative room for rounding: quantiles are right to 1e-8, sums to less. */
const ROUNDING = 1e-6;
/** Two sets of draws, each with three standard errors. */
const SETS = 2;

async function read(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UserError(`${path}: not there; draw the report first`);
    throw refused(path, error);
  }
}

/**
 * Computes every claim of a drawn report again from its `results.csv`, and compares estimate, interval, verdict and
 * adjusted verdict with its `claims.csv`. With the import map of the audit, the evidence of the experiments uses the audit's arithmetic too.
 *
 * @param folder of the report; needs read permission
 * @throws UserError when a file is missing or no such table
 *
 * @example
 * ```ts
 * import toy from "../run/testdata/toy.ts";
 * import assert from "node:assert/strict";
 * await assert.rejects(auditFolder(toy, "reports/no-such-run"), /config.json: not there; draw the report first/);
 * ```
 */
export async function auditFolder(experiment: Experiment, folder: string): Promise<AuditResult> {
  const [config, results, claims] = [`${folder}/config.json`, `${folder}/results.csv`, `${folder}/claims.csv`];
  const { options, experiment: name } = JSON.parse(await read(config));
  if (name !== experiment.name) throw new UserError(`${config}: of a run of ${name}, not of ${experiment.name}`);
  const rows = await readRows(results);
  const told = new Map(tableOf(await read(claims), claims).map((line) => [line.id, line]));
  const differences: string[] = [];
  const tested: Tested[] = [];
  let checked = 0, notRun = 0, drawn = 0, largestError = 0;
  for (const question of experiment.questions) {
    const view = auditView(rows, question.id, question.arms, question.conditions(options), question.replicates);
    for (const claim of question.claims) {
      const line = told.get(claim.id);
      told.delete(claim.id);
      if (line === undefined) differences.push(`${claim.id}: not in ${claims}`);
      else if (line.verdict === "not run") notRun++;
      else {
        checked++;
        const evidence: Evidence = claim.evidence(view, options);
        const verdict = judge(evidence, claim.rule);
        differences.push(...compared(claim.id, line, evidence, verdict));
        tested.push({ line, verdict, p: pValue(evidence, claim.rule) });
        if (evidence.drawn === undefined) continue;
        drawn++;
        largestError = Math.max(largestError, evidence.drawn);
      }
    }
  }
  differences.push(...adjustedDifferences(tested, largestError > 0));
  for (const id of told.keys()) differences.push(`${id}: no claim of ${experiment.name}`);
  return { checked, notRun, drawn: { claims: drawn, largestError }, differences };
}

/** A claim with its p-value and the report's line. */
interface Tested {
  readonly line: Readonly<Record<string, string>>;
  readonly verdict: string;
  readonly p: number;
}

/** Room for p-values: of quantiles that are right to 1e-8, many times over. */
const P_ROOM = 1e-5;
/** Level of a verdict. */
const LEVEL = 0.05;

/** Holm-adjusted p-values and verdicts; where a p-value rests on draws, only verdicts that no draw can move. */
function adjustedDifferences(tested: readonly Tested[], drawn: boolean): string[] {
  const adjusted = holmAdjusted(tested.map(({ p }) => p));
  return tested.flatMap(({ line, verdict }, i) => {
    const ours = adjusted[i] < LEVEL ? verdict : "inconclusive", theirs = Number(line.p_holm);
    if (!drawn && !(Math.abs(theirs - adjusted[i]) <= P_ROOM)) {
      return [`${line.id}: adjusted p ${line.p_holm}, recomputed ${adjusted[i]}`];
    }
    const near = drawn ? 0.5 * LEVEL : P_ROOM;
    const certain = Math.abs(adjusted[i] - LEVEL) > near;
    return certain && ours !== line.verdict_holm
      ? [`${line.id}: adjusted verdict ${line.verdict_holm}, recomputed ${ours}`]
      : [];
  });
}

function compared(id: string, line: Readonly<Record<string, string>>, evidence: Evidence, verdict: string): string[] {
  const { estimate, lower, upper, n, drawn = 0 } = evidence;
  const room = ROUNDING * Math.max(upper - lower, Math.abs(estimate) * ROUNDING, Number.MIN_VALUE);
  const numbers = [["estimate", estimate, room], ["lower", lower, room + SETS * drawn], [
    "upper",
    upper,
    room + SETS * drawn,
  ]] as const;
  const wrong = numbers.flatMap(([what, ours, allowed]) => {
    const theirs = line[what] === "" ? NaN : Number(line[what]);
    return Math.abs(theirs - ours) <= allowed ? [] : [`${id}: ${what} ${line[what]}, recomputed ${ours}`];
  });
  if (Number(line.n) !== n) wrong.push(`${id}: n ${line.n}, recomputed ${n}`);
  // Where an end is drawn, a verdict may be withheld by one set of draws alone.
  const withheld = drawn > 0 && [line.verdict, verdict].includes("inconclusive");
  if (line.verdict !== verdict && !withheld) wrong.push(`${id}: verdict ${line.verdict}, recomputed ${verdict}`);
  return wrong;
}
