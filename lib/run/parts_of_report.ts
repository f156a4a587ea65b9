/**
 * A part of a run's report: some arms, some figures.
 *
 * @module
 */
import type { Report } from "../report/types.ts";
import { nearest } from "../nearest.ts";
import { UserError } from "../user_error.ts";
import type { RunConfig } from "./run_config.ts";

/**
 * The run as if only some arms had been asked for; questions that have none of them are left out.
 *
 * @param list of ids with commas between them; all unless given
 * @throws UserError naming an arm that was not run
 * @example
 * ```ts
 * import type { RunConfig } from "./run_config.ts";
 * import assert from "node:assert/strict";
 * const questions = { q: { arms: ["dpo", "cpo"], seeds: 3, basis: {} }, r: { arms: ["cpo"], seeds: 3, basis: {} } };
 * const { questions: left } = withArms({ questions } as unknown as RunConfig, "dpo");
 * assert.deepEqual(Object.entries(left).map(([id, { arms }]) => [id, ...arms]), [["q", "dpo"]]);
 * ```
 */
export function withArms(config: RunConfig, list: string | undefined): RunConfig {
  if (list === undefined) return config;
  const chosen = chosenOf("arms", list, [...new Set(Object.values(config.questions).flatMap(({ arms }) => arms))]);
  const questions = Object.entries(config.questions).flatMap(([id, planned]) => {
    const arms = planned.arms.filter((arm) => chosen.includes(arm));
    return arms.length > 0 ? [[id, { ...planned, arms }] as const] : [];
  });
  return { ...config, questions: Object.fromEntries(questions) };
}

/**
 * The report with some of its figures, and with the tables of their questions.
 *
 * @param list of ids with commas between them; all unless given
 * @throws UserError naming a figure that the report has not
 * @example
 * ```ts
 * import { sampleReport } from "../report/testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const { sections } = onlyFigures(sampleReport, "hong-kong");
 * assert.deepEqual(sections.map(({ figures }) => figures.length), [1]);
 * ```
 */
export function onlyFigures(report: Report, list: string | undefined): Report {
  if (list === undefined) return report;
  const chosen = chosenOf("figures", list, report.sections.flatMap(({ figures }) => figures.map(({ id }) => id)));
  const sections = report.sections.map((section) => ({
    ...section,
    figures: section.figures.filter(({ id }) => chosen.includes(id)),
  })).filter(({ figures }) => figures.length > 0);
  return { ...report, sections };
}

function chosenOf(flag: string, list: string, known: readonly string[]): string[] {
  const items = list.split(",").map((item) => item.trim());
  const unknown = items.find((item) => !known.includes(item));
  if (unknown === undefined) return items;
  const guess = nearest(unknown, known);
  throw new UserError(
    `--${flag}: unknown "${unknown}"${guess ? `, did you mean ${guess}` : ""}? Choose from ${known.join(", ")}`,
  );
}
