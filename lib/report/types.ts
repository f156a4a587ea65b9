/**
 * What a report is made of. A report is a pure function of these values, which are a pure function of the rows on disk.
 *
 * @module
 */
import type { ClaimResult } from "../statistics/claims.ts";

/** One value in a figure's data or a table cell. */
export type Cell = string | number | boolean | null;

/** Rows of a figure or a table; all rows have the same keys. */
export type Row = Readonly<Record<string, Cell>>;

/**
 * A figure: the summarised rows it draws (its CSV twin is exactly these) and how.
 * `method` columns hold ids of the method registry (`methods.ts`), which gives label, colour, dash and symbol.
 */
export type FigureSpec =
  & {
    /** File name stem, unique in the report: lower-case letters, digits and hyphens. */
    readonly id: string;
    /** Says the finding, with its numbers; plain text. */
    readonly caption: string;
    /** Text for readers who do not see the picture; says the finding. */
    readonly alt: string;
    readonly data: readonly Row[];
    readonly xLabel: string;
    readonly yLabel: string;
    /** Facet column: one panel per value, side by side. */
    readonly panel?: string;
    readonly panelLabel?: string;
    /** Reference lines, such as the truth or the oracle: vertical in a forest plot, horizontal elsewhere. */
    readonly references?: readonly Reference[];
  }
  & (LinesFigure | DotsFigure | ScatterFigure);

/** A reference line; in all panels, or in the one with that value of the panel column. */
export interface Reference {
  readonly value: number;
  readonly label: string;
  readonly panel?: Cell;
  /** The interval of a reference that is itself an estimate, drawn as a band. */
  readonly interval?: readonly [number, number];
}

/** Lines with bands: `y` with `lower`..`upper` over a numeric `x`, one line a `method`. */
export interface LinesFigure {
  readonly kind: "lines";
  readonly x: string;
  readonly y: string;
  readonly lower: string;
  readonly upper: string;
  readonly by: string;
  readonly xScale?: "linear" | "log" | "point";
  readonly yScale?: "linear" | "log";
}

/** A forest plot: one row per `by` value (methods), a dot at `x` with an interval; shared vertical reference lines. */
export interface DotsFigure {
  readonly kind: "dots";
  readonly x: string;
  readonly lower: string;
  readonly upper: string;
  /** Column with method ids: rows of the plot, in data order. */
  readonly by: string;
}

/** Two numbers against each other, one point per row, coloured by method; with optional intervals on both axes. */
export interface ScatterFigure {
  readonly kind: "scatter";
  readonly x: string;
  readonly y: string;
  readonly by: string;
  /** Columns with the ends of the horizontal interval; both or neither. */
  readonly xLower?: string;
  readonly xUpper?: string;
  /** Columns with the ends of the vertical interval; both or neither. */
  readonly yLower?: string;
  readonly yUpper?: string;
  readonly xScale?: "linear" | "log";
  readonly yScale?: "linear" | "log";
  /** Draw the line y = x. */
  readonly diagonal?: boolean;
}

/** A table: columns in order, with their headings; numbers are shown with `digits` decimals. */
export interface TableSpec {
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly {
    readonly key: string;
    readonly label: string;
    readonly digits?: number;
    /** Keys of the interval that is shown behind the number as [lower, upper]. */
    readonly lower?: string;
    readonly upper?: string;
    /** The cells are ids of the method registry. */
    readonly method?: boolean;
  }[];
  readonly rows: readonly Row[];
}

/** One question of the experiment with its answer. */
export interface Section {
  readonly id: string;
  /** The question itself. */
  readonly asks: string;
  readonly part: "synthetic" | "benchmark";
  /** How it was measured, in a sentence or two. */
  readonly method: string;
  readonly figures: readonly FigureSpec[];
  readonly tables: readonly TableSpec[];
  /** Things to know: missing data, low power with the minimum detectable effect, known limits. */
  readonly notes: readonly string[];
}

/** A formula in TeX with what it is called. */
export interface Formula {
  readonly tex: string;
  readonly label: string;
}

/** Everything the page shows. */
export interface Report {
  readonly name: string;
  readonly title: string;
  /** The paper, cited in full. */
  readonly paper: string;
  /** Two or three sentences: what this is about. */
  readonly lead: string;
  readonly formulas: readonly Formula[];
  readonly claims: readonly ClaimResult[];
  readonly sections: readonly Section[];
  /** Shown above everything: a part that did not run and how to get it. */
  readonly notices: readonly string[];
  /** The recorded run: flags, seeds, versions, commit, data checksums, times. */
  readonly config: Readonly<Record<string, unknown>>;
}
