/**
 * Figures over the columns of a grid: a line for one knob, a heat map for two, small multiples of it for more.
 *
 * @module
 */
import { formatFixed } from "../report/numbers.ts";
import { registerMethod } from "../report/methods.ts";
import type { FigureSpec, Row } from "../report/types.ts";
import type { Evidence, Verdict } from "../statistics/claims.ts";
import { type Knob, settingOf } from "./grid.ts";
import type { ClaimMap } from "./maps.ts";
import { GREY, lookOf } from "./looks.ts";

/** A number in one cell of the grid. */
export interface GridNumber {
  /** Name of the cell. */
  readonly cell: string;
  readonly evidence?: Evidence;
  /** Id of its line where there are several; in heat maps its panel. */
  readonly series: string;
  /** What the panel of a heat map is headed with. */
  readonly label: string;
  /** Where the shade is not that of the number. */
  readonly verdict?: Verdict;
}

/** What a figure says beside its numbers. */
type Words = Pick<FigureSpec, "id" | "caption" | "intervals"> & {
  /** What the numbers are. */
  readonly label: string;
  /** The number at which a claim turns; 0 where shades have none. */
  readonly bounds: readonly number[];
};

/** The largest of a knob's values over its smallest from which on its axis is logarithmic. */
const LOG = 15;
/** What verdicts are marked with, so that shades are not all that tells them apart. */
const MARKS: Readonly<Record<Verdict, string>> = { holds: "✓", fails: "✗", inconclusive: "", "not run": "–" };
/** Shades of verdicts. */
const SHADES: Readonly<Record<Verdict, number>> = { holds: 1, fails: -1, inconclusive: 0, "not run": 0 };

/** Columns of a row: its knobs, as numbers where they are. */
function columnsOf(cell: string): Record<string, string | number> {
  const plain = Object.entries(settingOf(cell));
  return Object.fromEntries(plain.map(([flag, text]) => [flag, text.includes(":") ? text : Number(text)]));
}

const isNumeric = ({ values }: Knob) => values.every((value) => !value.includes(":"));

/** An id that the method registry takes, for a row of a heat map. */
function rowId({ flag }: Knob, value: string): string {
  const id = `grid-${flag}-${value.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}${
    value.startsWith("-") ? "-below" : ""
  }`;
  registerMethod(id, { label: `${flag} ${value}`, ...GREY });
  return id;
}

/**
 * The figure of numbers over a grid.
 *
 * @param numbers one a cell and series
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const knob = (flag: string, ...values: string[]) => ({ option: flag, flag, values });
 * const at = (cell: string) => ({ cell, series: "dpo", label: "DPO", evidence: { estimate: 1, lower: 0, upper: 2, n: 9 } });
 * const words = { id: "value", caption: "Value.", label: "value", bounds: [] };
 * assert.equal(gridFigure([knob("n", "5", "9")], [at("n=5"), at("n=9")], words).kind, "lines");
 * const two = [knob("a", "0"), knob("n", "5", "9")];
 * assert.equal(gridFigure(two, [at("a=0 n=5"), at("a=0 n=9")], words).kind, "cells");
 * ```
 */
export function gridFigure(knobs: readonly Knob[], numbers: readonly GridNumber[], words: Words): FigureSpec {
  return knobs.length === 1 ? lines(knobs[0], numbers, words) : heatMap(knobs, numbers, words);
}

/** One knob: its values along the axis, or one below the other where they are lists. */
function lines(knob: Knob, numbers: readonly GridNumber[], { label, bounds, ...words }: Words): FigureSpec {
  const { flag, values } = knob;
  const data = numbers.flatMap(({ cell, evidence, series, verdict }): Row[] =>
    evidence === undefined ? [] : [{
      ...columnsOf(cell),
      method: series,
      ...{ value: evidence.estimate, lower: evidence.lower, upper: evidence.upper, n: evidence.n },
      ...verdict && { verdict },
    }]
  );
  const alt = `${label} against ${flag}. ${words.caption}`;
  const references = bounds.map((value) => ({ value, label: `bound of the claim: ${value}` }));
  const shared = { ...words, alt, ...references.length > 0 && { references }, lower: "lower", upper: "upper" } as const;
  if (!isNumeric(knob)) {
    const rows = data.map((row) => ({ ...row, setting: rowId(knob, `${row[flag]}`) }));
    const several = new Set(numbers.map(({ series }) => series)).size > 1;
    return {
      ...{ ...shared, data: rows, kind: "dots", x: "value", by: "setting", xLabel: label, yLabel: "" },
      ...several && { panel: "method" },
    };
  }
  const ends = values.map(Number), [least, most] = [Math.min(...ends), Math.max(...ends)];
  return {
    ...{ ...shared, data, kind: "lines", x: flag, y: "value", by: "method", xLabel: flag, yLabel: label },
    ...least > 0 && most / least >= LOG && { xScale: "log" },
  };
}

/** Two knobs: a table of shades; what is more, panels. */
function heatMap(knobs: readonly Knob[], numbers: readonly GridNumber[], words: Words): FigureSpec {
  const { label, bounds: _, ...rest } = words, [rows, columns, ...others] = knobs;
  const series = new Set(numbers.map((number) => number.series)), verdicts = numbers.some(({ verdict }) => verdict);
  const panelOf = (cell: Record<string, string | number>, { label }: GridNumber) =>
    [...series.size > 1 ? [label] : [], ...others.map(({ flag }) => `${flag} ${cell[flag]}`)].join(", ");
  // As many decimals in all cells: those of one width fit, or none does.
  const largest = Math.max(0, ...numbers.map(({ evidence }) => Math.abs(evidence?.estimate ?? 0)));
  const decimals = largest === 0 ? 0 : Math.max(0, 1 - Math.floor(Math.log10(largest)));
  const data = numbers.map((number): Row => {
    const { cell, evidence, verdict } = number, setting = columnsOf(cell), panel = panelOf(setting, number);
    // Panels have no room for numbers beside their marks.
    const shown = evidence && (verdict === undefined || others.length === 0);
    const text = [...shown ? [formatFixed(evidence.estimate, decimals)] : [], ...verdict ? [MARKS[verdict]] : []];
    return {
      ...setting,
      ...series.size > 1 && { series: number.series },
      ...panel !== "" && { panel },
      row: rowId(rows, settingOf(cell)[rows.flag]),
      column: settingOf(cell)[columns.flag],
      ...{ value: evidence?.estimate ?? null, lower: evidence?.lower ?? null, upper: evidence?.upper ?? null },
      n: evidence?.n ?? null,
      ...verdict && { verdict },
      shade: verdict ? SHADES[verdict] : evidence?.estimate ?? 0,
      text: text.join(" ").trim(),
    };
  });
  const shades = data.map(({ shade }) => shade as number), most = Math.max(...shades), least = Math.min(...shades);
  const domain = verdicts ? [-1, 1] as const : [least, most > least ? most : least + 1] as const;
  const panels = new Set(data.map(({ panel }) => panel).filter((panel) => panel !== undefined));
  return {
    ...{ ...rest, alt: `${label} by ${rows.flag} (rows) and ${columns.flag} (columns). ${rest.caption}` },
    ...{ data, kind: "cells", x: "column", by: "row", value: "shade", text: "text" },
    ...{ xLabel: columns.flag, yLabel: label, domain, ...verdicts && { middle: 0 } },
    ...panels.size > 0 && { panel: "panel" },
  };
}

/**
 * The map of where a claim holds.
 *
 * @example
 * ```ts ignore
 * const figure = claimFigure(knobs, map);
 * ```
 */
export function claimFigure(knobs: readonly Knob[], { claim, cells }: ClaimMap): FigureSpec {
  const series = lookOf("estimate"), label = claim.quantity;
  const numbers = cells.map(({ cell, evidence, verdict }) => (
    { cell, verdict, series, label, ...evidence && { evidence } }
  ));
  const marked = knobs.length > 1
    ? " Blue (✓): it holds; purple (✗): it fails; pale: the interval decides nothing."
    : "";
  return gridFigure(knobs, numbers, {
    id: `where-${claim.id}`,
    caption: `${claim.statement}: ${countsTold(cells)}.${marked}`,
    intervals:
      `${knobs.length > 2 ? "The figure's CSV has the estimates" : "Shown is the estimate"}; verdicts are those of ` +
      `its 95 % interval over ${claim.unit} in each cell.`,
    label,
    bounds: [claim.rule.above, claim.rule.below].filter(Number.isFinite),
  });
}

/** How many cells say what, such as "holds in 3 of 4 cells, fails in 1". */
export function countsTold(cells: ClaimMap["cells"]): string {
  const count = (of: Verdict) => cells.filter(({ verdict }) => verdict === of).length;
  const parts = [
    `holds in ${count("holds")} of ${cells.length} cells`,
    ...count("fails") > 0 ? [`fails in ${count("fails")}`] : [],
    ...count("inconclusive") > 0 ? [`is undecided in ${count("inconclusive")}`] : [],
    ...count("not run") > 0 ? [`has no number in ${count("not run")}`] : [],
  ];
  return parts.join(", ");
}
