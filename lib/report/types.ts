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
 * A figure: the summarised rows behind it (its CSV twin is exactly these) and how they are drawn.
 * `method` columns hold ids of the method registry (`methods.ts`), which gives label, colour, dash and symbol.
 */
export type FigureSpec =
  & {
    /** File name stem, unique in the report: lower-case letters, digits and hyphens. */
    readonly id: string;
    /** Says the finding, with its numbers; plain text. */
    readonly caption: string;
    /** What its intervals are, in a sentence; a run's report says it where the question does not and some are drawn. */
    readonly intervals?: string;
    /** Text for readers who do not see the picture; says the finding. */
    readonly alt: string;
    /** The rows behind it; the CSV twin holds exactly these. */
    readonly data: readonly Row[];
    /** Methods whose rows are not drawn, since their line lies on another's, which has their names; none unless given. */
    readonly joined?: readonly string[];
    /** What the x axis shows, with its unit. */
    readonly xLabel: string;
    /** What the y axis shows, with its unit; empty in a forest plot. */
    readonly yLabel: string;
    /** Facet column: one panel per value, side by side. */
    readonly panel?: string;
    /** What the panel column is; stands in front of each panel's value. */
    readonly panelLabel?: string;
    /** What the key calls a method where that is more than its label, such as "PMLE = distillation" for lines that coincide. */
    readonly names?: Readonly<Record<string, string>>;
    /** Reference lines, such as the truth or the oracle: vertical in a forest plot, horizontal elsewhere. */
    readonly references?: readonly Reference[];
  }
  & (LinesFigure | DotsFigure | ScatterFigure | FieldFigure | CellsFigure);

/** A reference line; in all panels, or in the one with that value of the panel column. */
export interface Reference {
  /** Where it stands, in the unit of its axis. */
  readonly value: number;
  /** What it is, such as "Oracle". */
  readonly label: string;
  /** Value of the panel column; absent for all panels. */
  readonly panel?: Cell;
  /** The interval of a reference that is itself an estimate, drawn as a band. */
  readonly interval?: readonly [number, number];
}

/** Lines with bands: `y` with `lower`..`upper` over a numeric `x`, one line a `method`. */
export interface LinesFigure {
  /** Tells lines from the other kinds of {@linkcode FigureSpec}. */
  readonly kind: "lines";
  /** Column on the x axis. */
  readonly x: string;
  /** Column on the y axis. */
  readonly y: string;
  /** Column with the lower end of the interval of `y`. */
  readonly lower: string;
  /** Column with the upper end of the interval of `y`. */
  readonly upper: string;
  /** Column with method ids: one line each. */
  readonly by: string;
  /** "linear" unless given. */
  readonly xScale?: "linear" | "log";
  /** "linear" unless given; a log axis leaves out values of zero or less and counts them. */
  readonly yScale?: "linear" | "log";
  /** Methods in their own colours, which alone the key explains; the others are grey. All of them unless given. */
  readonly highlight?: readonly string[];
}

/** A forest plot: one row per `by` value (methods), a dot at `x` with an interval; shared vertical reference lines. */
interface DotsFigure {
  /** Tells a forest plot from the other kinds of {@linkcode FigureSpec}. */
  readonly kind: "dots";
  /** Column with the numbers. */
  readonly x: string;
  /** Column with the lower end of the interval of `x`. */
  readonly lower: string;
  /** Column with the upper end of the interval of `x`. */
  readonly upper: string;
  /** Column with method ids: rows of the plot, in data order. */
  readonly by: string;
  /**
   * Column that tells the dots of a row apart, at most three, named in the key. In data order they are filled, hollow, and a
   * tick without an interval.
   */
  readonly mark?: string;
}

/** Two numbers against each other, one point per row, coloured by method; with optional intervals on both axes. */
interface ScatterFigure {
  /** Tells a scatter plot from the other kinds of {@linkcode FigureSpec}. */
  readonly kind: "scatter";
  /** Column on the x axis. */
  readonly x: string;
  /** Column on the y axis. */
  readonly y: string;
  /** Column with method ids: colour and symbol of each point. */
  readonly by: string;
  /** Column with the left end of the horizontal interval; both ends or neither. */
  readonly xLower?: string;
  /** Column with the right end of the horizontal interval. */
  readonly xUpper?: string;
  /** Column with the lower end of the vertical interval; both ends or neither. */
  readonly yLower?: string;
  /** Column with the upper end of the vertical interval. */
  readonly yUpper?: string;
  /** "linear" unless given. */
  readonly xScale?: "linear" | "log";
  /** "linear" unless given. */
  readonly yScale?: "linear" | "log";
  /** Draw the line y = x. */
  readonly diagonal?: boolean;
}

/**
 * A heat map: one row per `by` value (methods), one column per value of `x`, a cell shaded by `value` with `text` in it. The
 * figure's `yLabel` says what the cells show.
 */
export interface CellsFigure {
  /** Tells a heat map from the other kinds of {@linkcode FigureSpec}. */
  readonly kind: "cells";
  /** Column with the categories of the columns, in data order. */
  readonly x: string;
  /** Column with the numbers behind the shades. */
  readonly value: string;
  /** Column with the text of each cell; it is left out where a cell is too narrow. */
  readonly text: string;
  /** Column with method ids: rows of the plot, in data order. */
  readonly by: string;
  /** Values of the faintest and the strongest shade; values beyond get the nearer one. */
  readonly domain: readonly [number, number];
  /** Where the shade is faintest instead: values towards the first end of the domain then have a colour of their own. */
  readonly middle?: number;
}

/**
 * A vector field with paths through it. A row with numbers in `dx` and `dy` is an arrow around (`x`, `y`); any other row is
 * a station of the path of its method, in the order of the rows. Arrows stand on a grid and need no method.
 */
interface FieldFigure {
  /** Tells a field from the other kinds of {@linkcode FigureSpec}. */
  readonly kind: "field";
  /** Column on the x axis. */
  readonly x: string;
  /** Column on the y axis. */
  readonly y: string;
  /** Column with the x component of an arrow. */
  readonly dx: string;
  /** Column with the y component of an arrow. */
  readonly dy: string;
  /** Column with method ids: one path each and panel. */
  readonly by: string;
}

/** A table: columns in order, with their headings; numbers are shown with `digits` decimals. */
export interface TableSpec {
  /** File name stem, unique in the report: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** What the table shows; plain text. */
  readonly caption: string;
  /** Columns from left to right; the first one heads its row. */
  readonly columns: readonly {
    /** Key of the rows whose values it shows. */
    readonly key: string;
    /** Heading, with the unit. */
    readonly label: string;
    /** Decimals of its numbers, 0 to 20; three significant digits unless given. */
    readonly digits?: number;
    /** Key of the lower end of the interval that is shown behind the number as [lower, upper]; both ends or neither. */
    readonly lower?: string;
    /** Key of the upper end. */
    readonly upper?: string;
    /** The cells are ids of the method registry. */
    readonly method?: boolean;
    /** Which values are good; tables for papers set the best one in bold where its interval stands apart. */
    readonly better?: "higher" | "lower";
  }[];
  /** Rows from top to bottom, with at least the keys of the columns. */
  readonly rows: readonly Row[];
}

/** What several arms wrote after the same words. */
export interface TextSample {
  /** What they went on with. */
  readonly prompt: string;
  /** One an arm, in the order they are shown in. */
  readonly answers: readonly {
    /** Id of the method registry. */
    readonly arm: string;
    /** What it wrote. */
    readonly text: string;
  }[];
}

/** One question of the experiment with its answer. */
export interface Section {
  /** The question's id; the section's anchor on the page is `question-` and this. */
  readonly id: string;
  /** The question itself. */
  readonly asks: string;
  /** Whether it was asked of a made world, of real data, of a training, or of a user's log. */
  readonly part: "synthetic" | "benchmark" | "training" | "log";
  /** How it was measured, in a sentence or two. */
  readonly method: string;
  /** Figures in order; none while the question is not finished. */
  readonly figures: readonly FigureSpec[];
  /** Tables in order; none while the question is not finished. */
  readonly tables: readonly TableSpec[];
  /** What models wrote, to read side by side; absent where there is nothing of that kind. */
  readonly texts?: readonly TextSample[];
  /** Things to know: missing data, low power with the minimum detectable effect, known limits. */
  readonly notes: readonly string[];
}

/** A formula in TeX with what it is called. */
export interface Formula {
  /** TeX of display mathematics, without delimiters. */
  readonly tex: string;
  /** What it is called; plain text. */
  readonly label: string;
}

/** The loss that an arm minimises. */
export interface ArmLoss {
  /** Id of the method registry. */
  readonly arm: string;
  /** Name of the loss in the table of losses. */
  readonly name: string;
  /** The loss of one example in TeX. */
  readonly tex: string;
  /** Its place on the page of losses, from the report's folder; absent while there is no such page. */
  readonly href?: string;
}

/** Everything the page shows. */
export interface Report {
  /** Name of the experiment: of its task and its folder below `reports/`. */
  readonly name: string;
  /** Heading of the page. */
  readonly title: string;
  /** The paper, cited in full. */
  readonly paper: string;
  /** Two or three sentences: what this is about. */
  readonly lead: string;
  /** What its rows answer, in a sentence or two. */
  readonly answer?: string;
  /** Ids of the claims that it opens with; the paper's first ones unless given. */
  readonly headline?: readonly string[];
  /** Id of the figure that it opens with; the first one unless given. */
  readonly hero?: string;
  /** Formulas of the methods, in the order of the page. */
  readonly formulas: readonly Formula[];
  /** Arms that minimise a loss of the library, with it. */
  readonly losses?: readonly ArmLoss[];
  /** Lines of the claims table, in order. */
  readonly claims: readonly ClaimResult[];
  /** One for each question that ran, in order. */
  readonly sections: readonly Section[];
  /** Shown above everything: a part that did not run and how to get it. */
  readonly notices: readonly string[];
  /** The recorded run: flags, seeds, versions, commit, data checksums, times. */
  readonly config: Readonly<Record<string, unknown>>;
}
