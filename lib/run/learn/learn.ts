/**
 * From a user's file to methods compared, policies and a report.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import { refused, writeWhole } from "../../files.ts";
import { crossValidate } from "../../learn/cross_validate.ts";
import { logPairsLine, pairsOfLog } from "../../learn/log_pairs.ts";
import { lackingFor, learnsByPairs } from "../../learn/method.ts";
import { lawAt } from "../../exact/laws.ts";
import type { LearnData } from "../../learn/data.ts";
import { Rng } from "../../random.ts";
import { writeReport } from "../../report/write.ts";
import { startBackend } from "../../tensor/backend.ts";
import { UserError } from "../../user_error.ts";
import { takeFolder } from "../folder.ts";
import { gitState, versions } from "../provenance.ts";
import { SAVED_REPORT, saveReport } from "../saved_report.ts";
import { judged, parseClaims } from "./claims.ts";
import { measured, MEASURES } from "./measures.ts";
import type { LearnOptions } from "./options.ts";
import { learnReport, registerMethods } from "./report.ts";
import { readSource } from "./source.ts";

/**
 * Learns and compares, and writes `report.json`, the report, a policy of each method from all rows, and of pairs
 * `pairs.jsonl`.
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
  const { methods, source, out, grid, numbers: { folds, kl, features, seed } } = options;
  const found = await readSource(source), { data } = found;
  for (const { id, objective } of methods) {
    const lacking = lackingFor(objective(grid[0]), data);
    if (lacking !== undefined) throw new UserError(`--methods ${id}: needs ${lacking}`);
  }
  const read = { ...found, told: [...found.told, ...pairsTold(options, data)] };
  for (const line of read.told) say(line);
  const known = { methods: methods.map(({ id }) => id), measures: MEASURES[data.kind].map(({ id }) => id) };
  const claims = options.claims === undefined ? [] : parseClaims(await textOf(options.claims), options.claims, known);
  registerMethods(methods);
  await startBackend("wasm");
  const folder = await takeFolder(out, SAVED_REPORT);
  try {
    const compared = crossValidate(data, {
      ...{ methods, folds, grid, budget: kl, features, seed, rng: Rng.seed(seed).fork("learn") },
      progress: (done, of, what) => say(`${done + 1} of ${of}: ${what}`),
    });
    const result = (id: string) => compared.results.find((one) => one.id === id)!;
    const verdicts = judged(
      claims,
      ({ method, less, measure }) =>
        measured(data, compared, measure, result(method), less === undefined ? undefined : result(less)),
    );
    const config = {
      ...{ command, git: await gitState(), versions: versions(), source, grid, folds, kl, features, seed },
      ...{ rows: data.rows.length, read: read.read, methods: known.methods },
    };
    const report = learnReport(basename(resolve(out)), { options, read, found: compared, claims: verdicts, config });
    const written = new Map<string, string>(compared.results.map(({ id, policy: { theta, beta } }) => [
      `policy-${id}.json`,
      // Over the texts of one prompt a policy is a law, which deno task value --target-file reads.
      data.kind === "log" && data.prompts.length === 1
        ? json(Object.fromEntries(
          lawAt(compared.space, theta).slice(0, data.prompts[0].texts.length)
            .map(Math.exp).entries().map(([a, p]) => [data.prompts[0].texts[a], p]),
        ))
        : json({ method: id, beta, scores: compared.map.readable(theta) }),
    ]));
    if (read.lines.length > 0) {
      written.set(
        "pairs.jsonl",
        read.lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
      );
    }
    await saveReport(out, report, known.methods);
    for (const [name, text] of written) await writeWhole(`${out}/${name}`, text);
    await writeReport(report, out);
    return {
      answer: report.answer,
      files: [...[...written.keys()].map((name) => `${out}/${name}`), `${out}/index.html`],
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

const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

async function textOf(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UserError(`--claims ${path}: there is no such file`);
    throw refused(path, error);
  }
}
