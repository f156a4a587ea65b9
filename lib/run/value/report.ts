/**
 * The report of a valuation.
 *
 * @module
 */
import { labelOf } from "../../report/methods.ts";
import { formatDuration, formatInterval, formatNumber, formatPercent } from "../../report/numbers.ts";
import type { FigureSpec, Report, Row, Section, TableSpec } from "../../report/types.ts";
import { gammaSection } from "./gamma_section.ts";
import type { ValueRecord, ValueRow } from "./record.ts";

/** Actions that a table lists; of more, those with most of the policy. */
const LISTED = 40;

const INTERVALS: Readonly<Record<ValueRow["interval"], string>> = {
  "none": "none, the model being fitted to this log",
  "normal": "standard errors",
  "student": "standard errors over groups, Student's",
  "bootstrap": "percentiles of the bootstrap",
  "clopper-pearson": "Clopper and Pearson's",
  "fay-feuer": "Fay and Feuer's, of rare events",
  "fieller": "Fieller's",
};

/**
 * The report of a valuation: values by estimator, what their weights are like, actions, and two policies compared.
 *
 * @param name of its folder
 * @example
 * ```ts ignore
 * await writeReport(valueReport("value", record), "reports/value");
 * ```
 */
export function valueReport(name: string, record: ValueRecord): Report {
  const { rows, against } = record, best = answering(rows.filter(({ policy }) => policy === "target"));
  const level = formatPercent(record.level, 0),
    wrong = record.rows.some(({ policy, identified, estimator }) =>
      policy !== "against" && estimator !== "naive" && !identified
    );
  const found = best === undefined
    ? "No estimate could be made."
    : wrong
    ? `Not identified: this log does not say what the policy is worth (${labelOf(best.estimator)}: ${told(best)}).`
    : `The policy is worth ${told(best)} by ${labelOf(best.estimator)}.`;
  const difference = rows.find(({ policy, estimator }) => policy === "difference" && estimator === best?.estimator);
  const compared = difference === undefined || difference.estimate === null
    ? ""
    : ` Its value minus the other policy's is ${told(difference)}.`;
  return {
    name,
    title: `Value of a policy: ${record.reward}`,
    paper: "",
    lead: `${formatNumber(record.rounds)} rounds of ${record.log}` +
      `${
        record.group === null ? "" : ` by ${formatNumber(record.groups)} groups (${record.group})`
      }; the policy is ${record.target}` +
      `${against === null ? "" : `, beside ${against}`}.`,
    answer: `${found}${compared}`,
    formulas: [
      { label: "IPW", tex: String.raw`\hat V=\frac1n\sum_i w_i r_i,\qquad w_i=\frac{\pi(a_i\mid x_i)}{p_i}` },
      { label: "SNIPW", tex: String.raw`\hat V=\sum_i w_i r_i\Big/\sum_i w_i` },
      {
        label: "DR",
        tex: String
          .raw`\hat V=\frac1n\sum_i\Big[\sum_a\pi(a\mid x_i)\,\hat q(x_i,a)+w_i\,\big(r_i-\hat q(x_i,a_i)\big)\Big]`,
      },
    ],
    claims: [],
    notices: record.warnings,
    config: {
      ...{ command: record.command, log: record.log, target: record.target },
      ...(against !== null && { against }),
      ...{ propensities: record.propensities, "expected rewards": record.outcomes, lambda: record.lambda },
      intervals: `${level}${record.bootstrap > 0 ? `, ${formatNumber(record.bootstrap)} draws` : ""}`,
      ...{ commit: record.git.commit, deno: record.deno, time: formatDuration(record.seconds) },
    },
    sections: [
      valueSection(record, "target", found),
      ...(against === null ? [] : [valueSection(record, "against", ""), comparedSection(record, compared.trim())]),
      ...(record.gamma === undefined ? [] : [gammaSection(record.gamma, record.reward)]),
      actionSection(record),
    ],
  };
}

/** The line that a report speaks of: doubly robust unless its weights cannot be normalised away, else what there is. */
function answering(rows: readonly ValueRow[]): ValueRow | undefined {
  const of = (id: string) => rows.find(({ estimator, estimate }) => estimator === id && estimate !== null);
  return of("dr") ?? of("naive");
}

function told({ estimate, lower, upper }: ValueRow): string {
  if (estimate === null) return "no number";
  if (lower === null || upper === null) return formatNumber(estimate);
  return formatInterval(estimate, lower, upper);
}

/** Values by estimator, as a forest plot and a table. */
function valueSection(record: ValueRecord, policy: "target" | "against", found: string): Section {
  const rows = record.rows.filter((row) => row.policy === policy),
    weighed = rows.find(({ estimator }) => estimator === "ipw") ?? rows[0];
  const caption = found === "" ? "Value of the other policy by estimator." : found;
  return {
    id: policy,
    asks: policy === "target" ? "What is the policy worth?" : "What is the other policy worth?",
    part: "log",
    method:
      `Nine estimators on the same rounds. Propensities: ${record.propensities}. Expected rewards: ${record.outcomes}. ` +
      "The plain mean is the value of the policy that logged; the outcome model alone has an interval only where it was given.",
    figures: [forest(policy === "target" ? "values" : "values-against", caption, `value, in ${record.reward}`, rows)],
    tables: [valueTable(policy === "target" ? "values" : "values-against", record, rows), weightTable(policy, weighed)],
    notes: [intervalNote(rows, record), ...(policy === "target" ? record.notes : [])],
  };
}

function comparedSection(record: ValueRecord, found: string): Section {
  const of = (policy: ValueRow["policy"]) => record.rows.filter((row) => row.policy === policy);
  return {
    id: "compared",
    asks: "Which of the two is worth more?",
    part: "log",
    method:
      "Both on the same rounds: what they share cancels. A ratio's interval is open where the other value may be 0.",
    figures: [
      forest(
        "differences",
        found || "Difference of the two values.",
        `difference, in ${record.reward}`,
        of("difference"),
        0,
      ),
    ],
    tables: [valueTable("differences", record, of("difference")), valueTable("ratios", record, of("ratio"))],
    notes: [intervalNote([...of("difference"), ...of("ratio")], record)],
  };
}

function actionSection({ actions, against, rounds }: ValueRecord): Section {
  const sorted = actions.length > LISTED ? actions.toSorted((a, b) => b.target - a.target).slice(0, LISTED) : actions;
  const rows = sorted.map((row) => ({ ...row, share: row.logged / rounds }));
  return {
    id: "actions",
    asks: "What does the log know of the actions?",
    part: "log",
    method: "How often each action was taken, its mean reward then, and how likely the policy takes it.",
    figures: [],
    tables: [{
      id: "actions",
      caption: "Actions in the log and under the policy." +
        (actions.length > LISTED ? ` The ${LISTED} of ${actions.length} that the policy takes most.` : ""),
      columns: [
        ...[{ key: "action", label: "action" }, { key: "logged", label: "logged", digits: 0 }, {
          key: "share",
          label: "share",
        }],
        ...[{ key: "reward", label: "mean reward" }, { key: "target", label: "policy" }],
        ...(against === null ? [] : [{ key: "against", label: "other policy" }]),
      ],
      rows: rows as unknown as Row[],
    }],
    notes: [],
  };
}

function forest(id: string, caption: string, xLabel: string, rows: readonly ValueRow[], zero?: number): FigureSpec {
  const data = rows.filter(({ estimate }) => estimate !== null).map((row) => ({
    ...{
      method: row.estimator,
      estimate: row.estimate,
      lower: row.lower,
      upper: row.upper,
    },
    identified: row.identified,
  }));
  return {
    ...{ id, caption, alt: caption, data, xLabel, yLabel: "", kind: "dots" },
    ...{ x: "estimate", lower: "lower", upper: "upper", by: "method" },
    ...(zero !== undefined && { references: [{ value: zero, label: "no difference" }] }),
  };
}

function valueTable(id: string, { level }: ValueRecord, rows: readonly ValueRow[]): TableSpec {
  return {
    id,
    caption: `Estimates with ${formatPercent(level, 0)} intervals${
      id === "values" || id === "values-against" ? "" : ` of ${id}`
    }.`,
    columns: [
      { key: "estimator", label: "estimator", method: true },
      { key: "estimate", label: "estimate", digits: 4, lower: "lower", upper: "upper" },
      { key: "standard_error", label: "standard error", digits: 4 },
      { key: "interval", label: "interval" },
      { key: "identified", label: "identified" },
    ],
    rows: rows as unknown as Row[],
  };
}

/** What is to be known beside every weighted number. */
function weightTable(policy: string, row: ValueRow): TableSpec {
  const line = (what: string, value: number | null, good: string) => ({ what, value, good });
  return {
    id: policy === "target" ? "weights" : "weights-against",
    caption: "What the weights are like.",
    columns: [{ key: "what", label: "weights" }, { key: "value", label: "here" }, { key: "good", label: "good" }],
    rows: [
      line("rounds", row.rounds, ""),
      line("effective sample size", row.effective_sample_size, "near the rounds"),
      line("largest weight", row.largest_weight, "far below the rounds"),
      line("mean weight", row.mean_weight, "1, within its error"),
      line("its standard error", row.mean_weight_error, ""),
      line("policy's mass without support", row.unsupported_mass, "0"),
    ],
  };
}

function intervalNote(rows: readonly ValueRow[], { level }: ValueRecord): string {
  const kinds = [...new Set(rows.map(({ interval }) => interval))];
  const of = (kind: ValueRow["interval"]) =>
    rows.filter((row) => row.interval === kind).map(({ estimator }) => labelOf(estimator));
  const names = kinds.length === 1
    ? `are by ${INTERVALS[kinds[0]]}`
    : `: ${kinds.map((kind) => `${INTERVALS[kind]} (${[...new Set(of(kind))].join(", ")})`).join("; ")}`;
  return `${formatPercent(level, 0)} intervals${names.startsWith(":") ? names : ` ${names}`}.`;
}
