/**
 * The part of a report that says how much hidden confounding it would take.
 *
 * @module
 */
import { registerMethod } from "../../report/methods.ts";
import { formatNumber } from "../../report/numbers.ts";
import type { FigureSpec, Row, Section } from "../../report/types.ts";
import type { GammaFacts, GammaRow } from "./record.ts";

const SIDES = {
  "gamma-most": {
    label: "Most it can be",
    light: "#0060b0",
    dark: "#3d9bf2",
    dash: "",
    symbol: "circle",
    filled: true,
  },
  "gamma-least": {
    label: "Least it can be",
    light: "#9c3000",
    dark: "#e2581f",
    dash: "7 3",
    symbol: "square",
    filled: true,
  },
} as const;

/**
 * Bounds against Γ, the Γ at which a conclusion turns over, and what covariates amount to.
 *
 * @param reward name of its column
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const row = { least: 0.4, least_lower: 0.3, least_upper: 0.5, most: 0.6, most_lower: 0.5, most_upper: 0.7 };
 * const turning = { of: "sign" as const, gamma: 2.5, intervalGamma: 1.75 };
 * const { figures, notes } = gammaSection({ rows: [{ of: "target", gamma: 2, ...row }], turning, covariates: [] }, "y");
 * assert.deepEqual(figures.map(({ id }) => id), ["gamma"]);
 * assert.match(notes[0], /up to Γ = 1.75/);
 * ```
 */
export function gammaSection({ rows, turning, covariates }: GammaFacts, reward: string): Section {
  for (const [id, style] of Object.entries(SIDES)) registerMethod(id, style);
  const found = turningTold(turning), difference = rows.filter(({ of }) => of === "difference");
  const target = rows.filter(({ of }) => of === "target"), isRanked = turning.of === "ranking";
  return {
    id: "gamma",
    asks: "How much hidden confounding would it take to be wrong?",
    part: "log",
    method:
      "Sharp bounds under the marginal sensitivity model (Tan 2006; Dorn & Guo 2023): something that was not recorded moves " +
      "the odds of each action by at most a factor Γ. Γ = 1 is the doubly robust value.",
    figures: [
      boundsFigure(
        "gamma",
        isRanked ? `Bounds on the policy's ${reward} against Γ.` : found,
        `value, in ${reward}`,
        target,
      ),
      ...(difference.length > 0
        ? [boundsFigure("gamma-difference", found, `difference, in ${reward}`, difference, 0)]
        : []),
    ],
    tables: [
      {
        id: "gamma",
        caption: "Bounds with their intervals.",
        columns: [
          { key: "of", label: "of" },
          { key: "gamma", label: "Γ" },
          { key: "least", label: "least", digits: 4, lower: "least_lower", upper: "least_upper" },
          { key: "most", label: "most", digits: 4, lower: "most_lower", upper: "most_upper" },
        ],
        rows: rows.map((row) => ({ ...row, of: row.of === "target" ? "policy" : row.of })),
      },
      ...(covariates.length > 0
        ? [{
          id: "gamma-covariates",
          caption: "The Γ that leaving a covariate out of the propensities would amount to, over rounds.",
          columns: [
            { key: "name", label: "covariate" },
            { key: "median", label: "half of the rounds" },
            { key: "ninth", label: "nine of ten" },
            { key: "largest", label: "all" },
          ],
          rows: covariates as unknown as Row[],
        }]
        : []),
    ],
    notes: [found],
  };
}

function turningTold({ of, gamma, intervalGamma }: GammaFacts["turning"]): string {
  const what = of === "sign" ? "The sign of the value" : "Which policy is worth more";
  const over = gamma === null ? "at no Γ, since outcomes leave no room" : `at Γ = ${formatNumber(gamma)}`;
  return intervalGamma === 1
    ? `${what} is open even without hidden confounding; the estimate turns over ${over}.`
    : `${what} is sure up to Γ = ${
      intervalGamma === null ? "∞" : formatNumber(intervalGamma)
    }, and turns over ${over}.`;
}

/** Two lines with their intervals. */
function boundsFigure(
  id: string,
  caption: string,
  yLabel: string,
  rows: readonly GammaRow[],
  zero?: number,
): FigureSpec {
  const data = [
    ...rows.map((row) => ({
      method: "gamma-most",
      gamma: row.gamma,
      value: row.most,
      lower: row.most_lower,
      upper: row.most_upper,
    })),
    ...rows.map((row) => ({
      method: "gamma-least",
      gamma: row.gamma,
      value: row.least,
      lower: row.least_lower,
      upper: row.least_upper,
    })),
  ];
  return {
    ...{ id, caption, alt: caption, data, xLabel: "Γ: odds of an action are off by at most", yLabel },
    ...{ kind: "lines", x: "gamma", y: "value", lower: "lower", upper: "upper", by: "method" },
    ...(zero !== undefined && { references: [{ value: zero, label: "no difference" }] }),
  };
}
