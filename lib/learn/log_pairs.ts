/**
 * Pairs out of a log: rows of one prompt in which another text was shown, the one with the higher outcome preferred.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import type { LearnData } from "./data.ts";

/** Pairs of texts at most: more take gigabytes, and say that a prompt is none. */
const MOST = 2_000_000;

/** A preference between two texts of a prompt, by all pairs of rows that say so. */
interface LogPair {
  readonly prompt: number;
  /** Places of texts among those of the prompt. */
  readonly chosen: number;
  readonly rejected: number;
  readonly weight: number;
  readonly tied: boolean;
}

/** Pairs, and what became of all pairs of rows that share a prompt. */
interface LogPairs {
  readonly pairs: readonly LogPair[];
  /** Pairs of rows. */
  readonly counts: {
    /** Of two texts with different outcomes: these prefer one. */
    readonly formed: number;
    /** Of two texts with one outcome: ties. */
    readonly ties: number;
    /** In which one text was shown twice. */
    readonly same: number;
    /** Rows, not pairs of them, that are alone with their prompt. */
    readonly alone: number;
  };
}

/** Rows in which a text was shown, by outcome. */
interface Shown {
  readonly text: number;
  /** Ascending `[m]`. */
  readonly outcomes: readonly number[];
  /** Weights of all rows with lower outcomes: before each row, and in all `[m + 1]`. */
  readonly before: readonly number[];
}

/**
 * All pairs of rows that share a prompt, added up by the two texts: exactly what training on each of them would see.
 *
 * A row counts by w = 1/(A p), p its propensity and A the texts of the prompt, and a pair by w w′/(n − 1), n the rows of
 * the prompt. So the sum over the pairs of a prompt is n times an unbiased estimate of
 *
 *   Σ_{a≠b} (1/A²) P(outcome of a > outcome of b) ℓ(a, b),
 *
 * as if all texts were shown alike, and prompts count by their rows, as in a log. It is a U-statistic (Hoeffding, Annals of
 * Mathematical Statistics 19, 1948): its pairs are not independent, prompts are.
 *
 * @param which rows
 * @throws TypeError for data that are no log; UserError for millions of pairs of texts
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { logData } from "./data.ts";
 * const row = (text: string, outcome: number) => ({ prompt: "q", text, outcome, propensity: 0.5 });
 * const { pairs, counts } = pairsOfLog(logData([row("a", 1), row("b", 0), row("b", 1)]), [0, 1, 2]);
 * assert.deepEqual(pairs, [
 *   { prompt: 0, chosen: 0, rejected: 1, weight: 0.5, tied: false },
 *   { prompt: 0, chosen: 0, rejected: 1, weight: 0.5, tied: true },
 * ]);
 * assert.deepEqual(counts, { formed: 1, ties: 1, same: 1, alone: 0 });
 * ```
 */
export function pairsOfLog(data: LearnData, which: readonly number[]): LogPairs {
  if (data.kind !== "log") throw new TypeError("expected a log");
  const { rows, prompts } = data, pairs: LogPair[] = [], counts = { formed: 0, ties: 0, same: 0, alone: 0 };
  const texts = prompts.reduce((sum, { texts: { length } }) => sum + length * (length - 1) / 2, 0);
  if (texts > MOST) {
    throw new UserError(
      `texts that share a prompt make ${texts} pairs, of ${prompts.length} prompts; look at --prompt, or take methods that ` +
        "read a log by its rows",
    );
  }
  for (const [prompt, some] of Map.groupBy(which, (i) => rows[i].prompt)) {
    const n = some.length, texts = prompts[prompt].texts.length;
    if (n === 1) counts.alone++;
    const shown = [...Map.groupBy(some, (i) => rows[i].text)].toSorted(([a], [b]) => a - b).map(([text, own]) => {
      counts.same += own.length * (own.length - 1) / 2;
      const sorted = own.toSorted((i, j) => rows[i].outcome - rows[j].outcome), before = [0];
      for (const i of sorted) before.push(before.at(-1)! + 1 / (texts * rows[i].propensity));
      return { text, outcomes: sorted.map((i) => rows[i].outcome), before };
    });
    shown.forEach((one, k) => {
      for (const other of shown.slice(k + 1)) {
        const found = compared(one, other),
          add = (chosen: Shown, rejected: Shown, weight: number, tied: boolean) => {
            const both = { chosen: chosen.text, rejected: rejected.text };
            if (weight > 0) pairs.push({ prompt, ...both, weight: weight / (n - 1), tied });
          };
        add(one, other, found.first, false);
        add(other, one, found.second, false);
        add(one, other, found.ties, true);
        counts.formed += found.formed;
        counts.ties += one.outcomes.length * other.outcomes.length - found.formed;
      }
    });
  }
  return { pairs, counts };
}

/** Weights of the pairs of rows in which the first text has the higher outcome, in which the second has, and of ties. */
function compared(one: Shown, other: Shown) {
  let first = 0, second = 0, ties = 0, formed = 0, below = 0, upTo = 0;
  const all = other.outcomes.length, total = other.before[all];
  one.outcomes.forEach((outcome, i) => {
    while (below < all && other.outcomes[below] < outcome) below++;
    while (upTo < all && other.outcomes[upTo] <= outcome) upTo++;
    const weight = one.before[i + 1] - one.before[i];
    first += weight * other.before[below];
    ties += weight * (other.before[upTo] - other.before[below]);
    second += weight * (total - other.before[upTo]);
    formed += below + all - upTo;
  });
  return { first, second, ties, formed };
}

/**
 * What became of pairs of rows, in a line.
 *
 * @param methods that learn from pairs
 * @param readsTies those of them that learn from ties
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const counts = { formed: 5, ties: 2, same: 0, alone: 1 }, pairs = new Array(3).fill({ tied: false });
 * assert.equal(
 *   logPairsLine({ pairs, counts }, ["dpo"], []),
 *   "pairs of rows that share a prompt, for dpo: 5 prefer one of two texts, as 3 weighted preferences; left out: 2 of one " +
 *     "outcome (ties); 1 row alone with its prompt",
 * );
 * ```
 */
export function logPairsLine(
  { pairs, counts: { formed, ties, same, alone } }: LogPairs,
  methods: readonly string[],
  readsTies: readonly string[],
): string {
  const preferences = pairs.filter(({ tied }) => !tied).length, isRead = readsTies.length > 0 && ties > 0;
  const left = [
    ...(ties > 0 && !isRead ? [`${ties} of one outcome (ties)`] : []),
    ...(same > 0 ? [`${same} of one text`] : []),
    ...(alone > 0 ? [alone === 1 ? "1 row alone with its prompt" : `${alone} rows alone with their prompt`] : []),
  ];
  return `pairs of rows that share a prompt, for ${methods.join(", ")}: ${formed} prefer one of two texts, as ` +
    `${preferences} weighted preferences` +
    (isRead ? `, and ${ties} are of one outcome: ties, which ${readsTies.join(", ")} alone learn from` : "") +
    (left.length > 0 ? `; left out: ${left.join("; ")}` : "");
}
