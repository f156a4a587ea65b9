/**
 * From a user's file to methods compared, policies and a report.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import { refused, writeWhole } from "../../files.ts";
import { logPairsLine, pairsOfLog } from "../../learn/log_pairs.ts";
import { lackingFor, learnsByPairs } from "../../learn/method.ts";
import type { LearnData } from "../../learn/data.ts";
import { toCsv } from "../../report/csv.ts";
import { writeReport } from "../../report/write.ts";
import { UserError } from "../../user_error.ts";
import { takeFolder } from "../folder.ts";
import { gitState, versions } from "../provenance.ts";
import { SAVED_REPORT, saveReport } from "../saved_report.ts";
import { judged, parseClaims } from "./claims.ts";
import { gammaFacts, measuredAt } from "./gammas.ts";
import { markOf } from "./kept_folds.ts";
import { learnLanguage } from "./language.ts";
import { measured, measuresOf } from "./measures.ts";
import type { LearnOptions } from "./options.ts";
import { learnReport, registerMethods } from "./report.ts";
import { readSource } from "./source.ts";
import { learnWords } from "./words.ts";

/**
 * Learns and compares, and writes `report.json`, the report, a policy of each method from all rows, and of pairs
 * `pairs.jsonl` and `trl.json`.
 *
 * @param command as the user gave it
 * @returns what was found in a sentence, and paths of what was written, the page last
 * @throws UserError for whatever a user can mend; no report was written then
 * @example
 * ```ts ignore
 * await learn(learnOptions(["--pairs", "pairs.jsonl"])!, "deno task learn --pairs pairs.jsonl", console.log);
 * ```
 */
export async function learn(
  options: LearnOptions,
  command: string,
  say: (line: string) => void,
): Promise<{ readonly answer?: string; readonly files: readonly string[] }> {
  const { methods, source, out, grid, language, numbers: { folds, kl, features, seed } } = options;
  const found = await readSource(source);
  for (const { id, objective } of methods) {
    const lacking = lackingFor(objective(grid[0]), found.data, language !== undefined);
    if (lacking !== undefined) throw new UserError(`--methods ${id}: needs ${lacking}`);
  }
  const read = { ...found, told: [...found.told, ...pairsTold(options, found.data)] };
  for (const line of read.told) say(line);
  const measures = measuresOf(found.data.kind, language !== undefined);
  const known = { methods: methods.map(({ id }) => id), measures: measures.map(({ id }) => id) };
  const claims = options.claims === undefined ? [] : parseClaims(await textOf(options.claims), options.claims, known);
  registerMethods(methods);
  const folder = await takeFolder(out, language === undefined ? SAVED_REPORT : await markOf(out, SAVED_REPORT));
  try {
    const learned = language === undefined
      ? await learnWords(options, read, say)
      : await learnLanguage(options, language, read, say);
    const { compared, policies } = learned, { data } = learned.read;
    const result = (id: string) => compared.results.find((one) => one.id === id)!;
    const verdicts = judged(
      claims,
      ({ method, less, measure, at, rule }) => {
        const other = less === undefined ? undefined : result(less);
        if (at === undefined) return measured(data, compared, measures, measure, result(method), other);
        // The worst case of "above" is the least that it can be.
        const side = rule.above === -Infinity ? "upper" : "lower";
        return measuredAt(data, compared, measures, at, side, result(method), other);
      },
    );
    const config = {
      ...{
        command,
        git: await gitState(),
        versions: versions(),
        source,
        grid,
        folds,
        kl,
        features,
        seed,
        ...(language && { language }),
      },
      ...{ rows: data.rows.length, read: read.read, methods: known.methods },
    };
    const gamma = options.gammas.length > 0 && data.kind === "pairs"
      ? gammaFacts(data, compared, measures, options.gammas)
      : undefined;
    const parts = { options, gamma, read: learned.read, found: compared, policies, claims: verdicts, config };
    const report = learnReport(basename(resolve(out)), parts), files = new Map(learned.files);
    if (data.kind === "pairs") {
      // A tie is no preference, and TRL has no word for it.
      const lines = learned.read.texts.filter((_, i) => !data.rows[i].tied);
      files.set("pairs.jsonl", lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    }
    if (gamma !== undefined) files.set("gamma.csv", toCsv(gamma.rows.map((row) => ({ ...row }))));
    await saveReport(out, report, known.methods);
    for (const [name, text] of files) await writeWhole(`${out}/${name}`, text);
    await writeReport(report, out);
    await learned.settle?.();
    return {
      answer: report.answer,
      files: [...learned.written, ...[...files.keys()].map((name) => `${out}/${name}`), `${out}/index.html`],
    };
  } finally {
    folder.release();
  }
}

/** What became of pairs of rows of a log, where methods learn from them. */
function pairsTold({ source, methods, grid }: LearnOptions, data: LearnData): string[] {
  const byPairs = methods.filter(({ objective }) => learnsByPairs(objective(grid[0]), data));
  if (byPairs.length === 0) return [];
  const pairs = pairsOfLog(data, [...data.rows.keys()]), names = byPairs.map(({ id }) => id);
  const ties = byPairs.filter(({ objective }) => objective(grid[0]).data === "tied").map(({ id }) => id);
  if (pairs.counts.formed === 0) {
    throw new UserError(
      `${source.path}: --methods ${names.join()} learn from pairs of rows that share a prompt, and no two of them have ` +
        `another text and another outcome; look at --prompt, or take methods that read a log by its rows`,
    );
  }
  return [logPairsLine(pairs, names, ties)];
}

async function textOf(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UserError(`--claims ${path}: there is no such file`);
    throw refused(path, error);
  }
}
