/**
 * What moved between two runs of one experiment: verdicts, claimed numbers, rows.
 *
 * @module
 */
import type { ClaimResult } from "../statistics/claims.ts";
import { formatInterval } from "../report/numbers.ts";
import type { SavedRun } from "./draw.ts";
import type { Block } from "./rows.ts";

/** How the rows of one metric of one question differ. */
interface MovedRows {
  /** Id of the question. */
  readonly question: string;
  /** Name of what was measured. */
  readonly metric: string;
  /** Rows that both runs have. */
  readonly shared: number;
  /** Rows of them whose numbers differ. */
  readonly moved: number;
  /** Largest absolute difference, in the unit of the metric. */
  readonly largest: number;
  /** Rows that only one of the runs has. */
  readonly alone: number;
}

/**
 * Rows of two runs, compared one by one: by question, arm, condition, seed and metric.
 *
 * @returns metrics that have moved or stand alone, in the order of the first run, then the second
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const cell = { part: "synthetic", question: "q", arm: "dpo", condition: { n: 64 }, seeds: [0], metrics: ["kl"] };
 * const [before, after] = [1, 1.5].map((kl) => ({ ...cell, values: Float64Array.of(kl) }));
 * const [{ moved, largest }] = movedRows([before], [after]);
 * assert.deepEqual([moved, largest], [1, 0.5]);
 * ```
 */
export function movedRows(before: readonly Block[], after: readonly Block[]): MovedRows[] {
  const groups = new Map<string, { -readonly [K in keyof MovedRows]: MovedRows[K] }>();
  const groupOf = (question: string, metric: string) =>
    groups.getOrInsertComputed(
      `${question}\n${metric}`,
      () => ({ question, metric, shared: 0, moved: 0, largest: 0, alone: 0 }),
    );
  // Cell by cell: no map can hold the rows of thousands of seeds.
  const [old, others] = [before, after].map((blocks) => Map.groupBy(blocks, cellOf)), left: Rows[] = [];
  for (const [cell, blocks] of old) {
    const { question, numbers } = rowsOf(blocks), other = rowsOf(others.get(cell) ?? []).numbers;
    for (const [metric, values] of numbers) {
      const group = groupOf(question, metric), theirs = other.get(metric);
      for (const [seed, value] of values) {
        const found = theirs?.get(seed);
        theirs?.delete(seed);
        if (found === undefined) group.alone++;
        else {
          const difference = Math.abs(value - found);
          group.shared++;
          if (difference > 0) group.moved++;
          group.largest = Math.max(group.largest, difference);
        }
      }
    }
    left.push({ question, numbers: new Map([...other].filter(([, { size }]) => size > 0)) });
  }
  for (const [cell, blocks] of others) if (!old.has(cell)) left.push(rowsOf(blocks));
  for (const { question, numbers } of left) {
    for (const [metric, { size }] of numbers) if (size > 0) groupOf(question, metric).alone += size;
  }
  return [...groups.values()].filter(({ moved, alone }) => moved > 0 || alone > 0);
}

/** What tells the rows of an arm at a condition apart from others of its run. */
function cellOf({ question, arm, condition }: Block): string {
  return JSON.stringify([question, arm, Object.entries(condition).sort()]);
}

/** Numbers of one arm at one condition. */
interface Rows {
  readonly question: string;
  /** By metric, then seed. */
  readonly numbers: ReadonlyMap<string, Map<number, number>>;
}

function rowsOf(blocks: readonly Block[]): Rows {
  const numbers = new Map<string, Map<number, number>>();
  for (const { seeds, metrics, values } of blocks) {
    for (const [m, metric] of metrics.entries()) {
      const own = numbers.getOrInsertComputed(metric, () => new Map());
      for (const [r, seed] of seeds.entries()) own.set(seed, values[r * metrics.length + m]);
    }
  }
  return { question: blocks[0]?.question ?? "", numbers };
}

/**
 * The comparison of two runs in lines: verdicts that changed first, then claims whose numbers moved, then rows.
 *
 * @param before the first run, with its name for the reader, such as its folder
 * @example
 * ```ts ignore
 * console.log(comparison(await loadRun(cpo, "reports/a"), await loadRun(cpo, "reports/b")).join("\n"));
 * ```
 */
export function comparison(before: SavedRun, after: SavedRun): string[] {
  const old = new Map(before.report.claims.map((claim) => [claim.id, claim]));
  const changed: string[] = [], moved: string[] = [];
  for (const claim of after.report.claims) {
    const was = old.get(claim.id);
    old.delete(claim.id);
    if (!was) changed.push(`new         ${claim.id}: ${said(claim)}`);
    else if (was.verdict !== claim.verdict) changed.push(`verdict     ${claim.id}: ${said(was)} -> ${said(claim)}`);
    else if (numberOf(was) !== numberOf(claim)) moved.push(`number      ${claim.id}: ${said(was)} -> ${said(claim)}`);
  }
  for (const claim of old.values()) changed.push(`gone        ${claim.id}: ${said(claim)}`);
  const rows = movedRows(before.blocks, after.blocks).map(({ question, metric, shared, moved, largest, alone }) => {
    const differ = moved > 0 ? `${moved} of ${shared} rows differ, by ${largest.toPrecision(2)} at most` : "";
    return `rows        ${question} ${metric}: ${
      [differ, alone > 0 ? `${alone} in one run only` : ""].filter(Boolean).join("; ")
    }`;
  });
  const lines = [...changed, ...moved, ...rows];
  return lines.length > 0 ? lines : ["nothing moved: the same claims, verdicts and rows"];
}

function said(claim: ClaimResult): string {
  const { verdict, evidence } = claim;
  return evidence ? `${verdict} ${numberOf(claim)}` : verdict;
}

function numberOf({ evidence }: ClaimResult): string {
  return evidence ? formatInterval(evidence.estimate, evidence.lower, evidence.upper) : "";
}
