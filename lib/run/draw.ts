/**
 * From saved rows to the report: no training, no data files, no engine.
 *
 * @module
 */
import { type ClaimResult, type Evidence, judge, NothingToTest, type Rule } from "../statistics/claims.ts";
import type { Report, Section } from "../report/types.ts";
import { UserError } from "../user_error.ts";
import type { Experiment } from "./experiment.ts";
import { readResults, resultPaths } from "./results_file.ts";
import { type ResultRow, rowsFromCsv } from "./rows.ts";
import type { RunConfig } from "./run_config.ts";
import { viewOf } from "./view.ts";

/**
 * What a page about the run needs, from its folder.
 *
 * @throws UserError when the folder has no run, or settings and rows of different runs
 * @example
 * ```ts
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * await assert.rejects(loadReport(toy, "reports/no-such-run"), /config.json: not there yet; run deno task toy first/);
 * ```
 */
export async function loadReport(experiment: Experiment, folder: string): Promise<Report> {
  const { csv } = resultPaths(folder), settings = `${folder}/config.json`;
  const missing = (path: string) => (error: unknown): never => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError(`${path}: not there yet; run deno task ${experiment.name} first`);
  };
  const text = await Deno.readTextFile(settings).catch(missing(settings));
  const results = await readResults(folder).catch(missing(csv));
  let config: RunConfig;
  try {
    config = JSON.parse(text);
  } catch {
    throw new UserError(`${settings}: not JSON; run deno task ${experiment.name} to write it again`);
  }
  if (results.identity !== undefined && results.identity !== config.identity) {
    throw new UserError(`${settings} is of another run than ${csv}; run deno task ${experiment.name} again`);
  }
  return buildReport(experiment, config, rowsFromCsv(results.text, csv));
}

const UNFINISHED = "this question is not finished: the same command again continues";

/**
 * The report as a pure function of configuration and rows.
 *
 * A question whose rows are not complete has no figures, and its claims are reported as not run.
 *
 * @example
 * ```ts
 * import { experimentFlags, planRun } from "./plan.ts";
 * import { describeRun } from "./run_config.ts";
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const plan = await planRun(toy, experimentFlags(toy, ["--only", "synthetic", "--seeds", "2"]), undefined);
 * const { claims } = buildReport(toy, await describeRun("toy", [], plan, "none"), []);
 * assert.deepEqual(claims.map(({ id, verdict }) => [id, verdict]), [["pairs-help", "not run"]]);
 * ```
 */
export function buildReport(experiment: Experiment, config: RunConfig, rows: readonly ResultRow[]): Report {
  const { options } = config;
  const claims: ClaimResult[] = [];
  const sections: Section[] = [];
  for (const question of experiment.questions) {
    const planned = config.questions[question.id];
    const view = viewOf(rows, question.id, question.arms, question.conditions(options));
    const complete = planned !== undefined && isComplete(rows, question.id, planned, view.conditions.length);
    for (const claim of question.claims) {
      const { id, statement, source, paper, quantity, unit, note } = claim;
      const line = { id, statement, source, paper, quantity, unit, question: question.id, rule: claim.rule.text };
      const missing = claim.arms.filter((arm) => !planned?.arms.includes(arm));
      const lack = claim.needs?.(options);
      if (!complete || missing.length > 0 || lack !== undefined) {
        const why = !planned
          ? "this question was not run"
          : missing.length > 0
          ? `arm ${missing.join(", ")} was not run`
          : lack ?? UNFINISHED;
        claims.push({ ...line, verdict: "not run", note: why });
      } else {
        claims.push({ ...line, ...tested(() => claim.evidence(view, options), claim.rule, note) });
      }
    }
    if (!planned) continue;
    sections.push({
      id: question.id,
      asks: question.asks,
      part: question.part,
      method: question.method,
      // With some arms left out a figure may have nothing to draw.
      figures: complete ? question.figures(view, options).filter(({ data }) => data.length > 0) : [],
      tables: complete ? question.tables(view, options) : [],
      notes: complete
        ? question.notes?.(view, options) ?? []
        : [`${UNFINISHED[0].toUpperCase()}${UNFINISHED.slice(1)}.`],
    });
  }
  const { name, title, paper, lead, formulas } = experiment;
  const { notices, ...rest } = config;
  return { name, title, paper, lead, formulas, claims, sections, notices, config: { ...rest } };
}

/** What a claim's rows say, or why they say nothing. */
function tested(
  evidenceOf: () => Evidence,
  rule: Rule,
  note: string | undefined,
): Pick<ClaimResult, "evidence" | "verdict" | "note"> {
  try {
    const evidence = evidenceOf();
    return { evidence, verdict: judge(evidence, rule), note };
  } catch (error) {
    if (error instanceof NothingToTest) return { verdict: "not run", note: error.message };
    throw error;
  }
}

/** Whether every planned arm of a question has rows of all seeds for every condition. */
function isComplete(
  rows: readonly ResultRow[],
  question: string,
  planned: { readonly arms: readonly string[]; readonly seeds: number },
  conditions: number,
): boolean {
  const seen = new Set(
    rows.filter((row) => row.question === question && planned.arms.includes(row.arm))
      .map((row) => `${row.arm} ${row.seed} ${JSON.stringify(row.condition)}`),
  );
  return seen.size >= planned.arms.length * planned.seeds * conditions;
}
