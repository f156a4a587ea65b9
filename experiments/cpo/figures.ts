/**
 * What the questions about estimates of one policy's value show, each spread into its question.
 *
 * @module
 */
import { labelOf } from "../../lib/report/methods.ts";
import { formatFixed, formatInterval, formatNumber, formatPercent } from "../../lib/report/numbers.ts";
import { fromTo } from "../../lib/report/captions.ts";
import type { TableSpec } from "../../lib/report/types.ts";
import { against, curve, dots, type Knob, tiles } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { Metric } from "../../lib/run/quantity.ts";
import { centre, summaryLines, type View } from "../../lib/run/view.ts";
import { mean, rootMeanSquare, standardDeviation } from "../../lib/statistics/summary.ts";
import type { CpoOptions } from "./options.ts";
import { RECORDS } from "./records.ts";
import * as terms from "./terms.ts";
import { corner, effectiveShare, error, limit, MODELS, recordedAs } from "./terms.ts";

/** The type of readers on record, in one row. */
export const RECORDED = {
  key: "record",
  names: { unrecorded: "type unrecorded", recorded: "type recorded", "partly recorded": "type partly recorded" },
};

const UNBIASED = [{ value: 0, label: "no bias" }];
const RMSE = { of: rootMeanSquare, shape: "spread" } as const;
/** The errors of estimates, drawn as their root mean square. */
const rmse = new Metric(error.name, "RMSE", 4, "RMSE of the estimate");

/** A table with a statistic of the errors behind each row as its last column. */
function withStatistic(view: View, table: TableSpec, label: string, of: (errors: Float64Array) => number): TableSpec {
  const cells = view.conditions.flatMap((condition) =>
    view.arms.map((arm) => of(view.series(arm, error.name, condition).values))
  );
  return {
    ...table,
    columns: [...table.columns, { key: label, label, digits: 4 }],
    rows: table.rows.map((row, i) => ({ ...row, [label]: cells[i] })),
  };
}

export const corners: Drawn<CpoOptions> = {
  figures(view) {
    const rows = view.summary(error), predicted = view.summary(limit);
    const off = rows.map((row, i) => Math.abs(row.value - predicted[i].value)).sort((a, b) => a - b);
    const told = () => {
      const { estimate, lower, upper } = view.mean("dr", error, corner("wrong", "confounded").of({}));
      const right = MODELS.map((model) => Math.abs(centre(view, "dr", error.name, corner("right", model).of({}))));
      return `With right propensities DR's bias is at most ${
        formatNumber(Math.max(...right), 2)
      } under all three models; with wrong ones and a confounded model it is ${
        formatInterval(estimate, lower, upper)
      }.`;
    };
    return [
      tiles(view, error, {
        id: "corners",
        column: "model",
        xLabel: "outcome model",
        panels: { key: "propensities", label: "propensities" },
        caption: view.arms.includes("dr")
          ? told()
          : `The largest bias is ${formatNumber(Math.max(...rows.map((row) => Math.abs(row.value))), 2)}.`,
      }),
      {
        ...against(view, error, limit, {
          id: "bias-identity",
          caption:
            `Measured and enumerated bias differ by at most ${
              formatNumber(off.at(-1)!, 2)
            } over ${off.length} settings ` +
            `(median ${formatNumber(off[Math.floor(off.length / 2)], 2)}); the largest bias is ${
              formatNumber(Math.max(...rows.map((row) => Math.abs(row.value))), 2)
            }.`,
          alt: "Measured bias against enumerated bias, with the diagonal on which they would be equal.",
        }),
        diagonal: true,
        yLabel: "bias measured",
      },
    ];
  },
  tables: (view) => [
    withStatistic(
      view,
      measuresTable(view, {
        id: "corners",
        caption: "Bias and standard deviation of each estimate, the bias that enumeration predicts, and the weights.",
        conditions: [{ key: "propensities", label: "propensities" }, { key: "model", label: "outcome model" }],
        measures: [error, limit, terms.effectiveSize, terms.largestWeight, terms.altered],
      }),
      "sd",
      standardDeviation,
    ),
  ],
};

export const logConfounding: Drawn<CpoOptions> = {
  figures(view) {
    const names = Object.keys(RECORDS);
    const told = (record: string) => {
      const { estimate, lower, upper } = view.mean("dr", error, { record });
      return `${formatInterval(estimate, lower, upper)} with the type ${record} (by enumeration ${
        formatFixed(centre(view, "dr", limit.name, { record }), 3)
      })`;
    };
    return [dots(view, error, {
      id: "log-confounding",
      marks: RECORDED,
      references: UNBIASED,
      caption: view.arms.includes("dr")
        ? `DR is off by ${names.map(told).join(", ")}.`
        : `With the type recorded, bias goes ${
          fromTo(view.summary(error, { where: ({ record }) => record === recordedAs("recorded").of({}).record }))
        }.`,
    })];
  },
  tables: (view) => [
    withStatistic(
      view,
      measuresTable(view, {
        id: "log-confounding",
        caption: "Bias of each estimate on a confounded log, what enumeration predicts, and spread over logs.",
        conditions: [{ key: "record", label: "the type is" }],
        measures: [error, limit],
      }),
      "sd",
      standardDeviation,
    ),
  ],
};

/** RMSE of each estimate with its interval, and the share of the log that weights leave. */
function rmseTable(view: View, id: string, key: string, caption: string): TableSpec {
  return {
    id,
    caption,
    columns: [
      { key, label: key },
      { key: "arm", label: "estimator", method: true },
      { key: "value", label: rmse.label, digits: 4, lower: "lower", upper: "upper" },
      { key: "share", label: effectiveShare.label, digits: effectiveShare.digits },
    ],
    rows: view.summary(error, RMSE).map((row) => ({
      ...row,
      share: centre(view, row.arm, effectiveShare.name, { [key]: row[key] }),
    })),
  };
}

export const sampleSize: Drawn<CpoOptions> = {
  figures(view, o) {
    const slopes = () =>
      view.arms.map((arm) => {
        const { estimate: value, lower, upper } = terms.rmseSlope(arm).evidence(view, o);
        return { arm, value, lower, upper };
      });
    return [curve(view, rmse, {
      id: "sample-size",
      knob: { x: "n", xScale: "log", xLabel: "texts in the log (n)" },
      yScale: "log",
      ...RMSE,
      caption: o.sizes.length > 1
        ? `Slopes of log RMSE on log n go ${fromTo(slopes())}.`
        : `RMSE at n = ${o.sizes[0]} goes ${fromTo(view.summary(error, RMSE))}.`,
    })];
  },
  tables: (view) => [rmseTable(view, "sample-size", "n", "RMSE of each estimate by log size.")],
};

const SPREAD: Knob = { x: "spread", xLabel: "spread of log P^R (0 is uniform)" };

export const overlap: Drawn<CpoOptions> = {
  figures(view, o) {
    // Outcome-only has no weights; all others have the same.
    const weighted = view.arms.filter((arm) => arm !== "outcome-only").slice(0, 1), at = terms.poorest.of(o);
    const where = ({ spread }: { readonly spread?: string | number }) => spread === at.spread;
    const shares = (arm: string) =>
      o.overlap.map((spread) =>
        `${formatPercent(centre(view, arm, effectiveShare.name, { spread }))} at a spread of ${spread}`
      );
    return [
      curve(view, rmse, {
        id: "overlap",
        knob: SPREAD,
        yScale: "log",
        ...RMSE,
        caption: `At a spread of ${at.spread} RMSE goes ${fromTo(view.summary(error, { ...RMSE, where }))}.`,
      }),
      ...weighted.map((arm) =>
        curve(view, effectiveShare, {
          id: "effective-sample",
          knob: SPREAD,
          arms: weighted,
          caption: `The effective sample of the weights, the same for every estimator, as a share of the log: ${
            shares(arm).join(", ")
          }.`,
        })
      ),
    ];
  },
  tables: (view) => [rmseTable(view, "overlap", "spread", "RMSE of each estimate by overlap.")],
};

export const clipping: Drawn<CpoOptions> = {
  figures(view) {
    const best = view.summary(error, RMSE).reduce((a, b) => b.value < a.value ? b : a);
    const plane = view.summary(error).map(({ arm, lambda, value }) => ({
      lambda,
      arm,
      bias: Math.abs(value),
      sd: standardDeviation(view.series(arm, error.name, { lambda }).values),
    }));
    const widest = plane.reduce((a, b) => b.bias > a.bias ? b : a);
    return [
      curve(view, rmse, {
        id: "clipping",
        knob: { x: "lambda", xScale: "log", xLabel: "clipping level λ" },
        yScale: "log",
        ...RMSE,
        caption: `The least error is that of ${labelOf(best.arm)} at λ = ${best.lambda}: RMSE ${
          formatNumber(best.value)
        }.`,
      }),
      {
        id: "clipping-trade",
        kind: "scatter",
        data: plane,
        x: "bias",
        y: "sd",
        by: "arm",
        xScale: "log",
        yScale: "log",
        xLabel: "|bias|",
        yLabel: "standard deviation",
        caption: `One point a level. The most bias, ${formatFixed(widest.bias, 3)}, has ${
          labelOf(widest.arm)
        } at λ = ${widest.lambda}, with a standard deviation of ${formatFixed(widest.sd, 3)}.`,
        alt: "Standard deviation against absolute bias, one point per clipping level and estimator.",
      },
    ];
  },
  tables: (view) => {
    const table = measuresTable(view, {
      id: "clipping",
      caption: "Bias, share of altered weights and spread by clipping level.",
      conditions: [{ key: "lambda", label: "λ" }],
      measures: [error, terms.altered],
    });
    return [withStatistic(view, withStatistic(view, table, "sd", standardDeviation), rmse.label, rootMeanSquare)];
  },
};

/** Coverage of every kind of interval with a Wilson interval, and its mean width. */
const coverageRows = (view: View) =>
  view.conditions.flatMap((condition) =>
    view.arms.map((arm) => {
      const { estimate: value, lower, upper, n: logs } = terms.coverageAt(view, arm, condition);
      const width = mean(view.series(arm, terms.width.name, condition).values);
      return { ...condition, arm, value, lower, upper, logs, width };
    })
  );

export const coverage: Drawn<CpoOptions> = {
  figures(view) {
    const rows = coverageRows(view);
    const least = rows.reduce((a, b) => b.value < a.value ? b : a);
    const dr = view.arms.includes("dr")
      ? view.conditions.filter(({ interval }) => interval === "wald").map((at) =>
        `${formatPercent(terms.coverageAt(view, "dr", at).estimate)} at n = ${at.n}`
      )
      : [];
    const at = view.conditions[Math.floor(rows.indexOf(least) / view.arms.length)];
    return [{
      id: "coverage",
      ...summaryLines,
      data: rows,
      x: "n",
      panel: "interval",
      xScale: "log",
      xLabel: "texts in the log (n)",
      yLabel: terms.covered.axis,
      references: [{ value: 0.95, label: "95%" }],
      caption: (dr.length > 0 ? `DR's Wald interval covers ${dr.join(", ")}. ` : "") +
        `Lowest is ${labelOf(least.arm)} with ${formatPercent(least.value)} (${at.interval}, n = ${at.n}).`,
      intervals: `Bands are 95% Wilson intervals over ${least.logs} logs.`,
      alt: "Coverage of 95% intervals against log size, one line per estimator, in two panels by interval method.",
    }];
  },
  tables: (view) => [{
    id: "coverage",
    caption: "Coverage and mean width of 95% intervals.",
    columns: [
      { key: "interval", label: "interval" },
      { key: "n", label: "n" },
      { key: "arm", label: "estimator", method: true },
      { key: "value", label: terms.covered.label, digits: 3, lower: "lower", upper: "upper" },
      { key: "width", label: terms.width.label, digits: 4 },
    ],
    rows: coverageRows(view),
  }],
};
