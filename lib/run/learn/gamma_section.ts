/**
 * The part of a comparison's report that says how much hidden confounding it would take.
 *
 * @module
 */
import { labelOf } from "../../report/methods.ts";
import { formatInterval, formatNumber } from "../../report/numbers.ts";
import type { FigureSpec, Section } from "../../report/types.ts";
import type { GammaFacts, GammaTurning } from "./gammas.ts";

/** What a row is of, by the names of its methods. */
const named = (of: string): string => of === "length" ? of : of.split(" against ").map(labelOf).join(" against ");

/** A Γ in words, when none does it. */
const factor = (gamma: number): string => Number.isFinite(gamma) ? formatNumber(gamma) : "∞";

/** Until when a win rate is told from half, in a sentence. */
function turningTold({ of, hidden, rate, gamma, interval }: GammaTurning): string {
  const what = `${named(of)} (${formatInterval(rate.estimate, rate.lower, rate.upper)}), ${hidden} in doubt`;
  return interval === 1
    ? `${what}: not told from half even where nothing is hidden; the estimate is half at Γ = ${factor(gamma)}.`
    : `${what}: ${rate.estimate > 0.5 ? "more" : "less"} than half up to Γ = ${factor(interval)}, half at ${
      factor(gamma)
    }.`;
}

/**
 * Bounds of accuracies against Γ, and the Γ at which each is half.
 *
 * @param methods ids of the methods that ran
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { turningOf } from "./gammas.ts";
 * const rate = { estimate: 0.8, lower: 0.7, upper: 0.9, n: 50 };
 * const turnings = [turningOf("dpo", rate, "labels")];
 * const { notes } = learnGammaSection({ rows: [], turnings }, ["dpo"]);
 * assert.equal(notes[0], "DPO (0.80 [0.70, 0.90]), labels in doubt: more than half up to Γ = 2.33, half at 4.");
 * ```
 */
export function learnGammaSection({ rows, turnings, noLength }: GammaFacts, methods: readonly string[]): Section {
  const of = rows.filter((row) => methods.includes(row.of)), lengths = rows.filter((row) => row.of === "length");
  const told = turnings.map(turningTold);
  const caption = told[0] ?? "No method is right or wrong on pairs of two groups.";
  const figure: FigureSpec = {
    ...{ id: "gamma", caption, alt: `Least accuracy against Γ, one line per method. ${caption}`, kind: "lines" },
    ...{ x: "gamma", y: "value", lower: "lower", upper: "upper", by: "method" },
    ...{ panel: "hidden", panelLabel: "in doubt", xLabel: "Γ: odds are off by at most", yLabel: "least accuracy" },
    references: [{ value: 0.5, label: "half" }],
    data: of.map(({ of: method, hidden, gamma, least, least_lower: lower, least_upper: upper }) => ({
      ...{ method, hidden, gamma, value: least, lower, upper },
    })),
  };
  return {
    id: "gamma",
    asks: "How much hidden confounding would it take to be wrong?",
    part: "benchmark",
    method:
      "Held-out accuracy in the worst case of what is not on record. Exposure in doubt: something that preferences depend on " +
      "as well moved the odds of a pair's being shown by at most a factor Γ. Labels in doubt: who labelled has odds of preferring " +
      "that are off by at most Γ. One method against another: of the pairs that they judge differently, how often the first " +
      "is right. How far it is sure counts the spread over folds as well. Length: the log-odds that a standard deviation more words adds to a text's being chosen, by a Bradley-Terry " +
      "model of the pairs themselves.",
    figures: of.length > 0 ? [figure] : [],
    tables: [
      {
        id: "gamma",
        caption: "Both ends with their intervals over groups.",
        columns: [
          { key: "of", label: "of" },
          { key: "hidden", label: "in doubt" },
          { key: "gamma", label: "Γ" },
          { key: "least", label: "least", digits: 3, lower: "least_lower", upper: "least_upper" },
          { key: "most", label: "most", digits: 3, lower: "most_lower", upper: "most_upper" },
        ],
        rows: rows.map((row) => ({ ...row, of: named(row.of) })),
      },
    ],
    notes: [
      ...told,
      ...(["exposure", "labels"] as const).flatMap((hidden) =>
        lengthTold(lengths.filter((row) => row.hidden === hidden))
      ),
      ...(noLength === undefined ? [] : [`Nothing is told of length: ${noLength}.`]),
    ],
  };
}

/** From which Γ on length may add nothing, of those that were asked for. */
function lengthTold(rows: GammaFacts["rows"]): string[] {
  if (rows.length === 0) return [];
  const open = rows.find(({ least_lower, most_upper }) => least_lower <= 0 && most_upper >= 0), [{ hidden }] = rows;
  return [
    open === undefined
      ? `Length, ${hidden} in doubt: its part keeps its sign up to Γ = ${
        factor(rows.at(-1)!.gamma)
      }, the largest asked for.`
      : `Length, ${hidden} in doubt: at Γ = ${factor(open.gamma)} it may add nothing.`,
  ];
}
