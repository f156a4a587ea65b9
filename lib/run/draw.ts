/**
 * From saved rows to the report: no training, no data files, no engine.
 *
 * @module
 */
import { type ClaimResult, type Evidence, judge, NothingToTest, type Rule, widest } from "../statistics/claims.ts";
import { formatInterval, formatNumber } from "../report/numbers.ts";
import type { FigureSpec, Report } from "../report/types.ts";
import { normalQuantile, studentQuantile } from "../statistics/distributions.ts";
import { minimumDetectableEffect } from "../statistics/power.ts";
import { refused } from "../files.ts";
import { UserError } from "../user_error.ts";
import { adjustedTogether } from "./adjusted.ts";
import type { WriterFacts } from "./chosen_writer.ts";
import type { Experiment } from "./experiment.ts";
import type { Preset } from "./options.ts";
import { intervalsTold, type Replicates, unitOf } from "./replicates.ts";
import type { Block } from "./rows.ts";
import type { RunConfig } from "./run_config.ts";
import { openRunStore, storePath } from "./run_store.ts";
import { savedRows } from "./saved_rows.ts";
import { type DrawnFigure, type DrawnSection, facetted } from "./facets.ts";
import { conditionKeys, MissingRows, viewOf } from "./view.ts";

/** A run as it was saved. */
interface LoadedRows {
  /** The run. */
  readonly config: RunConfig;
  /** Its rows in the order of its plan, one block a unit. */
  readonly blocks: readonly Block[];
}

/** A run as it was saved, and the report of its rows. */
export interface SavedRun extends LoadedRows {
  /** Claims, figures and tables. */
  readonly report: Report;
}

/**
 * The last run of a folder with its report, from its store alone: files that were written from it play no part.
 *
 * @param folder needs read permission
 * @param begin as {@linkcode buildReport} takes it
 * @throws UserError as {@linkcode loadRows} does
 * @example
 * ```ts
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * await assert.rejects(loadRun(toy, "reports/no-such-run"), /results.sqlite: not there yet; run deno task toy first/);
 * ```
 */
export async function loadRun(
  experiment: Experiment,
  folder: string,
  begin?: (figure: FigureSpec) => void,
): Promise<SavedRun> {
  const { config, blocks } = await loadRows(experiment, folder);
  return { config, blocks, report: buildReport(experiment, config, blocks, { begin }) };
}

/**
 * The last run of a folder, for those who make something else of it than its whole report.
 *
 * @param folder needs read permission
 * @throws UserError when the folder has no run of the experiment, or rows that are not as they were written
 * @example
 * ```ts
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * await assert.rejects(loadRows(toy, "reports/no-such-run"), /results.sqlite: not there yet; run deno task toy first/);
 * ```
 */
export async function loadRows(experiment: Experiment, folder: string): Promise<LoadedRows> {
  const path = storePath(folder), again = `run deno task ${experiment.name}`;
  try {
    await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UserError(`${path}: not there yet; ${again} first`);
    throw refused(path, error);
  }
  const store = openRunStore(folder, { readOnly: true });
  try {
    const config = store.latest();
    if (!config) throw new UserError(`${path}: no run was begun there; ${again} first`);
    if (config.experiment !== experiment.name) {
      throw new UserError(`${path}: holds a run of ${config.experiment}, not of ${experiment.name}`);
    }
    const { blocks, missing } = savedRows(experiment, config, store);
    if (store.changed.length > 0) {
      throw new UserError(`${path}: "${store.changed[0]}" is not as it was written; ${again} to compute it again`);
    }
    if (config.complete && missing.length > 0) {
      throw new UserError(
        `${path}: ${missing.length} units are gone, such as "${missing[0]}"; ${again} to compute them again`,
      );
    }
    return { config, blocks };
  } finally {
    store.close();
  }
}

/** Said of a part that reads numbers which the saved rows lack. */
export const OLDER =
  "its rows are of an earlier version of the code and lack some of its numbers: the same command again " +
  "computes them";

/** A part of a report; undefined where the rows are of a version that did not compute what it reads. */
function unlessMissing<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof MissingRows) return undefined;
    throw error;
  }
}

/** Options by their preset: a run of an earlier version lacks those that came since, and what reads rows of them lacks these. */
function valuesToday({ options }: Experiment, { preset }: RunConfig): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([name, { values }]) => [name, values[preset as Preset]]));
}

const UNFINISHED = "this question is not finished: the same command again continues";

/**
 * The report as a pure function of configuration and rows.
 *
 * A question whose rows are not complete has no figures, and its claims are reported as not run.
 *
 * @param options.draws seed of the bootstrap draws, on which no verdict may depend; 0 unless given
 * @param options.begin told of each figure that is whole before the report is
 * @example
 * ```ts
 * import { experimentFlags, planRun } from "./plan.ts";
 * import { describeRun } from "./run_config.ts";
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const plan = await planRun(toy, experimentFlags(toy, ["--only", "synthetic", "--seeds", "2"]), undefined);
 * const module = import.meta.resolve("./testdata/toy.ts");
 * const { claims } = buildReport(toy, await describeRun(toy, module, [], plan, "none"), []);
 * assert.deepEqual(claims.map(({ id, verdict }) => [id, verdict]), [["pairs-help", "not run"]]);
 * ```
 */
export function buildReport(
  experiment: Experiment,
  config: RunConfig,
  blocks: readonly Block[],
  { draws, begin }: { readonly draws?: number; readonly begin?: (figure: FigureSpec) => void } = {},
): Report {
  const options = { ...valuesToday(experiment, config), ...config.options };
  const claims: ClaimResult[] = [], rules: Rule[] = [];
  const sections: DrawnSection[] = [];
  let answer: string | undefined;
  const blocksOf = Map.groupBy(blocks, ({ question }) => question);
  for (const question of experiment.questions) {
    const planned = config.questions[question.id], own = blocksOf.get(question.id) ?? [];
    const arms = question.arms.filter((arm) => planned?.arms.includes(arm) ?? true);
    const view = viewOf(own, question.id, arms, question.conditions(options), {
      draws,
      replicates: question.replicates,
    });
    const [failure] = config.failures.filter((failed) => failed.question === question.id);
    const unfinished = failure ? `part of it could not be computed: ${failure.message}` : UNFINISHED;
    const complete = planned !== undefined && isComplete(own, planned, view.conditions.length);
    const chosen = question.writer === undefined ? undefined : config.model;
    // With some arms left out a figure may have nothing to draw.
    const figures = complete
      ? unlessMissing(() => question.figures(view, options))?.filter(({ data }) => data.length > 0)
        .map((figure) => withIntervals(chosen ? writtenBy(figure, chosen) : figure, view.replicates, planned.seeds))
      : [];
    // Panels wait for those of other questions.
    for (const figure of figures ?? []) if (figure.facet === undefined) begin?.(figure);
    for (const claim of question.claims) {
      rules.push(claim.rule);
      const { kind = "paper", id, statement, source, paper, quantity, note } = claim;
      const unit = unitOf(view.replicates);
      const line = { kind, id, statement, source, paper, quantity, unit, question: question.id, rule: claim.rule.text };
      const missing = claim.arms.filter((arm) => !planned?.arms.includes(arm));
      const lack = claim.needs?.(options);
      if (!complete || missing.length > 0 || lack !== undefined) {
        const why = !planned
          ? "this question was not run"
          : missing.length > 0
          ? `arm ${missing.join(", ")} was not run`
          : lack ?? unfinished;
        claims.push({ ...line, verdict: "not run", note: why });
      } else {
        const result = unlessMissing(() => tested(() => claim.evidence(view, options), claim.rule, note));
        claims.push({ ...line, ...result ?? { verdict: "not run", note: OLDER } });
      }
    }
    if (!planned) continue;
    if (complete) answer ??= unlessMissing(() => question.answer?.(view, options));
    const tables = complete ? unlessMissing(() => question.tables(view, options)) : [];
    const texts = complete ? unlessMissing(() => question.texts?.(view, options)) : undefined;
    const notes = complete ? unlessMissing(() => question.notes?.(view, options) ?? []) : [`${capital(unfinished)}.`];
    sections.push({
      id: question.id,
      asks: question.asks,
      part: question.part,
      method: chosen ? question.method.replaceAll(question.writer!, chosen.name) : question.method,
      figures: figures ?? [],
      tables: tables ?? [],
      ...texts && texts.length > 0 && { texts },
      notes: [
        ...(chosen ? [modelTold(question.writer!, chosen)] : []),
        ...(notes ?? []),
        ...(figures && tables && notes ? [] : [`Not everything is shown: ${OLDER}.`]),
      ],
    });
  }
  const { name, title, paper, lead, headline, hero, formulas } = experiment;
  const { notices, failures: _, ...rest } = config;
  return {
    name,
    title,
    paper,
    lead,
    answer,
    headline,
    hero,
    formulas,
    claims: adjusted(claims, rules),
    sections: facetted(sections),
    notices,
    config: { ...rest },
  };
}

/** A figure that says who wrote what it is drawn from. */
function writtenBy(figure: DrawnFigure, { name }: WriterFacts): DrawnFigure {
  return { ...figure, caption: `${figure.caption} Written by ${name}.` };
}

/** What a reader has to know of a checkpoint that writes where the question says another does. */
function modelTold(usual: string, { name, sha256, trained }: WriterFacts): string {
  return `The language model is ${name} (SHA-256 ${sha256}) in place of ${usual}. Where all weights are said to be trained, what is trained is ` +
    `${trained}; the change of the weights is scaled by the adapter's scale where there is one. Its openings are texts ` +
    `that ${usual} wrote, given as raw text: a model that was made for chats gets no template. KL is a mean over the ` +
    "texts that are judged: where it comes out as 0, as few texts or short training may have it, value is that as trained " +
    "and not at a budget.";
}

/** Says what the intervals of a figure are, where it draws some. */
function withIntervals(figure: DrawnFigure, replicates: Replicates, n: number): DrawnFigure {
  const drawn = figure.kind === "lines" || figure.kind === "dots" ||
    (figure.kind === "scatter" && (figure.xLower ?? figure.yLower) !== undefined);
  return drawn ? { ...figure, intervals: figure.intervals ?? intervalsTold(replicates, n) } : figure;
}

/** Claims with their verdicts adjusted for the number of those that were tested. */
function adjusted(claims: readonly ClaimResult[], rules: readonly Rule[]): ClaimResult[] {
  const tested = claims.flatMap(({ evidence }, i) => evidence === undefined ? [] : [{ i, evidence }]);
  const holm = adjustedTogether(tested.map(({ i, evidence }) => ({ evidence, rule: rules[i] })));
  const results = new Map(tested.map(({ i }, k) => [i, holm[k]]));
  return claims.map((claim, i) => results.has(i) ? { ...claim, holm: results.get(i) } : claim);
}

function capital(sentence: string): string {
  return `${sentence[0].toUpperCase()}${sentence.slice(1)}`;
}

/** What a claim's rows say, or why they say nothing. */
function tested(
  evidenceOf: () => Evidence,
  rule: Rule,
  note: string | undefined,
): Pick<ClaimResult, "evidence" | "verdict" | "note"> {
  try {
    const evidence = evidenceOf();
    const verdict = judge(evidence, rule), { short, guard, uncut: _, ...bare } = evidence;
    const least = short === undefined && verdict === "inconclusive" ? leastShown(evidence, rule) : [];
    const notes = [
      ...(short === undefined ? [] : [`${capital(short)}.`]),
      ...(short === undefined && guard && judge(bare, rule) !== verdict
        ? [`No verdict: ${guard.why} it is ${formatInterval(evidence.estimate, guard.lower, guard.upper)}.`]
        : []),
      ...least,
      ...(note === undefined ? [] : [note]),
    ];
    return { evidence, verdict, ...(notes.length > 0 && { note: notes.join(" ") }) };
  } catch (error) {
    if (error instanceof NothingToTest) return { verdict: "not run", note: error.message };
    throw error;
  }
}

/**
 * What an inconclusive run could have shown, in a sentence: without it, nothing found and nothing to be found look alike.
 * The half-width of the interval, or of the guard that a verdict must clear as well, stands for the standard error.
 */
function leastShown(evidence: Evidence, { above, below }: Rule): string[] {
  const { lower, upper } = widest(evidence), { df } = evidence, width = upper - lower;
  if (width === 0) return [];
  const quantile = df === undefined ? normalQuantile(0.975) : studentQuantile(0.975, df);
  const bounds = [above, below].filter(Number.isFinite).map((bound) => formatNumber(bound)).join(" or ");
  const least = formatNumber(minimumDetectableEffect(width / 2 / quantile));
  return [`The least distance from ${bounds} that this run would show with a power of 80% is ${least}.`];
}

/** Whether every planned arm of a question has rows of all seeds for every condition. */
function isComplete(
  blocks: readonly Block[],
  planned: { readonly arms: readonly string[]; readonly seeds: number },
  conditions: number,
): boolean {
  const keyOf = conditionKeys(), seen = new Map<string, Set<number>>();
  for (const { arm, condition, seeds } of blocks) {
    if (!planned.arms.includes(arm)) continue;
    const cell = seen.getOrInsertComputed(`${arm}|${keyOf(condition)}`, () => new Set());
    for (const seed of seeds) cell.add(seed);
  }
  const cells = seen.values().reduce((total, seeds) => total + seeds.size, 0);
  return cells >= planned.arms.length * planned.seeds * conditions;
}
