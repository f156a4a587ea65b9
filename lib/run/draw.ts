/**
 * From saved rows to the report: no training, no data files, no engine.
 *
 * @module
 */
import { type ClaimResult, judge } from "../statistics/claims.ts";
import type { Report, Section } from "../report/types.ts";
import { UserError } from "../user_error.ts";
import type { Experiment } from "./experiment.ts";
import { resultPaths } from "./results_file.ts";
import { type ResultRow, rowsFromCsv } from "./rows.ts";
import type { RunConfig } from "./run_config.ts";
import { type View, viewOf } from "./view.ts";

/** What a page about the run needs, from its folder. */
export async function loadReport(experiment: Experiment, folder: string): Promise<Report> {
  const { csv } = resultPaths(folder);
  const [config, text] = await Promise.all([
    readOr(`${folder}/config.json`, experiment.name),
    readOr(csv, experiment.name),
  ]);
  let parsed: RunConfig;
  try {
    parsed = JSON.parse(config);
  } catch {
    throw new UserError(`${folder}/config.json: not JSON; run deno task ${experiment.name} --fresh`);
  }
  return buildReport(experiment, parsed, rowsFromCsv(text, csv));
}

async function readOr(path: string, name: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new UserError(`${path}: not there yet; run deno task ${name} first`);
    }
    throw error;
  }
}

/** The report as a pure function of configuration and rows. */
export function buildReport(experiment: Experiment, config: RunConfig, rows: readonly ResultRow[]): Report {
  const { options } = config;
  const claims: ClaimResult[] = [];
  const sections: Section[] = [];
  for (const question of experiment.questions) {
    const planned = config.questions[question.id];
    const view = viewOf(rows, question.id, question.arms, question.conditions(options));
    for (const claim of question.claims) {
      const { id, statement, source, paper, quantity, unit, note } = claim;
      const line = { id, statement, source, paper, quantity, unit, question: question.id, rule: claim.rule.text };
      const missing = claim.arms.filter((arm) => !view.arms.includes(arm));
      if (!planned || missing.length > 0) {
        const why = planned ? `arm ${missing.join(", ")} was not run` : "this question was not run";
        claims.push({ ...line, verdict: "not run", note: why });
      } else {
        const evidence = claim.evidence(view, options);
        claims.push({ ...line, evidence, verdict: judge(evidence, claim.rule), note });
      }
    }
    if (!planned) continue;
    const complete = isComplete(view, rows, question.id, planned);
    sections.push({
      id: question.id,
      asks: question.asks,
      part: question.part,
      method: question.method,
      figures: complete ? question.figures(view, options) : [],
      tables: complete ? question.tables(view, options) : [],
      notes: complete ? question.notes?.(view, options) ?? [] : ["This question has no complete rows yet."],
    });
  }
  const { name, title, paper, lead, formulas } = experiment;
  const { notices, ...rest } = config;
  return { name, title, paper, lead, formulas, claims, sections, notices, config: { ...rest } };
}

/** Whether every arm of a question has rows for every condition. */
function isComplete(
  view: View,
  rows: readonly ResultRow[],
  question: string,
  planned: { readonly arms: readonly string[] },
): boolean {
  const seen = new Set(
    rows.filter((r) => r.question === question).map((r) => `${r.arm} ${JSON.stringify(r.condition)}`),
  );
  return planned.arms.every((arm) => view.arms.includes(arm)) &&
    seen.size >= planned.arms.length * view.conditions.length;
}
