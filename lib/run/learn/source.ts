/**
 * A user's file as data to learn from, with everything odd about it counted.
 *
 * @module
 */
import { readLogColumns } from "../../datasets/own/log.ts";
import { readPreferences } from "../../datasets/own/preferences.ts";
import { problemLine } from "../../datasets/own/problems.ts";
import type { Text } from "../../datasets/own/texts.ts";
import { type LearnData, type LearnPair, logData, pairsData } from "../../learn/data.ts";
import { UserError } from "../../user_error.ts";
import type { PairTexts } from "./language_texts.ts";
import type { LearnSource } from "./options.ts";

/** Data, and what to know of them. */
export interface LearnRead {
  readonly data: LearnData;
  /** Rows of the file. */
  readonly read: number;
  /** What was odd, a line each. */
  readonly told: readonly string[];
  /** Texts of each pair as the file has them `[n]`; empty for a log. */
  readonly texts: readonly PairTexts[];
}

/** Rows below which nothing can be held out and told. */
const FEWEST = 10;

/** What was said, without who said it. */
const plain = (text: Text): string =>
  typeof text === "string" ? text.trim() : text.map(({ content }) => content.trim()).join("\n");

/**
 * Reads the data.
 *
 * @throws UserError for what the readers refuse, for fewer than ten rows, and for a propensity that is not in (0, 1]
 * @example
 * ```ts ignore
 * const { data, told } = await readSource(options.source);
 * ```
 */
export async function readSource(source: LearnSource): Promise<LearnRead> {
  const found = source.kind === "pairs" ? await pairsOf(source) : await logOf(source);
  const { rows } = found.data;
  if (rows.length < FEWEST) {
    throw new UserError(
      `${source.path}: ${rows.length} rows can be used, and ${FEWEST} at least are needed to hold some out`,
    );
  }
  return found;
}

async function pairsOf(
  { path, columns: { propensity, ...columns } }: LearnSource & { kind: "pairs" },
): Promise<LearnRead> {
  const { form, read, pairs, problems } = await readPreferences(path, {
    ...columns,
    ...(propensity !== undefined && { weight: propensity }),
  });
  if (pairs.length === 0) {
    throw new UserError(
      `${path}: holds ${form} texts and no pairs; give it as --log with --reward, or make pairs of chosen and rejected`,
    );
  }
  const weightOf = (row: number, given: number): number => {
    if (propensity === undefined) return given;
    if (given > 0 && given <= 1) return 1 / given;
    throw new UserError(`${path}: row ${row}, column "${propensity}": is ${given}, and a propensity is in (0, 1]`);
  };
  const usable = pairs.map(({ prompt, chosen, rejected, row, tied, weight }): LearnPair => ({
    // Pairs without a prompt have nothing in common by it.
    prompt: plain(prompt) === "" ? `row ${row}` : plain(prompt),
    ...{ chosen: plain(chosen), rejected: plain(rejected), tied },
    ...(weight !== undefined && { weight: weightOf(row, weight) }),
  }));
  // Texts that differ in white space alone are one text here.
  const [kept, same] = [true, false].map((differ) =>
    usable.map((pair, i) => ({ pair, line: pairs[i] })).filter(({ pair }) => (pair.chosen !== pair.rejected) === differ)
  );
  if (kept.every(({ pair }) => pair.tied)) throw new UserError(`${path}: all pairs are ties, which prefer nothing`);
  return {
    data: pairsData(kept.map(({ pair }) => pair)),
    read,
    told: [
      ...problems.map(problemLine),
      ...(same.length > 0 ? [`differ in white space alone: ${same.length} pairs left out`] : []),
    ],
    texts: kept.map(({ line: { prompt, chosen, rejected } }) => ({ prompt, chosen, rejected })),
  };
}

async function logOf(
  { path, reward, shown, percent, isText, columns }: LearnSource & { kind: "log" },
): Promise<LearnRead> {
  const { prompt, propensity, group } = columns;
  const log = await readLogColumns(path, {
    ...{ reward, action: shown, percent },
    ...(propensity !== undefined && { propensity }),
    ...(group !== undefined && { group }),
    ...(prompt !== undefined && { text: prompt }),
  });
  const rows = Array.from(log.reward, (outcome, i) => ({
    ...{ outcome, text: log.actions[log.action[i]].trim() },
    prompt: log.text === undefined ? "" : log.text[i],
    group: log.group === undefined
      ? prompt === undefined ? `row ${i}` : log.text![i]
      : log.group.names[log.group.of[i]],
  }));
  const key = ({ prompt, text }: typeof rows[number]) => JSON.stringify([prompt, text]);
  const ofPrompt = Map.groupBy(rows, ({ prompt }) => prompt), ofText = Map.groupBy(rows, key);
  const share = (row: typeof rows[number]) => ofText.get(key(row))!.length / ofPrompt.get(row.prompt)!.length;
  return {
    data: logData(
      rows.map((row, i) => ({ ...row, propensity: log.propensity?.[i] ?? share(row) })),
      isText ? "words" : "names",
    ),
    read: log.read,
    told: [
      ...log.problems.map(problemLine),
      ...log.warnings,
      ...(propensity === undefined
        ? ["Propensities are shares of a prompt's rows: right where what was shown depends on the prompt alone."]
        : []),
    ],
    texts: [],
  };
}
